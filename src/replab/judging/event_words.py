"""What happens in k of n runs, in two sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from replab.judging.part_kinds import Bound, Event, Reaches
from replab.judging.planning import MOST_SEEDS
from replab.judging.words import count, number, percent, spelled

Row = Mapping[Any, Any]


def words(row: Row) -> tuple[str, str]:
    """How many runs do it, and what follows."""
    k, n, asked = row["k"], row["n"], row["asked"]
    share = {0: f"None of {count(n, 'run')}", n: f"All {count(n, 'run')}" if n > 1 else "The only run"}
    runs = share.get(k, f"{k} of {count(n, 'run')}")
    found = f"{runs} {_verb(asked, row, k)}."
    low, high = percent(row["share_low"]), percent(row["share_high"])
    if row["criterion"] == "DEPENDS ON THE SEED":
        return found, f"It depends on the seed: {low} to {high} of further runs would, and the others would not."
    if row["criterion"] == "REPLICATED":
        return found, _bounded(low, high, k > 0)
    if row["criterion"] == "CONTRADICTED":
        return found, _bounded(low, high, _never(asked))
    return found, f"Of further runs {low} to {high} would; {_seeds(row)}."


def claim(event: Event, unit: str) -> str:
    """What is claimed of every run, or of none."""
    never = event.claimed == "never"
    if event.event == "diverges":
        return "no run diverges" if never else "every run diverges"
    return f"{'no run has' if never else 'every run has'} {_reached(event.event, unit)}"


def _never(asked: Event | Bound) -> bool:
    return isinstance(asked, Event) and asked.claimed == "never"


def _verb(asked: Event | Bound, row: Row, k: int) -> str:
    event = asked.event if isinstance(asked, Event) else asked
    if event == "diverges":
        return "diverged" if row["n"] > 1 or k else "diverges"
    return f"{'has' if k == 1 or row['n'] == 1 else 'have'} {_reached(event, row['unit'])}"


def _reached(event: Reaches | Bound, unit: str) -> str:
    metric = spelled(event.metric)
    if event.at_least is not None:
        return f"a {metric} of at least {number(event.at_least, unit)}"
    if event.at_most is not None:
        return f"a {metric} of at most {number(event.at_most, unit)}"
    value = getattr(event, "equals", "")
    return f"a {metric} of {value if isinstance(value, str) else f'exactly {value:g}'} {unit}".rstrip()


def _bounded(low: str, high: str, often: bool) -> str:
    """The end of the exact interval that the verdict rests on."""
    return f"So at least {low} of further runs would." if often else f"So at most {high} of further runs would."


def _seeds(row: Row) -> str:
    needed = row["seeds_needed"]
    if needed is None or str(needed) in ("<NA>", "nan"):
        return f"even {MOST_SEEDS:,} would hardly decide"
    return f"about {count(int(needed), 'run')} would decide"
