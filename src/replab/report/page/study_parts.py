"""What the page has of each study: its forest plots, pictures and background tables."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from replab.judging.sources import source_words
from replab.report import answers, background_tables, tables
from replab.report.background_tables import MEBIBYTE
from replab.report.differing import what_differs
from replab.report.figures import drawings, saved
from replab.report.findings import findings_or_why_not
from replab.report.frames import as_rows, costs_frame
from replab.report.marks import Mark, marks_of
from replab.report.page.claim_rows import anchor
from replab.report.page.inline_svg import inline_svg
from replab.report.page.rendered import inline, rendered
from replab.report.page.scales import Scale, scale_of
from replab.report.page.strips import SHAPES, shapes_of, strip
from replab.report.study import StudyResult
from replab.report.wording import metric_words, points_words, shown, shown_interval

if TYPE_CHECKING:
    from markupsafe import Markup

Part = dict[str, Any]
MOST_TOLERANCES = 10


def study_part(result: StudyResult, summary: pd.DataFrame, verdicts: pd.DataFrame) -> Part:
    """Everything about a study but its claims, for the template."""
    return {
        "name": result.name,
        "records_file": result.records_file,
        "title": result.title,
        "question": result.question,
        "report": result.report,
        "counts": {verdict: count for verdict, count in answers.counts_of(verdicts).items() if count},
        "answer": inline(answers.answer(result, verdicts)),
        "forests": forests(result, summary),
        "findings": findings(result, summary),
        "pictures": pictures(result, summary),
        "background": background(result, summary, verdicts),
        "finished": answers.finished_text(result),
        "seeds": answers.seeds_text(result),
        "variants": len(result.variants),
        "missing": missing_reasons(result),
        "has_runs": bool(result.records),
    } | costs(result)


def forests(result: StudyResult, summary: pd.DataFrame) -> list[Part]:
    """A plot a metric; what differs in the variants is told by the first."""
    metrics = tables.main_metrics(result, summary)
    return [forest(result, summary, metric, told=number > 0) for number, metric in enumerate(metrics)]


def forest(result: StudyResult, summary: pd.DataFrame, metric: str, told: bool = False) -> Part:
    """A line a variant: mean, interval and what is claimed for it; the numbers are those of summary.csv."""
    rows = as_rows(summary[summary["metric"] == metric])
    unit = str(rows[0]["unit"]) if rows else ""
    marks = {row["variant"]: marks_of(result, row["variant"], metric) for row in rows}
    values = [row[key] for row in rows for key in ("mean", "ci_low", "ci_high")]
    values += [mark.value for found in marks.values() for mark in found]
    scale, gaps = scale_of(values, unit), _scale_of_gaps(rows, marks)
    differs = {} if told else what_differs(result, [row["variant"] for row in rows])
    return {
        "metric": metric_words(metric),
        "unit": unit,
        "points": points_words(unit),
        "scale": scale.name,
        "axis": scale.labels(),
        "gap_axis": gaps.labels(),
        "claimed": any(marks.values()),
        "sources": [(SHAPES[shape], source_words(source)) for source, shape in _sources(marks).items()],
        "lines": [
            {"differs": differs.get(row["variant"], "")} | _line(result, row, marks[row["variant"]], scale, gaps)
            for row in rows
        ],
    }


def _sources(marks: dict[str, list[Mark]]) -> dict[str, str]:
    """Source -> shape of those but the claims' own, where there are several."""
    shaped = [mark for found in marks.values() for mark in shapes_of(found) if mark[2] != "diamond"]
    return {source: shape for source, _, shape in shaped}


def _scale_of_gaps(rows: list[Part], marks: dict[str, list[Mark]]) -> Scale:
    """An axis for ours minus claimed, that ends at ten times the largest tolerance."""
    tolerances = [found[0].tolerance for found in marks.values() if found]
    most = MOST_TOLERANCES * max(tolerances, default=0.0)
    gaps = [gap for row in rows for gap in _gap(row, marks[row["variant"]]).values()]
    gaps += [mark.value - found[0].value for found in marks.values() for mark in found]
    limited = [min(max(gap, -most), most) for gap in gaps if math.isfinite(gap)]
    return scale_of([*limited, *tolerances, *(-tolerance for tolerance in tolerances)], "")


