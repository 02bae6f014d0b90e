"""Tiny studies of every engine but the one of `kills`, whose trainings are killed: sequences, stacked replicates, fits,
measurements, a command and a LightningModule of the user's.

A command runs in a session of its own and outlives a replab that is killed. Here it is killed with it, as when a
machine stops. What replab does beside one that lives on has a test of its own (`test_killed_engines.py`).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kills import Place, kill_trainings
from ours import our_params
from replab.params import resolve
from test_lightning_modules import MODULE
from tiny import write_params

SEEDS = [0, 1]
SCRIPT = """\
import json, pathlib, random, sys, time
out, seed, epochs = pathlib.Path(sys.argv[1]), int(sys.argv[2]), 4
state = out / "state.json"
done = json.loads(state.read_text()) if "--on" in sys.argv else []
for epoch in range(len(done), epochs):
    time.sleep(0.1)
    done.append(random.Random(f"{seed} {epoch}").random())
    part = out / "part"
    part.write_text(json.dumps(done))
    part.replace(state)
(out / "metrics.json").write_text(json.dumps({"score": sum(done), "loss": done, "epoch": [*range(1, epochs + 1)]}))
"""


@dataclass(frozen=True)
class Engine:
    """What is trained: the settings of two variants, and the files of the user's. `epochs` is 0 where none is said."""

    base: dict[str, Any]
    variants: dict[str, dict[str, Any]]
    metric: str
    epochs: int = 0
    files: tuple[tuple[str, str], ...] = ()
    data: str = ""


def _of_ours(study: str, variant: str, metric: str, changes: Callable[[dict[str, Any]], Any], **more: Any) -> Engine:
    """A variant of a study of ours, changed to be small, and the same with more of it."""
    [found] = [each.spec for each in resolve(our_params(), study, "sample") if each.name == variant]
    base = copy.deepcopy(found)
    wide = changes(base)
    return Engine(base, {"plain": {}, "fast": wide}, metric, **more)


def _small_text(spec: dict[str, Any]) -> dict[str, Any]:
    spec["network"]["width"], spec["budget"] = 8, {"epochs": 3, "running_at": []}
    return {"optimizer": {"lr": 0.5}}


def _few_steps(spec: dict[str, Any]) -> dict[str, Any]:
    spec["budget"] = {"steps": 300, "evaluate_every": 100}
    return {"optimizer": {"lr": 0.3}}


def engines() -> dict[str, Engine]:
    """Every engine, by the words of the table."""
    run = {
        "lightning": {"class_path": "mine.Line", "init_args": {"lr": 0.01}},
        "data": "mine.Points",
        "trainer": {"max_epochs": 4, "accelerator": "cpu"},
    }
    command = {
        "command": "python train.py {out} {seed}",
        "metrics": "{out}/metrics.json",
        "files": ["train.py"],
        "resume": {"when": "{out}/state.json", "add": "--on"},
    }
    wide = {"run": {"lightning": {"init_args": {"hidden": 9}}}}
    mine = (("mine.py", MODULE), ("parts.py", "def scale(x):\n    return 2 * x\n"))
    path = {"name": "optimizer_path", "function": "quadratic", "start_x": -2, "start_y": 1.5, "steps": 300}
    sgd = {"name": "sgd", "lr": 0.06, "momentum": 0, "weight_decay": 0}
    return {
        "sequences": _of_ours(
            "ptb_lstm", "report", "validation_perplexity", _small_text, epochs=3, data="pydoc_topics"
        ),
        "XOR, stacked": _of_ours(
            "xor_mlp", "positives_only_control", "test_loss", _few_steps, epochs=3, data="xor_points"
        ),
        "a fit": _of_ours(
            "mnist_rbf", "gaussian_k_means_50", "test_accuracy", lambda _: {"solver": {"strength": 0.01}}
        ),
        "a measurement": Engine(
            {"probe": path | {"optimizer": sgd}}, {"plain": {}, "fast": {"probe": {"steps": 400}}}, "final_value"
        ),
        "a LightningModule": Engine({"run": run}, {"plain": {}, "fast": wide}, "test_loss", files=mine),
        "a command": Engine({"run": command, "settings": {}}, {"plain": {}}, "score", files=(("train.py", SCRIPT),)),
    }


def make_place(folder: Path, data: Path, engine: Engine) -> Place:
    """The study of an engine in a new folder."""
    folder.mkdir(parents=True)
    study = {"report": "999", "title": "Tiny", "question": "Does it go on?", "metrics": [engine.metric]}
    content = {
        "profile": "sample",
        "profiles": {"sample": {"sample": True, "seeds": SEEDS, "variants_per_job": 2}},
        "studies": {"tiny": study | {"base": engine.base, "variants": engine.variants}},
    }
    write_params(folder / "params.yaml", content)
    for name, text in engine.files:
        (folder / name).write_text(text)
    return Place(folder, folder / "store", data, engine.epochs)


def kill_engine(place: Place, whole: Place, kills: int, when: Iterator[float]) -> tuple[int, int]:
    """(stores, most epochs lost) of so many kills; the store and the report end as those of a whole run."""
    stores, most, _ = kill_trainings(place, whole, kills, when)
    return stores, most
