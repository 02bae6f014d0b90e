"""How sure a comparison is: whether an order is established, its interval, its p, and how many seeds would decide."""

from __future__ import annotations

import math

from replab.judging.least_runs import ALPHA
from replab.judging.planning import FAR_MORE, MOST_SEEDS
from replab.judging.statistics import is_far_from_the_runs
from replab.judging.words import Row, confidence_text, count, gap, is_number, listed, number, p_text, possible


def established(row: Row, claimed: str, opposite: str) -> str:
    """Whether what is `claimed`, or its `opposite`, is established after the correction."""
    distance = (row["estimate"] - row["claimed"]) * row["side"]
    if row["p_holm"] <= ALPHA:
        return f"{claimed if distance > 0 else opposite} is established ({interval_text(row)}; {corrected_p(row)})."
    if row["p_value"] <= ALPHA:
        alone = f"With so many {row['asked'].PLURAL}" if row["role"] != "hypothesis" else "With so many questions"
        return f"{alone} that may be chance ({interval_text(row)}; {corrected_p(row)}); {seeds_words(row)}."
    return f"That may be chance ({interval_text(row)}; {corrected_p(row)}); {seeds_words(row)}."


def is_far(row: Row) -> bool:
    """Whether the mean is a value that no pair of runs has: far from the median, as where some runs explode."""
    return is_far_from_the_runs(row["estimate"], row["middle"], row["runs_low"], row["runs_high"])


def interval_text(row: Row) -> str:
    """`95 % interval .2 to 1.3 points`, in the direction of the sentence before it."""
    if math.isnan(row["confidence"]):
        return "all runs agree"
    is_value = len(row["called"]) == 1
    low, high = possible(row["low"], row["high"], row["metric"], difference=not is_value)
    if is_value:
        ends = f"{low:.4g} to {number(high, row['unit'])}"
    else:  # of the size that the sentence speaks of
        low, high = (low, high) if row["estimate"] >= 0 else (-high, -low)
        side = "above" if row["estimate"] >= 0 else "below"
        other = {"above": "below", "below": "above"}[side]
        ends = f"{low:.3g} to {gap(high, row['unit'])}"
        if low < 0 < high:
            ends = f"from {-low:.3g} {other} to {gap(high, row['unit'])} {side}"
    of = " of the mean" if row["kind"] == "ranking" and is_far(row) else ""
    return f"{confidence_text(row['confidence'])} % interval{of} {ends}"


def corrected_p(row: Row) -> str:
    """The p after correction, with the family that it is corrected for."""
    family, noun = row["family_size"], "hypotheses" if row["role"] == "hypothesis" else row["asked"].PLURAL
    causes = [f"{family} {noun}"] if family > 1 else []
    causes += [f"{len(row['look'].sizes)} interim analyses"] if row["look"].sizes else []
    return p_text(row["p_holm"]) + (f", corrected for {listed(causes)}" if causes else "")


def check_text(row: Row) -> str:
    """The exact test, where it comes to another answer at the 5 % level of a single test."""
    corrected = "both corrected for the interim analyses alone" if row["look"].sizes else "both not corrected"
    return exact_check(row["p_value"], row["p_check"], corrected, paired=row["paired"])


def exact_check(p: float, check: float, corrected: str = "both not corrected", *, paired: bool = True) -> str:
    """What the check says where it differs from p; "" where it agrees. Of pairs it is the sign-flip test.

    It speaks of the one comparison: neither p is corrected for the others, so that the check alone decides nothing.
    """
    if math.isnan(check) or math.isnan(p) or (check <= ALPHA) == (p <= ALPHA):
        return ""
    name = "exact sign-flip test" if paired else "permutation test"
    found = "finds an effect" if check <= ALPHA else "finds no effect"
    beside = f"{p_text(check)}; the test above has {p_text(p)} ({corrected})"
    return f" The {name} alone {found} at the 5 % level: {beside}."


def seeds_words(row: Row) -> str:
    """How many seeds would decide: a guess."""
    needed, sizes = row["seeds_needed"], row["look"].sizes
    most, noun = sizes[-1] if sizes else MOST_SEEDS, "seed" if row["paired"] else "run"
    if not is_number(needed):
        if sizes and not row["look"].later:
            chance = "adding seeds until a result appears would favour chance"
            return f"no more than {most:,} {noun}s were declared, and {chance}"
        return f"even {most:,} {noun}s would hardly decide"
    if not sizes and needed > FAR_MORE * row["n"]:
        return f"far more {noun}s would be needed"
    return f"about {count(int(needed), noun)}{'' if row['paired'] else ' of each'} would decide"
