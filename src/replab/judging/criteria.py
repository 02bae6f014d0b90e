"""The verdict on one part of a claim: the criteria of `verdicts`, a function a kind of claim."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from replab.judging.claim_kinds import AnyClaim, Bound, Delta, Diverges, Equal, Level, Ordering
from replab.judging.evidence import ALPHA, Family, Part
from replab.judging.pairing import Seen
from replab.judging.planning import MOST_SEEDS
from replab.judging.scopes import CONTRADICTED, DIRECTION_ONLY, INCONCLUSIVE, NOT_TESTED, REPLICATED
from replab.judging.sentences import (
    at_look,
    corrected,
    count,
    diverged_words,
    left_out,
    luck,
    measured,
    over_looks,
    too_few,
)  # fmt: skip
from replab.judging.statistics import sign_flip_floor

ALL_DIVERGED = 5


class Finding(NamedTuple):
    """A verdict, the reason with its numbers, and how many seeds would decide (None: decided, or > 1,000)."""

    verdict: str
    reason: str
    seeds_needed: int | None


@dataclass
class Case:
    """A part of a claim and what was seen of it; p_claim, p_part and claim_holds follow with its family."""

    claim: AnyClaim
    part: Part
    found: Seen
    family: Family
    row: dict[str, Any]
    p_claim: float = math.nan
    p_part: float = math.nan
    claim_holds: bool = False

    @property
    def agrees(self) -> bool:
        """Whether the mean lies on the claimed side; claims without a side always agree."""
        return bool(self.part.direction in (0, np.sign(self.row["estimate"] - self.part.reference)))

    @property
    def established(self) -> bool:
        """Whether the part is shown, by itself or with the whole claim."""
        return self.agrees and (self.claim_holds or self.p_part <= ALPHA)

    def lies_within(self, low: float, high: float) -> bool:
        """Whether the interval lies wholly in low..high."""
        return bool(low <= self.row["ci_low"] and self.row["ci_high"] <= high)

    def lies_outside(self, low: float, high: float) -> bool:
        """Whether the interval has no point in low..high."""
        return bool(self.row["ci_high"] < low or high < self.row["ci_low"])


def decide(case: Case) -> Finding:
    """The verdict on a part, and the reason with its numbers."""
    found, row = case.found, case.row
    if isinstance(case.claim, Diverges):
        return _diverges(case)
    if isinstance(case.claim, Level) and not row["n"] and row["n_diverged"] >= ALL_DIVERGED:
        text = f"All {row['n_diverged']} runs diverged: none shows the claimed number."
        return Finding(CONTRADICTED, text, None)
    if row["n"] < 2:
        return Finding(NOT_TESTED, f"{too_few(case.part, found)}.{left_out(found)}", row["seeds_needed"])
    verdict, finding = _found(case)
    p_text = "" if isinstance(case.claim, Level) else f", p = {row['p_value']:.2g}{over_looks(found)}"
    text = f"{measured(case.part, row)}{p_text}: {finding}.{at_look(found)}{luck(case.claim, row)}{left_out(found)}"
    seeds = row["seeds_needed"] if _is_open(case, verdict) else None
    return Finding(_with_diverged(case.claim, verdict) if found.diverged else verdict, text, seeds)


def _diverges(case: Case) -> Finding:
    """All of at least `ALL_DIVERGED` runs, or none of them: anything between shows neither."""
    diverged, runs = len(case.found.diverged), case.found.ended
    text = diverged_words(case.found)
    if not runs:
        return Finding(NOT_TESTED, f"{too_few(case.part, case.found)}.", ALL_DIVERGED)
    if runs < ALL_DIVERGED:
        return Finding(INCONCLUSIVE, f"{text} At least {ALL_DIVERGED} are needed to tell.", ALL_DIVERGED)
    verdict = {runs: REPLICATED, 0: CONTRADICTED}.get(diverged, INCONCLUSIVE)
    return Finding(verdict, text if verdict != INCONCLUSIVE else f"{text} It depends on the seed.", None)


def _is_open(case: Case, verdict: str) -> bool:
    """Whether more seeds could decide: not where a delta's size is excluded, or a difference is too small."""
    if verdict == DIRECTION_ONLY and isinstance(case.claim, Delta):
        low, high, _ = _band(case.claim)
        return not case.lies_outside(low, high)
    return verdict == INCONCLUSIVE


def _found(case: Case) -> tuple[str, str]:
    assert not isinstance(case.claim, Diverges)
    match case.claim:
        case Level():
            return _level(case, case.claim)
        case Bound():
            return _side(case)
        case Ordering():
            return _ordering(case, case.claim.smallest_meaningful)
        case Delta():
            return _delta(case, case.claim)
        case Equal():
            return _equal(case, case.claim.margin)


