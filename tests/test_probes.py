"""Probes of gradients: against scipy, automatic differentiation, and the numbers that two reports print."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.optimize import approx_fprime, check_grad

from replab import codebase
from replab.blocks import check_component
from replab.building import build
from replab.errors import ReplabError
from replab.probes.differences import central, forward, numerical_gradient, relative_distance, relative_errors
from replab.probes.gradient_checks import order_of, step_name
from replab.probes.linear import (
    CLASS_RMS,
    PIXEL_RMS,
    linear_gradient,
    linear_gradient_by_autograd,
    linear_loss,
    made_up_images,
)
from replab.probes.three_layer import GRADIENTS, three_layer_gradient, three_layer_loss, toy_inputs, toy_weights
from replab.probes.vectorization import LIBRARIES, by_loops, by_matrices
from replab.runners import probe
from replab.training.probes import measure

RANDOM = np.random.RandomState(7)
X, Y = RANDOM.randn(6, 5), RANDOM.randint(4, size=6)
W = 0.5 * RANDOM.randn(5, 4)
TOY = {"name": "three_layer_toy", "lr": 0.1, "decay": 0.95, "regularization": 5e-6, "batch": 200, "steps": 100}
LAYER = {"inputs": [4, 3, 5], "score_gap": -0.55}


def measured(name: str, seed: int = 0, **parameters: Any) -> dict[str, float]:
    probe = build("probe", {"name": name, **parameters}, generator=torch.Generator().manual_seed(seed))
    return {metric: value for metric, (value, _) in probe().items()}


def printed(report: str, study: str) -> list[dict[str, str]]:
    path = Path(__file__).parents[1] / "claims/claims_seeds.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if (row["seed"], row["study"]) == (report, study)]


def test_the_softmax_classifiers_gradient_is_scipys() -> None:
    def loss(flat: np.ndarray) -> float:
        return linear_loss(flat.reshape(W.shape), X, Y, 0.3)

    def slope(flat: np.ndarray) -> np.ndarray:
        return linear_gradient(flat.reshape(W.shape), X, Y, 0.3).ravel()

    assert check_grad(loss, slope, W.ravel()) < 1e-6
    np.testing.assert_allclose(linear_gradient_by_autograd(W, X, Y, 0.3), linear_gradient(W, X, Y, 0.3), atol=1e-14)


@pytest.mark.parametrize("gradient", GRADIENTS)
def test_of_the_three_layer_gradients_only_the_correct_one_is_scipys(gradient: str) -> None:
    x, y = toy_inputs(np.random.RandomState(3))
    weights = toy_weights(np.random.RandomState(4))
    found = three_layer_gradient(weights, x, y, 0.05, gradient)
    for name, values in weights.items():

        def loss(flat: np.ndarray, name: str = name, shape: Any = values.shape) -> float:
            return three_layer_loss(weights | {name: flat.reshape(shape)}, x, y, 0.05)

        expected = approx_fprime(values.ravel(), loss, 1e-7).reshape(values.shape)
        same = np.allclose(found[name], expected, rtol=1e-4, atol=1e-5)
        faulty = gradient in ("plus_one", "as_printed") or (gradient == "preactivations" and name in ("w2", "w3"))
        assert same != faulty, name


def test_a_central_difference_is_exact_for_parabolas_and_a_forward_one_for_lines() -> None:
    assert forward(lambda t: 2 * t - 1, 0.25) == 2 and central(lambda t: t * t + 3 * t, 0.25) == 3
    assert forward(lambda t: t * t, 0.25) == 0.25
    assert central(lambda t: t**3, 0.25) == 0.0625


def test_weights_are_put_back_after_a_difference() -> None:
    w = W.copy()
    slopes = numerical_gradient(lambda: linear_loss(w, X, Y, 0.0), w, [(1, 2)], difference="central", h=1e-3)
    assert np.array_equal(w, W)
    assert slopes[0] == pytest.approx(linear_gradient(W, X, Y, 0.0)[1, 2], rel=1e-5)


def test_relative_errors_are_of_the_size_and_0_where_both_are_0() -> None:
    assert relative_errors(np.array([3.0, 0.0, 1.0]), np.array([1.0, 0.0, -1.0])).tolist() == [0.5, 0.0, 1.0]
    assert relative_distance(np.array([3.0, 4.0]), np.zeros(2)) == 1 and relative_distance(W, W) == 0
    assert relative_distance(np.zeros(2), np.zeros(2)) == 0


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("softmax_layer_difference", {"difference": "centrel"}, "difference 'centrel' unknown; did you mean 'central'"),
        ("softmax_layer_difference", {"row": 3}, r"there is no entry \(3, 0\): the gradient is 3 x 2"),
        ("three_layer_toy", {"gradient": "corect"}, "gradient 'corect' unknown; did you mean 'correct'"),
        ("three_layer_toy", {"streams": "draw"}, "streams 'draw' unknown; did you mean 'drawn'"),
        ("three_layer_toy_score", {"column": 3}, r"there is no score \(0, 3\): the toy has 5 x 3"),
        ("softmax_loops_and_matrices", {"library": "nunpy"}, "library 'nunpy' unknown; did you mean 'numpy'"),
    ],
)
def test_what_does_not_exist_is_refused_by_name(name: str, changes: dict[str, Any], message: str) -> None:
    rest: dict[str, Any] = {
        "softmax_layer_difference": LAYER | {"row": 0, "column": 0, "difference": "central", "h": 1e-5},
        "three_layer_toy": {key: value for key, value in TOY.items() if key != "name"}
        | {"gradient": "correct", "streams": "drawn"},
        "three_layer_toy_score": {"row": 0, "column": 0},
        "softmax_loops_and_matrices": {"std": 1e-4, "images": 5, "regularization": 0.0, "repeats": 1},
    }
    with pytest.raises(ReplabError, match=message):
        measured(name, **rest[name] | changes)


@pytest.mark.parametrize("h", [0, -1e-5])
def test_a_step_of_0_or_less_is_refused(h: float) -> None:
    block = {"name": "softmax_layer_difference", **LAYER, "row": 0, "column": 0, "difference": "central", "h": h}
    with pytest.raises(ReplabError, match="h must be a number above 0, not"):
        check_component("probe", block)


def test_the_printed_matrices_of_report_002_follow_from_one_score_gap() -> None:
    rows = printed("002", "gradcheck")
    assert len(rows) == 12
    for row in rows:
        place = {"row": int(row["metric"][5]), "column": int(row["metric"][7])}
        probe: tuple[str, dict[str, Any]] = ("softmax_layer_difference", {"difference": "forward", "h": 1e-5})
        name, more = ("softmax_layer_gradient", {}) if row["variant"] == "analytic" else probe
        for seed in range(2):
            found = measured(name, seed, **LAYER, **place, **more)["gradient_nats"]
            assert found == pytest.approx(float(row["value"]), rel=0, abs=6e-9)


def test_the_3_x_2_example_by_hand() -> None:
    p = 1 / (1 + math.exp(0.55))
    by_hand = [[x * (p - 1), x * (1 - p)] for x in (4, 3, 5)]
    found = [
        [measured("softmax_layer_gradient", **LAYER, row=row, column=column)["gradient_nats"] for column in range(2)]
        for row in range(3)
    ]
    np.testing.assert_allclose(found, by_hand, rtol=1e-12)


@pytest.mark.parametrize(("difference", "order"), [("forward", 1), ("central", 2)])
def test_the_order_of_a_difference_is_measured(difference: str, order: int) -> None:
    for seed in range(3):
        found = measured("gradient_convergence", seed, difference=difference, std=1e-4, images=30, entries=10)
        assert found["order"] == pytest.approx(order, abs=0.02)
        errors = [value for metric, value in found.items() if metric.startswith("error_at_h_")]
        assert min(errors) == found["least_error"] == found[f"error_at_h_{step_name(found['best_h'])}"]


def test_the_order_is_fitted_above_the_rounding() -> None:
    steps = 10.0 ** -np.arange(1, 12)
    assert order_of(steps, 5 * steps**2 + 1e-16 / steps) == pytest.approx(2, abs=0.01)
    assert order_of(steps, 5 * steps + 1e-16 / steps) == pytest.approx(1, abs=0.01)


def test_the_faults_of_the_printed_gradient_fail_the_check_and_the_right_one_passes() -> None:
    found = {
        gradient: measured(
            "three_layer_gradient_check", gradient=gradient, difference="central", h=1e-5, regularization=0.05
        )
        for gradient in GRADIENTS
    }
    matrices = ("relative_error_w1", "relative_error_w2", "relative_error_w3")
    assert all(found["correct"][matrix] < 1e-8 for matrix in matrices)
    assert found["preactivations"]["relative_error_w1"] < 1e-8
    assert all(found["preactivations"][matrix] > 0.1 for matrix in matrices[1:])
    assert all(found[gradient][matrix] > 0.5 for gradient in ("plus_one", "as_printed") for matrix in matrices)


@pytest.mark.parametrize("library", LIBRARIES)
def test_loops_and_matrices_give_the_closed_form(library: str) -> None:
    x, y = made_up_images(12, torch.Generator().manual_seed(0))
    w = 1e-3 * np.random.RandomState(0).randn(x.shape[1], 10)
    arrays = (w, x, y) if library == "numpy" else tuple(map(torch.from_numpy, (w, x, y)))
    for version in (by_loops, by_matrices):
        loss, gradient = version(LIBRARIES[library], arrays, 0.2)
        assert loss == pytest.approx(linear_loss(w, x, y, 0.2), rel=1e-12)
        np.testing.assert_allclose(np.asarray(gradient), linear_gradient(w, x, y, 0.2), rtol=1e-9, atol=1e-12)


def test_the_spread_of_the_time_ratio_is_about_its_median() -> None:
    """Which of the two is faster is what the study measures; a busy machine may turn it round."""
    found = measured("softmax_loops_and_matrices", library="numpy", std=1e-4, images=100, regularization=0.0, repeats=5)
    assert 0 < found["speedup_p5"] <= found["speedup_median"] <= found["speedup_p95"]
    assert found["loop_seconds"] > 0 and found["matrix_seconds"] > 0


def test_made_up_images_have_cifars_root_mean_squares_and_a_column_of_ones() -> None:
    x, y = made_up_images(2000, torch.Generator().manual_seed(1))
    assert x.shape == (2000, 3073) and (x[:, -1] == 1).all() and set(y.tolist()) == set(range(10))
    means = np.stack([x[y == k, :-1].mean(0) for k in range(10)])
    assert np.sqrt((x[:, :-1] ** 2).mean()) == pytest.approx(PIXEL_RMS, rel=0.01)
    assert np.sqrt((means**2).mean()) == pytest.approx(CLASS_RMS, rel=0.05)


def test_the_first_loss_is_not_log_10_because_pixels_are_large() -> None:
    found = [measured("initial_loss", seed, std=1e-4, images=500) for seed in range(20)]
    losses = [one["initial_loss_nats"] for one in found]
    assert np.mean(losses) == pytest.approx(found[0]["predicted_loss_nats"], abs=0.025)
    assert found[0]["predicted_loss_nats"] == pytest.approx(2.357751, abs=0.002)
    assert measured("initial_loss", std=0, images=5)["initial_loss_nats"] == pytest.approx(math.log(10), rel=1e-14)


def test_the_toys_printed_scores_and_final_loss_are_had_to_the_last_digit() -> None:
    rows = printed("001", "three_layer_toy")
    scores = [row for row in rows if row["metric"].startswith("score[")]
    assert len(scores) == 15
    for row in scores:
        place = {"row": int(row["metric"][6]), "column": int(row["metric"][8])}
        assert measured("three_layer_toy_score", **place)["score"] == pytest.approx(float(row["value"]), abs=6e-9)
    (claimed,) = (float(row["value"]) for row in rows if row["metric"] == "final_training_loss")
    trained = measured(**TOY, gradient="preactivations", streams="course")
    assert trained["final_loss_nats"] == pytest.approx(claimed, rel=1e-12)
    assert measured(**TOY, gradient="correct", streams="course")["final_loss_nats"] > 1.3 * claimed


def test_the_toy_with_the_right_gradient_is_what_automatic_differentiation_trains() -> None:
    stream = np.random.RandomState(0)
    x = torch.from_numpy(10 * np.random.RandomState(1).randn(5, 4))
    y, lr = torch.tensor([0, 1, 2, 2, 1]), 0.1
    shapes = [(4, 20), (20, 20), (20, 3)]
    matrices = [torch.tensor(0.1 * stream.randn(*shape), requires_grad=True) for shape in shapes]
    biases = [torch.zeros(shape[1], dtype=torch.float64, requires_grad=True) for shape in shapes]
    for _ in range(100):
        chosen = torch.from_numpy(stream.choice(5, 200))
        hidden = x[chosen]
        for layer, (matrix, bias) in enumerate(zip(matrices, biases, strict=True)):
            hidden = (hidden if layer == 0 else hidden.relu()) @ matrix + bias
        loss = torch.nn.functional.cross_entropy(hidden, y[chosen])
        loss = loss + 2.5e-6 * sum(matrix.square().sum() for matrix in matrices)
        slopes = torch.autograd.grad(loss, [*matrices, *biases])
        with torch.no_grad():
            for values, slope in zip([*matrices, *biases], slopes, strict=True):
                values -= lr * slope
        lr *= 0.95
    found = measured(**TOY, gradient="correct", streams="course")
    assert found["final_loss_nats"] == pytest.approx(loss.item(), rel=1e-9)


def test_a_toy_whose_loss_overflows_has_no_final_loss() -> None:
    assert measured(**TOY, gradient="plus_one", streams="course").keys() == {"finite_steps"}


def test_drawn_streams_follow_the_seed_and_the_courses_do_not() -> None:
    for streams, same in (("drawn", False), ("course", True)):
        found = [measured(**TOY, seed=seed, gradient="correct", streams=streams)["final_loss_nats"] for seed in (0, 1)]
        assert (found[0] == found[1]) == same


def test_a_probe_is_measured_once_a_seed() -> None:
    block = check_component("probe", {**TOY, "gradient": "correct", "streams": "drawn"})
    outcomes = list(measure(block, [3, 1]))
    assert [outcome.seed for outcome in outcomes] == [3, 1]
    assert [outcome.metrics["finite_steps"] for outcome in outcomes] == [{"value": 100.0, "unit": "steps"}] * 2
    assert outcomes[0].metrics["final_loss_nats"] != outcomes[1].metrics["final_loss_nats"]


def test_the_identity_of_a_probe_contains_what_it_calls() -> None:
    parts = codebase.parts([("probe", "linear_gradient_check")], probe.ROOTS)
    for piece in (
        "linear.py:linear_loss",
        "linear.py:PIXEL_RMS",
        "differences.py:central",
        "differences.py:DIFFERENCES",
    ):
        assert f"src/replab/probes/{piece}" in parts
    assert "src/replab/probes/toy.py:three_layer_toy" not in parts
    assert "src/replab/probes/__init__.py:PROBES" not in parts
