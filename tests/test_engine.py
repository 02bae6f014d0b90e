"""The engine: independence of replicates, resuming, divergence, precision, gradients."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as lightning
import torch

from oracles import ORACLES
from replab.blocks import merge
from replab.spec import TrainingSpec
from replab.training.engine import train
from replab.training.outcomes import Outcome, metrics_of
from replab.training.randomness import batch_indices, generator
from tiny import BASE, digits


def spec(**overrides: Any) -> TrainingSpec:
    return TrainingSpec.model_validate(merge(BASE, overrides))


def run(
    folder: Path, seeds: list[int], callbacks: list[lightning.Callback] | None = None, **overrides: Any
) -> dict[int, Outcome]:
    outcomes = train(spec(**overrides), seeds, digits(), lambda seed: folder / f"{seed}.pt", callbacks or [], "cpu")
    return {outcome.seed: outcome for outcome in outcomes}


def test_it_learns(tmp_path: Path) -> None:
    outcome = run(tmp_path, [0], budget={"epochs": 30}, optimizer={"lr": 0.1})[0]
    assert outcome.metrics["test_accuracy"]["value"] > 80
    assert outcome.curves["train_loss"][-1] < outcome.curves["train_loss"][0] / 2
    assert outcome.curves["step"] == [4 * epoch for epoch in range(1, 31)]
    assert outcome.cost["parameters"] == 80 * 6 + 6 + 6 * 10 + 10


def test_a_replicate_does_not_depend_on_its_neighbours(tmp_path: Path) -> None:
    together = run(tmp_path / "a", [3, 1, 2])
    alone = run(tmp_path / "b", [1])
    assert together[1].curves == alone[1].curves


def test_a_stacked_replicate_does_not_depend_on_its_neighbours(tmp_path: Path) -> None:
    """Within 1e-6: a batched product may add in another order."""
    together = run(tmp_path / "a", [3, 1, 2], strategy="vmap")
    alone = run(tmp_path / "b", [1], strategy="vmap")
    assert together[1].curves["train_loss"] == pytest.approx(alone[1].curves["train_loss"], rel=1e-6)


@pytest.mark.parametrize(
    "averaging", [{"name": "none"}, {"name": "exponential", "decay": 0.9}], ids=["none", "average"]
)
def test_stacking_and_looping_give_the_same_numbers(averaging: dict[str, Any], tmp_path: Path) -> None:
    overrides = {
        "averaging": averaging,
        "precision": "float64",
        "regularizers": [{"name": "l2", "strength": 0.1, "biases": False}],
    }
    loop = run(tmp_path / "a", [0, 1], **overrides)
    stacked = run(tmp_path / "b", [0, 1], strategy="vmap", **overrides)
    for seed in (0, 1):
        for metric, values in loop[seed].curves.items():
            assert stacked[seed].curves[metric] == pytest.approx(values, rel=1e-6), metric


OPTIMIZERS = [{"name": name, **oracle.examples[0]} for (kind, name), oracle in ORACLES.items() if kind == "optimizer"]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda block: block["name"])
def test_every_optimizer_is_stacked_and_resumed_as_it_runs_alone(optimizer: dict[str, Any], tmp_path: Path) -> None:
    """Its moments are split by replicate in checkpoints, and its step counter is the same for all."""
    overrides: dict[str, Any] = {"optimizer": optimizer, "precision": "float64", "budget": {"epochs": 3}}
    loop = run(tmp_path / "a", [0, 1], **overrides)
    with pytest.raises(Killed):
        run(tmp_path / "b", [0, 1], [KillAfter(1)], strategy="vmap", **overrides)
    stacked = run(tmp_path / "b", [0, 1], strategy="vmap", **overrides)
    for seed in (0, 1):
        assert stacked[seed].curves["test_loss"] == pytest.approx(loop[seed].curves["test_loss"], rel=1e-6)


def test_seeds_matter(tmp_path: Path) -> None:
    outcomes = run(tmp_path, [0, 1])
    assert outcomes[0].curves["train_loss"] != outcomes[1].curves["train_loss"]


class Killed(Exception):
    pass


class KillAfter(lightning.Callback):
    """Raises in the middle of an epoch, as a kill would end it."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, trainer: lightning.Trainer, *_: Any) -> None:
        if trainer.current_epoch == self.epoch:
            raise Killed


@pytest.mark.parametrize("strategy", ["loop", "vmap"])
@pytest.mark.parametrize(
    "averaging", [{"name": "none"}, {"name": "exponential", "decay": 0.9}], ids=["none", "average"]
)
def test_an_interrupted_run_ends_with_the_numbers_of_an_uninterrupted_one(
    strategy: str, averaging: dict[str, Any], tmp_path: Path
) -> None:
    overrides = {"strategy": strategy, "averaging": averaging, "budget": {"epochs": 4}}
    whole = run(tmp_path / "a", [0, 1], **overrides)
    with pytest.raises(Killed):
        run(tmp_path / "b", [0, 1], [KillAfter(2)], **overrides)
    assert (tmp_path / "b" / "0.pt").exists()
    resumed = run(tmp_path / "b", [0, 1], **overrides)
    for seed in (0, 1):
        assert resumed[seed].curves == whole[seed].curves
        assert resumed[seed].metrics == whole[seed].metrics


