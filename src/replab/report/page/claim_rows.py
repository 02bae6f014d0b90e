"""The rows of the page's table of claims, and what opens below each: the evidence, and the way back to the runs."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from replab.judging.claim_kinds import AnyClaim, Delta, Level
from replab.judging.sentences import confidence_text
from replab.judging.sources import source_words
from replab.report.frames import as_rows
from replab.report.marks import Mark
from replab.report.page.criterion_words import band_of, claimed_text, criterion, reference_of
from replab.report.page.scales import Scale, scale_of
from replab.report.page.strips import shapes_of, strip
from replab.report.study import StudyResult, short
from replab.report.tables import estimate_text, p_text
from replab.report.wording import metric_words, points_words, shown, shown_interval

Row = dict[str, Any]
MARKS = {
    "R": "stated in the report",
    "B": "from the public code that the report was built on",
    "A": "from the author's own code",
    "I": "inferred from the report",
}
PAIRED_KINDS = {"ordering", "delta", "equal"}


def claim_rows(result: StudyResult, verdicts: pd.DataFrame) -> list[Row]:
    """One dict a claim about the study, in the order of the claims file."""
    claims = {claim.id: claim for claim in result.claims}
    found = []
    for claim_id, rows in verdicts.groupby("claim_id", sort=False):
        whole, *parts = as_rows(rows)
        found.append(_claim_row(result, claims[str(claim_id)], whole, parts))
    return found


def _claim_row(result: StudyResult, claim: AnyClaim, whole: Row, parts: list[Row]) -> Row:
    scale = _scale(claim, [whole, *parts])
    sources = [part for part in parts if part["source"]]
    return {
        "id": claim.id,
        "anchor": anchor(claim.id),
        "study": result.name,
        "title": result.title,
        "report": claim.report,
        "kind": claim.kind,
        "verdict": whole["verdict"],
        "statement": whole["statement"],
        "quote": claim.quote,
        "origin": MARKS[claim.mark],
        "note": claim.note,
        "claimed": claimed_text(claim),
        "claimed_order": _order(whole["claimed"]),
        "ours": estimate_text(whole),
        "ours_order": _order(whole["estimate"]),
        "n": int(whole["n"]),
        "criterion": criterion(claim),
        "reason": whole["reason"],
        "numbers": _numbers(claim, whole),
        "strip": _strip(claim, whole, scale, sources) if scale else None,
        "axis": scale.labels() if scale else [],
        "band_means": _band_means(claim),
        "parts": [_part(claim, part, scale) for part in parts if not part["source"]],
        "sources": [_source(part) for part in sources],
        "walk": walk(result, claim),
    }


def anchor(claim_id: str) -> str:
    """The claim's id as an id of the page."""
    return "claim-" + re.sub(r"[^A-Za-z0-9_.-]+", "-", claim_id)


def _order(value: float) -> str:
    """The value that a column is sorted by; "" comes last."""
    return "" if not math.isfinite(value) else f"{value:.6g}"


def _scale(claim: AnyClaim, rows: list[Row]) -> Scale | None:
    """An axis for the claim and its parts; None where nothing was measured."""
    if not any(math.isfinite(row["estimate"]) for row in rows):
        return None
    seen = [row[key] for row in rows for key in ("estimate", "ci_low", "ci_high")]
    claimed = [*(band_of(claim) or ()), reference_of(claim), *(row["claimed"] for row in rows)]
    unit = "" if claim.kind in PAIRED_KINDS else str(rows[0]["unit"])
    return scale_of([*seen, *(value for value in claimed if value is not None)], unit)


def _strip(claim: AnyClaim, row: Row, scale: Scale, sources: list[Row]) -> Row:
    marks = [Mark(source["source"], source["claimed"], 0, claim.id) for source in sources]
    if not marks and isinstance(claim, Level | Delta):
        marks = [Mark(claim.report, claim.value, 0, claim.id)]
    return strip(row, scale, shapes_of(marks), band=band_of(claim), reference=reference_of(claim))


def _band_means(claim: AnyClaim) -> str:
    """What the shaded band of the claim's plot is."""
    kinds = {"ordering": "differences that do not matter", "bound": ""}
    return kinds.get(claim.kind, "where the interval must lie")


def _part(claim: AnyClaim, row: Row, scale: Scale | None) -> Row:
    return {
        "name": row["part"],
        "n": int(row["n"]),
        "ours": estimate_text(row),
        "p": p_text(row["p_value"]),
        "p_holm": p_text(row["p_holm"]),
        "needed": _count(row["seeds_needed"]),
        "verdict": row["verdict"],
        "strip": _strip(claim, row, scale, []) if scale else None,
    }


def _source(row: Row) -> Row:
    return {
        "name": source_words(row["source"]),
        "claimed": shown(row["claimed"], row["unit"]),
        "difference": shown(row["difference"], row["unit"], signed=True),
        "verdict": row["verdict"],
    }


def _count(value: Any) -> str:
    return "" if pd.isna(value) else f"{int(value):,}"


def _two_decimals(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else ""


def _numbers(claim: AnyClaim, row: Row) -> dict[str, str]:
    """What the verdict rests on, by name; what does not exist for this claim is left out."""
    unit = str(row["unit"])
    paired = claim.kind in PAIRED_KINDS
    ours = f"our mean difference{points_words(unit)}" if paired else metric_words("our mean", unit)
    diverged = f" ({int(row['n_diverged'])} diverged)" if row["n_diverged"] else ""
    found = {
        ours: shown(row["estimate"], unit),
        f"{confidence_text(row['confidence'])} % interval": shown_interval(row["ci_low"], row["ci_high"], unit),
        "bootstrap interval (BCa)": shown_interval(row["bca_low"], row["bca_high"], unit),
        "pairs of runs (n)" if paired else "runs (n)": f"{int(row['n'])}{diverged}",
        "ours minus claimed": shown(row["difference"], unit, signed=True) if isinstance(claim, Level | Delta) else "",
        "p": p_text(row["p_value"]),
        "p after Holm's correction": p_text(row["p_holm"]),
        "effect size (standard deviations)": _two_decimals(row["effect_size"]),
        "smallest detectable": shown(row["smallest_detectable"], unit),
        "seeds needed to decide": _count(row["seeds_needed"]),
        "95 % of single runs": shown_interval(row["single_run_low"], row["single_run_high"], unit),
    }
    return {name: text for name, text in found.items() if text}


def walk(result: StudyResult, claim: AnyClaim) -> Row:
    """From the claim to its runs: variant -> (seed, short identity, status), their file, commits, where the code is."""
    runs = {
        variant: [(seed, short(run["identity"]), run["status"]) for name, seed, run in result.runs() if name == variant]
        for variant in dict.fromkeys(claim.variants_named())
    }
    records = [run for name, _, run in result.runs() if name in runs]
    return {
        "runs": {variant: found for variant, found in runs.items() if found},
        "commits": sorted({commit_of(run) for run in records}),
        "file": result.records_file,
        "places": sorted({place for run in records for place in (run.get("code") or {}).items()}),
    }


def commit_of(run: Mapping[str, Any]) -> str:
    """The commit that a run was made from, short, and whether files had been changed since."""
    about = run.get("environment") or {}
    changed = " with changes" if about.get("dirty") else ""
    return short(str(about.get("commit") or "unknown")) + changed
