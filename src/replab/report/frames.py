"""Makes tidy frames of run records, and the summary from which the main table of a report takes its numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from replab.judging.metrics_at_steps import has_step, with_values_at_steps
from replab.judging.numbers import CONFIDENCE
from replab.judging.statistics import summed_up, t_interval
from replab.judging.words import names_of
from replab.report.study import Record, StudyResult, once, short

RUN_COLUMNS = ["study", "variant", "seed", "identity", "status", "metric", "unit", "value"]
CURVE_COLUMNS = ["study", "variant", "seed", "identity", "status", "metric", "unit", "step", "epoch", "value"]
AXES = ("step", "epoch")
COST_COLUMNS = [*RUN_COLUMNS, "strategy", "device"]
SUMMARY_COLUMNS = [
    "study", "variant", "metric", "unit", "n", "mean", "ci_low", "ci_high", "median", "least", "greatest",
    "claimed", "run_ids",
]  # fmt: skip
COST_UNITS = {"train_seconds": "s", "parameters": "", "peak_memory_bytes": "bytes", "replicates": ""}
Row = dict[str, Any]


@once
def runs_frame(result: StudyResult) -> pd.DataFrame:
    """One row for each run and metric. A diverged run has every metric of the study, without a value: it counts.

    A missing run has one row, of status `missing`, without identity and metric.
    """
    units, points = metric_units(result), _named_points(result)
    rows: list[Row] = []
    for head, run in _heads(result):
        measured = _measured(run, points)
        for metric in sorted(units if run["status"] == "diverged" else measured):
            value = number(measured.get(metric, {}).get("value"))
            rows.append(head | {"metric": metric, "unit": units[metric], "value": value})
    for variant in result.variants:
        rows += [
            {"study": result.name, "variant": variant, "seed": seed, "status": "missing"}
            for seed, _ in result.missing_of(variant)
        ]
    return pd.DataFrame(rows, columns=RUN_COLUMNS)


@once
def curves_frame(result: StudyResult) -> pd.DataFrame:
    """One row for each run, curve and point, with its step and epoch; points without a value are left out."""
    units = metric_units(result)
    columns: dict[str, list[Any]] = {name: [] for name in CURVE_COLUMNS}
    for head, run in _heads(result):
        curves = run.get("curves") or {}
        for metric in sorted(set(curves) - set(AXES)):
            places = [place for place, value in enumerate(curves[metric]) if value is not None]
            for name, value in (head | {"metric": metric, "unit": units.get(metric, "")}).items():
                columns[name] += [value] * len(places)
            for name in (*AXES, "value"):
                points = curves.get(metric if name == "value" else name)
                columns[name] += [math.nan if points is None else number(points[place]) for place in places]
    return pd.DataFrame(columns)


def costs_frame(result: StudyResult) -> pd.DataFrame:
    """One row for each run and cost: train_seconds (s), parameters, peak_memory_bytes, replicates."""
    rows = []
    for head, run in _heads(result):
        cost = run.get("cost") or {}
        how = {"strategy": cost.get("strategy", ""), "device": cost.get("device", "")}
        rows += [
            head | {"metric": metric, "unit": unit, "value": number(cost[metric])} | how
            for metric, unit in COST_UNITS.items()
            if cost.get(metric) is not None
        ]
    return pd.DataFrame(rows, columns=COST_COLUMNS)


def summary_frame(result: StudyResult, parts: pd.DataFrame) -> pd.DataFrame:
    """One row for each variant and metric: mean over the finished runs, its 95 % interval, median, least and
    greatest value.

    The columns are `SUMMARY_COLUMNS`; `claimed` is the number that a report prints for it, by the `parts` of a
    judgement; `run_ids` are the runs averaged, by seed. A variant without a finished run has rows with n = 0 and no
    mean. Numbers are rounded by `rounded`.
    """
    units, claimed, done = metric_units(result), claimed_numbers(parts), finished_values(runs_frame(result), "identity")
    measured: dict[str, set[str]] = {}
    for variant, metric in (*done, *claimed):
        measured.setdefault(variant, set()).add(metric)
    rows = []
    for variant in result.variants:
        for metric in [*result.primary, *sorted(measured.get(variant, set()) - set(result.primary))]:
            head = {"study": result.name, "variant": variant, "metric": metric, "unit": units.get(metric, "")}
            key = (variant, metric)
            rows.append(head | _summed_up(done.get(key, {}), claimed.get(key, math.nan), head["unit"]))
    return pd.DataFrame(rows, columns=SUMMARY_COLUMNS).astype({"n": int})


def finished_values(runs: pd.DataFrame, by: str) -> dict[tuple[str, str], dict[Any, float]]:
    """(variant, metric) -> the column `by` -> value of the finished runs, in order; {} of a metric without one."""
    measured = runs[runs["metric"].notna()]
    keys = zip(measured["variant"], measured["metric"], strict=True)
    found: dict[tuple[str, str], dict[Any, float]] = {key: {} for key in keys}
    done = measured[(measured["status"] == "done") & measured["value"].notna()]
    columns = (done[name].tolist() for name in ("variant", "metric", by, "value"))
    for variant, metric, place, value in zip(*columns, strict=True):
        found[variant, metric][place] = value
    return found


def claimed_numbers(parts: pd.DataFrame) -> dict[tuple[str, str], float]:
    """(variant, metric) -> the number that a report prints for it, by its primary reading where there are several."""
    numbers = parts[(parts["kind"] == "number") & (parts["role"] == "statement") & parts["claimed"].notna()]
    found: dict[tuple[str, str], float] = {}
    for row in as_rows(numbers.sort_values("primary", ascending=False, kind="stable")):
        names = names_of(row["variants"])
        found.setdefault((names[0] if len(names) == 1 else row["variants"], row["metric"]), float(row["claimed"]))
    return found


def metric_units(result: StudyResult) -> dict[str, str]:
    """The unit of each metric that a run measured, and of the primary ones ("" where unknown)."""
    units, points = dict.fromkeys(result.primary, ""), _named_points(result)
    for _, _, run in result.runs():
        units |= {metric: str(entry.get("unit", "")) for metric, entry in _measured(run, points).items()}
    return units


def number(value: Any) -> float:
    """The value as a float; None is NaN (JSON has no NaN)."""
    return math.nan if value is None else float(value)


def rounded(value: Any, unit: str) -> float:
    """Four decimals for percentages, six significant digits for the rest: what CSV files hold."""
    value = number(value)
    return round(value, 4) if unit == "%" else float(f"{value:.6g}")


def csv_text(frame: pd.DataFrame) -> str:
    """The frame as CSV: no index, "\\n" line ends, nothing for NaN."""
    return str(frame.to_csv(index=False, lineterminator="\n"))


def as_rows(frame: pd.DataFrame) -> list[Row]:
    """The frame's rows, by the names of its columns."""
    names = [str(name) for name in frame.columns]  # `to_dict("records")` takes twice the time
    return [dict(zip(names, row, strict=True)) for row in zip(*(c.tolist() for _, c in frame.items()), strict=True)]


def _measured(run: Record, points: Sequence[str]) -> Row:
    """The metrics of a run, with those `points` that its curves have."""
    return (with_values_at_steps(run, points) if points else run).get("metrics") or {}


def _named_points(result: StudyResult) -> list[str]:
    """The points of curves that the study or a claim names."""
    named = [*result.primary, *result.claims.metrics]
    return [metric for metric in dict.fromkeys(named) if has_step(metric)]


def _heads(result: StudyResult) -> Iterator[tuple[Row, Record]]:
    for variant, seed, run in result.runs():
        head = {"study": result.name, "variant": variant, "seed": seed}
        yield head | {"identity": run["identity"], "status": run["status"]}, run


def _summed_up(done: Mapping[str, float], claimed: float, unit: str) -> Row:
    values = np.array(list(done.values()), dtype=float)
    low, high = t_interval(values, confidence=CONFIDENCE)
    found = {"ci_low": low, "ci_high": high, "claimed": claimed}
    if len(values):
        found |= summed_up(values)
    counted = {"n": len(values), "run_ids": " ".join(map(short, done))}
    return counted | {name: rounded(value, unit) for name, value in found.items()}
