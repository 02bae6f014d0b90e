"""Report 004's exclusive or through the engine: saturation, absurd learning rates, numbers in place of classes."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from ours import our_params
from replab import data
from replab.blocks import merge
from replab.building import build
from replab.data import DataSet, points
from replab.params import resolve, select
from replab.runners.training import without_accuracy
from replab.spec import TrainingSpec
from replab.training.engine import train
from replab.training.measuring import Measures
from replab.training.outcomes import Outcome

ROOT = Path(__file__).parents[1]
CLIP = 1e-10
SEEDS = [0, 1, 2, 3]


def points_of(source: points.Points) -> DataSet:
    arrays = source.decode(source, {})
    return DataSet(name=source.name, **arrays, classes=source.classes, sha256=source.sha256, sample=False)


def run(folder: Path, variant: str, study: str = "xor_mlp", **overrides: Any) -> list[Outcome]:
    """A variant of params.yaml, with changes."""
    (found,) = select(resolve(our_params(), study, "full"), [variant])
    spec = TrainingSpec.model_validate(merge(found.spec, overrides))
    dataset = points_of(next(source for source in (points.XOR, points.PARABOLA) if source.name == spec.data.name))
    measures = Measures(spec.measures)
    return list(train(spec, SEEDS, dataset, lambda seed: folder / f"{seed}.pt", [measures], "cpu"))


@pytest.mark.parametrize("objective", ["positives_only", "both_classes"])
@pytest.mark.parametrize("lr", [1000.0, 1e30])
def test_an_absurd_learning_rate_ends_with_a_number_or_as_diverged(objective: str, lr: float, tmp_path: Path) -> None:
    for outcome in run(tmp_path, f"{objective}_lr_1000", optimizer={"lr": lr}):
        if outcome.diverged_step is None:
            assert 0 <= outcome.metrics["test_positive_cross_entropy"]["value"] <= 0.47 * -math.log(CLIP) + 1e-4
        else:
            assert outcome.metrics == {}


def test_predicting_one_everywhere_is_the_least_of_the_reports_objective(tmp_path: Path) -> None:
    """What is left of MSE is then the share of the negatives, .53, and every negative is wrong."""
    for outcome in run(tmp_path, "positives_only_adam_0.5"):
        values = {name: entry["value"] for name, entry in outcome.metrics.items()}
        assert values["test_positive_cross_entropy"] < 1e-6 and values["test_accuracy"] == 47
        assert values["test_mean_squared_error"] == pytest.approx(0.53, abs=1e-3)
        assert values["test_negatives_probability"] < 1e-3


def test_the_objective_that_is_trained_is_the_measure_of_its_name(tmp_path: Path) -> None:
    for name, variant in (("positive", "positives_only_hidden_tanh"), ("binary", "both_classes_hidden_tanh")):
        for outcome in run(tmp_path / name, variant, budget={"steps": 20, "evaluate_every": 10}):
            assert outcome.curves[f"test_{name}_cross_entropy"] == pytest.approx(outcome.curves["test_loss"], rel=1e-5)


def test_a_probability_that_rounds_to_one_has_a_loss_of_zero_and_no_gradient() -> None:
    """As in the book's code: float32 has no number between 1 and what it rounds to."""
    scores = torch.tensor([[1 - torch.sigmoid(torch.tensor(20.0)), torch.sigmoid(torch.tensor(20.0))]])
    assert scores.tolist() == [[0.0, 1.0]]
    loss = build("loss", {"name": "binary_cross_entropy", "clip": CLIP})
    assert loss(scores, torch.tensor([1])).item() == 0
    wrong = scores.clone().requires_grad_()
    value = loss(wrong, torch.tensor([0]))
    assert value.item() == pytest.approx(-math.log(CLIP))
    assert torch.autograd.grad(value.sum(), wrong)[0].abs().sum() == 0


def test_a_network_without_biases_has_p_of_one_half_at_the_origin() -> None:
    block = {
        "name": "mlp_probabilities", "hidden": [3], "biases": False, "hidden_activation": {"name": "identity"},
        "output_activation": {"name": "sigmoid"}, "weights_initializer": {"name": "normal", "std": 1},
    }  # fmt: skip
    context = {"shape": (2,), "classes": 2, "generator": torch.Generator().manual_seed(0)}
    assert build("model", block, **context)(torch.zeros(1, 2)).tolist() == [[0.5, 0.5]]
    with_biases = build("model", block | {"biases": True}, **context)
    assert [bias.tolist() for name, bias in with_biases.named_parameters() if name.endswith("bias")] == [[0] * 3, [0]]


def test_numbers_have_a_squared_error_and_no_accuracy(tmp_path: Path) -> None:
    small = {"budget": {"steps": 200, "evaluate_every": 100}}
    for outcome in map(without_accuracy, run(tmp_path, "equal_steps_batch_8", "quadratic_batch_sizes", **small)):
        assert not any("accuracy" in name for name in [*outcome.curves, *outcome.metrics])
        assert {entry["unit"] for entry in outcome.metrics.values()} == {""}
        assert outcome.metrics["test_mean_squared_error"]["value"] < 0.2
        assert outcome.curves["test_mean_squared_error"] == pytest.approx(outcome.curves["test_loss"], rel=1e-5)


def test_only_a_data_set_of_values_has_one_output() -> None:
    named = {name for name, source in data.DATASETS.items() if source.classes == points.VALUE}
    assert named == {"parabola", "sine"} and all(
        len(source.classes) != 1 for source in data.DATASETS.values() if source.name not in named
    )
