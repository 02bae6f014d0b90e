"""Could the differences be luck? Every variant against the baseline, beside what two runs of one setting differ by."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

import pandas as pd

from replab.data_scope import DataScope
from replab.judging.baseline_comparisons import ALPHA, against
from replab.judging.planning import MOST_SEEDS
from replab.judging.statistics import summed_up
from replab.judging.words import count
from replab.report.frames import Row, as_rows, finished_values, runs_frame
from replab.report.markdown_text import code, p_text, points_words, shown, shown_interval, table
from replab.report.study import StudyResult
from replab.report.tables import explodes, median_text

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
    medians = _medians(runs, result.baseline, unit)
    base = claimed.get((result.baseline, metric), math.nan)
    header = ["variant", "n", f"difference [95 % interval]{points_words(unit)}", "p", "p (Holm)", "smallest detectable"]
    header += ["seeds to detect it", "two runs of one setting", "the report's numbers"]
    gaps = [claimed.get((row["variant"], metric), math.nan) - base for row in rows]
    cells = [_cells(row, unit, gap, medians.get(row["variant"], "")) for row, gap in zip(rows, gaps, strict=True)]
    kept = len(header) if any(row[-1] for row in cells) else len(header) - 1
    return table(header[:kept], [row[:kept] for row in cells], right=" rrrrrrrr")


def baseline_answer(result: StudyResult) -> str:
    """How many differences to the baseline are established, in the study's own metrics; "" where none can be told.

    A sample answers nothing.
    """
    if result.scope == DataScope.SAMPLE or not result.baseline:
        return ""
    runs = runs_frame(result)
    runs = runs[runs["metric"].isin(result.primary) & runs["value"].notna()]
    rows = [row for row in as_rows(against(runs, result.baseline)) if row["n"] > 1]
    return established_text([row["p_holm"] for row in rows if not pd.isna(row["p_holm"])], result.baseline)


def established_text(p_values: Collection[float], baseline: str) -> str:
    """`3 of 4 differences to plain are established: ...`, from p corrected within each metric; "" for none."""
    if not p_values:
        return ""
    sure = sum(p <= ALPHA for p in p_values)
    verb = "is" if 1 in (sure, len(p_values)) else "are"
    said = f"{sure} of {count(len(p_values), 'difference')} to {baseline} {verb} established"
    chance = " What is not established may be chance." if sure < len(p_values) else ""
    return f"{said}: p, corrected within each metric, is at most 5 %.{chance}"


def _medians(runs: pd.DataFrame, baseline: str, unit: str) -> dict[str, str]:
    """`median +0.4 (0.1 to 3.2e+26)`: the differences to the baseline, where the runs of either explode."""
    done = {variant: own for (variant, _), own in finished_values(runs, "seed").items()}
    wild = {variant for variant, own in done.items() if own and explodes(_counted(own.values()))}
    texts = {}
    for variant, own in done.items():
        gaps = [own[seed] - done[baseline][seed] for seed in own if seed in done[baseline]]
        if {variant, baseline} & wild and gaps:
            texts[variant] = median_text(_counted(gaps), unit, signed=True)
    return texts


def _counted(values: Collection[float]) -> dict[str, float]:
    return {"n": len(values)} | summed_up(list(values))


def _cells(row: Row, unit: str, claimed: float, median: str) -> list[str]:
    """`median`: what stands in the place of the mean difference, and of all that rests on a spread."""
    interval = f"{shown(row['difference'], unit, signed=True)} {shown_interval(row['low'], row['high'], unit)}"
    more: str = f"> {MOST_SEEDS:,}" if pd.isna(row["seeds_needed"]) else f"{int(row['seeds_needed']):,}"
    needed = "" if row["p_holm"] <= ALPHA else more
    tested = [p_text(row["p_value"]), p_text(row["p_holm"]), shown(row["detectable"], unit), needed]
    pair = f"± {shown(row['two_runs'], unit)}" if row["two_runs"] > 0 else ""
    if median:
        interval, tested, pair = median, [*tested[:2], "", ""], ""
    return [code(row["variant"]), str(row["n"]), interval, *tested, pair, shown(claimed, unit, signed=True)]
