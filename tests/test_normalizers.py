"""Normalizers where the formulas leave something open: scores that are all 0, all negative, or huge."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from replab.blocks import check_component
from replab.building import build
from replab.errors import ReplabError
from replab.nn.losses import LOSSES
from replab.nn.normalizers import NORMALIZERS

SHARES = ["abs_max", "square_max", "plus_one_abs_max", "non_negative_max"]
PROBABILITIES = ["softmax", *SHARES]
CLIP = 1e-10
ZEROS, NEGATIVE = torch.zeros(1, 4), torch.tensor([[-1.0, -2.0, -3.0, -2.0]])


def nats(name: str, scores: Tensor, target: int = 0) -> tuple[float, list[float]]:
    """The report's loss of one row of scores, and its gradient."""
    x = scores.clone().requires_grad_()
    loss = LOSSES["clipped_nll"](NORMALIZERS[name](x), torch.tensor([target]), clip=CLIP).sum()
    (gradient,) = torch.autograd.grad(loss, x)
    return loss.item(), gradient.flatten().tolist()


@pytest.mark.parametrize("name", PROBABILITIES)
def test_probabilities_are_at_least_0_and_add_up_to_1(name: str) -> None:
    scores = 4 * torch.randn(100, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    p = NORMALIZERS[name](scores)
    assert p.min() >= 0
    torch.testing.assert_close(p.sum(1), torch.ones(100, dtype=torch.float64))


@pytest.mark.parametrize("name", ["softmax", "plus_one_abs_max"])
def test_the_form_in_logarithms_is_the_logarithm_of_the_other(name: str) -> None:
    scores = 4 * torch.randn(100, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    logarithms = NORMALIZERS[f"log_{name}"](scores)
    torch.testing.assert_close(logarithms, NORMALIZERS[name](scores).log())
    targets = torch.arange(100) % 7
    losses = LOSSES["nll"](logarithms, targets), LOSSES["clipped_nll"](NORMALIZERS[name](scores), targets, clip=1e-30)
    torch.testing.assert_close(*losses)


def test_only_the_form_in_logarithms_learns_from_a_probability_that_underflows() -> None:
    losses = {
        "log_softmax": (build("loss", {"name": "nll"}), [-1.0, 1.0]),
        "softmax": (build("loss", {"name": "clipped_nll", "clip": CLIP}), [0.0, 0.0]),
    }
    for name, (loss, expected) in losses.items():
        scores = torch.tensor([[-200.0, 0.0]]).requires_grad_()
        (gradient,) = torch.autograd.grad(loss(NORMALIZERS[name](scores), torch.tensor([0])).sum(), scores)
        assert gradient.flatten().tolist() == expected


@pytest.mark.parametrize(
    ("name", "shares"),
    [("softmax", [0.25] * 4), ("abs_max", [0.0] * 4), ("square_max", [0.0] * 4), ("plus_one_abs_max", [0.25] * 4),
     ("non_negative_max", [0.0] * 4)],
)  # fmt: skip
def test_scores_that_are_all_0(name: str, shares: list[float]) -> None:
    assert NORMALIZERS[name](ZEROS).flatten().tolist() == shares
    loss, gradient = nats(name, ZEROS)
    assert loss == pytest.approx(-math.log(max(shares[0], CLIP)))
    assert all(math.isfinite(slope) for slope in gradient)
    if name != "softmax":
        assert gradient == [0.0] * 4


@pytest.mark.parametrize(
    ("name", "shares"),
    [("abs_max", [1 / 8, 2 / 8, 3 / 8, 2 / 8]), ("square_max", [1 / 18, 4 / 18, 9 / 18, 4 / 18]),
     ("plus_one_abs_max", [2 / 12, 3 / 12, 4 / 12, 3 / 12]), ("non_negative_max", [0.0] * 4)],
)  # fmt: skip
def test_scores_that_are_all_negative(name: str, shares: list[float]) -> None:
    """Of shares of |x| the most negative score is the prediction; where no score is above 0, there is none."""
    p = NORMALIZERS[name](NEGATIVE)
    assert p.flatten().tolist() == pytest.approx(shares)
    assert p.argmax() == (0 if name == "non_negative_max" else 2)
    loss, gradient = nats(name, NEGATIVE, target=1)
    assert loss == pytest.approx(-math.log(max(shares[1], CLIP)))
    if name == "non_negative_max":
        assert gradient == [0.0] * 4


@pytest.mark.parametrize("name", SHARES)
@pytest.mark.parametrize("scale", [1e-30, 1e25])
def test_squares_neither_overflow_nor_vanish(name: str, scale: float) -> None:
    scores = scale * torch.tensor([[1.0, 2.0, -3.0]])
    (first, second, third) = NORMALIZERS[name](scores).flatten().tolist()
    assert math.isclose(first + second + third, 1, rel_tol=1e-6)
    if name == "square_max":
        assert third / first == pytest.approx(9)


@pytest.mark.parametrize(
    ("p", "loss", "slope"), [(0.5, math.log(2), -2.0), (1e-12, -math.log(CLIP), 0.0), (0.0, -math.log(CLIP), 0.0)]
)
def test_below_the_clip_the_loss_is_flat(p: float, loss: float, slope: float) -> None:
    x = torch.tensor([[p, 1 - p]], dtype=torch.float64).requires_grad_()
    value = LOSSES["clipped_nll"](x, torch.tensor([0]), clip=CLIP)
    (gradient,) = torch.autograd.grad(value.sum(), x)
    assert (value.item(), gradient[0, 0].item()) == pytest.approx((loss, slope))


def test_a_normalizer_that_does_not_exist_is_refused_with_a_suggestion() -> None:
    with pytest.raises(ReplabError, match=r"normalizer 'sofmax' unknown; did you mean 'softmax'\?"):
        check_component("normalizer", "sofmax")
