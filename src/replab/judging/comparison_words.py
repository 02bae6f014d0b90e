"""What our runs say of a ranking, a bound on a mean, or "the same", in two sentences or three."""

from __future__ import annotations

import math

from replab.judging.least_runs import ALPHA
from replab.judging.planning import FAR_MORE, MOST_SEEDS
from replab.judging.statistics import is_far_from_the_runs
from replab.judging.words import (
    Row,
    capital,
    confidence_text,
    count,
    gap,
    is_number,
    listed,
    number,
    p_text,
    possible,
    spelled,
    stated,
)


def words(row: Row) -> tuple[str, str]:
    """What the runs do, and what follows."""
    if row["route"] == "single":
        found = "There is one run of each." if row["paired"] else f"There are {_runs(row)}."
        return found, "One run does not say how far runs differ."
    if row["route"] == "pairs":
        return _pairs(row) if row["paired"] else _ends(row)
    return BY_KIND[row["kind"]](row)


def _pairs(row: Row) -> tuple[str, str]:
    first, second = row["called"]
    n, finished = row["pair_share_n"], row["n"]  # of 0 or 1 pair both runs finished
    won = row["pair_share_k"] - int(finished and row["runs_low"] * row["side"] > 0)
    lost = n - finished - won
    better, worse, times = (first, second, won) if won >= lost else (second, first, lost)
    found = f"In {times} of {count(n, 'pair')} of runs {better} finished and {worse} diverged."
    found += " In one pair both finished." if finished else ""
    average = "one difference is no average" if finished else "there is no difference to average"
    return found, f"A run that diverged is worse than one that finished; {average}."


def _ends(row: Row) -> tuple[str, str]:
    """As `_pairs`, of runs that no seed pairs."""
    finished = [f"{n:,} of {first}" for n, first in zip(row["finished"], row["called"], strict=True)]
    found = f"{listed(finished)} finished; {count(row['n_diverged'], 'run')} diverged."
    share = (
        f"in {row['pair_share_k']:,} of {count(row['pair_share_n'], 'pair')} of a run of each, the order is as claimed"
    )
    return found, f"A run that diverged is worse than one that finished: {share}. Too few finished to compare means."


def _ranking(row: Row) -> tuple[str, str]:
    first, second = row["called"]
    value, average = (row["middle"], "in the median") if _is_far(row) else (row["estimate"], "on average")
    size, side = gap(abs(value), row["unit"]), "above" if value > 0 else "below"
    metric = spelled(row["metric"])
    word, seeds = _preposition(first, second), f"{average} of {_runs(row)}."
    found = f"{capital(word)} {first}, the {metric} is {size} {side} that {word} {second}, {seeds}"
    if row["estimate"] == 0:
        found = f"{capital(first)} and {second} are equal in {metric} {seeds}"
    k, n = row["pair_share_k"], row["pair_share_n"]
    pairs = count(n, "pair") if row["paired"] else f"all {count(n, 'pair')}"
    seen = f" In {k} of {pairs} of single runs the order is the claimed one{_with_lost(row)}."
    if row["route"] == "constant":
        return found, "It does not depend on the seed."
    return found, f"{_established(row, 'The order', 'The opposite order')}{seen}{_check(row)}"


def _runs(row: Row) -> str:
    """How many runs a comparison rests on: `12 seeds`, or `12 and 10 runs, not paired`."""
    if row["paired"]:
        return f"{row['n']} seeds"
    return f"{listed(f'{n:,}' for n in row['finished'])} runs, not paired"


def _with_lost(row: Row) -> str:
    """That pairs count of which one run diverged."""
    averaged = row["n"] if row["paired"] else math.prod(row["finished"])
    return ", where a run that diverged is the worse one" if row["pair_share_n"] > averaged else ""


def _preposition(*names: str) -> str:
    """`with`, or `for` where a name has a `with` of its own: "for tanh with the hinge loss"."""
    text = " ".join(names)
    return "for" if " with " in text and " for " not in text else "with"


def _bound(row: Row) -> tuple[str, str]:
    side = "at least" if row["side"] > 0 else "at most"
    mean = number(row["estimate"], row["unit"])
    metric = spelled(row["metric"])
    word, [name] = _preposition(*row["called"]), row["called"]
    found = f"{capital(word)} {name}, the {metric} is {mean} on average of {count(row['n'], 'run')}."
    claim = f"The claim is {side} {stated(row['claimed'], row['unit'])}. "
    if row["route"] == "constant":
        return found, f"{claim}The number does not depend on the seed."
    return found, f"{claim}{_established(row, 'That', 'The contrary')}{_check(row)}"


