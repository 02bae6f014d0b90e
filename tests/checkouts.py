"""Throw-away checkouts of the project with a tiny study, and the commands of a user in them.

The study is a 784-4-10 network on 4,000 digits for one epoch, two variants with two seeds. A second study, of one
measurement, stands in another file.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PARTS = [
    *("Snakefile", "Makefile", "dvc.yaml", "pyproject.toml", "requirements.lock", ".gitignore", ".dvcignore"),
    *("workflow", "profiles", "src", ".dvc/config", ".dvc/.gitignore", ".dvc/plots"),
]
TABLES = ["README.md", "index.html", "metrics.json", "primary.json", "curves.csv"]
STUDY_TABLES = ["report.md", "summary.csv", "runs.csv", "statements.csv", "parts.csv", "records.jsonl"]
LR, EDITED_LR = 0.0001, 0.001
RECORDS = 5  # of all runs
PARAMS_FILE, TINY, PATHS = "params.yaml", "studies/tiny.yaml", "studies/paths.yaml"
FOCAL_LR = f"{TINY}:tiny.variants.focal.optimizer.lr"
CLAIMS = "claims/999.yaml"
CLAIMS_TEXT = """
report: "999"
title: A tiny report
source: made for these tests
protocol: []
statements:
  - id: "999.plain"
    rows: []
    sentence: An untrained network is right in a tenth of the cases.
    quote: about a tenth
    place: nowhere
    readings:
      - {name: ours, mark: I, setting: As it is., study: tiny, parts: [
         {kind: number, variant: plain, metric: test_accuracy, value: "10", resolution: {value: 5, reason: made up}}]}
"""

PARAMS: dict[str, Any] = {
    "profile": "sample",
    "include": ["studies/*.yaml"],
    "profiles": {"sample": {"sample": True, "seeds": [0, 1], "variants_per_job": 2}},
}
STUDIES: dict[str, dict[str, Any]] = {
    PATHS: {
        "paths": {
            "report": "998",
            "title": "A measurement, in a file of its own",
            "question": "Does it stay as it is?",
            "metrics": ["final_value"],
            "profiles": {"sample": {"seeds": [0]}},
            "base": {
                "probe": {
                    "name": "optimizer_path",
                    "function": "quadratic",
                    "start_x": -2,
                    "start_y": 1.5,
                    "steps": 20,
                    "optimizer": {"name": "sgd", "lr": 0.06, "momentum": 0, "weight_decay": 0},
                }
            },
        }
    },
    TINY: {
        "tiny": {
            "report": "999",
            "title": "A tiny study",
            "question": "Does the workflow do what it says?",
            "metrics": ["test_accuracy"],
            "base": {
                "data": {"name": "mnist_sample", "validation": 0},
                "input": {"name": "shift_scale", "shift": 128, "scale": 255},
                "model": {
                    "name": "mlp",
                    "hidden": [4],
                    "activation": {"name": "tanh"},
                    "weights_initializer": {"name": "normal", "std": 0.01},
                    "biases_initializer": {"name": "zeros"},
                },
                "loss": {"name": "cross_entropy"},
                "optimizer": {"name": "sgd", "lr": LR, "momentum": 0.9, "weight_decay": 0.00001},
                "schedule": {"name": "constant"},
                "gradient": "sum",
                "batches": {"name": "shuffled", "size": 100},
                "budget": {"epochs": 1},
                "precision": "float32",
                "strategy": "loop",
            },
            "variants": {
                "plain": {},
                "focal": {"loss": {"name": "focal", "gamma": 2, "alpha": 1}, "optimizer": {"lr": LR}},
            },
        }
    },
}


def edit(folder: Path, path: str, value: Any) -> None:
    """Set a dotted key of the folder's params.yaml, or of a file: `studies/tiny.yaml:tiny.title`."""
    name, _, keys = path.rpartition(":")
    file = folder / (name or PARAMS_FILE)
    content = yaml.safe_load(file.read_text())
    *parents, last = keys.split(".")
    block = content
    for key in parents:
        block = block[key]
    block[last] = value
    file.write_text(yaml.safe_dump(content, sort_keys=False))


