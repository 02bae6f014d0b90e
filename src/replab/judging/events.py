"""Step 2 for what happens or does not: k of n runs, with an exact interval of the share.

Clopper & Pearson (1934, Biometrika 26:404), one-sided at 5 % on each side, since each criterion looks at one side: 59
runs without the event show that its share is below 5 % (.95^59 = .048), five runs of five that it is above 50 %
(.5^5 = .031).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special, stats

from replab.judging.part_kinds import Event, Reaches
from replab.judging.planning import MOST_SEEDS
from replab.judging.scales import lower_is_better
from replab.judging.values import Seen

SIDE = 0.05
RARE, OFTEN, USUALLY = 0.05, 0.95, 0.5


def share_interval(k: int, n: int) -> tuple[float, float]:
    """The exact interval of a share, each end at 5 %: fractions; NaN without runs."""
    if not n:
        return math.nan, math.nan
    low = float(special.betaincinv(k, n - k + 1, SIDE)) if k else 0.0
    return low, float(special.betaincinv(k + 1, n - k, 1 - SIDE)) if k < n else 1.0


def wilson_interval(k: int, n: int) -> tuple[float, float]:
    """Wilson's (1927, J. Am. Stat. Assoc. 22:209) 95 % interval of a share: fractions; NaN without pairs."""
    if not n:
        return math.nan, math.nan
    found = stats.binomtest(k, n).proportion_ci(confidence_level=0.95, method="wilson")
    return float(found.low), float(found.high)


def share_columns(k: int, n: int) -> dict[str, Any]:
    """k of n, and the exact interval of the share."""
    low, high = share_interval(k, n)
    return {"k": k, "n": n, "share_low": low, "share_high": high}


def event_columns(found: Seen, event: Event) -> dict[str, Any]:
    """How many of the runs that ended show the event; a run that diverged has failed (`shown_by_diverged`)."""
    diverged, finished = len(found.diverged), len(found.values)
    if event.event == "diverges":
        k = diverged
    else:
        k = sum(event.event.shows(value) for value in found.values)
        k += diverged if shown_by_diverged(event.event) else 0
    return as_share(k, finished + diverged) | range_of(found.values)


def keeping_columns(found: Seen, shows: Callable[[float], bool]) -> dict[str, Any]:
    """How many of the runs keep a bound; one that diverged does not."""
    k = sum(shows(value) for value in found.values)
    return as_share(k, found.ended) | range_of(found.values)


def as_share(k: int, n: int) -> dict[str, Any]:
    """The share in percent as the estimate, with its exact interval."""
    columns = share_columns(k, n)
    if not n:
        return columns | {"route": "nothing"}
    return columns | {
        "route": "share",
        "center": "share",
        "estimate": 100 * k / n,
        "low": 100 * columns["share_low"],
        "high": 100 * columns["share_high"],
        "interval": "exact",
        "confidence": 1 - 2 * SIDE,
    }


def range_of(values: np.ndarray) -> dict[str, Any]:
    """The least and the greatest of some values; {} without any."""
    return {"runs_low": float(values.min()), "runs_high": float(values.max())} if len(values) else {}


def shown_by_diverged(event: Reaches) -> bool:
    """Whether a run that diverged counts as one that shows it: its accuracy is the worst, and so is its loss."""
    lower = lower_is_better(event.metric)
    return (event.at_most is not None and lower is False) or (event.at_least is not None and lower is True)


def seeds_for_event(k: int, n: int, claimed: str) -> int | None:
    """The runs that would decide, if the share stays as it is; None where even 1,000 would not."""
    for m in range(n + 1, MOST_SEEDS + 1):
        at = round(k / n * m) if n else 0
        low, high = share_interval(at, m)
        if claimed == "often":
            if low > USUALLY or high < 1 - USUALLY:
                return m
            continue
        holds = at == m and low > USUALLY if claimed == "happens" else at == 0 and high < USUALLY
        denied = high < RARE if claimed == "happens" else low > OFTEN
        if holds or denied or (low > RARE and high < OFTEN):
            return m
    return None
