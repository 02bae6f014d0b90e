"""Optimizers that set denormal numbers to 0: the same numbers, only within a step, and said in the record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as lightning
import torch
from pytest import MonkeyPatch
from torch import Tensor

import test_sequences
from replab.__main__ import main
from replab.codebase import closure
from replab.parsing import PACKAGE
from replab.runners import RUNNERS
from replab.training import denormals
from replab.training.denormals import Flushing, can_flush, flushes
from test_engine import KillAfter, Killed, run
from test_fits import fit_beside_training

# With a margin that is reached the gradients are exactly 0, and moments are denormal numbers after 300 more steps.
ADAM = {"name": "adam", "lr": 0.01, "beta_1": 0.75, "beta_2": 0.999, "epsilon": 1e-8}
SETTLED: dict[str, Any] = {
    "optimizer": ADAM,
    "loss": {"name": "hinge", "margin": 0.1},
    "budget": {"epochs": None, "steps": 1000, "evaluate_every": 250},
}
needs_flushing = pytest.mark.skipif(not can_flush(), reason="this processor cannot set denormal numbers to 0")


class Watch(lightning.Callback):
    """What denormal numbers are outside of steps, and in them; the states of the replicates at the end."""

    def __init__(self) -> None:
        self.outside: set[bool] = set()
        self.inside: set[bool] = set()
        self.states: list[dict[str, Any]] = []

    def on_train_batch_end(self, trainer: lightning.Trainer, *_: Any) -> None:
        self.outside.add(flushes())
        if not self.inside:
            trainer.optimizers[0].register_step_pre_hook(lambda *_: self.inside.add(flushes()))

    def on_train_end(self, trainer: lightning.Trainer, module: Any) -> None:
        self.outside.add(flushes())
        self.states = [module.replicates.state(number) for number in range(len(module.seeds))]


def denormal(values: Tensor) -> int:
    return int(((values != 0) & (values.abs() < torch.finfo(torch.float32).tiny)).sum())


def moments(watch: Watch) -> int:
    """How many of Adam's first moments are denormal at the end."""
    return sum(denormal(moment["exp_avg"]) for state in watch.states for moment in state["optimizer"].values())


@needs_flushing
@pytest.mark.parametrize("strategy", ["loop", "vmap"])
def test_the_numbers_of_adam_are_the_same_bit_by_bit(strategy: str, tmp_path: Path) -> None:
    plain, flushed = Watch(), Watch()
    before = run(tmp_path / "a", [0, 1], [plain], strategy=strategy, **SETTLED)
    after = run(tmp_path / "b", [0, 1], [Flushing(), flushed], strategy=strategy, **SETTLED)
    assert moments(plain) > 100 and moments(flushed) == 0
    for seed in (0, 1):
        assert before[seed].curves == after[seed].curves and before[seed].metrics == after[seed].metrics
    for one, other in zip(plain.states, flushed.states, strict=True):
        for name, weights in one["model"].items():
            assert torch.equal(weights, other["model"][name]), name


def test_a_network_on_a_text_has_the_same_numbers(tmp_path: Path) -> None:
    before = test_sequences.run(tmp_path / "a", optimizer=test_sequences.ADAM)[0]
    after = test_sequences.run(tmp_path / "b", callbacks=(Flushing(),), optimizer=test_sequences.ADAM)[0]
    assert before.curves == after.curves and before.metrics == after.metrics


@needs_flushing
def test_it_is_so_within_a_step_and_nowhere_else(tmp_path: Path) -> None:
    watch = Watch()
    run(tmp_path, [0], [Flushing(), watch])
    assert watch.inside == {True} and watch.outside == {False}
    assert not flushes()


class Fails(lightning.Callback):
    """Fails within a step."""

    def on_train_start(self, trainer: lightning.Trainer, module: Any) -> None:
        def fail(*_: Any) -> None:
            assert flushes()
            raise Killed

        trainer.optimizers[0].register_step_pre_hook(fail)


@needs_flushing
def test_nothing_is_left_of_it_after_a_training_that_fails(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        run(tmp_path / "a", [0], [Flushing(), Fails()])
    assert not flushes()
    with pytest.raises(Killed):
        run(tmp_path / "b", [0], [Flushing(), KillAfter(1)])
    assert not flushes()


@needs_flushing
def test_a_thread_that_does_so_already_is_left_as_it_is(tmp_path: Path) -> None:
    watch = Watch()
    torch.set_flush_denormal(True)
    try:
        assert can_flush() and flushes()
        run(tmp_path, [0], [Flushing(), watch])
        assert flushes() and watch.outside == {True}
    finally:
        torch.set_flush_denormal(False)


def test_a_processor_that_cannot_trains_as_before(tmp_path: Path, monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setattr(denormals, "can_flush", lambda: False)
    watch = Watch()
    run(tmp_path, [0], [Flushing(), watch])
    assert watch.inside == {False}


@pytest.fixture
def project(folder: Path) -> Path:
    return fit_beside_training(folder)


@needs_flushing
def test_the_records_of_trainings_say_so_and_those_of_fits_do_not(project: Path) -> None:
    assert main(["train", "tiny", "--quiet"]) == 0
    costs = [json.loads(path.read_text())["cost"] for path in project.glob(".replab/runs/*/*.json")]
    said = {cost["strategy"]: cost.get("flushes_denormals") for cost in costs}
    assert len(costs) == 4 and said == {"fit": None, "loop": True}


@pytest.mark.parametrize("engine", [name for name, runner in RUNNERS.items() if hasattr(runner, "ROOTS")])
def test_no_identity_depends_on_it(engine: str) -> None:
    texts = closure([(PACKAGE / file, name) for file, name in RUNNERS[engine].ROOTS])
    assert not [key for key in texts if "denormals" in key]
