"""What our runs say of a printed number, in two sentences or three."""

from __future__ import annotations

from replab.judging.least_runs import LEAST_RUNS
from replab.judging.number_reasons import after_correction, near_words, too_few, width
from replab.judging.numbers import CLUSTERS, CONSTANT, DIVERGED, EQUAL, NORMAL, SINGLE
from replab.judging.verdict_names import CONTRADICTED, DEPENDS_ON_SEED
from replab.judging.words import Row, capital, confidence_text, count, difference_unit, like, percent, short, span

FEW, MANY = 5, 7  # digits of a printed number that has more than seven
WITHIN = "But it lies among our runs, so it is not contradicted."


def words(row: Row) -> tuple[str, str]:
    """What the runs do, and what follows for the printed number."""
    routes = {CONSTANT: _equal, EQUAL: _equal, SINGLE: _single, DIVERGED: _diverged, CLUSTERS: _clusters}
    return routes.get(row["route"], _spread)(row)


def _unit(row: Row) -> str:
    return difference_unit(row["unit"]) if row["asked"].minus else row["unit"]


def _printed(row: Row, digits: int = FEW) -> str:
    exact = row["route"] in (CONSTANT, EQUAL)
    return f"the printed {row['asked'].value if exact else short(row['asked'].value, digits)} {_unit(row)}".rstrip()


def _equal(row: Row) -> tuple[str, str]:
    value = like(row["estimate"], row["asked"].value, _unit(row))
    if row["route"] == CONSTANT:
        found, start = f"Our runs give {value}, whatever the seed.", "It does not depend on the seed, and "
    else:
        found, start = f"All {_runs(row)} {value}.", "All runs agree, and "
    if row["inside"]:
        return found, f"{start}{_printed(row)} is the same to the last digit."
    return found, _outside(row, f"{start}{_printed(row)} is a different number", near=near_words(row))


def _outside(row: Row, said: str, near: str) -> str:
    """What follows where the printed number is another one: `near`, where runs come near it."""
    if row["criterion"] == CONTRADICTED:
        return f"{said}{after_correction(row)}."
    return f"{said}, but {too_few(row)}" if row["apart"] else near


def _single(row: Row) -> tuple[str, str]:
    if not row["paired"]:
        found = f"There are {' and '.join(map(str, row['finished']))} runs, not paired."
        return found, f"One run does not show how much runs differ; {LEAST_RUNS} runs can."
    found = f"One run gives {like(row['runs_low'], row['asked'].value, _unit(row))}."
    return found, f"One run does not show how much runs differ; {LEAST_RUNS} runs can."


def _diverged(row: Row) -> tuple[str, str]:
    found = f"All {count(row['n_diverged'], 'run')} diverged: none ends with a number."
    if not row["paired"]:
        found = f"{count(row['n_diverged'], 'run')} diverged, all of one variant: there is no difference."
    if row["criterion"] == CONTRADICTED:
        return found, f"So none of our runs could have printed {_printed(row)[4:]}{after_correction(row)}."
    return found, f"They are too few to exclude that another run prints {_printed(row)[12:]}."


def _clusters(row: Row) -> tuple[str, str]:
    (few, low, high), (more, above, top) = row["groups"]
    text, unit = short(row["asked"].value, FEW), _unit(row)
    found = f"{few} of {row['n']} runs end at {span(low, high, text, unit)}, {more} at {span(above, top, text, unit)}."
    share = f"{row['k']} of {row['n']} runs come near {_printed(row)}"
    if row["criterion"] == DEPENDS_ON_SEED:
        return found, f"{share}: this happens with {percent(row['k'] / row['n'])} of the seeds."
    if row["criterion"] == CONTRADICTED:
        return found, f"{share}: that is less than one in twenty{after_correction(row)}."
    low, high = percent(row["share_low"]), percent(row["share_high"])
    return found, f"{share}. Of all possible runs it may be {low} to {high}: whether it depends on the seed is open."


def _spread(row: Row) -> tuple[str, str]:
    digits, text, unit = *_digits(row), _unit(row)
    found = f"Our {_runs(row)} {span(row['runs_low'], row['runs_high'], text, unit)}"
    runs = "one more run" if row["asked"].of_runs == 1 else f"the mean of {row['asked'].of_runs} more runs"
    runs = runs if row["paired"] else f"the difference of {runs} of each"
    runs += " that ends" if row["n_diverged"] else ""
    interval = span(row["low"], row["high"], text, unit)
    verb = "falls within" if " to " in interval else "is"
    reach = f"with a probability of {confidence_text(row['confidence'])} %, {runs} {verb} {interval}"
    if row["route"] != NORMAL:
        reach += " (by rank, as the runs are not normally distributed)"
    number, printed = row["asked"].printed, _printed(row, digits)
    beyond = number.high < row["runs_low"] or row["runs_high"] < number.low
    if row["inside"] and beyond:
        return f"{found}; {reach}.", f"{capital(_inside(row, printed, ' that interval'))}.{width(row, text, unit)}"
    if row["inside"]:
        return f"{found}.", f"{capital(reach)}: {_inside(row, printed)}.{width(row, text, unit)}"
    said = f"{capital(reach)}: {printed} lies outside"
    near = f"{said}. {near_words(row) if beyond or row['route'] == NORMAL else WITHIN}"
    return f"{found}.", _outside(row, said, near=near)


def _is_between(row: Row) -> bool:
    return bool(row["low"] <= row["asked"].printed.value <= row["high"])


def _inside(row: Row, printed: str, of: str = "") -> str:
    """That the printed number lies inside; or that its rounding does, where the number itself lies outside."""
    if _is_between(row):
        return f"{printed} lies inside{of}"
    number = row["asked"].printed
    ends = f"{short(number.low, MANY)} to {short(number.high, MANY)}"
    return f"that agrees with {printed}, which by rounding stands for {ends}"


def _runs(row: Row) -> str:
    """`10 runs give`; of a difference without seeds `10 and 8 runs, not paired, give differences of`."""
    if row["paired"]:
        return f"{row['n']} runs give"
    return f"{' and '.join(f'{n:,}' for n in row['finished'])} runs, not paired, give differences of"


def _digits(row: Row) -> tuple[int, str]:
    """How many digits of the printed number are shown, and a text that has the decimals of what stands beside it.

    More digits, and then more zeros, where the least and the greatest run would look the same, or a run outside would
    look like the number.
    """

    def is_clear(text: str) -> bool:
        runs = {like(row[name], text) for name in ("runs_low", "runs_high")}
        ends = {like(row[name], text) for name in ("low", "high")} | runs
        return len(runs) > 1 if _is_between(row) else text not in ends

    for digits in (FEW, MANY):
        text = short(row["asked"].value, digits)
        if is_clear(text) or "e" in text.lower():
            return digits, text
    for _ in range(3):
        text += "0" if "." in text else ".0"
        if is_clear(text):
            break
    return MANY, text
