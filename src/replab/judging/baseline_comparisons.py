"""Every variant against a baseline, paired by seed; and each variant by itself. For results without claims.

The test is the exact sign-flip test of the paired differences; Holm's correction is over the variants of a metric.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from replab.judging.planning import MOST_SEEDS, seeds_to_detect, smallest_detectable_effect
from replab.judging.sequential import ONE_LOOK
from replab.judging.statistics import effect_size, holm, sign_flip_p, spread, t_interval

ALPHA, CONFIDENCE, POWER, SEED = 0.05, 0.95, 0.8, 0
LEAST_FLIPPED = math.ceil(math.log2(2 / ALPHA))  # pairs: their least p is 2 / 2^n
SUMMARY_COLUMNS = [
    "variant",
    "metric",
    "unit",
    "n",
    "n_diverged",
    "mean",
    "ci_low",
    "ci_high",
    "median",
    "least",
    "greatest",
]
AGAINST_COLUMNS = [
    "variant", "baseline", "metric", "unit", "n", "difference", "low", "high", "p_value", "p_holm",
    "detectable", "seeds_needed", "two_runs", "luck",
]  # fmt: skip


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """A row for each variant and metric: the finished runs' mean with its t interval, median and range."""
    rows = []
    for (metric, variant), own in runs.groupby(["metric", "variant"], sort=False):
        values = own.loc[own["status"] == "done", "value"].to_numpy(dtype=float)
        low, high = t_interval(values, confidence=CONFIDENCE)
        some = values if len(values) else np.array([math.nan])
        middle = {"mean": some.mean(), "median": np.median(some), "least": some.min(), "greatest": some.max()}
        counted = {"n": len(values), "n_diverged": int((own["status"] == "diverged").sum())}
        head = {"variant": variant, "metric": metric, "unit": own["unit"].iloc[0]}
        rows.append(head | counted | middle | {"ci_low": low, "ci_high": high})
    return pd.DataFrame(rows, columns=SUMMARY_COLUMNS)


def against(runs: pd.DataFrame, baseline: str) -> pd.DataFrame:
    """A row for each metric and variant but the baseline (`AGAINST_COLUMNS`); differences are variant minus baseline.

    `detectable`: the smallest difference that so many pairs find with 80 % power; `seeds_needed`: those that would
    find the one seen (NA: more than 1,000, or unknown); `two_runs`: 95 % of the differences of two runs of the
    variant are smaller; `luck`: the answer in words.
    """
    rows = []
    for metric, own in runs[runs["status"] == "done"].groupby("metric", sort=False):
        values = {name: table.set_index("seed")["value"] for name, table in own.groupby("variant", sort=False)}
        found = [
            _row(str(metric), name, baseline, values) for name in values if name != baseline and baseline in values
        ]
        tested = [row for row in found if row["n"] > 1]
        for row, p in zip(tested, holm([row["p_value"] for row in tested], family=len(tested)), strict=True):
            row["p_holm"] = float(p)
        unit = own["unit"].iloc[0]
        rows += [row | {"unit": unit, "luck": _luck(row, len(tested))} for row in found]
    return pd.DataFrame(rows, columns=AGAINST_COLUMNS).astype({"n": "Int64", "seeds_needed": "Int64"})


def _row(metric: str, name: Any, baseline: str, values: dict[Any, pd.Series]) -> dict[str, Any]:
    own, base = values[name].align(values[baseline], join="inner")
    differences = (own - base).to_numpy(dtype=float)
    n = len(differences)
    row: dict[str, Any] = {"variant": name, "baseline": baseline, "metric": metric, "n": n}
    if n < 2:
        return row | {"difference": differences.mean() if n else math.nan}
    low, high = t_interval(differences, confidence=CONFIDENCE)
    return row | {
        "difference": differences.mean(), "low": low, "high": high, "p_value": sign_flip_p(differences, seed=SEED),
        "detectable": smallest_detectable_effect(n, alpha=ALPHA, power=POWER) * spread(differences),
        "seeds_needed": _needed(effect_size(differences)),
        "two_runs": 1.96 * math.sqrt(2) * spread(values[name].to_numpy(dtype=float)),
    }  # fmt: skip


def _needed(effect: float) -> int | None:
    """The seeds that find this effect, enough for the sign-flip test to find any."""
    if math.isnan(effect):
        return None
    needed = seeds_to_detect(effect, ONE_LOOK, alpha=ALPHA, power=POWER, multiplier=1)
    return None if needed is None else max(needed, LEAST_FLIPPED)


def _luck(row: dict[str, Any], family: int) -> str:
    """Whether the difference can be luck, in a sentence."""
    n = row["n"]
    if n < 2:
        return f"Not known: {n} seed{'' if n == 1 else 's'} in common."
    if row["p_holm"] <= ALPHA:
        return f"Hardly: {n} pairs show it."
    if 2.0 ** (1 - n) * family > ALPHA:
        return f"It can be: {n} pairs are too few for this test to show any difference."
    needed = f"about {row['seeds_needed']} seeds" if row["seeds_needed"] else f"more than {MOST_SEEDS} seeds"
    return f"It can be: {n} pairs do not show it; {needed} would be needed."
