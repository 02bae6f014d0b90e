"""Probes that measure on images of a data set: which images they see, and what a spec must have for them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from replab import data
from replab.__main__ import main
from replab.data import DataSet
from replab.errors import ReplabError
from replab.params import resolve
from replab.params_loading import check_params
from replab.runners import RUNNERS
from replab.spec import ProbeSpec
from replab.store import Store
from replab.training.outcomes import Outcome
from replab.training.probes_on_data import measure_on_data
from tiny import params, write_params

FIRST_LOSS = {"name": "initial_loss_on_images", "std": 1e-4, "images": 20}
CHECK = {
    "name": "linear_gradient_check_on_images",
    "difference": "central",
    "h": 1e-5,
    "regularizations": [0, 50],
    "std": 1e-4,
    "images": 20,
    "entries": 5,
}
MATRICES = {
    "name": "softmax_loops_and_matrices_on_images",
    "library": "numpy",
    "std": 1e-4,
    "images": 20,
    "regularization": 0,
    "repeats": 1,
}
SPEC: dict[str, Any] = {
    "data": {"name": "rendered_digits_sample", "validation": 5, "validation_at": "end"},
    "input": {"name": "mean_image"},
    "probe": FIRST_LOSS,
}


def images(seed: int = 0, shape: tuple[int, ...] = (3, 32, 32), spread: int = 256) -> DataSet:
    """Random images: 40 to train on, of which the last five are white."""
    random = np.random.default_rng(seed)
    x, y = random.integers(0, spread, (40, *shape), np.uint8), random.integers(0, 10, 40, np.int64)
    x[-5:] = 255
    return DataSet("made up", x, y, x[:3], y[:3], tuple("0123456789"), "0" * 64, True)


def measured(dataset: DataSet, seed: int = 0, **changes: Any) -> Outcome:
    [outcome] = measure_on_data(ProbeSpec.model_validate(SPEC | changes), [seed], dataset)
    return outcome


def value(outcome: Outcome, metric: str) -> float:
    return float(outcome.metrics[metric]["value"])


@pytest.mark.parametrize("probe", [FIRST_LOSS, CHECK], ids=lambda probe: str(probe["name"]))
def test_other_images_give_other_numbers(probe: dict[str, Any]) -> None:
    one, again, other = (measured(images(seed), probe=probe).metrics for seed in (0, 0, 1))
    assert one == again and one != other


def test_the_expected_loss_is_that_of_the_training_images_less_their_mean() -> None:
    """By hand: log 10 + .45 std^2 mean |x|^2, of the 35 images that are left to train on, and the column of ones."""
    dataset = images()
    x = dataset.train_x[:35].reshape(35, -1).astype(float)
    x -= x.mean(0)
    expected = math.log(10) + 0.45e-8 * ((x**2).sum() / 35 + 1)
    found = value(measured(dataset, probe=FIRST_LOSS | {"images": 35}), "predicted_loss_nats")
    assert found == pytest.approx(expected, rel=1e-7)


def test_images_that_are_all_alike_leave_nothing_but_the_column_of_ones() -> None:
    assert value(measured(images(spread=1)), "predicted_loss_nats") == pytest.approx(math.log(10) + 0.45e-8, abs=1e-12)


def test_with_one_seed_every_probe_sees_the_same_images_and_weights() -> None:
    loss = value(measured(images()), "initial_loss_nats")
    assert value(measured(images(), probe=MATRICES), "loop_loss_nats") == pytest.approx(loss, rel=1e-14)
    assert value(measured(images(), seed=1), "initial_loss_nats") != loss


def test_a_closed_form_passes_the_check_on_images() -> None:
    assert 0 < value(measured(images(), probe=CHECK), "relative_error_max") < 1e-3


def test_images_of_another_size_are_refused() -> None:
    with pytest.raises(ReplabError, match="an image has 64 values: this probe is for images of 3072"):
        measured(images(shape=(8, 8)))


def test_a_library_that_is_not_there_is_refused() -> None:
    with pytest.raises(ReplabError, match="library 'nunpy' unknown; did you mean 'numpy'"):
        measured(images(), probe=MATRICES | {"library": "nunpy"})


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ({key: SPEC[key] for key in ("data", "probe")}, "probe 'initial_loss_on_images' needs data and input"),
        ({"probe": FIRST_LOSS}, "probe 'initial_loss_on_images' needs data and input"),
        (SPEC | {"probe": {"name": "log_of_zero", "clip": 0}}, "probe 'log_of_zero' takes neither data nor input"),
    ],
)
def test_a_spec_has_data_just_where_its_probe_draws(base: dict[str, Any], message: str) -> None:
    with pytest.raises(ReplabError, match=message):
        check_params(params(base=base, variants={"plain": {}}))


def test_an_old_probes_spec_does_not_mention_data() -> None:
    probe = {"name": "log_of_zero", "clip": 0.0}
    assert ProbeSpec.model_validate({"probe": probe}).model_dump() == {"probe": probe}


def test_its_identity_has_the_data_and_the_transform() -> None:
    [variant] = resolve(check_params(params(base=SPEC, variants={"plain": {}})), "tiny", "sample")
    runner = RUNNERS["probe"]
    assert runner.data_sets(variant.spec) == ["rendered_digits_sample"]
    assert {"src/replab/nn/inputs.py:mean_image", "src/replab/training/probes_on_data.py:measure_on_data"} <= set(
        runner.code(variant.spec)
    )


def test_it_is_planned_and_run_like_any_other(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_params(folder / "params.yaml", params(base=SPEC, metrics=["initial_loss_nats"], variants={"plain": {}}))
    data.prepare("rendered_digits_sample", folder / "data")
    monkeypatch.setenv("REPLAB_DATA", str(folder / "data"))
    assert main(["plan"]) == 0 and capsys.readouterr().out.splitlines()[1].endswith("calibration")
    assert main(["train", "tiny", "--quiet"]) == 0
    assert [record["data"]["name"] for record in Store().records()] == ["rendered_digits_sample"] * 2
