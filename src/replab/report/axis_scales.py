"""Scales of the axes of curves, with ticks at round numbers: at least two on each axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.ticker import Locator

FLOOR = 1e-9  # where a logarithmic axis draws 0 and what is below
LEAST_TICKS = 2
ROUND = [100, 90, 50, 99, 95, 80, 70, 20, 98, 97, 99.5, 30, 60, 40, 10, 85, 96, 94, 92, 93, 91, 98.5, 97.5]
APART = 0.09  # how far ticks stand from each other at least, as a share of the axis
MUCH_LONGER = 10  # times the shortest curve: on a linear axis that one would be a point
TOP = 100.5  # a little above the greatest percentage, which would be infinitely high


def logarithmic_axis(place: Axes, locator: Locator, floored: bool = False) -> None:
    """A logarithmic y axis with the ticks of a locator; with other round numbers where these are fewer than two.

    `floored`: 0 and what is below `FLOOR` are drawn there; the tick says so.
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

    place.set_yscale("log")
    low, high = place.get_ylim()
    ticks = [tick for tick in locator.tick_values(low, high) if low <= tick <= high]
    place.yaxis.set_major_locator(locator if len(ticks) >= LEAST_TICKS else MaxNLocator(5))
    place.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    if floored:
        above = [float(tick) for tick in ticks if tick > FLOOR * MUCH_LONGER]
        place.set_yticks([FLOOR, *above], [f"0 or < {FLOOR:g}", *(f"{tick:g}" for tick in above)])
    place.yaxis.set_minor_locator(NullLocator())


def time_axis(place: Axes, lengths: list[float], first: float) -> None:
    """An x axis of epochs or steps; logarithmic from the `first` one on where the curves' lengths differ much."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

    if max(lengths) < MUCH_LONGER * min(lengths):
        place.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        return
    place.set_xscale("symlog", linthresh=first, linscale=0.3)
    place.xaxis.set_minor_locator(NullLocator())
    place.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def percent_axis(place: Axes, low: float, high: float) -> None:
    """A y axis of percentages from `low` to `high` that is stretched towards 100, where variants differ."""
    place.set_yscale("function", functions=(stretched, _unstretched))
    ticks = accuracy_ticks(low, high)
    place.set_yticks(ticks, [f"{tick:g}" for tick in ticks])


def accuracy_ticks(low: float, high: float) -> list[float]:
    """Percentages in low..high: those of ROUND, first ones first, that are APART; others where these are too few.

    Of one percentage alone (low = high) it is the tick.
    """
    from matplotlib.ticker import MaxNLocator

    room = APART * float(stretched(np.asarray(high)) - stretched(np.asarray(low)))
    kept: list[float] = []
    for tick in ROUND:
        places = stretched(np.asarray([tick, *kept]))
        if low <= tick <= high and (np.abs(places[1:] - places[0]) >= room).all():
            kept.append(float(tick))
    if len(kept) < LEAST_TICKS:
        kept = [
            round(float(tick), 9)
            for tick in MaxNLocator(5, steps=[1, 2, 5, 10]).tick_values(low, high)
            if low <= tick <= high
        ]
    return sorted(kept) or [low]


def stretched(accuracy: np.ndarray) -> np.ndarray:
    """Where a percentage lies on an axis that is stretched towards 100: -log10(TOP - accuracy)."""
    return -np.log10(np.maximum(TOP - np.asarray(accuracy), 1e-3))


def _unstretched(place: np.ndarray) -> np.ndarray:
    return TOP - 10 ** -np.asarray(place)
