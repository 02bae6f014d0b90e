"""One number, several sources: each source's value is judged by the criterion of the claim, on the same runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from replab.judging.claim_kinds import AnyClaim, Level
from replab.judging.scopes import CONTRADICTED, REPLICATED
from replab.judging.sentences import count, listed


def by_source(claim: AnyClaim) -> dict[str, Level]:
    """source -> the claim with that source's value, the claim's own first; {} where there is one source."""
    if not isinstance(claim, Level) or not claim.values:
        return {}
    values = {claim.report: claim.value} | {other.source: other.value for other in claim.values}
    return {source: claim.model_copy(update={"value": value, "values": []}) for source, value in values.items()}


def source_words(source: str) -> str:
    """`report 003` for a report, any other name as it is."""
    return f"report {source}" if source.isdigit() else source


def supported(rows: Iterable[Mapping[str, Any]]) -> str:
    """Which of the sources the runs support, as a sentence; `rows` are their verdicts."""
    rows = list(rows)
    said = {"support": REPLICATED, "contradict": CONTRADICTED}
    parts = [f"{verb} {_named(rows, [verdict])}" for verb, verdict in said.items() if _named(rows, [verdict])]
    left = _named(rows, [row["verdict"] for row in rows if row["verdict"] not in said.values()])
    parts += [f"do not decide on {left}"] if left else []
    return f"Of {count(len(rows), 'source')}, the runs {listed(parts)}."


def _named(rows: list[Mapping[str, Any]], verdicts: list[str]) -> str:
    names = [f"{source_words(row['source'])} ({row['claimed']:g})" for row in rows if row["verdict"] in verdicts]
    return listed(names) if names else ""
