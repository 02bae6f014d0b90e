"""Differences of printed means: can they be luck? For readers who have a paper's table and no run.

The test is Welch's, from the means, spreads and numbers of runs (`two_samples.from_moments`); there is no run to
take a skewness from. With a baseline every row is compared with it, and Holm's correction is over the rows of a column.
Without, the best row of a column is compared with the second best: its two-sided p keeps its level though the rows were
chosen by their means (Gutmann & Maymin 1987, Ann. Stat. 15:456). The best counts as such only where it is told apart
from every other row: the greatest of these p decides (Berger 1982, Technometrics 24:295).

p_careful asks the same with all that the digits leave open turned against the difference: means nearer to each other
and spreads larger by half a unit of their last digits, and standard deviations that were divided by n.
"""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from replab.errors import ReplabError
from replab.judging.inference import POWER
from replab.judging.least_runs import ALPHA
from replab.judging.planning import FAR_MORE, MOST_SEEDS, seeds_to_detect, smallest_detectable_effect
from replab.judging.sequential import ONE_LOOK
from replab.judging.statistics import holm
from replab.judging.table_means import Column, PrintedMean
from replab.judging.two_samples import MeanDifference, degrees_a_run, from_moments
from replab.judging.words import count, gap, is_number, listed, p_text

COLUMNS = [
    "variant", "against", "column", "metric", "unit", "runs", "difference", "low", "high", "p_value", "p_holm",
    "p_careful", "least_difference", "detectable", "runs_needed", "answer", "luck",
]  # fmt: skip

SURE, AS_PRINTED, LUCK = "more than luck", "more than luck as printed", "may be luck"
DIGITS = "If they were rounded, or if the spreads were divided by n instead of n − 1, it may be luck."


def against_baseline(columns: list[Column], baseline: str) -> pd.DataFrame:
    """A row for each column and row of the table but the baseline (`COLUMNS`); differences are variant minus baseline.

    `least_difference`: what is smaller has p > 5 % with these spreads; `detectable`: a true difference that is found
    with 80 % power; `runs_needed`: the runs of each that would find the one seen (NA: found, or more than 1,000).
    """
    rows = []
    for column in columns:
        base = next((mean for mean in column.means if mean.variant == baseline), None)
        pairs = [(mean, base) for mean in column.means if base and mean is not base]
        rows += _corrected([_row(column, one, other, len(pairs)) for one, other in pairs], column)
    return _frame(rows)


def best_against_second(columns: list[Column]) -> pd.DataFrame:
    """A row for each column (`COLUMNS`, with p_all, the greatest p against any other row, in the place of p_holm).

    Raises ReplabError where it is not known which numbers are the best.
    """
    rows = []
    for column in columns:
        if not column.side:
            raise ReplabError(
                f"'{column.name}': are higher or lower values better? Write ↑ or ↓ into its head, or say --baseline; "
                "--metric says which metric a column has\n"
                f"If '{column.name}' is a variant, swap rows and columns: replab needs a row for each variant"
            )
        best, *others = sorted(column.means, key=lambda mean: -column.side * mean.mean.value)
        row, *rivals = (_row(column, best, other, 1) for other in others)
        near = [rival for rival in rivals if rival["p_value"] > ALPHA]
        greatest = {name: max(one[name] for one in (row, *rivals)) for name in ("p_value", "p_careful")}
        row |= {"p_holm": greatest["p_value"], "p_careful": greatest["p_careful"]}
        rows.append(_answered(row, column, 1, near))
    return _frame(rows).rename(columns={"p_holm": "p_all"})


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """With `runs_against` where rows have unequal numbers of runs."""
    place = COLUMNS.index("runs") + 1
    unequal = ["runs_against"] if any(row["runs"] != row["runs_against"] for row in rows) else []
    columns = [*COLUMNS[:place], *unequal, *COLUMNS[place:]]
    return pd.DataFrame(rows, columns=columns).astype({"runs_needed": "Int64"})


def _row(column: Column, one: PrintedMean, other: PrintedMean, family: int) -> dict[str, Any]:
    found = from_moments(one.moments, other.moments)
    low, high = found.interval(1 - ALPHA)
    effect = smallest_detectable_effect(1, alpha=ALPHA, power=POWER, degrees=found.degrees)
    return {
        "variant": one.variant,
        "against": other.variant,
        "column": column.name,
        "metric": column.metric,
        "unit": column.unit,
        "runs": one.runs,
        "runs_against": other.runs,
        "difference": found.estimate,
        "low": low,
        "high": high,
        "p_value": found.p(),
        "p_careful": max(found.p(), _careful(one, other).p()),
        "least_difference": (high - low) / 2,
        "detectable": effect * found.error,
        "runs_needed": _runs_needed(found, one, other, family),
    }