def _same(row: Row) -> tuple[str, str]:
    first, second = row["called"]
    if row["route"] == "identical":
        reason = "By a theorem every run of the one is the same as that of the other."
        if row["inside"]:
            return f"{capital(first)} and {second} give the same {spelled(row['metric'])}.", reason
        k, n = row["k"], count(row["n"], "pair")
        found = f"{capital(first)} and {second} give the same {spelled(row['metric'])} in {k} of {n} of runs."
        return found, f"{reason} These are not."
    size, side = gap(abs(row["estimate"]), row["unit"]), "above" if row["estimate"] > 0 else "below"
    word, metric = _preposition(first, second), spelled(row["metric"])
    seeds = f"on average of {_runs(row)}."
    found = f"{capital(word)} {first}, the {metric} is {size} {side} that {word} {second}, {seeds}"
    margin = gap(row["asked"].margin.value, row["unit"])
    what = f"A difference of more than {margin}"
    if row["kind"] == "not_worse":
        what = f"That it is worse by more than {margin}"
    if row["p_holm"] <= ALPHA:
        verb = "is excluded" if row["inside"] else "is established"
        return found, f"{what} {verb} ({_interval(row)}; {_corrected(row)})."
    verb = "is not excluded" if row["inside"] else "is seen, but not established"
    return found, f"{what} {verb} ({_interval(row)}; {_corrected(row)}); {_seeds(row)}."


BY_KIND = {"ranking": _ranking, "bound": _bound, "same": _same, "not_worse": _same}


def _established(row: Row, claimed: str, opposite: str) -> str:
    distance = (row["estimate"] - row["claimed"]) * row["side"]
    if row["p_holm"] <= ALPHA:
        return f"{claimed if distance > 0 else opposite} is established ({_interval(row)}; {_corrected(row)})."
    if row["p_value"] <= ALPHA:
        alone = f"Among so many {row['asked'].PLURAL}" if row["role"] != "hypothesis" else "Among so many questions"
        return f"{alone} that may be chance ({_interval(row)}; {_corrected(row)}); {_seeds(row)}."
    return f"That may be chance ({_interval(row)}; {_corrected(row)}); {_seeds(row)}."


def _is_far(row: Row) -> bool:
    """Whether the mean is a value that no pair of runs has: far from the median, as where some runs explode."""
    return is_far_from_the_runs(row["estimate"], row["middle"], row["runs_low"], row["runs_high"])


def _interval(row: Row) -> str:
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
    of = " of the mean" if row["kind"] == "ranking" and _is_far(row) else ""
    return f"{confidence_text(row['confidence'])} % interval{of} {ends}"


def _corrected(row: Row) -> str:
    """The p after correction, with the family that it is corrected for."""
    family, noun = row["family_size"], "hypotheses" if row["role"] == "hypothesis" else row["asked"].PLURAL
    causes = [f"{family} {noun}"] if family > 1 else []
    causes += [f"{len(row['look'].sizes)} interim analyses"] if row["look"].sizes else []
    return p_text(row["p_holm"]) + (f", corrected for {listed(causes)}" if causes else "")


def _check(row: Row) -> str:
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
    found = "finds something" if check <= ALPHA else "finds nothing"
    return f" By itself the {name} {found} at the 5 % level: {p_text(check)}, here {p_text(p)} ({corrected})."


def _seeds(row: Row) -> str:
    needed, sizes = row["seeds_needed"], row["look"].sizes
    most, noun = sizes[-1] if sizes else MOST_SEEDS, "seed" if row["paired"] else "run"
    if not is_number(needed):
        if sizes and not row["look"].later:
            chance = "to add some until a result appears would favour chance"
            return f"{most:,} {noun}s are the most that were declared, and {chance}"
        return f"even {most:,} {noun}s would hardly decide"
    if not sizes and needed > FAR_MORE * row["n"]:
        return f"far more {noun}s would be needed"
    return f"about {count(int(needed), noun)}{'' if row['paired'] else ' of each'} would decide"
