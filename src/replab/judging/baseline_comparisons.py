"""Every variant against a baseline, paired by seed or not; and each variant by itself. For results without claims.

The test is that of a ranking (`comparisons.mean_columns`), with the exact sign-flip or permutation test as the check
beside it; Holm's correction is over the variants of a metric.
"""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from replab.judging.comparison_reasons import exact_check
from replab.judging.comparisons import mean_columns
from replab.judging.inference import POWER, seeds_for_mean
from replab.judging.least_runs import ALPHA
from replab.judging.mean_tests import mean_test
from replab.judging.planning import MOST_SEEDS
from replab.judging.statistics import holm, spread, summed_up, t_interval
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
UNPAIRED_COLUMNS = [*AGAINST_COLUMNS[:5], "n_baseline", *AGAINST_COLUMNS[5:], "paired"]

INTEGERS = {"n", "n_baseline", "seeds_needed"}


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """A row for each variant and metric: the finished runs' mean with its t interval, median and range."""
    rows = []
    for (metric, variant), own in runs.groupby(["metric", "variant"], sort=False):
        values = own.loc[own["status"] == "done", "value"].to_numpy(dtype=float)
        low, high = t_interval(values, confidence=CONFIDENCE)
        counted = {"n": len(values), "n_diverged": int((own["status"] == "diverged").sum())}
        head = {"variant": variant, "metric": metric, "unit": own["unit"].iloc[0]}
        rows.append(head | counted | (summed_up(values) if len(values) else {}) | {"ci_low": low, "ci_high": high})
    return pd.DataFrame(rows, columns=SUMMARY_COLUMNS)


def against(runs: pd.DataFrame, baseline: str, paired: bool = True) -> pd.DataFrame:
    """A row for each metric and variant but the baseline (`AGAINST_COLUMNS`); differences are variant minus baseline.

    `n`: the pairs; without pairs the runs of the variant, beside those of the baseline (`UNPAIRED_COLUMNS`);
    `detectable`: the smallest difference that so many find with 80 % power; `seeds_needed`: those that would
    find the one seen (NA: it is found, or it takes more than 1,000); `two_runs`: 95 % of the differences of two runs of
    the variant are smaller; `luck`: the answer in words.
    """
    rows = []
    for metric, own in runs[runs["status"] == "done"].groupby("metric", sort=False):
        values = {name: table.set_index("seed")["value"] for name, table in own.groupby("variant", sort=False)}
        base = values.pop(baseline, None)
        if base is not None:
            head = {"baseline": baseline, "metric": metric, "unit": own["unit"].iloc[0]}
            rows += [head | row for row in _of_metric(values, base, paired)]
    columns = AGAINST_COLUMNS if paired else UNPAIRED_COLUMNS
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(set(columns) & INTEGERS, "Int64"))


def _of_metric(values: dict[Any, pd.Series], base: pd.Series, paired: bool) -> list[dict[str, Any]]:
    """The rows of the variants, with p corrected for those that are tested."""
    seen = {name: _seen(own, base, paired) for name, own in values.items()}
    family = sum(found.count > 1 for found in seen.values())
    rows = [{"variant": name} | _columns(found, values[name], family) for name, found in seen.items()]
    for row, p in zip(rows, holm([row["p_value"] for row in rows], family=family), strict=True):
        row["p_holm"] = float(p)
        row["seeds_needed"] = None if p <= ALPHA else row["seeds_needed"]
        row["luck"] = _luck(row)
    return rows


def _seen(own: pd.Series, base: pd.Series, paired: bool) -> Seen:
    if paired:
        return Seen((own - base).dropna().to_numpy(dtype=float))
    return Seen.unpaired(own.to_numpy(dtype=float), base.to_numpy(dtype=float))


def _columns(seen: Seen, own: pd.Series, family: int) -> dict[str, Any]:
    counts = {"n": seen.count}
    if seen.arms is not None:
        counts = {"n": len(seen.arms[0]), "n_baseline": len(seen.arms[1]), "paired": False}
    if seen.count < 2:
        difference = float(seen.values.mean()) if seen.count else math.nan
        return counts | {"difference": difference, "p_value": math.nan, "seeds_needed": None}
    found = mean_columns(seen, 0.0) | seeds_for_mean(seen, 0.0, family)
    return counts | {
        "difference": found["estimate"],
        "detectable": mean_test(seen).detectable(ALPHA, POWER),
        "two_runs": 1.96 * math.sqrt(2) * spread(own.to_numpy(dtype=float)),
        **{key: found[key] for key in ("low", "high", "p_value", "p_check", "seeds_needed")},
    }


def _luck(row: dict[str, Any]) -> str:
    """Whether the difference can be luck, in a sentence or two."""
    paired = row.get("paired", True)
    seen = f"{row['n']} pairs" if paired else f"{row['n']} and {row['n_baseline']} runs, not paired,"
    if min(row["n"], row["n"] if paired else row["n_baseline"]) < 2:
        return f"Not known: {row['n'] or 'no'} seed in common." if paired else f"Not known: {seen} do not say it."
    check = exact_check(row["p_value"], row["p_check"], paired=paired)
    if row["p_holm"] <= ALPHA:
        return f"Hardly: {seen} show it.{check}"
    if not row["seeds_needed"] and row["n"] >= MOST_SEEDS:
        return f"It can be: {seen} do not show it.{check}"
    more = f"about {row['seeds_needed']}" if row["seeds_needed"] else f"more than {MOST_SEEDS}"
    needed = f"{more} seeds" if paired else f"{more} runs of each"
    return f"It can be: {seen} do not show it; {needed} would be needed.{check}"
