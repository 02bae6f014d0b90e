"""Measures: recorded at every evaluation, of what is evaluated, without moving anything else; metrics at a step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from replab.blocks import merge
from replab.errors import ReplabError
from replab.judging.metrics_at_steps import with_values_at_steps, without_step
from replab.nn.measures import MEASURES, UNITS
from replab.params import check_params
from replab.spec import TrainingSpec
from replab.training import checkpoints
from replab.training.engine import train
from replab.training.measuring import Measures, with_units
from replab.training.outcomes import Outcome
from tiny import BASE, digits, params

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
