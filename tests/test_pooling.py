"""Lp pooling: the report's window, its powers, and what becomes of the zeros of ReLU."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from replab.blocks import check_component
from replab.errors import ReplabError
from replab.nn.pooling import gaussian_weights, lp_gaussian, max_pool

SIGMA = 0.8


def drawn(*shape: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64) + 0.01


def slopes(x: Tensor, power: float, epsilon: float) -> Tensor:
    """The gradient of the pooled values' sum with regard to what goes into the ReLU before the pooling."""
    before = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(
        lp_gaussian(before.relu(), power=power, sigma=SIGMA, epsilon=epsilon).sum(), before
    )
    return gradient


def test_the_window_is_the_one_that_the_report_prints() -> None:
    one = torch.zeros(1, 1, 5, 5, dtype=torch.float64)
    one[0, 0, 2, 2] = 1
    moved = torch.stack([
        lp_gaussian(one.roll((i, j), (2, 3)), power=1, sigma=SIGMA, epsilon=0)[0, 0, 1, 1]
        for i in (-1, 0, 1) for j in (-1, 0, 1)
    ])  # fmt: skip
    corner, edge, centre = 0.05711826, 0.12475775, 0.27249597
    expected = torch.tensor([corner, edge, corner, edge, centre, edge, corner, edge, corner], dtype=torch.float64)
    torch.testing.assert_close(moved, expected, rtol=0, atol=1e-8)
    assert sum(gaussian_weights(SIGMA)) == pytest.approx(1)


@pytest.mark.parametrize("size", [32, 16, 8, 7])
def test_it_halves_the_image_as_max_pooling_does(size: int) -> None:
    x = drawn(2, 3, size, size)
    assert lp_gaussian(x, power=2, sigma=SIGMA, epsilon=0).shape == max_pool(x, size=2).shape


def test_large_powers_approach_the_largest_value_of_the_window_and_very_negative_ones_the_smallest() -> None:
    x = drawn(1, 1, 9, 9)
    windows = x[:, :, 1:8, 1:8].unfold(2, 3, 2).unfold(3, 3, 2).flatten(4)
    inner = (slice(None), slice(None), slice(1, 4), slice(1, 4))
    highest = lp_gaussian(x, power=200, sigma=SIGMA, epsilon=0)[inner]
    lowest = lp_gaussian(x, power=-100, sigma=SIGMA, epsilon=0)[inner]
    torch.testing.assert_close(highest, windows.amax(-1), rtol=0.02, atol=0)
    torch.testing.assert_close(lowest, windows.amin(-1), rtol=0.04, atol=0)


@pytest.mark.parametrize("power", [-1, 2, 4])
def test_one_zero_in_a_window_is_everything_for_a_negative_power_and_little_for_a_positive_one(power: float) -> None:
    x = torch.ones(1, 1, 2, 2)
    x[0, 0, 1, 1] = 0
    pooled = lp_gaussian(x, power=power, sigma=SIGMA, epsilon=0).item()
    assert (pooled == 0) == (power < 0)
    assert slopes(x, power, 0).isfinite().all()


@pytest.mark.parametrize("power", [-1, 0.5, 2, 4])
def test_without_epsilon_the_slope_at_zeros_is_no_number_which_relu_s_gradient_hides(power: float) -> None:
    x = torch.zeros(1, 1, 4, 4, requires_grad=True)
    (bare,) = torch.autograd.grad(lp_gaussian(x, power=power, sigma=SIGMA, epsilon=0).sum(), x)
    assert bare.isnan().any()
    assert slopes(torch.zeros(1, 1, 4, 4), power, 0).eq(0).all()


def test_without_epsilon_a_power_that_underflows_gives_a_slope_that_nothing_hides() -> None:
    """x = 1e-13 > 0, so that ReLU passes its slope on; but x^4 is 0 in float32."""
    x = torch.full((1, 1, 4, 4), 1e-13)
    assert not slopes(x, 4, 0).isfinite().any()
    assert slopes(x, 2, 0).isfinite().all()


@pytest.mark.parametrize("power", [-2, -1, 0.5, 1, 2, 4])
def test_with_an_epsilon_all_slopes_are_finite(power: float) -> None:
    generator = torch.Generator().manual_seed(0)
    for scale in (0, 1e-13, 1, 1e3):
        assert slopes(scale * torch.randn(2, 2, 6, 6, generator=generator), power, 1e-6).isfinite().all()


def test_half_precision_is_pooled_in_single_and_given_back() -> None:
    x = drawn(2, 3, 8, 8).bfloat16()
    pooled = lp_gaussian(x, power=4, sigma=SIGMA, epsilon=0)
    assert pooled.dtype == torch.bfloat16
    assert torch.equal(pooled, lp_gaussian(x.float(), power=4, sigma=SIGMA, epsilon=0).bfloat16())


def test_power_0_is_refused() -> None:
    with pytest.raises(ReplabError, match="pooling 'lp_gaussian': power must be a number other than 0, not 0"):
        check_component("pooling", {"name": "lp_gaussian", "power": 0, "sigma": SIGMA, "epsilon": 0})
