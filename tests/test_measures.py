"""Measures: recorded at every evaluation, of what is evaluated, without moving anything else; metrics at a step."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from replab.__main__ import main
from replab.blocks import merge
from replab.errors import ReplabError
from replab.judging.metrics_at_steps import with_values_at_steps
from replab.metric_words import without_step
from replab.nn.measures import MEASURES, UNITS
from replab.params_loading import check_params
from replab.runners import training
from replab.spec import TrainingSpec
from replab.store import Store
from replab.training import checkpoints
from replab.training.engine import train
from replab.training.generalization import Gaps
from replab.training.last_steps import LastSteps
from replab.training.measuring import Measures, with_units
from replab.training.outcomes import Outcome
from tiny import BASE, digits, params, write_params

NORM = {"name": "half_squared_norm"}


def first_score(scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The mean score of the right class."""
    return scores.gather(1, targets[:, None]).mean()


def run(folder: Path, measures: list[dict[str, Any]], **overrides: Any) -> list[Outcome]:
    spec = TrainingSpec.model_validate(merge(BASE, overrides))
    callbacks = [Measures(measures)] if measures else []
    return list(train(spec, [0, 1], digits(), lambda seed: folder / f"{seed}.pt", callbacks, "cpu"))  # type: ignore[arg-type]


AVERAGE = {"averaging": {"name": "exponential", "decay": 0.9}}


@pytest.mark.parametrize("strategy", ["loop", "vmap"])
@pytest.mark.parametrize("overrides", [{}, AVERAGE], ids=["last", "average"])
def test_what_is_measured_is_what_is_evaluated(strategy: str, overrides: dict[str, Any], tmp_path: Path) -> None:
    for seed, outcome in enumerate(run(tmp_path, [NORM], strategy=strategy, **overrides)):
        checkpoint = checkpoints.load(tmp_path / f"{seed}.pt")
        assert checkpoint is not None
        kept = checkpoint["state"]["average" if overrides else "model"]
        expected = sum(w.double().square().sum().item() / 2 for name, w in kept.items() if name.endswith("weight"))
        assert len(outcome.curves["half_squared_norm"]) == 3
        assert outcome.metrics["half_squared_norm"]["value"] == pytest.approx(expected)


def test_a_measure_of_scores_is_taken_on_every_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MEASURES, "first_score", first_score)
    outcome = run(tmp_path, [{"name": "first_score"}], data={"validation": 20})[0]
    assert {"validation_first_score", "test_first_score"} < outcome.metrics.keys()
    assert np.diff(outcome.curves["test_first_score"]).min() > 0  # it learns


def test_measuring_moves_nothing_else(tmp_path: Path) -> None:
    plain, measured = run(tmp_path / "a", []), run(tmp_path / "b", [NORM])
    for one, other in zip(plain, measured, strict=True):
        assert {key: other.curves[key] for key in one.curves} == one.curves


def test_a_value_that_is_not_finite_is_kept_as_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MEASURES, "broken", lambda parameters: torch.tensor(torch.nan))
    outcome = run(tmp_path, [{"name": "broken"}])[0]
    assert outcome.curves["broken"] == [None] * 3 and outcome.diverged_step is None


def test_a_diverged_replicate_is_not_measured(tmp_path: Path) -> None:
    outcome = run(tmp_path, [NORM], optimizer={"lr": 1e38})[0]
    assert outcome.diverged_step is not None and outcome.metrics == {}


def test_a_spec_without_measures_does_not_mention_them() -> None:
    assert "measures" not in TrainingSpec.model_validate(BASE).model_dump()
    with_one = TrainingSpec.model_validate(BASE | {"measures": ["half_squared_norm"]}).model_dump()
    assert with_one["measures"] == [NORM]


BATCH_LOSS = {"name": "last_batch_loss"}


def run_with_steps(folder: Path, **overrides: Any) -> list[Outcome]:
    spec = TrainingSpec.model_validate(merge(BASE, overrides))
    callbacks: list[Any] = [LastSteps([BATCH_LOSS])]
    return list(train(spec, [0, 1], digits(), lambda seed: folder / f"{seed}.pt", callbacks, "cpu"))


@pytest.mark.parametrize("strategy", ["loop", "vmap"])
@pytest.mark.parametrize("gradient", ["mean", "sum"])
def test_the_last_batchs_loss_is_what_its_step_minimised(strategy: str, gradient: str, tmp_path: Path) -> None:
    """An evaluation after every step: the mean since the last evaluation is that one step's."""
    penalty = {"regularizers": [{"name": "l2", "strength": 0.1, "biases": False}], "budget": {"epochs": None}}
    often = merge(penalty, {"budget": {"steps": 6, "evaluate_every": 1}, "strategy": strategy, "gradient": gradient})
    seldom = merge(often, {"budget": {"evaluate_every": 3}})
    for every, third in zip(
        run_with_steps(tmp_path / "a", **often), run_with_steps(tmp_path / "b", **seldom), strict=True
    ):
        np.testing.assert_allclose(every.curves["last_batch_loss"], every.curves["train_loss"], rtol=1e-6)
        np.testing.assert_allclose(third.curves["last_batch_loss"], every.curves["train_loss"][2::3], rtol=1e-6)
        assert third.metrics["last_batch_loss"]["value"] != third.metrics["train_loss"]["value"]