def _level(case: Case, claim: Level) -> tuple[str, str]:
    low, high, text = _band(claim)
    if case.lies_within(low, high):
        return REPLICATED, f"the interval lies within the claimed {text}"
    if case.lies_outside(low, high):
        return CONTRADICTED, f"the interval lies wholly outside of the claimed {text}"
    return INCONCLUSIVE, f"the interval lies only partly within the claimed {text}; {_seeds(case)}"


def _side(case: Case) -> tuple[str, str]:
    if case.established:
        alone = case.p_part <= ALPHA or case.family.parts == case.family.claims
        return REPLICATED, "the claimed side is established" + ("" if alone else ", with the whole claim")
    if not case.agrees and case.p_part <= ALPHA:
        return (
            CONTRADICTED,
            f"the opposite is established (p = {corrected(case.p_part, case.family.parts, 'part')})",
        )
    return INCONCLUSIVE, _undecided(case)


def _ordering(case: Case, smallest: float) -> tuple[str, str]:
    verdict, finding = _side(case)
    if verdict == CONTRADICTED or not case.lies_within(-smallest, smallest):
        return verdict, finding
    size = f"the whole interval lies within ±{smallest:g}, where a difference does not matter"
    return (DIRECTION_ONLY, f"{finding}, but {size}") if verdict == REPLICATED else (CONTRADICTED, size)


def _delta(case: Case, claim: Delta) -> tuple[str, str]:
    verdict, finding = _side(case)
    low, high, text = _band(claim)
    if verdict == REPLICATED and case.lies_within(low, high):
        return REPLICATED, f"{finding}, and the interval lies within the claimed {text}"
    if verdict == REPLICATED:
        return DIRECTION_ONLY, f"{finding}, but the interval does not lie within the claimed {text}"
    if verdict == INCONCLUSIVE and case.lies_outside(low, high):
        return (
            CONTRADICTED,
            f"no direction is established, and the interval lies outside of the claimed {text}",
        )
    return verdict, finding


def _equal(case: Case, margin: float) -> tuple[str, str]:
    if case.established:
        return REPLICATED, f"a difference of {margin:g} or more is excluded"
    if case.lies_outside(-margin, margin):
        return CONTRADICTED, f"the interval lies wholly beyond ±{margin:g}"
    return INCONCLUSIVE, f"a difference of {margin:g} or more is not excluded; {_seeds(case)}"


def _band(claim: Level | Delta) -> tuple[float, float, str]:
    low, high = claim.value - claim.tolerance, claim.value + claim.tolerance
    return low, high, f"{claim.value:g} ± {claim.tolerance:g}"


def _undecided(case: Case) -> str:
    n, among = case.row["n"], case.family.claims
    floor = case.found.look.corrected(sign_flip_floor(n), sides=2)
    if floor * among <= ALPHA:
        return f"the direction is not established; {_seeds(case)}"
    corrected = f" ({min(1.0, floor * among):.2g} corrected for {count(among, 'claim')})" if among > 1 else ""
    return f"{n} seeds cannot give less than p = {floor:.2g}{corrected}, too few to decide; {_seeds(case)}"


def _seeds(case: Case) -> str:
    needed, sizes = case.row["seeds_needed"], case.found.look.sizes
    most = sizes[-1] if sizes else MOST_SEEDS
    many = f"more than {most:,} seeds" if needed is None else f"about {count(needed, 'seed')}"
    return f"{many} would be needed, if mean and spread stay as they are"


def combine(cases: list[Case], verdicts: list[str]) -> str:
    """The verdict on a claim from those on its parts, all of which must hold."""
    for decisive in (CONTRADICTED, NOT_TESTED):
        if decisive in verdicts:
            return decisive
    claim = cases[0].claim
    if set(verdicts) == {REPLICATED} and (cases[0].claim_holds or isinstance(claim, Level | Diverges)):
        return REPLICATED
    leans = all(case.agrees for case in cases) and {REPLICATED, DIRECTION_ONLY} & set(verdicts)
    return DIRECTION_ONLY if leans and not isinstance(claim, Equal | Level | Diverges) else INCONCLUSIVE


def deciding(cases: list[Case], verdicts: list[str], verdict: str) -> int:
    """The part that the claim's verdict hangs on: of those with the weakest one, that with the greatest p."""
    order = [verdict] if verdict in (CONTRADICTED, NOT_TESTED) else [INCONCLUSIVE, DIRECTION_ONLY, REPLICATED]
    weakest = next(name for name in order if name in verdicts)
    places = [place for place, name in enumerate(verdicts) if name == weakest]
    return max(places, key=lambda place: float(np.nan_to_num(cases[place].row["p_value"], nan=-1.0)))


def _with_diverged(claim: AnyClaim, verdict: str) -> str:
    if verdict == REPLICATED:
        return DIRECTION_ONLY if isinstance(claim, Ordering | Delta) else INCONCLUSIVE
    return INCONCLUSIVE if verdict == CONTRADICTED and not isinstance(claim, Level) else verdict
