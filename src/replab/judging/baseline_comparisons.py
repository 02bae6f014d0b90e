"""Every variant against a baseline, paired by seed; and each variant by itself. For results without claims.

The test is that of a ranking (`comparisons.mean_columns`), with the exact sign-flip test as the check beside it; Holm's
correction is over the variants of a metric.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from replab.judging.comparison_words import sign_flip_check
from replab.judging.comparisons import mean_columns
from replab.judging.inference import POWER, seeds_for_mean
from replab.judging.least_runs import ALPHA
from replab.judging.planning import MOST_SEEDS, smallest_detectable_effect
from replab.judging.statistics import holm, spread, t_interval
from replab.judging.values import Seen

CONFIDENCE = 0.95
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
    "variant", "baseline", "metric", "unit", "n", "difference", "low", "high", "p_value", "p_check", "p_holm",
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
    find the one seen (NA: it is found, or it takes more than 1,000); `two_runs`: 95 % of the differences of two runs of
    the variant are smaller; `luck`: the answer in words.
    """
    rows = []
    for metric, own in runs[runs["status"] == "done"].groupby("metric", sort=False):
        values = {name: table.set_index("seed")["value"] for name, table in own.groupby("variant", sort=False)}
        base = values.pop(baseline, None)
        if base is not None:
            head = {"baseline": baseline, "metric": metric, "unit": own["unit"].iloc[0]}
            rows += [head | row for row in _of_metric(values, base)]
    return pd.DataFrame(rows, columns=AGAINST_COLUMNS).astype({"n": "Int64", "seeds_needed": "Int64"})


def _of_metric(values: dict[Any, pd.Series], base: pd.Series) -> list[dict[str, Any]]:
    """The rows of the variants, with p corrected for those that are tested."""
    pairs = {name: Seen((own - base).dropna().to_numpy(dtype=float)) for name, own in values.items()}
    family = sum(len(found.values) > 1 for found in pairs.values())
    rows = [{"variant": name} | _columns(found, values[name], family) for name, found in pairs.items()]
    for row, p in zip(rows, holm([row["p_value"] for row in rows], family=family), strict=True):
        row["p_holm"] = float(p)
        row["seeds_needed"] = None if p <= ALPHA else row["seeds_needed"]
        row["luck"] = _luck(row)
    return rows


def _columns(pairs: Seen, own: pd.Series, family: int) -> dict[str, Any]:
    n = len(pairs.values)
    if n < 2:
        difference = float(pairs.values.mean()) if n else math.nan
        return {"n": n, "difference": difference, "p_value": math.nan, "seeds_needed": None}
    found = mean_columns(pairs, 0.0) | seeds_for_mean(pairs, 0.0, family)
    return {
        "difference": found["estimate"],
        "detectable": smallest_detectable_effect(n, alpha=ALPHA, power=POWER) * spread(pairs.values),
        "two_runs": 1.96 * math.sqrt(2) * spread(own.to_numpy(dtype=float)),
        **{key: found[key] for key in ("n", "low", "high", "p_value", "p_check", "seeds_needed")},
    }


def _luck(row: dict[str, Any]) -> str:
    """Whether the difference can be luck, in a sentence or two."""
    n = row["n"]
    if n < 2:
        return f"Not known: {n or 'no'} seed in common."
    check = sign_flip_check(row["p_value"], row["p_check"])
    if row["p_holm"] <= ALPHA:
        return f"Hardly: {n} pairs show it.{check}"
    needed = f"about {row['seeds_needed']} seeds" if row["seeds_needed"] else f"more than {MOST_SEEDS} seeds"
    return f"It can be: {n} pairs do not show it; {needed} would be needed.{check}"
