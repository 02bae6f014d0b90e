"""The workflow as a user meets it: snakemake, DVC and make in throw-away checkouts with a tiny study.

The study is a 784-4-10 network on 4,000 digits for one epoch, two variants with two seeds. A second study stands in a
file of its own.
"""

from __future__ import annotations

import ast
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from checkouts import (
    CLAIMS,
    EDITED_LR,
    FOCAL_LR,
    LR,
    PARAMS_FILE,
    PATHS,
    RECORDS,
    ROOT,
    TINY,
    accuracies,
    clone,
    commit,
    edit,
    environment,
    git,
    make,
    make_checkout,
    planned,
    rates,
    replace,
    run,
    tables,
    trained,
)
from replab import catalogue, codebase
from replab.runners import fit, probe, sequences, training
from waiting import wait_for

TRAIN_PLAIN, TRAIN_FOCAL = "train tiny, job 1", "train tiny, job 2"
REPORTS = {"report on tiny", "report on all studies"}


@dataclass(frozen=True)
class Base:
    """A checkout after `dvc repro`, its store, and `dvc exp run --temp` with another rate under way in it."""

    folder: Path
    store: Path
    experiment: subprocess.Popen[str]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Base]:
    folder = make_checkout(tmp_path_factory.mktemp("workflow") / "base")
    run(folder, "dvc", "repro")
    commit(folder)
    change = f"{FOCAL_LR}={EDITED_LR}"
    with subprocess.Popen(
        ["dvc", "exp", "run", "--temp", "--name", "edited", "-S", change],
        cwd=folder,
        env=environment(None),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as experiment:
        yield Base(folder, folder / ".replab", experiment)
        if experiment.poll() is None:
            os.killpg(experiment.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def experiment(base: Base) -> Path:
    """What the experiment recorded: the folder of a worktree at its commit."""
    output, _ = base.experiment.communicate(timeout=300)
    assert base.experiment.returncode == 0, output
    [reference] = git(base.folder, "for-each-ref", "--format=%(refname)", "refs/exps/**/edited").split()
    folder = base.folder.parent / "experiment"
    git(base.folder, "worktree", "add", "-q", "--detach", str(folder), reference)
    return folder


@pytest.fixture(scope="module")
def checkout(base: Base, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second checkout that snakemake alone has run, with the records of the first, and a job a variant."""
    folder = clone(base.folder, tmp_path_factory.mktemp("workflow") / "second")
    edit(folder, "profiles.sample.variants_per_job", 1)
    commit(folder)
    shutil.rmtree(folder / "results")
    run(folder, "snakemake", store=base.store)
    return folder


def test_dvc_snakemake_and_make_write_the_same_tables(base: Base, checkout: Path) -> None:
    expected = tables(base.folder)
    assert tables(checkout) == expected
    shutil.rmtree(checkout / "results")
    output = make(checkout, "report", store=base.store)
    assert tables(checkout) == expected
    assert "The only statement is" in output and "results/sample/index.html" in output
    assert "Reason:" not in output and "Reason:" in (checkout / "work/snakemake.log").read_text()
    assert trained(base.store) == RECORDS, "making reports again must train nothing"


def test_a_second_run_has_nothing_to_do(base: Base, checkout: Path) -> None:
    assert "up to date" in run(base.folder, "dvc", "status")
    assert planned(checkout, base.store) == set()


Change = Callable[[Path], None]


def change_param(key: str, value: Any) -> Change:
    return lambda folder: edit(folder, f"{TINY}:tiny.{key}", value)


def insert(file: str, function: str, line: str) -> Change:
    """Put a line between a function's docstring and its code."""

    def change(folder: Path) -> None:
        path = folder / "src/replab" / file
        lines = path.read_text().splitlines()
        lines.insert(docstring(path, function).end_lineno or 0, f"    {line}")
        path.write_text("\n".join(lines) + "\n")

    return change


def say_better(file: str, function: str) -> Change:
    """Add a word to a function's docstring."""

    def change(folder: Path) -> None:
        path = folder / "src/replab" / file
        lines = path.read_text().splitlines()
        place = docstring(path, function).lineno - 1
        lines[place] = lines[place].replace('"""', '"""Better: ', 1)
        path.write_text("\n".join(lines) + "\n")

    return change


def docstring(path: Path, function: str) -> ast.stmt:
    nodes = ast.parse(path.read_text()).body
    [found] = [node for node in nodes if isinstance(node, ast.FunctionDef) and node.name == function]
    assert ast.get_docstring(found)
    return found.body[0]


CHANGES: dict[str, tuple[Change, set[str]]] = {
    "the study's momentum": (
        change_param("base.optimizer.momentum", 0.5),
        {TRAIN_PLAIN, TRAIN_FOCAL} | REPORTS,
    ),
    "one variant's gamma": (change_param("variants.focal.loss.gamma", 3), {TRAIN_FOCAL} | REPORTS),
    "one more seed": (
        lambda folder: edit(folder, "profiles.sample.seeds", [0, 1, 2]),
        {TRAIN_PLAIN, TRAIN_FOCAL} | REPORTS,
    ),
    "a step of the study in the other file": (
        lambda folder: edit(folder, f"{PATHS}:paths.base.probe.steps", 30),
        {"train paths, job 1", "report on paths", "report on all studies"},
    ),
    "the title": (change_param("title", "Another title"), REPORTS),
    "a claim": (lambda folder: replace(folder / CLAIMS, 'value: "10"', 'value: "11"'), REPORTS),
    "the focal loss": (insert("nn/losses.py", "focal", "scores = scores * 1"), {TRAIN_FOCAL} | REPORTS),
    "a comment": (insert("nn/losses.py", "focal", "# why"), set()),
    "a docstring": (say_better("nn/losses.py", "focal"), set()),
    "a loss that no variant has": (insert("nn/losses.py", "hinge", "scores = scores * 1"), set()),
    "how reports look": (
        lambda folder: replace(folder / "src/replab/report/markdown.py", "import annotations", "import  annotations"),
        REPORTS | {"report on paths"},
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_reruns_what_depends_on_it(what: str, base: Base, checkout: Path) -> None:
    change, expected = CHANGES[what]
    change(checkout)
    try:
        assert planned(checkout, base.store) == expected
    finally:
        git(checkout, "checkout", "-q", "--", "params.yaml", "studies", "claims", "src")


def test_an_experiment_in_a_temporary_folder_is_computed_from_its_own_params(base: Base, experiment: Path) -> None:
    assert rates(base.folder) == {"plain": LR, "focal": LR}
    assert rates(experiment) == {"plain": LR, "focal": EDITED_LR}
    before, after = accuracies(base.folder), accuracies(experiment)
    assert after["plain"] == before["plain"] and after["focal"] != before["focal"]


def test_a_clone_with_an_edited_rate_reports_the_edited_rate(base: Base, experiment: Path, tmp_path: Path) -> None:
    folder = clone(base.folder, tmp_path / "clone")
    shutil.copytree(base.store, folder / ".replab")
    run(folder, "dvc", "config", "--local", "cache.dir", str(base.folder / ".dvc/cache"))
    run(folder, "dvc", "checkout")
    assert "up to date" in run(folder, "dvc", "repro")
    edit(folder, FOCAL_LR, EDITED_LR)
    run(folder, "dvc", "repro")
    assert rates(folder) == rates(experiment)
    assert accuracies(folder) == accuracies(experiment)
    assert trained(folder / ".replab") == trained(base.store) + 2, "the two seeds of the focal loss, no more"

    bare = clone(base.folder, tmp_path / "bare")
    edit(bare, FOCAL_LR, EDITED_LR)
    run(bare, "snakemake", store=folder / ".replab")
    assert tables(bare) == tables(folder), "committed results of the old rate must not stay"


def test_make_gets_over_killed_processes_by_itself(base: Base, checkout: Path, tmp_path: Path) -> None:
    folder, store = clone(checkout, tmp_path / "killed"), tmp_path / "store"
    edit(folder, "profiles.sample.studies", ["tiny"])
    edit(folder, f"{TINY}:tiny.base.budget.epochs", 60)
    edit(folder, f"{TINY}:tiny.variants", {"plain": {}})
    snakemake = subprocess.Popen(
        ["snakemake"], cwd=folder, env=environment(store), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wait_for(lambda: any(store.glob("checkpoints/*.pt")))
    jobs = [job for job in psutil.Process(snakemake.pid).children(recursive=True)]
    for process in (snakemake, *jobs):
        os.kill(process.pid, signal.SIGKILL)
    snakemake.wait()
    assert any((folder / ".snakemake/locks").iterdir()) and trained(store) == 0
    assert "LockException" in run(folder, "snakemake", store=store, status=1)
    make(folder, "report", store=store)
    assert trained(store) == 2 and (folder / "results/sample/tiny/report.md").exists()


BAD_INPUT = {
    "a misspelt key": (TINY, "gradient:", "gradeint:", "did you mean 'gradient'"),
    "a negative lr": (TINY, "lr: 0.0001", "lr: -1", "studies/tiny.yaml:1: studies.tiny, variant plain: optimizer: "),
    "no YAML": (PARAMS_FILE, "profile: sample", "profile: [sample", "params.yaml is not YAML"),
    "no YAML in a study's file": (TINY, "tiny:", "tiny: [", "studies/tiny.yaml is not YAML: line "),
    "a study in two files": (
        PATHS,
        "paths:",
        "tiny:",
        "studies/tiny.yaml: there is a study 'tiny' already, in studies/",
    ),
    "a claim on a variant that is not there": (CLAIMS, "variant: plain", "variant: plane", "did you mean 'plain'"),
}


@pytest.mark.parametrize("what", BAD_INPUT)
def test_bad_input_is_said_in_two_lines(what: str, tmp_path: Path) -> None:
    file, old, new, message = BAD_INPUT[what]
    folder = make_checkout(tmp_path / "bad")
    replace(folder / file, old, new)
    said = [line for line in make(folder, "report", status=2).splitlines() if not line.startswith("make")]
    assert len(said) <= 2 and message in said[0]
    assert not (folder / "results").exists() and not (folder / ".snakemake").exists()


def test_snakemake_says_what_is_wrong(tmp_path: Path) -> None:
    folder = make_checkout(tmp_path / "bad")
    for setting in ("studies=none", "include=none"):
        assert "no effect" in run(folder, "snakemake", "-n", "--config", setting, status=1)
    replace(folder / TINY, "lr: 0.0001", "lr: -1")
    output = run(folder, "snakemake", "-n", status=1)
    assert "WorkflowError" in output and "lr must be a number above 0" in output


def test_the_schema_is_the_code_s_own(tmp_path: Path) -> None:
    run(ROOT, "replab", "schema", "--output", str(tmp_path / "schema.json"))
    committed = ROOT / "workflow/schemas/params.schema.json"
    assert committed.read_text() == (tmp_path / "schema.json").read_text(), "run `replab schema`"


# What `replab train` imports besides, and why no identity needs its source. (Of the data, `dataset` is covered.)
NO_NUMBERS = {
    r"replab|replab\.(nn|runners|training|probes|forecasting|judging|user)": "nothing but names",
    r"replab\.nn\.(backbones|models|networks|translation)": "nothing but names",
    r"replab\.data(\..*)?": "makes arrays, and their checksum is part of every identity",
    r"replab\.(params(_files|_loading|_models)?|project|more_seeds|user\.checks)": "makes what is hashed itself",
    r"replab\.(identity|store|explain)": "names and keeps what was computed",
    r"replab\.(record_parts|metric_words)": "checks what came from elsewhere",
    r"replab\.(data_scope|component_files)": "says what the runs of a profile are on, and which files are the user's",
    r"replab\.(environment|training\.(progress|epoch_lines))": "says what happens",
    r"replab\.training\.denormals": "numbers below 1e-38, in steps only: no digit of a record moves (decision 32)",
    r"replab\.runners(\..*)?": "what is missing, which engine runs it, and where its record goes",
}
# What the runners import as they run.
ENGINES = ", ".join(
    f"replab.training.{name}"
    for name in (
        "engine",
        "probes",
        "probes_on_data",
        "fits",
        "sequences",
        "subsets",
        "measuring",
        "last_steps",
        "generalization",
        "starting",
        "ending",
        "epoch_lines",
        "denormals",
    )
)


def imported(statement: str) -> set[str]:
    """The modules of the package that a statement imports, in a process of its own."""
    code = f"import json, sys; {statement}; print(json.dumps([m for m in sys.modules if m.split('.')[0] == 'replab']))"
    return set(json.loads(run(ROOT, sys.executable, "-W", "ignore", "-c", code).splitlines()[-1]))


def module_of(file: str) -> str:
    """src/replab/nn/losses.py -> replab.nn.losses"""
    return file.removeprefix("src/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def test_identities_cover_what_training_imports() -> None:
    every = [(kind, name) for kind in catalogue.CATALOGUE_FILES for name in catalogue.names(kind)]
    engines = [
        fit.ROOTS,
        [*probe.ROOTS, *probe.ON_DATA],
        sequences.ROOTS,
        [*training.ROOTS, *training.OF_MEASURES.values(), *itertools.chain(*training.BROUGHT_ALONG.values())],
    ]
    keys = [key for roots in engines for key in codebase.parts(every, roots)]
    covered = {module_of(key.partition(":")[0]) for key in keys}
    assert "replab.data.dataset" in covered
    used = imported(f"import replab.runners.jobs, {ENGINES}") - covered - codebase.SILENT
    assert not {name for name in used if not any(re.fullmatch(known, name) for known in NO_NUMBERS)}


def test_reports_depend_on_what_they_import() -> None:
    found = re.search(r"REPORT_CODE = sources(\(.*?\))", (ROOT / "workflow/rules/report.smk").read_text(), re.S)
    assert found
    files = [path for pattern in ast.literal_eval(found[1]) for path in (ROOT / "src/replab").glob(pattern)]
    used = imported("import replab.command_line, replab.assemble, replab.report.write")
    assert used <= {module_of(path.relative_to(ROOT).as_posix()) for path in files}
