"""Series: what a run leaves in its record once, and the picture of it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
import torch

from replab.__main__ import main
from replab.blocks import merge
from replab.errors import ReplabError
from replab.identity import code_parts
from replab.params import resolve
from replab.params_loading import check_params
from replab.report.figures import drawings
from replab.report.frames import summary_frame
from replab.report.kept_judgements import judgement_of
from replab.report.picture_files import STYLE
from replab.report.series_pictures import draw_predictions, rows_of
from replab.report.study import StudyResult
from replab.spec import TrainingSpec
from replab.training import checkpoints
from replab.training.ending import series_of
from replab.training.engine import train
from replab.training.replicates import make_models
from tiny import BASE, digits, params, write_params

EVERY = {"name": "evenly_spaced", "every": 7}
AVERAGE = {"averaging": {"name": "exponential", "decay": 0.9}}


@pytest.mark.parametrize("strategy", ["loop", "vmap"])
@pytest.mark.parametrize("overrides", [{}, AVERAGE], ids=["last", "average"])
def test_a_series_is_of_the_scores_that_are_evaluated(strategy: str, overrides: dict[str, Any], tmp_path: Path) -> None:
    spec = TrainingSpec.model_validate(merge(BASE, {"strategy": strategy, "series": EVERY} | overrides))
    data = digits()
    outcomes = list(train(spec, [0, 1], data, lambda seed: tmp_path / f"{seed}.pt", [], "cpu"))
    inputs = (torch.from_numpy(data.test_x).float() - 128) / 255
    for outcome in outcomes:
        checkpoint = checkpoints.load(tmp_path / f"{outcome.seed}.pt")
        assert checkpoint is not None
        found = series_of(spec, outcome.seed, data, checkpoint["state"])
        (model,) = make_models(spec, [9], (10, 8), 10)
        model.load_state_dict(checkpoint["state"]["average" if overrides else "model"])
        scores = model(inputs)
        right = 100 * (scores.argmax(1).numpy() == data.test_y).mean()
        assert right == pytest.approx(outcome.curves["test_accuracy"][-1], abs=1e-3)
        assert found["test_score"] == pytest.approx(scores[::7, -1].tolist(), rel=1e-4, abs=1e-6)
        assert found["test_target"] == data.test_y[::7].tolist() and len(found["test_score"]) == 5


def variant(**changes: Any) -> Any:
    return resolve(check_params(params(base=merge(BASE, changes), variants={"plain": {}})), "tiny", "sample")[0]


def test_a_spec_without_a_series_does_not_mention_it_or_depend_on_it() -> None:
    assert "series" not in variant().spec and variant(series=EVERY).spec["series"] == EVERY
    without, with_one = (code_parts(one) for one in (variant(), variant(series=EVERY)))
    assert not any("ending.py" in part or "nn/series.py" in part for part in without)
    assert {"src/replab/training/ending.py:series_of", "src/replab/nn/series.py:evenly_spaced"} < with_one.keys()


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ({"name": "evenly_spcaed", "every": 7}, "series 'evenly_spcaed' unknown; did you mean 'evenly_spaced'"),
        ({"name": "evenly_spaced", "every": 0}, "every must be a whole number of at least 1"),
    ],
)
def test_a_wrong_series_is_refused_in_a_line(block: Any, message: str) -> None:
    with pytest.raises(ReplabError, match=message):
        variant(series=block)


def test_a_record_holds_its_series_and_a_diverged_one_has_none(folder: Path) -> None:
    data = {"name": "mnist_sample", "validation": 0, "train": 300, "test": 100}
    variants = {"plain": {"optimizer": {"lr": 0.01}}, "diverging": {"optimizer": {"lr": 1e38}}}
    base = merge(BASE, {"data": data, "series": EVERY, "budget": {"epochs": 1}})
    write_params(folder / "params.yaml", params(base=base, variants=variants))
    assert main(["train", "tiny", "--quiet"]) == 0
    records = [json.loads(path.read_text()) for path in folder.glob(".replab/runs/*/*.json")]
    kept = {record["status"]: record.get("series") for record in records}
    assert kept["diverged"] is None and len(kept["done"]["test_score"]) == 15
    assert main(["report"]) == 0
    assert (folder / "results/sample/tiny/figures/predictions.svg").exists()


def result(**series: Any) -> StudyResult:
    records = {
        (name, seed): {
            "identity": f"{name}{seed}",
            "seed": seed,
            "status": "done",
            "spec": {"series": EVERY},
            "metrics": {"test_loss": {"value": 1.0, "unit": ""}},
            **({"series": series} if name == "with" else {}),
        }
        for name in ("with", "without")
        for seed in (0, 1)
    }
    return StudyResult(
        "made_up", "full", False, "999", "t", "q", [], ["with", "without"], {}, records, primary=["test_loss"]
    )


def test_the_picture_shows_prediction_and_error_by_the_number_of_the_example() -> None:
    made = result(test_score=[1.0, 2.5, 2.0], test_target=[1.0, 2.0, 3.0])
    assert rows_of(made).keys() == {"with"} and [seed for seed, *_ in rows_of(made)["with"]] == [0, 1]
    with matplotlib.rc_context(STYLE):
        figure = draw_predictions(made)
        left, right = figure.axes
        figure.savefig(io.BytesIO(), format="svg")
    truth, prediction = (line.get_xydata() for line in left.lines)
    np.testing.assert_array_equal(truth, [[0, 1], [7, 2], [14, 3]])
    np.testing.assert_array_equal(prediction, [[0, 1], [7, 2.5], [14, 2]])
    np.testing.assert_array_equal(right.lines[1].get_xydata(), [[0, 0], [7, 0.5], [14, -1]])


def test_a_study_without_series_has_no_such_picture() -> None:
    for made, there in ((result(test_score=[1.0], test_target=[1.0]), True), (result(), False)):
        assert (
            "predictions" in drawings(made, summary_frame(made, judgement_of(made).parts), judgement_of(made))
        ) == there