def test_a_diverged_replicate_has_no_last_batch(tmp_path: Path) -> None:
    outcome = run_with_steps(tmp_path, optimizer={"lr": 1e38})[0]
    assert outcome.diverged_step is not None and outcome.metrics == {}


def test_only_what_names_the_last_batchs_loss_depends_on_its_callback() -> None:
    key = "src/replab/training/last_steps.py:LastSteps"
    without, other = BASE, BASE | {"measures": [NORM]}
    assert key in training.code(BASE | {"measures": [BATCH_LOSS]})
    assert key not in training.code(without) and key not in training.code(other)


GAP = {"name": "generalization_gap"}


@pytest.mark.parametrize("strategy", ["loop", "vmap"])
@pytest.mark.parametrize("overrides", [{}, AVERAGE], ids=["last", "average"])
def test_the_gap_is_the_first_training_examples_accuracy_minus_the_tests(
    strategy: str, overrides: dict[str, Any], tmp_path: Path
) -> None:
    """The accuracy on training examples is that of a data set whose test examples these are."""
    whole = digits()
    count = len(whole.test_y)
    on_train = replace(whole, test_x=whole.train_x[:count], test_y=whole.train_y[:count])
    spec = TrainingSpec.model_validate(merge(BASE, overrides | {"strategy": strategy}))
    with_gap = train(spec, [0, 1], whole, lambda seed: tmp_path / f"{seed}.pt", [Gaps([GAP])], "cpu")
    beside = train(spec, [0, 1], on_train, lambda seed: tmp_path / f"{seed}_.pt", [], "cpu")
    for one, other in zip(with_gap, beside, strict=True):
        expected = np.array(other.curves["test_accuracy"]) - np.array(one.curves["test_accuracy"])
        np.testing.assert_allclose(one.curves["test_generalization_gap"], expected, atol=1e-3)
        assert expected.any()


def test_only_what_names_the_gap_depends_on_its_callback() -> None:
    key = "src/replab/training/generalization.py:Gaps"
    assert key in training.code(BASE | {"measures": [GAP]})
    assert key not in training.code(BASE | {"measures": [NORM, BATCH_LOSS]})


def test_a_training_records_it_beside_other_measures(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    variants = {"plain": {"measures": [NORM, BATCH_LOSS, GAP], "budget": {"epochs": 1}}}
    write_params(folder / "params.yaml", params(variants=variants))
    assert main(["train", "tiny", "--quiet"]) == 0
    record = next(Store().records())
    assert record["metrics"]["last_batch_loss"]["unit"] == "nats" and "half_squared_norm" in record["metrics"]
    assert record["metrics"]["test_generalization_gap"]["unit"] == "%"


def test_an_unknown_measure_is_refused_in_a_line() -> None:
    content = params()
    content["studies"]["tiny"]["base"]["measures"] = [{"name": "half_squared_nrom"}]
    with pytest.raises(ReplabError, match="measure 'half_squared_nrom' unknown; did you mean 'half_squared_norm'"):
        check_params(content)


def test_metrics_have_their_measures_units() -> None:
    assert UNITS.keys() == MEASURES.keys()
    metrics = {
        name: {"value": 1.0, "unit": "nats"} for name in ("test_loss", "small_weights_share", "half_squared_norm")
    }
    found = with_units(metrics, [{"name": "small_weights_share", "below": 1e-6}, NORM])
    assert {name: entry["unit"] for name, entry in found.items()} == {
        "test_loss": "nats", "small_weights_share": "%", "half_squared_norm": "",
    }  # fmt: skip


def test_a_metric_at_a_step_is_a_point_of_its_curve() -> None:
    record = {
        "metrics": {"test_accuracy": {"value": 98.0, "unit": "%"}},
        "curves": {"step": [100, 200], "test_accuracy": [95.0, 98.0]},
    }
    found = with_values_at_steps(record, ["test_accuracy@100", "test_accuracy@150", "test_loss@100", "test_accuracy"])
    assert found["metrics"] == record["metrics"] | {"test_accuracy@100": {"value": 95.0, "unit": "%"}}
    assert with_values_at_steps({"metrics": {}, "curves": {}}, ["test_accuracy@100"]) == {"metrics": {}, "curves": {}}
    assert (without_step("test_accuracy@100"), without_step("test_loss")) == ("test_accuracy", "test_loss")