def _careful(one: PrintedMean, other: PrintedMean) -> MeanDifference:
    """The difference with all that the digits leave open turned against it."""
    found, open_digits = from_moments(one.most, other.most), one.mean.half + other.mean.half
    shrunk = max(0.0, abs(found.estimate) - open_digits * (1 - 1e-9))
    return MeanDifference(math.copysign(shrunk, found.estimate), found.error, found.degrees)


def _runs_needed(found: MeanDifference, one: PrintedMean, other: PrintedMean, family: int) -> int | None:
    deviations = one.moments[1], other.moments[1]
    effect, degrees = found.estimate / math.hypot(*deviations), degrees_a_run(*deviations)
    needed = seeds_to_detect(effect, ONE_LOOK, alpha=ALPHA, power=POWER, multiplier=family, degrees_a_run=degrees)
    return None if needed is None else max(needed, min(one.runs, other.runs) + 1)


def _corrected(rows: list[dict[str, Any]], column: Column) -> list[dict[str, Any]]:
    """The rows of a column with their corrected p, and the answer."""
    corrected, careful = (holm([row[name] for row in rows], family=len(rows)) for name in ("p_value", "p_careful"))
    each = zip(rows, corrected, careful, strict=True)
    return [_answered(row | {"p_holm": float(p), "p_careful": float(c)}, column, len(rows), []) for row, p, c in each]


def _answered(row: dict[str, Any], column: Column, family: int, near: list[dict[str, Any]]) -> dict[str, Any]:
    """The row with its answer, and its words; `near`: other rows that the best one is not told apart from."""
    answer = SURE if row["p_careful"] <= ALPHA else AS_PRINTED if row["p_holm"] <= ALPHA else LUCK
    is_open = row["p_holm"] > ALPHA if family > 1 else row["p_value"] > ALPHA
    needed = row["runs_needed"] if is_open else None
    row |= {"answer": answer, "luck": _words(row, column, answer, family, near)}
    return row | {"runs_needed": needed}


def _words(row: dict[str, Any], column: Column, answer: str, family: int, near: list[dict[str, Any]]) -> str:
    """Whether the difference can be luck, in a sentence or two."""
    said, rest = (
        _difference(row, column),
        listed([f"{one['against']} ({p_text(one['p_value'])})" for one in near] or [""]),
    )
    if row["difference"] == 0:
        return f"{said}." + (f" It cannot be told apart from {rest}, either." if near else "")
    if answer == SURE:
        return f"{said}: more than luck explains."
    if answer == AS_PRINTED:
        return f"{said}: more than luck explains, if the printed digits are exact. {DIGITS}"
    if near and row["p_value"] <= ALPHA:
        return f"{said}: more than luck explains. But it cannot be told apart from {rest}, so it may not be the best."
    least = f"a difference of less than {gap(row['least_difference'], row['unit'])} cannot be told apart from luck"
    among = f", among {family} comparisons" if row["p_value"] <= ALPHA else ""
    n, m = row["runs"], row["runs_against"]
    runs = f"{n} runs each" if n == m else f"{n} and {m} runs"
    text = f"{said}: may be luck{among}. With {runs}, {least}{', even alone' if among else ''}."
    return text + _more(row) + (f" It cannot be told apart from {rest}, either." if near else "")


def _difference(row: dict[str, Any], column: Column) -> str:
    size, one, other = gap(abs(row["difference"]), row["unit"]), row["variant"], row["against"]
    if row["difference"] == 0:
        return f"{one} and {other} are printed alike"
    if column.side:
        return f"{one} is {'better' if row['difference'] * column.side > 0 else 'worse'} than {other} by {size}"
    return f"{one} lies {size} {'above' if row['difference'] > 0 else 'below'} {other}"


def _more(row: dict[str, Any]) -> str:
    needed = row["runs_needed"]
    if not is_number(needed):
        return f" Even {MOST_SEEDS:,} runs of each would hardly show it."
    if needed > FAR_MORE * min(row["runs"], row["runs_against"]):
        return " Far more runs would be needed to show it."
    return f" About {count(int(needed), 'run')} of each would show it, if it stays so."
