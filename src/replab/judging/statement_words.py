"""Step 5 of judging, for a statement: what its parts come to, and its other readings, in plain English.

A statement has the words of the part that decides it (`sentences`), after a count of all parts.
"""

from __future__ import annotations

import pandas as pd

from replab.judging.claims_entries import Hypothesis, Statement
from replab.judging.numbers import NOTHING
from replab.judging.verdict_names import CONTRADICTED, DEPENDS_ON_SEED, INCONCLUSIVE, NOT_TESTED, REPLICATED, DataScope
from replab.judging.verdicts import by_criteria, combined
from replab.judging.words import capital, listed

TALLIED = {
    REPLICATED: ("holds", "hold"),
    CONTRADICTED: ("is contradicted", "are contradicted"),
    DEPENDS_ON_SEED: ("depends on the seed", "depend on the seed"),
    INCONCLUSIVE: ("is undecided", "are undecided"),
    NOT_TESTED: ("is not tested", "are not tested"),
}


def statement_words(
    entry: Statement | Hypothesis, parts: pd.DataFrame, verdicts: list[str], place: int
) -> dict[str, str]:
    """`found` and `why` of a statement: those of the part that decides, and how many of the parts hold."""
    row = parts.iloc[place].to_dict()
    found, why = row["found"], row["why"]
    if len(parts) > 1:
        tally = "" if entry.not_comparable else _tally(verdicts)
        named = (row["says"] or row["kind"] == "number") and row["route"] != NOTHING
        name = f"{capital(row['part'])}:" if named else _which(verdicts, place, not entry.not_comparable)
        found = f"{tally} {name} {found[:1].lower()}{found[1:]}" if name else f"{tally} {found}"
        found = found.strip()
    if reason := entry.not_comparable:
        return {"found": found, "why": f"It cannot be compared: {reason[:1].lower()}{reason[1:].rstrip('.')}."}
    return {"found": found, "why": why}


def _tally(verdicts: list[str]) -> str:
    """What becomes of a statement's parts: `Of the 3 parts 2 hold and 1 is undecided.`; "" where none is."""
    if set(verdicts) == {NOT_TESTED}:
        return ""
    all_ = len(verdicts)
    counts = {verdict: verdicts.count(verdict) for verdict in TALLIED if verdict in verdicts}
    if len(counts) == 1:
        [[verdict, _]] = counts.items()
        return f"{'Both' if all_ == 2 else f'All {all_}'} parts {TALLIED[verdict][1]}."
    said = [f"{n} {_is(n, *TALLIED[verdict])}" for verdict, n in counts.items()]
    return f"Of the {all_} parts {listed(said)}."


def _which(verdicts: list[str], place: int, judged: bool) -> str:
    """Of which part the next sentence speaks: `One that is undecided:`; "" where the verdict on all is the same.

    Where the statement is not judged, neither is a part: `One of 3 parts:`.
    """
    if len(set(verdicts)) == 1 or verdicts[place] not in TALLIED:
        return ""
    if not judged:
        return f"One of {len(verdicts)} parts:"
    return f"{'The one' if verdicts.count(verdicts[place]) == 1 else 'One'} that {TALLIED[verdicts[place]][0]}:"


def _is(number: int, one: str, many: str) -> str:
    return one if number == 1 else many


def other_readings(entry: Statement | Hypothesis, own: pd.DataFrame, scope: DataScope) -> str:
    """What the other readings with runs in this study come to, in a sentence each; "" where there is none."""
    said = []
    for reading in entry.readings:
        rows = own[own["reading"] == reading.name]
        if reading.primary or not len(rows):
            continue
        tested = by_criteria(rows, scope)
        if entry.not_comparable:
            said.append(f"Another reading: {_ended(reading.setting)} {rows.iloc[0]['found']}")
            continue
        verdict = combined(tested, reading.needs)
        found = rows.iloc[0]["found"] if len(rows) == 1 else _tally(tested)
        said.append(f"Another reading: {_ended(reading.setting)} In this reading {_verb(verdict)}. {found}")
    return " ".join(said)


def elsewhere(entry: Statement | Hypothesis, study: str) -> str:
    """The readings that are judged in other studies than this one, a sentence each; "" where there is none."""
    return " ".join(
        f"Another reading is judged in the study {reading.study}: {_ended(reading.setting)}"
        for reading in entry.readings
        if reading.study != study
    )


def _ended(setting: str) -> str:
    return f"{setting[:1].lower()}{setting[1:].rstrip('.')}."


def _verb(verdict: str) -> str:
    return {
        REPLICATED: "the statement holds",
        CONTRADICTED: "the statement does not hold",
        DEPENDS_ON_SEED: "the statement depends on the seed",
        NOT_TESTED: "the statement is not tested",
    }.get(verdict, "the statement is undecided")
