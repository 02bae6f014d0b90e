"""What our runs say of a ranking, a bound on a mean, or "the same", in two sentences or three."""

from __future__ import annotations

import math

from replab.judging.comparison_reasons import check_text, corrected_p, established, interval_text, is_far, seeds_words
from replab.judging.least_runs import ALPHA
from replab.judging.words import Row, capital, count, gap, listed, number, p_text, spelled, stated


def words(row: Row) -> tuple[str, str]:
    """What the runs do, and what follows."""
    if row["route"] == "single":
        found = "There is one run of each." if row["paired"] else f"There are {_runs(row)}."
        return found, "One run does not show how much runs differ."
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
    value, average = (row["middle"], "in the median") if is_far(row) else (row["estimate"], "on average")
    found = _difference(row, value, average)
    if row["estimate"] == 0:
        found = f"{capital(first)} and {second} are equal in {spelled(row['metric'])} {average} of {_runs(row)}."
    k, n = row["pair_share_k"], row["pair_share_n"]
    pairs = count(n, "pair") if row["paired"] else f"all {count(n, 'pair')}"
    seen = f" In {k} of {pairs} of single runs the order is the claimed one{_with_lost(row)}."
    if row["route"] == "constant":
        return found, "It does not depend on the seed."
    if row["p_holm"] > ALPHA:  # the overview shows `found` alone: a large difference may still be chance
        found = f"{found[:-1]} ({p_text(row['p_holm'])})."
    return found, f"{established(row, 'The order', 'The opposite order')}{seen}{check_text(row)}"


def _difference(row: Row, value: float, average: str) -> str:
    """By how much the metric of the first variant is above or below that of the second."""
    first, second = row["called"]
    size, side = gap(abs(value), row["unit"]), "above" if value > 0 else "below"
    word, metric = _preposition(first, second), spelled(row["metric"])
    return f"{capital(word)} {first}, the {metric} is {size} {side} that {word} {second}, {average} of {_runs(row)}."


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
    return found, f"{claim}{established(row, 'That', 'The contrary')}{check_text(row)}"


def _same(row: Row) -> tuple[str, str]:
    first, second = row["called"]
    if row["route"] == "identical":
        reason = "By a theorem every run of the one is the same as that of the other."
        if row["inside"]:
            return f"{capital(first)} and {second} give the same {spelled(row['metric'])}.", reason
        k, n = row["k"], count(row["n"], "pair")
        found = f"{capital(first)} and {second} give the same {spelled(row['metric'])} in {k} of {n} of runs."
        return found, f"{reason} These are not."
    found = _difference(row, row["estimate"], "on average")
    margin = gap(row["asked"].margin.value, row["unit"])
    what = f"A difference of more than {margin}"
    if row["kind"] == "not_worse":
        what = f"That it is worse by more than {margin}"
    if row["p_holm"] <= ALPHA:
        verb = "is excluded" if row["inside"] else "is established"
        return found, f"{what} {verb} ({interval_text(row)}; {corrected_p(row)})."
    verb = "is not excluded" if row["inside"] else "is seen, but not established"
    return found, f"{what} {verb} ({interval_text(row)}; {corrected_p(row)}); {seeds_words(row)}."


BY_KIND = {"ranking": _ranking, "bound": _bound, "same": _same, "not_worse": _same}
