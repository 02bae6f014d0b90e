"""What the head of a profile's page says of its statements: of what kind those that hold are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pandas as pd

from replab.judging.statistics import agree
from replab.judging.verdict_names import GENERALISES, REPLICATED
from replab.judging.words import Row, count, listed
from replab.report.frames import as_rows

WITHOUT_SPREAD = {"does not depend on the seed", "all runs are equal", "equality of runs"}
KINDS = {
    "number": "on printed numbers",
    "comparison": "on orders, limits and equality",
    "event": "on what happens in single runs",
    "same": "the same in every run (computed, or mathematics: no seed can change them)",
}


def division_sentence(statements: pd.DataFrame, parts: pd.DataFrame) -> str:
    """Of what kind the statements that hold are: printed numbers, comparisons, events; "" where none holds.

    `parts` are those of all studies. A statement counts once: as the same in every run where all of its parts are,
    else as a printed number where it has one, else as an event where it has one.
    """
    holds = statements[statements["verdict"].isin([REPLICATED, GENERALISES])]
    if holds.empty:
        return ""
    own = parts[parts["primary"].astype(bool) & parts["id"].isin(list(holds["id"]))]
    kinds = Counter(kind_of(as_rows(rows)) for _, rows in own.groupby("id"))
    said = [
        f"{kinds[kind]} {'is' if kinds[kind] == 1 else 'are'} {words}" for kind, words in KINDS.items() if kinds[kind]
    ]
    verdict = holds["verdict"].iloc[0]
    return f"Of the {count(len(holds), f'{verdict} statement')}, {listed(said)}."


def kind_of(parts: Iterable[Row]) -> str:
    """`same`, `number`, `event` or `comparison`, from the rows of a statement's primary parts."""
    parts = list(parts)
    if all(is_same_in_every_run(part) for part in parts):
        return "same"
    kinds = {"event" if part["center"] == "share" else part["kind"] for part in parts}
    return next((kind for kind in ("number", "event") if kind in kinds), "comparison")


def is_same_in_every_run(part: Row) -> bool:
    """Whether runs with other seeds gave the same, up to the rounding of doubles."""
    if part["method"] in WITHOUT_SPREAD:
        return True
    ends = [part["runs_low"], part["runs_high"]]
    return bool(part["n"] > 1 and not pd.isna(ends).any() and agree(ends))
