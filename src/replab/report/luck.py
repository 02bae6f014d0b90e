"""Was it luck? Every variant against the study's baseline, beside what two runs of one setting differ by."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from replab.judging.comparisons import ALPHA
from replab.judging.measuring import POWER
from replab.judging.numbers import CONFIDENCE
from replab.judging.planning import MOST_SEEDS, seeds_to_detect, smallest_detectable_effect
from replab.judging.sequential import Look
from replab.judging.statistics import effect_size, holm, sign_flip_p, spread, t_interval
from replab.report.frames import runs_frame
from replab.report.study import StudyResult
from replab.report.wording import code, p_text, points_words, shown, shown_interval, table

ONE_LOOK = Look((), 0)
SEED = 0


def luck_table(result: StudyResult, metric: str, claimed: Mapping[tuple[str, str], float]) -> str:
    """A row a variant: its difference to the baseline, paired by seed; "" without a baseline or without pairs.

    Columns: the mean difference and its 95 % t interval; p of the exact sign-flip test, then Holm's correction over
    the table; the smallest difference that so many seeds detect with 80 % power at the 5 % level, and the seeds that
    would detect the one seen; |difference| below which 95 % of the pairs of single runs of one setting lie; what the
    report's own numbers, `claimed` by (variant, metric), differ by.
    """
    if not result.baseline:
        return ""
    runs = runs_frame(result)
    runs = runs[(runs["metric"] == metric) & (runs["status"] == "done") & runs["value"].notna()]
    values = _by_seed(result, runs)
    if result.baseline not in values:
        return ""
    rows = [_row(result, name, values) for name in values if name != result.baseline]
    rows = [row for row in rows if row["n"] > 1]
    for row in rows:
        row["claimed"] = claimed.get((row["variant"], metric), math.nan) - claimed.get(
            (result.baseline, metric), math.nan
        )
    for row, p in zip(rows, holm([row["p"] for row in rows], family=len(rows)), strict=True):
        row["p_holm"] = float(p)
    unit = str(runs["unit"].iloc[0])
    header = ["variant", "n", f"difference [95 % interval]{points_words(unit)}", "p", "p (Holm)", "smallest detectable"]
    header += ["seeds to detect it", "two runs of one setting", "the report's numbers"]
    return table(header, [_cells(row, unit) for row in rows], right=" rrrrrrrr") if rows else ""


def _by_seed(result: StudyResult, runs: pd.DataFrame) -> dict[str, pd.Series]:
    """variant -> its values by seed, in the order of the variants."""
    found = {name: own.set_index("seed")["value"] for name, own in runs.groupby("variant", sort=False)}
    return {name: found[name] for name in result.variants if name in found}


def _row(result: StudyResult, name: str, values: dict[str, pd.Series]) -> dict[str, Any]:
    own, base = values[name].align(values[result.baseline], join="inner")
    differences = (own - base).to_numpy(dtype=float)
    n = len(differences)
    row: dict[str, Any] = {"variant": name, "n": n}
    if n < 2:
        return row
    low, high = t_interval(differences, confidence=CONFIDENCE)
    detectable = smallest_detectable_effect(n, alpha=ALPHA, power=POWER) * spread(differences)
    effect = effect_size(differences)
    seeds = None if math.isnan(effect) else seeds_to_detect(effect, ONE_LOOK, alpha=ALPHA, power=POWER, multiplier=1)
    pair = 1.96 * math.sqrt(2) * spread(values[name].to_numpy(dtype=float))
    return row | {
        "mean": differences.mean(), "low": low, "high": high, "p": sign_flip_p(differences, seed=SEED),
        "detectable": detectable, "seeds": seeds, "pair": pair,
    }  # fmt: skip


def _cells(row: dict[str, Any], unit: str) -> list[str]:
    interval = f"{shown(row['mean'], unit, signed=True)} {shown_interval(row['low'], row['high'], unit)}"
    needed = f"{row['seeds']:,}" if row["seeds"] is not None else f"> {MOST_SEEDS:,}"
    tested = [p_text(row["p"]), p_text(row["p_holm"]), shown(row["detectable"], unit), needed]
    pair = f"± {shown(row['pair'], unit)}" if row["pair"] > 0 else ""
    return [code(row["variant"]), str(row["n"]), interval, *tested, pair, shown(row["claimed"], unit, signed=True)]
