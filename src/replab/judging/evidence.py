"""The parts of a claim, and the statistics of what was seen of each. No verdict yet.

A claim has one part, or one a pair (ordering, equal) or a variant (bound). A part is about one variant's
values, or about the differences of two variants with the same seeds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from replab.judging.claim_kinds import AnyClaim, Bound, Delta, Diverges, Equal, Level, Ordering
from replab.judging.pairing import Seen
from replab.judging.planning import least_seeds, seeds_for_half_width, seeds_to_detect, smallest_detectable_effect
from replab.judging.sequential import Look
from replab.judging.statistics import (
    bca_interval,
    effect_size,
    equivalence_p,
    prediction_interval,
    sign_flip_floor,
    sign_flip_p,
    skewed_mean_p,
    spread,
    t_interval,
)

ALPHA = 0.05
CONFIDENCE = 1 - ALPHA
POWER = 0.8
SEED = 0


class Family(NamedTuple):
    """How many claims, and parts of claims, Holm's correction counts: those declared, tested or not."""

    claims: int
    parts: int


@dataclass(frozen=True)
class Part:
    """What is claimed of one variant, or of the first minus the second of two.

    `direction` is the claimed sign of the estimate - `reference` (0: no sign is claimed); `claimed` is the
    claimed estimate (NaN: none).
    """

    variants: tuple[str, ...]
    reference: float = 0.0
    direction: int = 0
    claimed: float = math.nan


def parts_of(claim: AnyClaim) -> list[Part]:
    """The parts of a claim, all of which must hold."""
    match claim:
        case Level():
            return [Part((claim.variant,), claim.value, 0, claim.value)]
        case Bound():
            bound, sign = (claim.at_least, 1) if claim.at_least is not None else (claim.at_most, -1)
            assert bound is not None
            return [Part((variant,), bound, sign, bound) for variant in claim.variants]
        case Ordering():
            return [Part(pair, direction=1 if claim.higher_is_better else -1) for pair in claim.pairs]
        case Delta():
            sign = 1 if claim.value > 0 else -1
            return [Part((claim.variant, claim.baseline), direction=sign, claimed=claim.value)]
        case Equal():
            return [Part(pair, claimed=0.0) for pair in claim.pairs]
        case Diverges():
            return [Part((variant,)) for variant in claim.variants]


def measure(claim: AnyClaim, part: Part, found: Seen, family: Family) -> dict[str, Any]:
    """The columns of a verdict that are numbers; below two values all but the counts are NaN."""
    values, look, n = found.values, found.look, len(found.values)
    confidence = 1 - look.level(_interval_alpha(claim))
    low, high = t_interval(values, confidence=confidence)
    bca_low, bca_high = bca_interval(values, confidence=confidence, seed=SEED)
    single_low, single_high = prediction_interval(values, confidence=CONFIDENCE)
    estimate = float(values.mean()) if n >= 2 else math.nan
    return {
        "n": n,
        "n_diverged": len(found.diverged),
        "estimate": estimate,
        "ci_low": low,
        "ci_high": high,
        "confidence": confidence,
        "bca_low": bca_low,
        "bca_high": bca_high,
        "claimed": part.claimed,
        "difference": estimate - part.claimed,
        "p_value": _p_value(claim, part, values, look) if n >= 2 else math.nan,
        "effect_size": effect_size(values - part.reference),
        "smallest_detectable": _smallest_detectable(claim, values, look, family),
        "seeds_needed": _seeds_needed(claim, part, values, look, family),
        "single_run_low": single_low,
        "single_run_high": single_high,
    }


def _is_tested(claim: AnyClaim) -> bool:
    """Whether a sign-flip test decides (and not an interval alone)."""
    return isinstance(claim, Bound | Ordering | Delta)


def _interval_alpha(claim: AnyClaim) -> float:
    """What the interval that decides leaves out: .05, or .1 where TOST decides at .05."""
    return 2 * ALPHA if isinstance(claim, Equal) else ALPHA


def _p_value(claim: AnyClaim, part: Part, values: np.ndarray, look: Look) -> float:
    if isinstance(claim, Equal):
        return look.corrected(equivalence_p(values, margin=claim.margin), sides=1)
    if not _is_tested(claim):
        return math.nan
    p = sign_flip_p(values - part.reference, seed=SEED)
    if isinstance(claim, Bound):  # no pairs: nothing makes their distribution symmetric
        p = float(np.fmax(p, skewed_mean_p(values - part.reference)))
    return look.corrected(p, sides=2)


def _smallest_detectable(claim: AnyClaim, values: np.ndarray, look: Look, family: Family) -> float:
    """In the metric's unit, at Holm's worst case; NaN where so few seeds detect nothing, however large."""
    level = look.level(ALPHA / family.claims if _is_tested(claim) else ALPHA)
    if len(values) < 2 or (_is_tested(claim) and sign_flip_floor(len(values)) > level):
        return math.nan
    return smallest_detectable_effect(len(values), alpha=level, power=POWER) * spread(values)


def _seeds_needed(claim: AnyClaim, part: Part, values: np.ndarray, look: Look, family: Family) -> int | None:
    """The seeds that would decide if mean and spread stay as seen, more than there are; None: > 1,000."""
    if isinstance(claim, Diverges):
        return None
    if len(values) < 2 and look.sizes:
        return look.later[0].size
    if len(values) < 2:
        return least_seeds(alpha=ALPHA, multiplier=family.claims) if _is_tested(claim) else None
    needed = _planned_seeds(claim, part, values, look, family)
    return None if needed is None else max(needed, len(values) + 1)


def _planned_seeds(claim: AnyClaim, part: Part, values: np.ndarray, look: Look, family: Family) -> int | None:
    assert not isinstance(claim, Diverges)
    mean, deviation = float(values.mean()), spread(values)

    def width(half_width: float) -> int | None:
        return seeds_for_half_width(deviation, half_width, look, confidence=1 - _interval_alpha(claim))

    if isinstance(claim, Level):
        return width(abs(claim.tolerance - abs(mean - claim.value)))
    if isinstance(claim, Equal):
        return width(abs(claim.margin - abs(mean)))
    detect = _seeds_to_detect(mean - part.reference, deviation, part.direction, look, family)
    if isinstance(claim, Bound):
        return detect
    if isinstance(claim, Delta):
        size = width(abs(claim.tolerance - abs(mean - claim.value)))
        return None if size is None or detect is None else max(size, detect)
    negligible = width(claim.smallest_meaningful - abs(mean))
    return min((seeds for seeds in (detect, negligible) if seeds is not None), default=None)


def _seeds_to_detect(shift: float, deviation: float, direction: int, look: Look, family: Family) -> int | None:
    """Holm's worst case: over claims for the claimed side, over all parts for the opposite one."""
    multiplier = family.claims if shift * direction > 0 else family.parts
    effect = shift / deviation if deviation > 0 else math.copysign(math.inf, shift) if shift else 0.0
    return seeds_to_detect(effect, look, alpha=ALPHA, power=POWER, multiplier=multiplier)