def _gap(row: Part, marks: list[Mark]) -> dict[str, float]:
    """Our mean and its interval, minus what is claimed first."""
    claimed = marks[0].value if marks else math.nan
    ends = {"estimate": "mean", "ci_low": "ci_low", "ci_high": "ci_high"}
    return {name: row[key] - claimed for name, key in ends.items()}


def _gap_strip(row: Part, marks: list[Mark], gaps: Scale) -> Part:
    first, *others = shapes_of(marks)
    shifted = [(source, value - first[1], shape) for source, value, shape in others]
    tolerance = marks[0].tolerance
    gap = {"unit": row["unit"], **_gap(row, marks)}
    return strip(gap, gaps, shifted, band=(-tolerance, tolerance), reference=0.0)


def _line(result: StudyResult, row: Part, marks: list[Mark], scale: Scale, gaps: Scale) -> Part:
    unit, first = row["unit"], marks[0] if marks else None
    band = (first.value - first.tolerance, first.value + first.tolerance) if first else None
    return {
        "gap": _gap_strip(row, marks, gaps) if marks else None,
        "variant": row["variant"],
        "n": tables.n_text(result, row["variant"], row["n"]),
        "mean": shown(row["mean"], unit),
        "interval": shown_interval(row["ci_low"], row["ci_high"], unit),
        "claims": [(shown(mark.value, unit), source_words(mark.source), anchor(mark.claim_id)) for mark in marks],
        "difference": shown(row["difference"], unit, signed=True),
        "sampling": tables.sampling_text(result, row),
        "verdict": row["verdict"],
        "strip": strip(row | {"estimate": row["mean"]}, scale, shapes_of(marks), band=band),
    }


def findings(result: StudyResult, summary: pd.DataFrame) -> Markup | str:
    """What people found, with its numbers; where runs that it speaks of are missing, a line that says so."""
    text = findings_or_why_not(result.notes, summary)
    return rendered(text, "finding", under=3) if text else ""


def pictures(result: StudyResult, summary: pd.DataFrame) -> list[Part]:
    """The study's pictures but the forest plots, which the page draws itself."""
    found = []
    for name, draw in drawings(result, summary).items():
        if name.startswith("forest_"):
            continue
        kind, _, metric = name.partition("_")
        title = f"{metric_words(metric)} by epoch" if kind == "curves" else metric_words(name)
        content = saved(result, draw, ["svg"])["svg"]
        label = f"{title}: mean over seeds and its 95 % interval, a line a variant" if kind == "curves" else title
        found.append({"title": title, "kind": kind, "svg": inline_svg(content, f"{result.name}-{name}-", label)})
    return found


def background(result: StudyResult, summary: pd.DataFrame, verdicts: pd.DataFrame) -> dict[str, Any]:
    """Heading -> the table behind the results, as in the markdown; empty ones are left out."""
    lost = len(result.missing) + sum(run["status"] == "diverged" for _, _, run in result.runs())
    found = {
        "One number, several sources": tables.sources_table(verdicts, result.scope),
        "The last epoch, and the best one": tables.protocol_table(result, summary),
        f"What diverged or did not run ({lost:,})": tables.lost_table(result),
        "Cost": background_tables.cost_table(result) if result.records else "",
        "Settings and where each comes from": background_tables.settings_table(result) if result.settings else "",
        "Data and checksums": background_tables.data_tables(result),
        "Code: file and line of each component": background_tables.code_table(result) if result.records else "",
        "Environment of the runs": background_tables.environment_table(result) if result.records else "",
    }
    return {title: rendered(text, title) for title, text in found.items() if text}


def costs(result: StudyResult) -> Part:
    """Seconds of training, all runs together, and the largest peak memory in bytes."""
    frame = costs_frame(result)
    memory = frame.loc[frame["metric"] == "peak_memory_bytes", "value"]
    return {
        "train_seconds": float(frame.loc[frame["metric"] == "train_seconds", "value"].sum()),
        "peak_mebibytes": round(float(memory.max()) / MEBIBYTE) if len(memory) else 0,
    }


def missing_reasons(result: StudyResult) -> dict[str, int]:
    """Why runs are missing -> how many, the most frequent reason first."""
    found: dict[str, int] = {}
    for *_, reason in result.missing:
        found[reason] = found.get(reason, 0) + 1
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
