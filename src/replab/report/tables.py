"""The tables of a study's results, as markdown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from replab.judging.scopes import Scope
from replab.judging.sources import source_words
from replab.report.differing import what_differs
from replab.report.sampling import examples_behind, sampling_error
from replab.report.study import StudyResult
from replab.report.wording import (
    code,
    escaped,
    metric_words,
    points_words,
    shown,
    shown_interval,
    table,
)  # fmt: skip

BEST = "_best_"
SAMPLING = "standard error (images)"
VERDICT_HEADINGS = {Scope.CLAIMED: "verdict", Scope.SAMPLE: "verdict", Scope.OTHER: "carries over?"}


def is_protocol(metric: str, primary: Iterable[str]) -> bool:
    """Whether the metric is another one of `primary` under another choice of the epoch."""
    return BEST in metric and metric.partition(BEST)[0] in primary


def main_metrics(result: StudyResult, summary: pd.DataFrame) -> list[str]:
    """The metrics with a table of their own: the primary ones, and of their protocols those with a claim."""
    claimed = set(summary.loc[summary["claim_id"] != "", "metric"])
    return [metric for metric in result.primary if metric in claimed or not is_protocol(metric, result.primary)]


def main_tables(result: StudyResult, summary: pd.DataFrame, metrics: Iterable[str]) -> dict[str, str]:
    """Metric -> its table. What differs in the variants is told once, by the first table that has them all."""
    found: dict[str, str] = {}
    told: set[str] = set()
    for metric in metrics:
        variants = {str(row["variant"]) for row in rows_with(result, summary, metric)}
        found[metric] = main_table(result, summary, metric, told=variants <= told)
        told |= variants
    return found


def main_table(result: StudyResult, summary: pd.DataFrame, metric: str, told: bool = False) -> str:
    """A row a variant: what differs (unless that is `told`), n, mean and interval, claim, as in summary.csv."""
    wanted = rows_with(result, summary, metric)
    differs = what_differs(result, [str(row["variant"]) for row in wanted])
    rows = [_main_row(result, row, differs[row["variant"]]) for row in wanted]
    unit = str(summary.loc[summary["metric"] == metric, "unit"].iloc[0])
    name = f"{metric_words(metric, unit)}, mean [95 % interval]"
    header = ["variant", "what differs", "n", name, "claim", "difference", SAMPLING, "verdict"]
    kept = [0, *([] if told else [1]), 2, 3, *(column for column in range(4, 8) if any(row[column] for row in rows))]
    right = "".join("  rrrrr "[column] for column in kept)
    return table([header[column] for column in kept], [[row[column] for column in kept] for row in rows], right=right)


def _main_row(result: StudyResult, row: Mapping[Any, Any], differs: str) -> list[str]:
    unit, variant = str(row["unit"]), str(row["variant"])
    estimate = f"{shown(row['mean'], unit)} {shown_interval(row['ci_low'], row['ci_high'], unit)}".strip()
    claim = [shown(row["claimed"], unit), shown(row["difference"], unit, signed=True), sampling_text(result, row)]
    what = [code(variant), escaped(differs), n_text(result, variant, int(row["n"])), estimate]
    return [*what, *claim, str(row["verdict"])]


def sampling_text(result: StudyResult, row: Mapping[Any, Any]) -> str:
    """`± 1.53` beside a difference of accuracies: one standard error on so many images; "" beside any other."""
    if pd.isna(row["difference"]):
        return ""
    examples = examples_behind(result, str(row["variant"]), str(row["metric"]))
    error = shown(sampling_error(row["mean"], examples), str(row["unit"]))
    return f"± {error} ({examples:,})" if error else ""


def rows_with(result: StudyResult, summary: pd.DataFrame, metric: str) -> list[dict[Any, Any]]:
    """The summary's rows of a metric, but for the variants that do not have it: all runs of such a one finished,
    none measured it, and nothing is claimed of it."""
    rows = summary[summary["metric"] == metric].to_dict("records")
    return [row for row in rows if row["n"] or row["claim_id"] or _is_lost(result, str(row["variant"]))]


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


def claims_table(verdicts: pd.DataFrame, scope: Scope) -> str:
    """A row a claim, and a row a part of a compound one, with the numbers that its verdict rests on."""
    rows = []
    for row in verdicts.to_dict("records"):
        name = code(row["claim_id"]) if not row["part"] else "source" if row["source"] else "part"
        what = code(row["part"]) if row["part"] else escaped(row["statement"])
        what += f" {escaped(source_words(row['source']))}" if row["source"] else ""
        tested = [p_text(row["p_value"]), p_text(row["p_holm"])]
        needed = "" if pd.isna(row["seeds_needed"]) else str(int(row["seeds_needed"]))
        planned = [shown(row["smallest_detectable"], str(row["unit"])), needed]
        rows.append([name, what, str(row["n"]), estimate_text(row), *tested, *planned, str(row["verdict"])])
    header = ["claim", "what is claimed", "n", "estimate [interval]", "p", "p (Holm)", "smallest detectable"]
    return table([*header, "seeds needed", VERDICT_HEADINGS[scope]], rows, right="  rrrrrr")


def sources_table(verdicts: pd.DataFrame, scope: Scope) -> str:
    """A row a source of a number that several sources have, each with its verdict; "" where there is none."""
    rows = [
        [
            code(row["claim_id"]),
            escaped(source_words(row["source"])),
            shown(row["claimed"], str(row["unit"])),
            estimate_text(row),
            shown(row["difference"], str(row["unit"]), signed=True),
            str(row["verdict"]),
        ]
        for row in verdicts[verdicts["source"] != ""].to_dict("records")
    ]
    header = ["claim", "source", "its value", "ours [interval]", "difference", VERDICT_HEADINGS[scope]]
    return table(header, rows, right="  rrr") if rows else ""


def estimate_text(row: Mapping[Any, Any]) -> str:
    """`96.41 [96.30, 96.52]` of a row of verdicts."""
    unit = str(row["unit"])
    return f"{shown(row['estimate'], unit)} {shown_interval(row['ci_low'], row['ci_high'], unit)}".strip()


def p_text(p: float) -> str:
    """Two significant digits, or nothing where nothing was tested."""
    return "" if pd.isna(p) else f"{p:.2g}"


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
    """The runs that gave no number: diverged at a step, or not run, and why; "" where there is none."""
    rows = []
    for variant in result.variants:
        for seed, run in result.runs_of(variant, "diverged"):
            step = run.get("diverged_step")
            rows.append([code(variant), str(seed), "diverged", f"at step {step:,}" if step is not None else ""])
        seeds: dict[str, list[str]] = {}
        for seed, why in result.missing_of(variant):
            seeds.setdefault(why, []).append(str(seed))
        rows += [[code(variant), ", ".join(those), "missing", escaped(why)] for why, those in seeds.items()]
    return table(["variant", "seeds", "state", "why"], rows) if rows else ""
