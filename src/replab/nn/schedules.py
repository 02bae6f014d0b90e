"""Schedules: `schedule(step, *, steps_per_epoch) -> float`, the factor on lr at a step, counted from 0."""

from __future__ import annotations

from collections.abc import Callable


def constant(step: int, *, steps_per_epoch: int) -> float:
    """1 at every step; `step` and `steps_per_epoch` are there as every schedule is called with them.

    Source: report 003, which keeps its learning rate.
    """
    return 1.0


SCHEDULES: dict[str, Callable[..., float]] = {"constant": constant}