def test_a_seed_that_joins_later_does_not_disturb_the_resumed_ones(tmp_path: Path) -> None:
    whole = run(tmp_path / "a", [0, 1, 2])
    with pytest.raises(Killed):
        run(tmp_path / "b", [0, 1], [KillAfter(1)])
    resumed = run(tmp_path / "b", [0, 1, 2])
    assert {seed: outcome.curves for seed, outcome in resumed.items()} == {s: o.curves for s, o in whole.items()}


def test_a_checkpoint_that_is_no_checkpoint_is_not_trusted(tmp_path: Path) -> None:
    (tmp_path / "0.pt").write_bytes(b"cos\nsystem\n(S'echo evil'\ntR.")
    assert run(tmp_path, [0])[0].curves == run(tmp_path / "b", [0])[0].curves


@pytest.mark.parametrize("strategy", ["loop", "vmap"])
def test_a_replicate_that_diverges_is_recorded_and_the_others_go_on(
    strategy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import replab.training.engine as engine

    make = engine.make_models

    def one_broken(*arguments: Any) -> list[torch.nn.Module]:
        models = make(*arguments)
        with torch.no_grad():
            list(models[1].parameters())[-1].fill_(float("inf"))
        return models

    healthy = run(tmp_path / "a", [0, 2], strategy=strategy)
    monkeypatch.setattr(engine, "make_models", one_broken)
    outcomes = run(tmp_path / "b", [0, 1, 2], strategy=strategy)
    assert outcomes[1].diverged_step == 0
    assert outcomes[1].metrics == {} and outcomes[1].curves == {}
    for seed in (0, 2):
        assert outcomes[seed].diverged_step is None
        assert outcomes[seed].curves["train_loss"] == pytest.approx(healthy[seed].curves["train_loss"], rel=1e-6)


@pytest.mark.parametrize("strategy", ["loop", "vmap"])
def test_training_ends_when_every_replicate_has_diverged(
    strategy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the epoch has chunks of steps left."""
    monkeypatch.setattr("replab.training.engine.CHUNK", 1)
    relu = {"activation": {"name": "relu"}}
    broken = {"optimizer": {"lr": 1e30}, "budget": {"epochs": 500}, "model": relu, "strategy": strategy}
    for outcome in run(tmp_path, [0, 1], **broken).values():
        assert outcome.diverged_step is not None
        assert len(outcome.curves.get("step", [])) < 500


def test_a_summed_gradient_is_the_averaged_one_times_the_batch(tmp_path: Path) -> None:
    summed = run(tmp_path / "a", [0], gradient="sum", optimizer={"lr": 0.001}, precision="float64")[0]
    averaged = run(tmp_path / "b", [0], gradient="mean", optimizer={"lr": 0.02}, precision="float64")[0]
    assert summed.curves["train_loss"] == pytest.approx(averaged.curves["train_loss"], rel=1e-6)


def test_precision_is_what_the_spec_says(tmp_path: Path) -> None:
    curves = {p: run(tmp_path / p, [0], precision=p)[0].curves["train_loss"] for p in ("float32", "float64", "bf16")}
    assert curves["float32"] == pytest.approx(curves["float64"], rel=1e-5)
    assert curves["bf16"] == pytest.approx(curves["float64"], rel=0.05)
    assert len({tuple(values) for values in curves.values()}) == 3


def test_a_budget_of_steps_is_a_budget_of_epochs_of_that_length(tmp_path: Path) -> None:
    epochs = run(tmp_path / "a", [0], budget={"epochs": 3})[0]
    steps = train(
        TrainingSpec.model_validate({**BASE, "budget": {"steps": 12, "evaluate_every": 6}}),
        [0],
        digits(),
        lambda seed: tmp_path / "b.pt",
        [],
        "cpu",
    )
    [outcome] = steps
    assert outcome.curves["step"] == [6, 12]
    assert outcome.curves["test_loss"][-1] == epochs.curves["test_loss"][-1]


def test_every_example_is_seen_once_an_epoch() -> None:
    indices = batch_indices(spec().batches, 80, seed=5, first=0, steps=8)
    assert sorted(indices[:4].flatten().tolist()) == list(range(80))
    assert sorted(indices[4:].flatten().tolist()) == list(range(80))
    assert indices[:4].tolist() != indices[4:].tolist()


def test_batches_do_not_depend_on_where_one_begins_to_ask() -> None:
    for batches in (spec().batches, spec(batches={"name": "replacement", "size": 20}).batches):
        whole = batch_indices(batches, 80, seed=5, first=0, steps=10)
        assert torch.equal(batch_indices(batches, 80, seed=5, first=3, steps=4), whole[3:7])


def test_purposes_draw_from_separate_streams() -> None:
    draws = {
        tuple(torch.rand(3, generator=generator(seed, purpose, index)).tolist())
        for seed in (0, 1)
        for purpose in ("weights", "order")
        for index in (0, 1)
    }
    assert len(draws) == 8


def test_metrics_say_by_which_protocol_the_epoch_was_chosen() -> None:
    curves = {
        "step": [1.0, 2.0, 3.0],
        "epoch": [1.0, 2.0, 3.0],
        "validation_accuracy": [50.0, 70.0, 60.0],
        "test_accuracy": [80.0, 61.0, 59.0],
    }
    values = {name: metric["value"] for name, metric in metrics_of(curves, diverged=False).items()}
    assert values["test_accuracy"] == 59
    assert values["test_accuracy_best_epoch"] == 80
    assert values["test_accuracy_best_validation_epoch"] == 61
    assert values["best_validation_epoch"] == 2
    assert metrics_of(curves, diverged=True) == {}
