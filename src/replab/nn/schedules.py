"""Schedules: `schedule(step, *, steps_per_epoch) -> float`, the factor on lr at a step, counted from 0."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable

from replab.errors import ReplabError
from replab.ranges import Counts, Flag, Fraction, NonNegative, Positive, Positives


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


def piecewise_constant(step: int, *, steps_per_epoch: int, boundaries: Counts, factors: Positives) -> float:
    """factors[i] up to and with step boundaries[i] * steps_per_epoch, the last factor after the last boundary.

    `boundaries` are in epochs and grow; there is one factor more than there are boundaries. Raises ReplabError
    otherwise. Source: TensorFlow's piecewise_constant, as the public code behind report 000 uses it with
    boundaries 10 and 30, factors 1, .1 and .05 of .01. No departure: a boundary's own step has the old factor.
    """
    if len(factors) != len(boundaries) + 1:
        raise ReplabError(
            f"schedule 'piecewise_constant': {len(boundaries)} boundaries need {len(boundaries) + 1} factors, "
            f"not {len(factors)}"
        )
    if boundaries != sorted(set(boundaries)):
        raise ReplabError(f"schedule 'piecewise_constant': boundaries must grow, unlike {boundaries}")
    return factors[bisect_left([epochs * steps_per_epoch for epochs in boundaries], step)]


def linear_decay(step: int, *, steps_per_epoch: int, hold: NonNegative, epochs: Positive, least: NonNegative) -> float:
    """1 for `hold` epochs, then along a straight line to `least` after `epochs`, and `least` from there on.

    Raises ReplabError unless `hold` is below `epochs`.
    Source: the second half of Smith & Topin 2019, "Super-convergence: very fast training of neural networks using large
    learning rates". No departure.
    """
    if hold >= epochs:
        raise ReplabError(f"schedule 'linear_decay': hold must be below epochs, not {hold:g} of {epochs:g}")
    done = (step / steps_per_epoch - hold) / (epochs - hold)
    return 1 - (1 - least) * min(1.0, max(0.0, done))


SCHEDULES: dict[str, Callable[..., float]] = {
    "constant": constant,
    "decay_each_epoch": decay_each_epoch,
    "exponential_decay": exponential_decay,
    "piecewise_constant": piecewise_constant,
    "linear_decay": linear_decay,
}
