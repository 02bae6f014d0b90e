"""Finds studies with too few seeds: no outcome could pass the correction for many tests."""

from __future__ import annotations

from collections.abc import Iterable

from replab.assemble import claims_of
from replab.judging.least_runs import ALPHA, LEAST_PAIRS, least_runs_to_contradict
from replab.judging.part_kinds import Number
from replab.judging.questions import Question
from replab.judging.words import count
from replab.project import Project

EVENT_RUNS = 5  # of which all must show an event, for its share to be established above one half: .5^5 = .031


def too_few_seeds(project: Project, studies: Iterable[str]) -> list[str]:
    """A line for each study and kind of part that its seeds cannot decide; of several looks, those of the last.

    The numbers of a report are a family: `judging.numbers` says how many runs it takes to contradict one of them.
    """
    found = []
    for study in studies:
        claims = claims_of(project, study)
        last = max(project.interim_analyses(study), default=0)
        seeds = {variant.name: max(len(variant.seeds), last) for variant in project.variants(study)}
        lacking: dict[str, list[int]] = {}
        for question in claims.questions():
            if not question.primary or not question.asked.is_tested_in(project.profile.scope):
                continue
            what, needed = _needed(question, claims.families.get(question.family, 1))
            if min(seeds.get(name, needed) for name in question.variants) < needed:
                lacking.setdefault(what, []).append(needed)
        found += [_line(study, what, needs, min(seeds.values())) for what, needs in lacking.items()]
    return found


def _needed(question: Question, family: int) -> tuple[str, int]:
    """What a part needs its seeds for, and how many."""
    part = question.asked
    if isinstance(part, Number):
        return "contradict a printed number", least_runs_to_contradict(family, alpha=ALPHA)
    if part.about_runs:
        return "establish what happens in single runs", EVENT_RUNS
    return "test a difference", LEAST_PAIRS


def _line(study: str, what: str, needs: list[int], seeds: int) -> str:
    parts = count(len(needs), "part")
    return f"warning: {study}: {seeds} seeds are too few to {what} ({parts} of its claims): {max(needs)} are needed."
