"""Could the differences be luck? Every variant against the baseline, beside what two runs of one setting differ by."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from replab.judging.baseline_comparisons import ALPHA, against
from replab.judging.planning import MOST_SEEDS
from replab.report.frames import Row, as_rows, runs_frame
from replab.report.markdown_text import code, p_text, points_words, shown, shown_interval, table
from replab.report.study import StudyResult

Claimed = Mapping[tuple[str, str], float]


def baseline_table(result: StudyResult, metric: str, claimed: Claimed) -> str:
    """A row for each variant, from `judging.baseline_comparisons`; "" without a baseline or without pairs.

    The last column, where the report prints numbers, is what these (`claimed` by (variant, metric)) differ by.
    """
    runs = runs_frame(result)
    runs = runs[(runs["metric"] == metric) & runs["value"].notna()]
    found = {row["variant"]: row for row in as_rows(against(runs, result.baseline)) if row["n"] > 1}
    rows = [found[name] for name in result.variants if name in found]
    if not rows:
        return ""
    unit = str(rows[0]["unit"])
    base = claimed.get((result.baseline, metric), math.nan)
    header = ["variant", "n", f"difference [95 % interval]{points_words(unit)}", "p", "p (Holm)", "smallest detectable"]
    header += ["seeds to detect it", "two runs of one setting", "the report's numbers"]
    cells = [_cells(row, unit, claimed.get((row["variant"], metric), math.nan) - base) for row in rows]
    kept = len(header) if any(row[-1] for row in cells) else len(header) - 1
    return table(header[:kept], [row[:kept] for row in cells], right=" rrrrrrrr")


def _cells(row: Row, unit: str, claimed: float) -> list[str]:
    interval = f"{shown(row['difference'], unit, signed=True)} {shown_interval(row['low'], row['high'], unit)}"
    more: str = f"> {MOST_SEEDS:,}" if pd.isna(row["seeds_needed"]) else f"{int(row['seeds_needed']):,}"
    needed = "" if row["p_holm"] <= ALPHA else more
    tested = [p_text(row["p_value"]), p_text(row["p_holm"]), shown(row["detectable"], unit), needed]
    pair = f"± {shown(row['two_runs'], unit)}" if row["two_runs"] > 0 else ""
    return [code(row["variant"]), str(row["n"]), interval, *tested, pair, shown(claimed, unit, signed=True)]
