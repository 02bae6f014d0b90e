"""Schedules: `schedule(step, *, steps_per_epoch) -> float`, the factor on lr at a step, counted from 0."""

from __future__ import annotations

import math
from collections.abc import Callable

from replab.ranges import Flag, Fraction


def constant(step: int, *, steps_per_epoch: int) -> float:
    """1 at every step; `step` and `steps_per_epoch` are there as every schedule is called with them.

    Source: report 003, which keeps its learning rate.
    """
    return 1.0


def decay_each_epoch(step: int, *, steps_per_epoch: int, factor: Fraction) -> float:
    """factor^ceil(step / steps_per_epoch): the first decay follows step 0 already.

    Source: the course code of report 001, which multiplies the learning rate
    after every step whose number, from 0, is a multiple of steps_per_epoch; there the factor is .95.
    """
    return factor ** math.ceil(step / steps_per_epoch)


def exponential_decay(step: int, *, steps_per_epoch: int, factor: Fraction, staircase: Flag) -> float:
    """factor^(step / steps_per_epoch); with `staircase` the exponent is rounded down, so that it changes by the epoch.

    Source: TensorFlow's exponential_decay, as report 004 uses it with factor .99 and 550 steps an epoch.
    """
    epochs = step / steps_per_epoch
    return float(factor ** (math.floor(epochs) if staircase else epochs))


SCHEDULES: dict[str, Callable[..., float]] = {
    "constant": constant,
    "decay_each_epoch": decay_each_epoch,
    "exponential_decay": exponential_decay,
}
