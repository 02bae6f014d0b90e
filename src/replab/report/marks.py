"""The values that are claimed for a variant's metric, by whom: the marks of a forest plot."""

from __future__ import annotations

from typing import NamedTuple

from replab.judging.claim_kinds import Level
from replab.judging.sources import by_source
from replab.report.study import StudyResult


class Mark(NamedTuple):
    """A claimed value, the source that has it, the claim that it belongs to and how far off it may be."""

    source: str
    value: float
    tolerance: float
    claim_id: str


def marks_of(result: StudyResult, variant: str, metric: str) -> list[Mark]:
    """Every value claimed for the variant's metric, that of the first claim first; equal ones once a source."""
    found: dict[tuple[str, float], Mark] = {}
    for claim in result.claims:
        if isinstance(claim, Level) and (claim.variant, claim.metric) == (variant, metric):
            for source, level in (by_source(claim) or {claim.report: claim}).items():
                mark = Mark(source, level.value, level.tolerance, claim.id)
                found.setdefault((source, level.value), mark)
    return list(found.values())
