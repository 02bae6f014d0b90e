"""Step 2 for rankings, bounds on a mean, and "the same": tests of expected values.

The t test of a `MeanTest`, with Hall's correction for skewness where it makes p greater, is the rule: paired by seed,
of one variant, or Welch's where the runs have no seeds. The exact sign-flip or permutation test stands beside it as a
check, and where the two disagree a sentence says so."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from replab.judging.events import SIDE, range_of, share_columns, wilson_interval
from replab.judging.least_runs import ALPHA
from replab.judging.mean_tests import mean_test
from replab.judging.statistics import agree, sign_flip_floor
from replab.judging.two_samples import common_language_interval
from replab.judging.values import Seen

NO_PARTNER = "the runs have no seeds, so that no run has a partner with which it could be identical"
IDENTICAL = 1e-6  # relative: what the order of a sum changes in float32


def ranking_columns(found: Seen, side: int) -> dict[str, Any]:
    """The mean of better - worse by seed, its interval and p; `side` is the claimed sign of that mean.

    pair_share is the share of pairs of single runs in which one would have seen it; of a pair of which one run
    diverged, the other is the better. Without seeds every run of the one makes a pair with every run of the other, also
    where both diverged.
    """
    values = found.values
    k = int(np.sum(values * side > 0)) + found.won
    n = len(values) + found.won + found.lost if found.arms is None else math.prod(found.ended_of_each)
    low, high = wilson_interval(k, n) if found.arms is None else _share_of_all_pairs(found, side, 0.95)
    share = {"pair_share_k": k, "pair_share_n": n, "pair_share_low": low, "pair_share_high": high, "side": side}
    if found.count < 2 and found.won + found.lost:
        ends = share_columns(k, n)
        if found.arms is not None:
            ends["share_low"], ends["share_high"] = _share_of_all_pairs(found, side, 1 - 2 * SIDE)
        return range_of(values) | share | ends | {"route": "pairs", "n": found.count}
    return mean_columns(found, 0.0) | share


def _share_of_all_pairs(found: Seen, side: int, confidence: float) -> tuple[float, float]:
    """The interval of the share that shows the claimed order; equal values, and two runs that diverged, count half."""
    runs, lost = found.ended_of_each, int(np.sum(found.values * side < 0)) + found.lost
    won = int(np.sum(found.values * side > 0)) + found.won
    share = 0.5 + 0.5 * (won - lost) / math.prod(runs) if min(runs) else math.nan
    return common_language_interval(share, runs, confidence=confidence)


def bound_columns(found: Seen, bound: float) -> dict[str, Any]:
    """`mean_columns`, with a p of at least 2 / 2^n: no pairing makes runs symmetric, and they may be in two clusters.

    Had half of the runs another outcome, n runs would be all alike so often.
    """
    columns = mean_columns(found, bound)
    if columns["route"] == "mean":
        columns["p_value"] = max(columns["p_value"], sign_flip_floor(columns["n"]))
    return columns


def mean_columns(found: Seen, reference: float) -> dict[str, Any]:
    """The mean, its interval, and the p of its being `reference`, over the looks that are declared.

    Where the quantity does not depend on the seed, what it is needs no test.
    """
    values, look, n = found.values, found.look, found.count
    if n < 2:
        return _untested(found)
    test = mean_test(found)
    columns = range_of(values) | {"route": "mean", "n": n, "center": "mean", "estimate": float(values.mean())}
    columns["middle"] = float(np.median(values))
    if found.constant or agree(values):
        edge = {"low": columns["estimate"], "high": columns["estimate"], "interval": "exact", "confidence": math.nan}
        differs = abs(columns["estimate"] - reference) > IDENTICAL * abs(reference)
        flipped = look.corrected(test.check(reference), sides=2)
        p = math.nan if found.constant else flipped if differs else 1.0
        return columns | edge | {"route": "constant" if found.constant else "mean", "p_value": p, "p_check": p}
    confidence = 1 - look.level(ALPHA)
    low, high = test.interval(confidence)
    return columns | {
        "low": low,
        "high": high,
        "interval": "confidence",
        "confidence": confidence,
        "p_value": look.corrected(test.p(reference), sides=2),
        "p_check": look.corrected(test.check(reference), sides=2),
    }


def same_columns(found: Seen, margin: float) -> dict[str, Any]:
    """Two one-sided t tests within ±margin (Schuirmann 1987); beyond it, the p that the mean lies there."""
    if found.count < 2:
        return _untested(found)
    test, inside = mean_test(found), abs(float(found.values.mean())) < margin
    return _margin_columns(found, inside, test.equivalence_p(margin) if inside else test.beyond_p(margin))


def not_worse_columns(found: Seen, side: int, margin: float) -> dict[str, Any]:
    """The one-sided t test that the first is worse than the second by less than the margin (non-inferiority).

    `side` is the sign of a mean that makes the first the better one. Beyond the margin, the p that the mean lies there.
    """
    if found.count < 2:
        return _untested(found)
    test, inside = mean_test(found), float(found.values.mean()) * side > -margin
    raw = test.not_worse_p(side, margin) if inside else test.beyond_p(margin)
    return _margin_columns(found, inside, raw) | {"side": side}


def _margin_columns(found: Seen, inside: bool, raw: float) -> dict[str, Any]:
    """The mean, whether it is on the claimed side of the margin, and the p of that, or of the other side.

    The interval is the one that leaves out 2 alpha: it lies within the margin just where the tests say so.
    """
    values, look = found.values, found.look
    confidence = 1 - look.level(2 * ALPHA)
    low, high = mean_test(found).plain_interval(confidence)
    return range_of(values) | {
        "route": "same",
        "n": found.count,
        "center": "mean",
        "estimate": float(values.mean()),
        "low": low,
        "high": high,
        "interval": "confidence",
        "confidence": confidence,
        "inside": inside,
        "p_value": look.corrected(raw, sides=1 if inside else 2),
    }


def identical_columns(first: Seen, differences: Seen) -> dict[str, Any]:
    """Whether every run is the same as its partner, up to the rounding of sums: `inside`; k of n are."""
    size = np.abs(first.values).max(initial=0.0)
    equal = np.abs(differences.values) <= IDENTICAL * size
    n = len(differences.values)
    if differences.arms is not None and not equal.all():
        return {"route": "nothing", "n": 0, "missing": NO_PARTNER}
    columns = {"route": "identical" if n else "nothing", "n": n, "k": int(equal.sum()), "inside": bool(equal.all())}
    return columns | range_of(differences.values)


def _untested(found: Seen) -> dict[str, Any]:
    """One pair says nothing, and no pair less."""
    n = found.count
    return {"route": "single" if n else "nothing", "n": n} | range_of(found.values)
