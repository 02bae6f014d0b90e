"""Report 003's three numerical traps: a softmax that overflows, the logarithm of 0, and 0 / 0."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from replab.building import build

SCORES = torch.tensor([[1000.0, -1000.0, 0.0], [1000.0, 1000.0, 1000.0], [-1000.0, 0.0, 1000.0]])
SOFTMAX = torch.tensor([[1.0, 0.0, 0.0], [1 / 3, 1 / 3, 1 / 3], [0.0, 0.0, 1.0]])
TARGETS = torch.tensor([1, 1, 2])
KL = {"name": "kl_divergence", "clip": 1e-9}


def measure(name: str, **parameters: Any) -> dict[str, float]:
    probe = build("probe", {"name": name, **parameters}, generator=torch.Generator().manual_seed(0))
    return {metric: value for metric, (value, _) in probe().items()}


def gradient(block: dict[str, Any], scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    scores = scores.clone().requires_grad_()
    build("loss", block)(scores, targets).sum().backward()
    assert scores.grad is not None
    return scores.grad


def test_a_naive_softmax_overflows_and_a_shifted_one_does_not() -> None:
    assert measure("softmax_overflow", scale=1, shift=False)["nonfinite_fraction"] == 0
    assert measure("softmax_overflow", scale=1000, shift=False)["nonfinite_fraction"] > 0.99
    assert measure("softmax_overflow", scale=1000, shift=True)["nonfinite_fraction"] == 0


def test_the_overflow_begins_where_float32_ends() -> None:
    largest = math.log(torch.finfo(torch.float32).max)
    assert torch.tensor(largest - 1e-3).exp().isfinite() and torch.tensor(largest + 1e-3).exp().isinf()


@pytest.mark.parametrize("name", ["cross_entropy", "kl_divergence", "focal", "hinge"])
def test_no_loss_overflows_where_the_naive_softmax_does(name: str) -> None:
    parameters: dict[str, dict[str, float]] = {
        "kl_divergence": {"clip": 1e-9},
        "focal": {"gamma": 2, "alpha": 0.1},
        "hinge": {"margin": 5},
    }
    block = {"name": name, **parameters.get(name, {})}
    assert (SCORES.exp() / SCORES.exp().sum(1, keepdim=True)).isnan().any()
    assert build("loss", block)(SCORES, TARGETS).isfinite().all() and gradient(block, SCORES, TARGETS).isfinite().all()


def test_the_logarithm_of_an_underflown_softmax_is_infinite_unless_clipped() -> None:
    assert measure("log_of_zero", clip=0)["nonfinite_fraction"] == 1
    assert measure("log_of_zero", clip=1e-9)["nonfinite_fraction"] == 0


def test_a_clip_below_what_float32_holds_is_none() -> None:
    assert measure("log_of_zero", clip=1e-50)["nonfinite_fraction"] == 1


def test_the_clip_bounds_the_value_of_kl_divergence() -> None:
    losses = build("loss", KL)(SCORES, TARGETS)
    torch.testing.assert_close(losses, torch.tensor([-math.log(1e-9), math.log(3), 0.0]))


def test_the_clip_leaves_the_gradient_of_kl_divergence_alone() -> None:
    expected = SOFTMAX - torch.nn.functional.one_hot(TARGETS, 3)
    torch.testing.assert_close(gradient(KL, SCORES, TARGETS), expected)


def test_kl_divergence_and_cross_entropy_have_one_gradient_to_the_bit() -> None:
    generator = torch.Generator().manual_seed(0)
    scores, targets = (
        30 * torch.randn(200, 10, generator=generator),
        torch.randint(10, (200,), generator=generator),
    )
    assert torch.equal(gradient(KL, scores, targets), gradient({"name": "cross_entropy"}, scores, targets))


def test_zero_times_the_logarithm_of_zero_is_no_number_unless_filled() -> None:
    assert measure("zero_over_zero", fill=0) == {"nonfinite_fraction": 1}
    assert measure("zero_over_zero", fill=1e-9)["nonfinite_fraction"] == 0


def test_the_fill_does_not_change_the_kl_divergence() -> None:
    """Report 003 fills the logarithm, which is then multiplied by a target of 0. Filling the target would add to it."""
    assert measure("zero_over_zero", fill=1e-9)["bias_nats"] == pytest.approx(0, abs=1e-12)
    assert measure("zero_over_zero", fill=0.5)["bias_nats"] == pytest.approx(0, abs=1e-12)


def test_focal_keeps_a_slope_where_the_target_is_certain() -> None:
    for gamma in (0, 0.5, 1, 2):
        slopes = gradient({"name": "focal", "gamma": gamma, "alpha": 1}, torch.tensor([[40.0, 0.0]]), torch.tensor([0]))
        assert slopes.isfinite().all() and slopes.abs().max() < 1e-6


def test_focal_holds_its_digits_where_the_target_is_nearly_certain() -> None:
    others = math.exp(-14.0)
    loss = build("loss", {"name": "focal", "gamma": 2, "alpha": 1})(torch.tensor([[14.0, 0.0]]), torch.tensor([0]))
    assert loss.item() == pytest.approx(others**3, rel=0.05)
