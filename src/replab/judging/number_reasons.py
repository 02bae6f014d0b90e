"""Why runs neither confirm nor contradict a printed number: an interval too wide, runs too near or too few."""

from __future__ import annotations

from replab.judging.least_runs import LEAST_RUNS
from replab.judging.nearness import TENTH
from replab.judging.planning import FAR_MORE
from replab.judging.words import Row, count, gap, is_number, p_text, span


def width(row: Row, text: str, unit: str) -> str:
    """What is said of an interval too wide to mean something; its numbers have the decimals of `text`."""
    if row["narrow"]:
        return ""
    asked = row["asked"].resolution
    allowed = f"a factor of {asked.factor:.3g}" if asked.factor else gap(row["resolution"], row["unit"])
    limit = f"it must not reach further than {allowed} to each side"
    if isinstance(row.get("wide"), tuple):
        low, high = row["wide"]
        wide = span(low, high, text, unit)
        normal = f"With a normal distribution the 95 % interval would be {wide}, too wide for a verdict"
        return f" But that probability is below 95 %. {normal}: {limit}."
    return f" But the interval is too wide for a verdict: {limit}. {_narrower(row)}."


def _narrower(row: Row) -> str:
    """Whether more seeds would make it narrow enough: a guess, since the spread of few runs is itself uncertain."""
    needed, more = row["seeds_needed"], _more(row)
    if row["asked"].of_runs > 1:
        return f"How many {more} would be enough is not computed for a mean of several runs"
    if not is_number(needed):
        guess = f"more {more} would not make it narrow enough"
    elif needed > FAR_MORE * row["n"]:
        guess = f"far more {more} would be needed"
    else:
        guess = f"about {needed:,} {more} would be enough"
    return f"Judging by the spread of these {count(row['n'], 'run')}, {guess}"


def near_words(row: Row) -> str:
    """That a number outside is too near to a run for a verdict."""
    tenth = gap(TENTH * row["resolution"], row["unit"])
    return f"But one of our runs is within {tenth} of it, a tenth of the resolution. So it is not contradicted."


def too_few(row: Row) -> str:
    """That so few runs cannot contradict: since all of them may be of one kind, or since the distance is small."""
    needed = row["seeds_needed"]
    if is_number(needed):
        all_alike = row["n"] < LEAST_RUNS or row["p_value"] <= 2.0 ** -row["n"]
        what = "that agree cannot exclude that other runs end elsewhere" if all_alike else "are too few to exclude it"
        return f"{count(row['n'], 'run')} {what}{after_correction(row)}; about {needed:,} {_more(row)} would be enough."
    return f"not far enough to be excluded{after_correction(row)}; more {_more(row)} would hardly change that."


def after_correction(row: Row) -> str:
    """` (p = .003, corrected for 12 numbers)`; "" without a p."""
    if not row["p_holm"] <= 1:
        return ""
    family = row["family_size"]
    among = (
        "" if family == 1 else f", corrected for {family} {'hypotheses' if row['role'] == 'hypothesis' else 'numbers'}"
    )
    return f" ({p_text(row['p_holm'])}{among})"


def _more(row: Row) -> str:
    return "seeds" if row["paired"] else "runs of each"
