"""The level of all verdicts, and the fewest runs that can reach it. Without scipy, so that `replab plan` is quick."""

from __future__ import annotations

import math

ALPHA = 0.05
LEAST_RUNS = 7  # to contradict a printed number; see `numbers`
LEAST_PAIRS = 3


def least_runs_to_contradict(family: int, *, alpha: float) -> int:
    """The fewest runs that can contradict one of a report's `family` printed numbers: 2^-n * family <= alpha, n >= 7.

    See `numbers` for the least p of n runs.
    """
    return max(LEAST_RUNS, math.ceil(math.log2(family / alpha)))
