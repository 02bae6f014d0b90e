"""Averages of the parameters over the steps of training, which are evaluated instead of the last ones."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from replab.ranges import Fraction


@torch.no_grad()
def exponential(average: list[Tensor], current: list[Tensor], *, step: int, decay: Fraction) -> None:
    """a = d a + (1 - d) w with d = min(decay, (1 + step) / (10 + step)), in place; `step` counts from 0.

    average, current: parameters of any shape, in the same order. The second term of the minimum lets the
    average follow the first steps. Source: TensorFlow's ExponentialMovingAverage with num_updates, as
    report 004 uses it; no departure.
    """
    rate = 1 - min(decay, (1 + step) / (10 + step))
    torch._foreach_lerp_(average, current, rate)


def none(average: list[Tensor], current: list[Tensor], *, step: int) -> None:
    """No average is kept: the last parameters are evaluated. Source: the practice of all reports but 004."""


AVERAGINGS: dict[str, Callable[..., None]] = {"exponential": exponential, "none": none}
