"""How a claim is judged, in one or two sentences with its numbers: the criteria of `verdicts`."""

from __future__ import annotations

from replab.judging.claim_kinds import AnyClaim, Bound, Delta, Diverges, Equal, Level, Ordering
from replab.judging.criteria import ALL_DIVERGED
from replab.judging.evidence import ALPHA

TESTED = f"by the exact sign-flip test over seeds (p at most {ALPHA:g} after Holm's correction)"


def criterion(claim: AnyClaim) -> str:
    """What would show that the claim holds, and what that it does not."""
    match claim:
        case Level():
            band = f"{claim.value:g} ± {claim.tolerance:g}"
            return f"Holds if the whole interval of the mean lies within {band}; does not if none of it does."
        case Bound():
            side = f"at least {claim.at_least:g}" if claim.at_least is not None else f"at most {claim.at_most:g}"
            each = "every variant's mean is" if len(claim.variants) > 1 else "the mean is"
            return f"Holds if {each} {side}, {TESTED}; does not if the opposite is established."
        case Ordering():
            pairs = "in every pair the first" if len(claim.pairs) > 1 else "the first"
            return (
                f"Holds if {pairs} is better, {TESTED}. Differences within ±{claim.smallest_meaningful:g} do not "
                "matter: an interval wholly inside speaks against the claim, and so does the established opposite."
            )
        case Delta():
            return (
                f"Holds if the direction is established {TESTED} and the interval lies within "
                f"{claim.value:+g} ± {claim.tolerance:g}; the direction alone is shown if only the first is so."
            )
        case Equal():
            pairs = "in every pair a difference" if len(claim.pairs) > 1 else "a difference"
            return (
                f"Holds if {pairs} of {claim.margin:g} or more is excluded by two one-sided t tests (p at most "
                f"{ALPHA:g} after Holm's correction); does not if an interval lies wholly beyond ±{claim.margin:g}."
            )
        case Diverges():
            return f"Holds if all of at least {ALL_DIVERGED} runs diverge; does not if none does."


def claimed_text(claim: AnyClaim) -> str:
    """What is claimed as a number: of a mean, or of the difference of two (first minus second)."""
    match claim:
        case Level():
            return f"{claim.value:g} ± {claim.tolerance:g}"
        case Bound():
            return f"≥ {claim.at_least:g}" if claim.at_least is not None else f"≤ {claim.at_most:g}"
        case Ordering():
            return "difference > 0" if claim.higher_is_better else "difference < 0"
        case Delta():
            return f"{claim.value:+g} ± {claim.tolerance:g}"
        case Equal():
            return f"0 ± {claim.margin:g}"
        case Diverges():
            return "diverges"


def band_of(claim: AnyClaim) -> tuple[float, float] | None:
    """The interval in which the estimate should lie, or (ordering) in which a difference does not matter."""
    match claim:
        case Level() | Delta():
            return claim.value - claim.tolerance, claim.value + claim.tolerance
        case Equal():
            return -claim.margin, claim.margin
        case Ordering():
            return -claim.smallest_meaningful, claim.smallest_meaningful
        case Bound() | Diverges():
            return None


def reference_of(claim: AnyClaim) -> float | None:
    """The number that the estimate is compared with: a bound, or no difference."""
    match claim:
        case Level() | Diverges():
            return None
        case Bound():
            return claim.at_least if claim.at_least is not None else claim.at_most
        case _:
            return 0.0
