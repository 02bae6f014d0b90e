"""Writes the report of a study, and that of a profile; the same records give the same bytes."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from replab.files import write_bytes, write_json, write_text
from replab.judging.claims_file import ClaimsFile
from replab.judging.judgement import Judgement
from replab.report.figures import draw_study
from replab.report.frames import csv_text, curves_frame, rounded, runs_frame, summary_frame
from replab.report.html import profile_html
from replab.report.kept_judgements import judgement_of
from replab.report.markdown import study_page
from replab.report.profile_pages import profile_page, report_parts
from replab.report.records import records_text
from replab.report.study import StudyResult

CURVE_MEAN_COLUMNS = ["study", "variant", "metric", "epoch", "mean"]
NO_CLAIMS: Mapping[str, ClaimsFile] = {}
NO_PROFILES: Mapping[str, Iterable[str]] = {}
REPLACED = ("claims.csv",)  # what earlier versions wrote into a study's folder


def write_study(result: StudyResult, folder: Path, judgement: Judgement | None = None) -> None:
    """Write report.md, summary.csv, runs.csv, statements.csv, parts.csv, the records and figures/ into `folder`.

    report.md comes last; pictures that the study has no more are removed.
    """
    judgement = judgement_of(result) if judgement is None else judgement
    summary = summary_frame(result, judgement.parts)
    pictures = draw_study(result, summary, judgement)
    write_text(folder / "summary.csv", csv_text(summary))
    write_text(folder / "runs.csv", csv_text(runs_frame(result)))
    write_text(folder / "statements.csv", csv_text(six_digits(judgement.statements)))
    write_text(folder / "parts.csv", csv_text(six_digits(judgement.parts_table)))
    _write_records(result, folder)
    (folder / "figures").mkdir(exist_ok=True)
    for name, content in pictures.items():
        write_bytes(folder / "figures" / name, content)
    for stale in (path for kind in ("svg", "png") for path in (folder / "figures").glob(f"*.{kind}")):
        if stale.name not in pictures:
            stale.unlink()
    for name in REPLACED:
        (folder / name).unlink(missing_ok=True)
    write_text(folder / "report.md", study_page(result, summary, judgement, list(pictures)))


def write_profile(
    results: Iterable[StudyResult],
    folder: Path,
    files: Mapping[str, ClaimsFile] = NO_CLAIMS,
    judgements: Mapping[str, Judgement] | None = None,
    other_data: Mapping[str, Iterable[str]] = NO_PROFILES,
) -> None:
    """Write README.md and index.html (all studies), metrics.json, primary.json and curves.csv (for DVC) into `folder`.

    `files` are the claims files by report, `judgements` by study, where they are known already, `other_data` the
    profiles by report that ask the same on other data; those with a page beside `folder` are linked.
    """
    results = list(results)
    judgements = judgements or {result.name: judgement_of(result) for result in results}
    summaries = {result.name: summary_frame(result, judgements[result.name].parts) for result in results}
    metrics = {result.name: means(summaries[result.name], result.primary) for result in results}
    curves = [frame for frame in map(mean_curves, results) if len(frame)]
    write_json(folder / "metrics.json", metrics)
    write_json(folder / "primary.json", primary_numbers(results, metrics, judgements))
    write_text(
        folder / "curves.csv",
        csv_text(pd.concat(curves) if curves else pd.DataFrame(columns=CURVE_MEAN_COLUMNS)),
    )
    linked = {
        report: tuple(name for name in names if (folder.parent / name / "README.md").exists())
        for report, names in other_data.items()
    }
    parts = report_parts(results, judgements, files, linked)
    write_text(folder / "index.html", profile_html(results, summaries, judgements, parts))
    write_text(folder / "README.md", profile_page(results, judgements, parts))


def _write_records(result: StudyResult, folder: Path) -> None:
    """records.jsonl, or of many runs records.jsonl.gz (without a time in it: the same records give the same bytes)."""
    content = records_text(result).encode()
    compressed = result.records_file.endswith(".gz")
    write_bytes(folder / result.records_file, gzip.compress(content, mtime=0) if compressed else content)
    for stale in {"records.jsonl", "records.jsonl.gz"} - {result.records_file}:
        (folder / stale).unlink(missing_ok=True)


def means(summary: pd.DataFrame, metrics: Iterable[str]) -> dict[str, dict[str, float]]:
    """variant -> metric -> mean of the metrics asked for, where there is one."""
    found: dict[str, dict[str, float]] = {}
    wanted = summary["mean"].notna() & summary["metric"].isin(list(metrics))
    for row in summary[wanted].to_dict("records"):
        found.setdefault(row["variant"], {})[row["metric"]] = row["mean"]
    return found


def primary_numbers(
    results: Iterable[StudyResult],
    metrics: Mapping[str, Mapping[str, Mapping[str, float]]],
    judgements: Mapping[str, Judgement],
) -> dict[str, dict[str, Any]]:
    """Few numbers for the columns of `dvc exp show`.

    study -> its first metric -> the lowest and the highest mean of its variants; and `verdicts` -> verdict -> how many
    statements have it.
    """
    found: dict[str, dict[str, Any]] = {}
    for result in results:
        metric = result.primary[0]
        values = [means[metric] for means in metrics[result.name].values() if metric in means]
        if values:
            found[result.name] = {metric: {"lowest": min(values), "highest": max(values)}}
    tables = [judgements[result.name].statements for result in results]
    verdicts = Counter(verdict for table in tables for verdict in table.loc[table["role"] == "statement", "verdict"])
    return found | {"verdicts": dict(sorted(verdicts.items()))}


def mean_curves(result: StudyResult) -> pd.DataFrame:
    """A row for each variant, metric and epoch: the mean over the finished runs."""
    curves = curves_frame(result)
    finished = curves[(curves["status"] == "done") & curves["epoch"].notna()]
    keys = ["study", "variant", "metric", "unit", "epoch"]
    found = finished.groupby(keys)["value"].mean().reset_index()
    found["mean"] = [rounded(*pair) for pair in zip(found["value"], found["unit"], strict=True)]
    return found[CURVE_MEAN_COLUMNS]


def six_digits(verdicts: pd.DataFrame) -> pd.DataFrame:
    """The frame with six significant digits: what CSV files hold."""
    floats = verdicts.select_dtypes("float").columns
    return verdicts.assign(**{column: [rounded(value, "") for value in verdicts[column]] for column in floats})
