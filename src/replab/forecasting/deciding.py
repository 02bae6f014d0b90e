"""Claims that are not decided: what the next look at each would cost, and spending a budget on the nearest.

Looks are declared with the study, and verdicts are formed at them alone, at levels that spread the error over all
(see `sequential`). So whatever chooses the claim to go on with, or stops, makes no wrong finding likelier.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from replab.assemble import claims_of, study_result
from replab.forecasting.costs import Costs, costs_here
from replab.forecasting.forecast import missing
from replab.forecasting.more_seeds import with_seeds
from replab.judging.claim_kinds import AnyClaim
from replab.judging.evidence import parts_of
from replab.judging.scopes import CONTRADICTED, REPLICATED
from replab.judging.sequential import Sizes
from replab.params import Variant
from replab.project import Project
from replab.report.write import verdicts_of


@dataclass(frozen=True)
class OpenClaim:
    """A claim that is not decided.

    needed: the seeds that would decide it (None: none within reach); target: the next look (None: there is none);
    variants: those that its open parts are about, with the seeds of the target (or those needed, without looks);
    runs: how many of these have no record; seconds: what they cost (None: unknown).
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


def open_claims(project: Project, studies: Iterable[str], costs: Costs) -> list[OpenClaim]:
    """The undecided claims of the studies, in the order of the claims files."""
    found = []
    for study in studies:
        result = study_result(project, study)
        table = {variant.name: variant for variant in project.variants(study)}
        frame, claims = verdicts_of(result), {claim.id: claim for claim in claims_of(project, study)}
        own = frame[(frame["part"] == "") & ~frame["verdict"].isin([REPLICATED, CONTRADICTED])]
        for row in own.to_dict("records"):
            names = _open_variants(claims[row["claim_id"]], frame)
            found.append(_open_claim(project, costs, row, [table[name] for name in names], result.looks))
    return found


def _open_variants(claim: AnyClaim, frame: pd.DataFrame) -> list[str]:
    """The variants of the claim's parts that are not decided themselves."""
    parts = parts_of(claim)
    rows = frame[(frame["claim_id"] == claim.id) & (frame["part"] != "") & (frame["source"] == "")]
    verdicts = list(rows["verdict"]) if len(parts) > 1 else [""]
    open_parts = [part for part, verdict in zip(parts, verdicts, strict=True) if verdict != REPLICATED]
    return list(dict.fromkeys(name for part in open_parts or parts for name in part.variants))


def _open_claim(
    project: Project, costs: Costs, row: dict[Any, Any], variants: list[Variant], looks: Sizes
) -> OpenClaim:
    needed = None if pd.isna(row["seeds_needed"]) else int(row["seeds_needed"])
    n = int(row["n"])
    target = next((size for size in looks if size > n), None)
    wanted = [with_seeds(variant, (target if looks else needed) or n) for variant in variants]
    lacking = {variant.name: missing(project, variant) for variant in wanted}
    prices = {variant.name: costs.of(variant).seconds for variant in wanted}
    known = [lacking[name] * (prices[name] or 0.0) for name in lacking]
    return OpenClaim(
        **{key: row[key] for key in ("study", "claim_id", "verdict", "statement")},
        n=n,
        needed=needed,
        target=target,
        variants=wanted,
        runs=sum(lacking.values()),
        seconds=None if any(lacking[name] and prices[name] is None for name in lacking) else sum(known),
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
