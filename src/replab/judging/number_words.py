"""What our runs say of a printed number, in two sentences or three."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from replab.judging.least_runs import LEAST_RUNS
from replab.judging.numbers import CLUSTERS, CONSTANT, DIVERGED, EQUAL, NORMAL, SINGLE, TENTH
from replab.judging.planning import MOST_SEEDS
from replab.judging.words import count, difference_unit, gap, like, p_text, percent, short, span

Row = Mapping[Any, Any]


def words(row: Row) -> tuple[str, str]:
    """What the runs do, and what follows for the printed number."""
    routes = {CONSTANT: _equal, EQUAL: _equal, SINGLE: _single, DIVERGED: _diverged, CLUSTERS: _clusters}
    return routes.get(row["route"], _spread)(row)


def _unit(row: Row) -> str:
    return difference_unit(row["unit"]) if row["asked"].minus else row["unit"]


def _printed(row: Row) -> str:
    exact = row["route"] in (CONSTANT, EQUAL)
    return f"the printed {row['asked'].value if exact else short(row['asked'].value)} {_unit(row)}".rstrip()


def _equal(row: Row) -> tuple[str, str]:
    value = like(row["estimate"], row["asked"].value, _unit(row))
    if row["route"] == CONSTANT:
        found, start = f"Our runs give {value}, whatever the seed.", "It does not depend on the seed, and "
    else:
        found, start = f"All {row['n']} runs give {value}.", "All runs agree, and "
    if row["inside"]:
        return found, f"{start}{_printed(row)} is the same to the last digit."
    return found, _outside(row, f"{start}{_printed(row)} is another number", near=_near(row))


def _outside(row: Row, said: str, near: str) -> str:
    """What follows where the printed number is another one: `near`, where runs come near it."""
    if row["verdict"] in _AGAINST:
        return f"{said}{_after_correction(row)}."
    return f"{said}, but {_too_few(row)}" if row["apart"] else near


def _single(row: Row) -> tuple[str, str]:
    found = f"One run gives {like(row['runs_low'], row['asked'].value, _unit(row))}."
    return found, f"One run does not say how far runs differ; {LEAST_RUNS} can."


def _diverged(row: Row) -> tuple[str, str]:
    found = f"All {count(row['n_diverged'], 'run')} diverged: none ends with a number."
    if row["verdict"] in _AGAINST:
        return found, f"So none of our runs could have printed {_printed(row)[4:]}{_after_correction(row)}."
    return found, f"They are too few to exclude that another run prints {_printed(row)[12:]}."


def _clusters(row: Row) -> tuple[str, str]:
    (few, low, high), (more, above, top) = row["groups"]
    text, unit = short(row["asked"].value), _unit(row)
    found = f"{few} of {row['n']} runs end at {span(low, high, text, unit)}, {more} at {span(above, top, text, unit)}."
    share = f"{row['k']} of {row['n']} runs come near {_printed(row)}"
    if row["verdict"] == "DEPENDS ON THE SEED":
        return found, f"{share}: it is what {percent(row['k'] / row['n'])} of the seeds do."
    if row["verdict"] in _AGAINST:
        return found, f"{share}: that is less than one in twenty{_after_correction(row)}."
    low, high = percent(row["share_low"]), percent(row["share_high"])
    return found, f"{share}. It may be what {low} to {high} of all runs do: whether it depends on the seed is open."


def _spread(row: Row) -> tuple[str, str]:
    text, unit = _digits(row), _unit(row)
    found = f"Our {row['n']} runs give {span(row['runs_low'], row['runs_high'], text, unit)}."
    runs = "one more run" if row["asked"].of_runs == 1 else f"the mean of {row['asked'].of_runs} more runs"
    interval = span(row["low"], row["high"], text, unit)
    if row["route"] == NORMAL:
        verb = "within" if " to " in interval else "at"
        reach = f"{runs[:1].upper()}{runs[1:]} would fall {verb} {interval}"
    else:
        reach = f"The runs are not normally distributed, so the interval is from the least to the greatest ({interval})"
    if row["inside"]:
        return found, f"{reach}: {_printed(row)} lies inside.{_width(row)}"
    said = f"{reach}: {_printed(row)} lies outside"
    return found, _outside(row, said, near=f"{said}. {_near(row)}")


def _digits(row: Row) -> str:
    """The printed number, with zeros where a run outside would otherwise be shown like it."""
    text = short(row["asked"].value)
    for _ in range(3):
        ends = {like(row[name], text) for name in ("runs_low", "runs_high", "low", "high")}
        if row["inside"] or text not in ends or "e" in text.lower():
            return text
        text += "0" if "." in text else ".0"
    return text


def _width(row: Row) -> str:
    """Whether the interval is narrow enough to mean something."""
    if row["narrow"]:
        return ""
    allowed = gap(row["resolution"], row["unit"])
    needed = row["seeds_needed"]
    seeds = f"About {needed:,} seeds would do" if _is_number(needed) else "More seeds would not make it narrower"
    return f" But the interval is too wide for a verdict: it may reach {allowed} to each side. {seeds}."


def _near(row: Row) -> str:
    tenth = gap(TENTH * row["resolution"], row["unit"])
    return f"But one of our runs is nearer than {tenth}, a tenth of the resolution, so that nothing is contradicted."


def _too_few(row: Row) -> str:
    """That so few runs cannot contradict: since all of them may be of one kind, or since the distance is small."""
    needed = row["seeds_needed"]
    more = f"about {needed:,} seeds would do" if _is_number(needed) else f"{MOST_SEEDS:,} seeds would not do either"
    all_alike = row["n"] < LEAST_RUNS or row["p_value"] <= 2.0 ** -row["n"]
    what = "that agree cannot exclude that others end elsewhere" if all_alike else "are too few to exclude it"
    return f"{count(row['n'], 'run')} {what}{_after_correction(row)}; {more}."


def _after_correction(row: Row) -> str:
    if not row["p_holm"] <= 1:
        return ""
    family = row["family_size"]
    among = (
        "" if family == 1 else f", corrected for {family} {'hypotheses' if row['role'] == 'hypothesis' else 'numbers'}"
    )
    return f" ({p_text(row['p_holm'])}{among})"


def _is_number(value: Any) -> bool:
    return value is not None and value == value and str(value) != "<NA>"


_AGAINST = ("CONTRADICTED", "REFUTED")
