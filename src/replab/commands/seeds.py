"""`replab seeds`: what is not decided, how many seeds each claim needs, and what they cost."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from replab.commands.common import add_study, aligned, duration, open_project, studies_asked

if TYPE_CHECKING:
    from replab.forecasting.deciding import OpenClaim


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which study."""
    add_study(parser)


def run(args: argparse.Namespace) -> int:
    """List the undecided statements and hypotheses, the seeds that each needs, and their cost on this machine."""
    from replab.forecasting.costs import costs_here
    from replab.forecasting.deciding import open_claims

    project = open_project(args)
    studies = studies_asked(project, args)
    claims = open_claims(project, studies, costs_here(project.store.records(), threads=1))

    def row(claim: OpenClaim) -> tuple[str, ...]:
        needed = str(claim.needed or "unknown")
        ahead = (str(claim.target or "-"), str(claim.runs), duration(claim.seconds)) if claim.needed else ("-",) * 3
        return claim.study, claim.claim_id, claim.verdict, str(claim.n), needed, *ahead, claim.statement

    header = ("study", "statement", "verdict", "n", "seeds needed", "next look", "runs", "cost", "sentence")
    print(
        aligned([header, *map(row, claims)])
        if claims
        else "Nothing is open: every statement is decided, or there is none."
    )
    for note in _notes(claims):
        print(note)
    if fixed := [study for study in studies if not project.interim_analyses(study)]:
        print(
            f"No interim analyses are declared for {', '.join(fixed)}: if you add seeds there, you test a second time."
        )
    return 0


def _notes(claims: list[OpenClaim]) -> list[str]:
    """What is to be known before seeds are added."""
    notes = []
    if any(claim.needed is None for claim in claims):
        notes.append(
            "Seeds needed unknown: we know no number of seeds that would decide it. The study's report says why."
        )
    if any(claim.prints and claim.needed for claim in claims):
        notes.append(
            "Seeds for only one printed number make REPLICATED likelier: add seeds for all numbers of its table."
        )
    return notes
