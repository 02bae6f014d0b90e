"""The learning rate that a schedule comes to: report 004's numbers for its decays."""

from __future__ import annotations

from collections.abc import Callable

from replab.probes.measured import Measured
from replab.ranges import Component, Count, Positive


def scheduled_rate(*, schedule: Component, base: Positive, steps: Count, steps_per_epoch: Count) -> Measured:
    """The learning rate base * schedule(steps), after so many steps; it has no seed.

    Source: report 004, which gives the rates after 30,000 steps of a base of .8, of 550 steps an epoch.
    """
    rate: Callable[..., float] = schedule
    return {"final_learning_rate": (base * rate(steps, steps_per_epoch=steps_per_epoch), "")}
