"""How near runs, their interval and a printed number are to each other, measured by the declared resolution.

A resolution is in the metric's unit, or a factor: widths and gaps are then those of logarithms.
"""

from __future__ import annotations

import math

import numpy as np

from replab.judging.part_kinds import Resolution
from replab.judging.scales import Printed

TENTH = 0.1


def gaps(values: np.ndarray, resolution: Resolution) -> np.ndarray:
    """The gaps between neighbours [R - 1]: in the metric's unit, or of logs where the resolution is a factor."""
    ordered = np.sort(values)
    if resolution.factor is None:
        return np.diff(ordered)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(np.diff(np.log(np.maximum(ordered, 0.0))), nan=0.0, posinf=math.inf)


def are_clusters(values: np.ndarray, resolution: Resolution) -> bool:
    """Whether two runs or more lie on either side of a gap of more than twice the resolution."""
    return bool(len(values) > 3 and gaps(values, resolution)[1:-1].max() > 2 * size_of(resolution))


def groups(values: np.ndarray, resolution: Resolution) -> list[tuple[int, float, float]]:
    """(count, least, greatest) of the runs below and above the widest gap between two runs or more on either side."""
    ordered = np.sort(values)
    place = int(np.argmax(gaps(values, resolution)[1:-1])) + 2
    return [(len(part), float(part[0]), float(part[-1])) for part in (ordered[:place], ordered[place:])]


def half_width(low: float, high: float, resolution: Resolution) -> float:
    """Half of an interval's width, in the metric's unit, or where the resolution is a factor the log of it."""
    if resolution.factor is None:
        return (high - low) / 2
    if high == low:
        return 0.0
    return math.log(high / low) / 2 if low > 0 else math.inf


def width_of(low: float, high: float, resolution: Resolution) -> float:
    """`half_width` over the resolution: at most 1 where the interval is narrow enough."""
    return half_width(low, high, resolution) / size_of(resolution)


def size_of(resolution: Resolution) -> float:
    """The resolution as `half_width` measures it."""
    return math.log(resolution.factor) if resolution.factor is not None else float(resolution.value or 0.0)


def reach(number: Printed, resolution: Resolution) -> float:
    """The resolution around a number, in the metric's unit."""
    if resolution.factor is not None:
        return abs(number.value) * (resolution.factor - 1)
    return float(resolution.value or 0.0)


def is_near(value: float, number: Printed, resolution: Resolution) -> bool:
    """Whether a run lies within the resolution of the number, or within its printed digits."""
    if number.holds(value):
        return True
    if resolution.factor is not None:
        return number.value > 0 and value > 0 and abs(math.log(value / number.value)) <= math.log(resolution.factor)
    return abs(value - number.value) <= float(resolution.value or 0.0)


def is_inside(number: Printed, low: float, high: float) -> bool:
    """Whether the interval and the printed digits have a point in common, up to the rounding of a double."""
    if math.isnan(low):
        return False
    slack = number.half * 1e-9 + 1e-12 * abs(number.value)
    return number.low - slack <= high and low <= number.high + slack


def is_apart(values: np.ndarray, number: Printed, resolution: Resolution) -> bool:
    """Whether no run comes nearer to the printed digits than a tenth of the resolution."""
    nearest = float(np.maximum(0.0, np.abs(values - number.value) - number.half).min())
    return nearest > TENTH * reach(number, resolution)


def rank_among(values: np.ndarray, number: Printed) -> float:
    """Where the number lies among n runs, in (0, 1): (runs below + half of those that are printed so + 1/2) / (n + 1).

    If it comes from one more run of the same kind, each of its n + 1 ranks is equally likely; the centre of its share
    of (0, 1) is given. So over many numbers it is uniform, up to steps of 1 / (n + 1): the histogram of ranks (Hamill
    2001, Mon. Weather Rev. 129:550), or the probability integral transform (Gneiting et al. 2007, J. R. Stat. Soc. B
    69:243) of the runs.
    """
    equal = np.array([number.holds(value) for value in values])
    below = int(((values < number.value) & ~equal).sum())
    return float((below + equal.sum() / 2 + 0.5) / (len(values) + 1))
