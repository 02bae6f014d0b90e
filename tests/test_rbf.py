"""Radial units: what they take from the training examples, when, and what of it is then trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from replab.blocks import merge
from replab.building import build
from replab.errors import ReplabError
from replab.identity import code_parts
from replab.nn.centers import forward_selection
from replab.nn.normal_equations import accumulated
from replab.params import Variant, resolve
from replab.params_loading import check_params
from replab.spec import TrainingSpec
from replab.training import checkpoints
from replab.training.engine import train
from replab.training.examples import take
from replab.training.outcomes import Outcome
from replab.training.starting import Starter
from test_engine import KillAfter, Killed
from tiny import BASE, digits, params

RBF: dict[str, Any] = {
    "name": "rbf",
    "radial": {"name": "gaussian"},
    "centers": {"name": "random", "count": 8},
    "widths": {"name": "nearest", "neighbours": 2, "factor": 1.0},
    "train_centers": True,
    "train_widths": True,
    "weights_initializer": {"name": "normal", "std": 0.1},
    "biases_initializer": {"name": "zeros"},
}
FIXED = {"train_centers": False, "train_widths": False}
AVERAGE = {"name": "exponential", "decay": 0.9}


def run(folder: Path, seeds: list[int], callbacks: list[Any] | None = None, **overrides: Any) -> dict[int, Outcome]:
    spec = TrainingSpec.model_validate(merge(BASE | {"model": RBF}, overrides))
    used = [*(callbacks or []), Starter()]
    outcomes = train(spec, seeds, digits(), lambda seed: folder / f"{seed}.pt", used, "cpu")
    return {outcome.seed: outcome for outcome in outcomes}


def kept(folder: Path, seed: int, part: str = "model") -> dict[str, torch.Tensor]:
    checkpoint = checkpoints.load(folder / f"{seed}.pt")
    assert checkpoint is not None
    state: dict[str, torch.Tensor] = checkpoint["state"][part]
    return state


def training_inputs(**data: Any) -> torch.Tensor:
    spec = TrainingSpec.model_validate(merge(BASE, {"data": data}))
    images = torch.from_numpy(take(digits(), spec.data).train_x)
    return build("input", spec.input)(images).flatten(1)


@pytest.mark.parametrize("strategy", ["loop", "vmap"])
@pytest.mark.parametrize("averaging", [{"name": "none"}, AVERAGE], ids=["last", "average"])
def test_fixed_centres_are_training_inputs_and_stay_so(
    strategy: str, averaging: dict[str, Any], tmp_path: Path
) -> None:
    """Of the training examples, as the input transform leaves them; never of those kept for validation."""
    run(tmp_path, [0, 1], model=FIXED, strategy=strategy, averaging=averaging, data={"validation": 30})
    inputs, chosen = training_inputs(validation=30), []
    for seed in (0, 1):
        for part in ("model", "average") if averaging["name"] != "none" else ("model",):
            state = kept(tmp_path, seed, part)
            same = (state["centers"][:, None] == inputs).all(2)
            assert same.any(1).all() and len(same.nonzero()) == 8
            torch.testing.assert_close(state["log_widths"].exp(), build("widths", RBF["widths"])(state["centers"], 8))
        chosen.append(state["centers"])
    assert not torch.equal(*chosen)


def test_stacking_and_looping_give_the_same_numbers(tmp_path: Path) -> None:
    for number, model in enumerate((FIXED, {}, {"train_widths": False})):
        loop, stacked = (
            run(tmp_path / f"{number}{strategy}", [0, 1], model=model, precision="float64", strategy=strategy)
            for strategy in ("loop", "vmap")
        )
        for seed in (0, 1):
            assert stacked[seed].curves["test_loss"] == pytest.approx(loop[seed].curves["test_loss"], rel=1e-6)


@pytest.mark.parametrize("flags", [FIXED, {}, {"train_centers": False}, {"train_widths": False}], ids=str)
def test_what_is_flagged_is_trained_and_nothing_else(flags: dict[str, bool], tmp_path: Path) -> None:
    """The read-out always is."""
    run(tmp_path / "a", [0], model=flags, budget={"epochs": 1})
    run(tmp_path / "b", [0], model=flags, budget={"epochs": 3})
    first, last = kept(tmp_path / "a", 0), kept(tmp_path / "b", 0)
    moved = {name for name in first if not torch.equal(first[name], last[name])}
    wanted = {"centers": "train_centers", "log_widths": "train_widths"}
    trained = {name for name, flag in wanted.items() if (RBF | flags)[flag]}
    assert moved == {"output.weight", "output.bias"} | trained


def test_it_learns_and_better_with_trained_centres(tmp_path: Path) -> None:
    long = {"budget": {"epochs": 60}, "optimizer": {"lr": 0.1}, "precision": "float64"}
    fixed, trained = (run(tmp_path / str(i), [0], model=m, **long)[0] for i, m in enumerate((FIXED, {})))
    assert fixed.metrics["test_accuracy"]["value"] > 40
    assert trained.metrics["train_loss"]["value"] < fixed.metrics["train_loss"]["value"]


def test_a_replicate_does_not_depend_on_its_neighbours(tmp_path: Path) -> None:
    k_means = {"centers": {"name": "k_means", "count": 8, "examples": 50, "iterations": 5}}
    together = run(tmp_path / "a", [3, 1, 2], model=k_means)
    alone = run(tmp_path / "b", [1], model=k_means)
    assert together[1].curves == alone[1].curves


@pytest.mark.parametrize("strategy", ["loop", "vmap"])
@pytest.mark.parametrize("averaging", [{"name": "none"}, AVERAGE], ids=["last", "average"])
def test_an_interrupted_run_is_not_started_anew(strategy: str, averaging: dict[str, Any], tmp_path: Path) -> None:
    overrides = {"strategy": strategy, "averaging": averaging, "budget": {"epochs": 4}}
    whole = run(tmp_path / "a", [0, 1], **overrides)
    with pytest.raises(Killed):
        run(tmp_path / "b", [0, 1], [KillAfter(2)], **overrides)
    resumed = run(tmp_path / "b", [0, 1], **overrides)
    assert {s: o.curves for s, o in resumed.items()} == {s: o.curves for s, o in whole.items()}


def test_a_fresh_replicate_is_started_beside_resumed_ones(tmp_path: Path) -> None:
    whole = run(tmp_path / "a", [0, 1])
    with pytest.raises(Killed):
        run(tmp_path / "b", [0], [KillAfter(1)])
    joined = run(tmp_path / "b", [0, 1])
    assert {s: o.curves for s, o in joined.items()} == {s: o.curves for s, o in whole.items()}


def test_k_means_finds_clusters_that_lie_apart() -> None:
    means = 100 * torch.eye(5)
    labels = torch.arange(200) % 5
    inputs = means[labels] + torch.randn(200, 5, generator=torch.Generator().manual_seed(0))
    block = {"name": "k_means", "count": 5, "examples": 200, "iterations": 50}
    found = build("centers", block)(lambda n: (inputs, labels), None, generator=torch.Generator().manual_seed(1))
    expected = torch.stack([inputs[labels == k].mean(0) for k in range(5)])
    torch.testing.assert_close(found[found.argmax(1).argsort()], expected, rtol=1e-5, atol=1e-4)


def test_orthogonal_least_squares_chooses_among_its_candidates_alone() -> None:
    """The three inputs that explain everything are no candidates."""
    generator = torch.Generator().manual_seed(0)
    inputs, labels = torch.randn(40, 3, generator=generator), torch.randint(3, (40,), generator=generator)
    block = {"name": "orthogonal_least_squares", "count": 4, "candidates": 10, "examples": 40}

    def units_at(centers: torch.Tensor) -> Any:
        return lambda some: (-(some[:, None] - centers).square().sum(2)).exp()

    found = build("centers", block)(lambda n: (inputs, labels), units_at, generator=generator)
    assert (found[:, None] == inputs[:10]).all(2).any(1).all()
    with pytest.raises(ReplabError, match="11 centres cannot be chosen from 10 candidates"):
        build("centers", block | {"count": 11})(lambda n: (inputs, labels), units_at, generator=generator)


def test_linearly_dependent_candidates_are_not_chosen() -> None:
    drawn = torch.randn(50, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    columns = torch.cat([drawn, 2 * drawn, torch.ones(50, 1, dtype=torch.float64)], 1)
    sums = accumulated([(columns, drawn[:, :2])])
    chosen = forward_selection(sums.gram, sums.cross, 3)
    assert len({index % 3 for index in chosen}) == 3 and 6 not in chosen
    with pytest.raises(ReplabError, match="only 3 of the candidates are linearly independent, 4 are wanted"):
        forward_selection(sums.gram, sums.cross, 4)


def test_each_choice_reduces_the_error_by_the_most_that_one_more_centre_can() -> None:
    """Against refitting by least squares with every candidate in turn."""
    generator = torch.Generator().manual_seed(2)
    columns, wanted = (torch.rand(80, size, generator=generator, dtype=torch.float64) for size in (12, 3))
    sums = accumulated([(columns, wanted)])
    chosen = forward_selection(sums.gram, sums.cross, 6)

    def error(taken: list[int]) -> float:
        design = np.c_[columns[:, taken].numpy(), np.ones(80)]
        return float(np.square(design @ np.linalg.lstsq(design, wanted.numpy(), rcond=None)[0] - wanted.numpy()).sum())

    for step, best in enumerate(chosen):
        before = chosen[:step]
        errors = {i: error([*before, i]) for i in range(12) if i not in before}
        assert min(errors, key=lambda i: errors[i]) == best


WIDTHS_REFUSED = {
    "too few": ({"name": "nearest", "neighbours": 3, "factor": 1}, torch.eye(3), "3 centres have no 3 neighbours each"),
    "twins": ({"name": "nearest", "neighbours": 1, "factor": 1}, torch.ones(2, 4), "centres coincide"),
    "one": ({"name": "spread", "factor": 1}, torch.ones(1, 4), "centres coincide"),
}


@pytest.mark.parametrize("case", WIDTHS_REFUSED, ids=str)
def test_centres_that_give_no_width_are_refused(case: str) -> None:
    block, centers, message = WIDTHS_REFUSED[case]
    with pytest.raises(ReplabError, match=message):
        build("widths", block)(centers, len(centers))


def test_distances_are_not_computed_in_half_precision() -> None:
    model = build("model", RBF | FIXED, shape=(9,), classes=3, generator=torch.Generator().manual_seed(0))
    x = 100 + torch.randn(20, 9, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        model.centers.copy_(x[:8])
    plain = model.features(x)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(model.features(x), plain)


def variants() -> dict[str, Variant]:
    tree = params(variants={"plain": {}, "rbf": {"model": RBF}})
    return {variant.name: variant for variant in resolve(check_params(tree), "tiny", "sample")}


def test_what_starts_a_model_counts_for_the_models_that_are_started() -> None:
    plain, rbf = (code_parts(variants()[name]) for name in ("plain", "rbf"))
    started = {"src/replab/training/starting.py:Starter", "src/replab/nn/centers.py:random"}
    assert started < rbf.keys() and not started & plain.keys()
    assert "src/replab/nn/models/rbf.py:RBF" in rbf and "src/replab/nn/radials.py:gaussian" in rbf
