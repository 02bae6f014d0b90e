"""Claims that are not decided: what the next interim analysis of each costs, and how a budget is spent on them.

Looks are declared with the study, and comparisons are judged at them alone, at levels that spread the error over all
(see `sequential`). So whatever chooses the comparison to go on with, or stops, makes no wrong finding likelier. Printed
numbers and events are judged on all runs that there are: for these alone it may go on after the last look. To add seeds
to one printed number until it is decided makes REPLICATED likelier, right or wrong (docs/decisions/0038).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from replab.assemble import study_result
from replab.forecasting.costs import Costs, costs_here
from replab.forecasting.forecast import missing
from replab.judging.judgement import judge
from replab.judging.verdict_names import DECIDED, INCONCLUSIVE, NOT_TESTED, OPEN
from replab.judging.words import names_of
from replab.more_seeds import with_seeds
from replab.params import Variant
from replab.project import Project
from replab.report.frames import runs_frame

UNDECIDED = (INCONCLUSIVE, OPEN, NOT_TESTED)


@dataclass(frozen=True)
class OpenClaim:
    """A claim that is not decided.

    needed: the seeds that would decide it (None: none within reach); target: the next look, after the last one the
    seeds needed where it compares nothing (None: there is none);
    variants: those that its open parts are about, with the seeds of the target (or those needed, without looks);
    runs: how many of these have no record; seconds: what they cost (None: unknown); prints: whether an open part is a
    printed number.
    """

    study: str
    claim_id: str
    verdict: str
    statement: str
    n: int
    needed: int | None
    target: int | None
    variants: list[Variant]
    runs: int
    seconds: float | None
    prints: bool = False


def open_claims(project: Project, studies: Iterable[str], costs: Costs) -> list[OpenClaim]:
    """The undecided statements and hypotheses of the studies, in the order of the claims files."""
    found = []
    for study in studies:
        result = study_result(project, study)
        table = {variant.name: variant for variant in project.variants(study)}
        judged = judge(result.claims, runs_frame(result), result.scope, result.interim_analyses, result.paired)
        statements = judged.statements
        waiting = {asked.id for asked in result.claims.questions() if asked.primary and asked.asked.waits}
        for row in statements[statements["verdict"].isin(UNDECIDED)].to_dict("records"):
            parts = judged.parts[(judged.parts["id"] == row["id"]) & judged.parts["primary"].astype(bool)]
            undecided = parts[~parts["verdict"].isin(DECIDED)]
            parts = undecided if len(undecided) else parts  # of those that are decided, too few hold and too few fail
            names = dict.fromkeys(name for names in parts["variants"] for name in names_of(str(names)))
            variants = [table[name] for name in names]
            target = _target(project, parts, variants, row["id"] in waiting)
            found.append(_open_claim(project, costs, row, parts, variants, target))
    return found


def _needed(parts: pd.DataFrame) -> int | None:
    known = parts["seeds_needed"].dropna()
    return int(known.max()) if len(known) else None


def _target(project: Project, parts: pd.DataFrame, variants: list[Variant], waits: bool) -> int | None:
    """The next look; after the last one the seeds needed, where none of the claim's parts waits for a look.

    A look counts the runs that have ended: one that diverged has no value, and counts.
    """
    looks = project.interim_analyses(variants[0].study)
    ended = min(len(variant.seeds) - missing(project, variant) for variant in variants)
    later = [size for size in looks if size > ended]
    if later:
        return later[0]
    needed = _needed(parts)
    return None if waits or not looks or needed is None else needed + ended - int(parts["n"].min())


def _open_claim(
    project: Project,
    costs: Costs,
    row: dict[Any, Any],
    parts: pd.DataFrame,
    variants: list[Variant],
    target: int | None,
) -> OpenClaim:
    """What the open parts of a statement take; seeds are counted from the part with the fewest."""
    needed, n = _needed(parts), int(parts["n"].min())
    fixed = not project.interim_analyses(row["study"])
    wanted = [with_seeds(variant, (needed if fixed else target) or n) for variant in variants]
    lacking = {variant.name: missing(project, variant) for variant in wanted}
    prices = {variant.name: costs.of(variant).seconds for variant in wanted}
    seconds = [lacking[name] * (prices[name] or 0.0) for name in lacking]
    return OpenClaim(
        study=row["study"],
        claim_id=row["id"],
        verdict=row["verdict"],
        statement=row["sentence"],
        n=n,
        needed=needed,
        target=target,
        variants=wanted,
        runs=sum(lacking.values()),
        seconds=None if any(lacking[name] and prices[name] is None for name in lacking) else sum(seconds),
        prints=bool((parts["kind"] == "number").any()),
    )


def nearest(claims: Iterable[OpenClaim], budget_seconds: float) -> OpenClaim | None:
    """The claim to spend on next: it can be decided by more seeds, and its next look fits into the budget.

    Nearest is what takes the fewest seconds; claims of unknown cost come last, those of fewest runs first.
    """
    fitting = [claim for claim in claims if can_go_on(claim) and (claim.seconds or 0.0) <= budget_seconds]
    return min(fitting, key=_distance, default=None)


def can_go_on(claim: OpenClaim) -> bool:
    """Whether there is a look to come, with runs to train, and seeds within the last look may decide the claim."""
    return claim.needed is not None and claim.target is not None and claim.runs > 0


def _distance(claim: OpenClaim) -> tuple[bool, float, int]:
    """Seconds until the look that would decide, at the pace of the next one."""
    steps = ((claim.needed or claim.n) - claim.n) / max(1, (claim.target or claim.n) - claim.n)
    return claim.seconds is None, (claim.seconds or 0.0) * max(1.0, steps), claim.runs


def decide(
    project: Project,
    studies: Iterable[str],
    budget_seconds: float,
    threads: int,
    train: Callable[[list[Variant]], None],
    say: Callable[[str], None],
) -> list[OpenClaim]:
    """Train for the claims nearest to a decision until none can go on or the budget is spent; those still open.

    Every step brings the variants of one claim to its next look, and notes their seeds in claims/seeds.yaml.
    """
    started = time.monotonic()
    claims = {study: _now(project, study, threads) for study in studies}
    while True:
        left = budget_seconds - (time.monotonic() - started)
        everywhere = [claim for own in claims.values() for claim in own]
        claim = nearest(everywhere, left) if left > 0 else None
        if claim is None:
            return everywhere
        say(f"{claim.study} {claim.claim_id}: {claim.verdict} at {claim.n} seeds; {claim.runs} runs to {claim.target}")
        train(claim.variants)
        project.extend(claim.study, {variant.name: len(variant.seeds) for variant in claim.variants})
        claims[claim.study] = _now(project, claim.study, threads)


def _now(project: Project, study: str, threads: int) -> list[OpenClaim]:
    return open_claims(project, [study], costs_here(project.store.records(), threads))
