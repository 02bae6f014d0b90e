"""The tables of a study's results, as markdown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from replab.errors import unknown
from replab.judging import statistics
from replab.report.frames import as_rows, runs_frame
from replab.report.markdown_text import (
    code,
    escaped,
    metric_words,
    points_words,
    shown,
    shown_interval,
    shown_span,
    table,
)  # fmt: skip
from replab.report.study import StudyResult
from replab.report.variant_differences import variant_differences

BEST = "_best_"
MOST_COLUMNS = 6


def is_protocol(metric: str, primary: Iterable[str]) -> bool:
    """Whether the metric is another one of `primary` under another choice of the epoch."""
    return BEST in metric and metric.partition(BEST)[0] in primary


def main_metrics(result: StudyResult, summary: pd.DataFrame) -> list[str]:
    """The metrics of the main table: the primary ones, and of their protocols those that a report has numbers of."""
    claimed = set(summary.loc[summary["claimed"].notna(), "metric"])
    return [metric for metric in result.primary if metric in claimed or not is_protocol(metric, result.primary)]


def main_tables(result: StudyResult, summary: pd.DataFrame, metrics: Iterable[str]) -> list[str]:
    """One table of all metrics, a column each, or several of up to MOST_COLUMNS; the first says what differs."""
    metrics = list(metrics)
    starts = range(0, len(metrics), MOST_COLUMNS)
    return [main_table(result, summary, metrics[at : at + MOST_COLUMNS], told=at > 0) for at in starts]


def main_table(result: StudyResult, summary: pd.DataFrame, metrics: list[str], told: bool = False) -> str:
    """A row for each variant: what differs (unless that is `told`), n, and each metric as in summary.csv."""
    found = {(row["variant"], row["metric"]): row for row in as_rows(summary[summary["metric"].isin(metrics)])}
    own = {name: [found.get((name, metric)) for metric in metrics] for name in result.variants}
    kept = [name for name, cells in own.items() if any(cell and cell["n"] for cell in cells) or _is_lost(result, name)]
    differs = variant_differences(result, kept)
    rows = []
    for name in kept:
        n = max((cell["n"] for cell in own[name] if cell), default=0)
        what = [] if told else [escaped(differs[name])]
        values = [value_text(cell, n) if cell else "" for cell in own[name]]
        rows.append([code(name), *what, n_text(result, name, int(n)), *values])
    units = {row["metric"]: str(row["unit"]) for row in found.values()}
    header = ["variant", *([] if told else ["what differs"]), "n"]
    header += [metric_words(metric, units.get(metric, "")) for metric in metrics]
    return table(header, rows, right=(" r" if told else "  r") + "r" * len(metrics))


def value_text(row: Mapping[str, Any], n: int | None = None) -> str:
    """`96.39 [96.31, 96.47]`, one number where all runs have it, and `median 0 (0 to 10.8)` where the mean is none that
    a run has; `(n = 3)` where it rests on fewer runs than `n`."""
    unit = str(row["unit"])
    if not row["n"]:
        return ""
    fewer = f" (n = {row['n']})" if n is not None and row["n"] != n else ""
    if row["least"] == row["greatest"]:
        return shown(row["mean"], unit) + fewer
    if is_far_from_the_runs(row):
        return median_text(row, unit) + fewer
    interval = shown_interval(row["ci_low"], row["ci_high"], unit)
    return f"{shown(row['mean'], unit)} {interval}".strip() + fewer


def median_text(row: Mapping[str, Any], unit: str, signed: bool = False) -> str:
    """`median 0 (0 to 10.8)`, or `median run 0 (0 to 4.3e+26)`: what stands in the place of a mean."""
    what, value = middle(row)
    return f"{what} {shown(value, unit, signed=signed)} ({shown_span(row['least'], row['greatest'], unit)})"


def middle(row: Mapping[str, Any]) -> tuple[str, float]:
    """The median; of two runs the median run, which is the lesser: halfway to a run that explodes, there is none."""
    return ("median run", row["least"]) if row["n"] == 2 else ("median", row["median"])


def point_of(row: Mapping[str, Any]) -> tuple[float, float, float]:
    """What pictures show in the place of `value_text`: mean, low and high end of its interval; or the median, the least
    and the greatest run."""
    if is_far_from_the_runs(row):
        return middle(row)[1], row["least"], row["greatest"]
    return row["mean"], row["ci_low"], row["ci_high"]


def is_far_from_the_runs(row: Mapping[str, Any]) -> bool:
    """Whether the median says what the runs do, and their mean does not: for three runs or more, or if one explodes."""
    ends, unit = (row["least"], row["greatest"]), str(row["unit"])
    if row["n"] <= 2 or shown(ends[0], unit) == shown(ends[1], unit):  # a range of the last digit, which is rounded
        return explodes(row)
    return explodes(row) or statistics.is_far_from_the_runs(row["mean"], row["median"], *ends)


def explodes(row: Mapping[str, Any]) -> bool:
    """Whether the greatest run is more than a million times the median, or the other of two."""
    return statistics.explodes(middle(row)[1], row["greatest"])


def _is_lost(result: StudyResult, variant: str) -> bool:
    """Whether a run of the variant diverged or is missing."""
    return bool(result.runs_of(variant, "diverged") or result.missing_of(variant))


def n_text(result: StudyResult, variant: str, n: int) -> str:
    """`6`, or `4 of 6 (2 diverged)`: how many runs a mean is of, and where the others are."""
    diverged, missing = len(result.runs_of(variant, "diverged")), len(result.missing_of(variant))
    finished = len(result.runs_of(variant, "done"))
    planned = finished + diverged + missing
    lost = {"diverged": diverged, "missing": missing, "without this metric": finished - n}
    why = ", ".join(f"{number} {what}" for what, number in lost.items() if number)
    return str(n) if n == planned else f"{n} of {planned} ({why})"


def protocol_table(result: StudyResult, summary: pd.DataFrame) -> str:
    """The same runs under each choice of the epoch, and what the choice adds; "" with one choice."""
    base = next((metric for metric in result.primary if _protocols(metric, summary)), None)
    if base is None:
        return ""
    metrics = [base, *_protocols(base, summary)]
    means = summary.set_index(["variant", "metric"])["mean"].to_dict()
    unit = str(summary.loc[summary["metric"] == base, "unit"].iloc[0])
    rows = []
    for variant in result.variants:
        values = [means.get((variant, metric), math.nan) for metric in metrics]
        gains = [shown(value - values[0], unit, signed=True) for value in values[1:]]
        rows.append([code(variant), *(shown(value, unit) for value in values), *gains])
    names = [metric.removeprefix(base).strip("_").replace("_", " ") or "last epoch" for metric in metrics]
    names = ["best epoch on test" if name == "best epoch" else name for name in names]
    gained = [f"{name} - last epoch{points_words(unit)}" for name in names[1:]]
    return table(["variant", *names, *gained], rows, right=" " + "r" * 9)


def _protocols(metric: str, summary: pd.DataFrame) -> list[str]:
    found = summary.loc[summary["mean"].notna(), "metric"]
    return sorted({name for name in found if name.startswith(f"{metric}{BEST}")})


def lost_table(result: StudyResult) -> str:
    """The runs that gave no number: diverged at a step, or not run, and why; the metrics that none has; or ""."""
    rows = [["all", "all", "done", escaped(line)] for line in unmeasured(result)]
    for variant in result.variants:
        for seed, run in result.runs_of(variant, "diverged"):
            step = run.get("diverged_step")
            rows.append([code(variant), str(seed), "diverged", f"at step {step:,}" if step is not None else ""])
        seeds: dict[str, list[str]] = {}
        for seed, why in result.missing_of(variant):
            seeds.setdefault(why, []).append(str(seed))
        rows += [[code(variant), ", ".join(those), "missing", escaped(why)] for why, those in seeds.items()]
    return table(["variant", "seeds", "state", "why"], rows) if rows else ""


def unmeasured(result: StudyResult) -> list[str]:
    """A sentence on each metric that the study names, and that no finished run has; [] where none has finished."""
    runs = runs_frame(result)
    measured = set(runs.loc[runs["status"] == "done", "metric"])
    lacking = [metric for metric in result.primary if metric not in measured] if measured else []
    return [
        f"No finished run has {name}, which the study names: {unknown('metric', name, measured)}" for name in lacking
    ]