def replace(file: Path, old: str, new: str) -> None:
    """Edit a text, which must have `old` in it."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def environment(store: Path | None) -> dict[str, str]:
    """What a user has who activated the environment; the package is the checkout's own."""
    left_out = ("REPLAB_", "MAKE", "MFLAGS", "GIT_", "DVC_", "PYTHONDONTWRITEBYTECODE")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(left_out)}
    kept |= {"PATH": f"{Path(sys.executable).parent}:{kept['PATH']}", "PYTHONPATH": "src", "OMP_NUM_THREADS": "1"}
    return kept | ({"REPLAB_STORE": str(store)} if store else {})


def run(folder: Path, *command: str, store: Path | None = None, status: int = 0, limit: float = 300) -> str:
    """What a command printed, both streams; it must end with `status`, within so many seconds."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(store),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=limit,
    )
    assert done.returncode == status, f"{command} ended with {done.returncode}:\n{done.stdout}"
    return done.stdout


def git(folder: Path, *arguments: str) -> str:
    return run(folder, "git", "-c", "user.name=replab", "-c", "user.email=replab@localhost", *arguments)


def make_checkout(folder: Path) -> Path:
    """The project's own workflow files with the tiny params.yaml, as a git repository."""
    for part in PARTS:
        source, target = ROOT / part, folder / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(source, target)
    texts = {CLAIMS: CLAIMS_TEXT, "docs/findings/other.md": "Of another study.\n"}
    for file, content in ({PARAMS_FILE: PARAMS} | STUDIES).items():
        texts[file] = yaml.safe_dump(content, sort_keys=False)
    for file, text in texts.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text)
    git(folder, "init", "-q")
    git(folder, "config", "user.name", "replab")
    git(folder, "config", "user.email", "replab@localhost")
    commit(folder)
    return folder


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "-m", "as it is")


def clone(source: Path, folder: Path) -> Path:
    git(source.parent, "clone", "-q", str(source), str(folder))
    return folder


def tables(folder: Path) -> dict[str, bytes]:
    """Every table of the profile and of its study."""
    results = folder / "results/sample"
    names = TABLES + [f"tiny/{name}" for name in STUDY_TABLES]
    return {name: (results / name).read_bytes() for name in names}


def records(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def accuracies(folder: Path) -> dict[str, float]:
    """variant -> mean test accuracy as metrics.json says it, which must be that of the study's records."""
    text = (folder / "results/sample/tiny/records.jsonl").read_text()
    said = json.loads((folder / "results/sample/metrics.json").read_text())["tiny"]
    for variant in said:
        runs = [run for run in records(text) if run["variant"] == variant]
        mean = sum(run["metrics"]["test_accuracy"]["value"] for run in runs) / len(runs)
        assert said[variant]["test_accuracy"] == pytest.approx(mean, abs=1e-4)
    return {variant: numbers["test_accuracy"] for variant, numbers in said.items()}


def rates(folder: Path) -> dict[str, float]:
    """variant -> the learning rate that its records in the report were trained with."""
    runs = records((folder / "results/sample/tiny/records.jsonl").read_text())
    found = {(run["variant"], run["spec"]["optimizer"]["lr"]) for run in runs}
    assert len(found) == len(dict(found)), "records of two rates under one name"
    return dict(found)


def make(folder: Path, target: str, store: Path | None = None, status: int = 0) -> str:
    """What make printed. The environment that the tests run in stands for the one that make would set up."""
    if not (folder / ".venv").exists():
        (folder / ".venv").symlink_to(sys.prefix)
    return run(folder, "make", "--old-file", ".venv/.ready", target, store=store, status=status)


def planned(folder: Path, store: Path) -> set[str]:
    """What a dry run says that snakemake would do."""
    output = run(folder, "snakemake", "-n", "--quiet", "host", "reason", store=store)
    found = re.findall(r"^Job \d+: (.*)$", output, flags=re.MULTILINE)
    return {line.partition(":")[0] for line in found if not line.startswith("reports:")}


def trained(store: Path) -> int:
    """How many records a store has."""
    return len(list(store.glob("runs/*/*.json")))
