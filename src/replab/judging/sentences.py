"""Step 5 of judging: says in plain English what the columns hold.

`found` is what our runs do; `why` is what follows from it for what the report says. A part has both; a statement has
those of the part that decides it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from replab.judging import comparison_words, event_words, number_words
from replab.judging.claims_file import Hypothesis, Statement
from replab.judging.numbers import NOTHING
from replab.judging.part_kinds import Bound, Event, NotWorse, Number, Same, is_tested
from replab.judging.verdict_names import INCONCLUSIVE, NOT_TESTED, REPLICATED, DataScope
from replab.judging.words import capital, count, gap, listed, spelled, stated

Row = Mapping[Any, Any]

OPENINGS = {
    DataScope.ORIGINAL: "",
    DataScope.SAMPLE: "These are sample data, which cannot decide it. ",
    DataScope.OTHER: "These are other data than the report's. ",
}
SILENT = {
    DataScope.ORIGINAL: "",
    DataScope.SAMPLE: "These are sample data, which say nothing about it.",
    DataScope.OTHER: "These are other data than the report's, which say nothing about its numbers.",
}
MODULES = {"number": number_words, "event": event_words}
METHODS = {
    "constant": "does not depend on the seed",
    "equal": "all runs are equal",
    "normal": "prediction interval",
    "ranks": "rank among the runs",
    "clusters": "share of runs, exact interval",
    "share": "share of runs, exact interval",
    "pairs": "share of pairs, exact interval",
    "mean": "t test corrected for skewness (Hall 1992)",
    "same": "one-sided t tests of a margin (Schuirmann 1987)",
    "identical": "equality of runs",
}
UNPAIRED = {
    "mean": "Welch's t test, not paired, corrected for skewness (Zhou and Dinh 2005)",
    "same": "one-sided Welch tests of a margin, not paired (Schuirmann 1987)",
    "pairs": "share of all pairs, not paired by seed (Newcombe 2006)",
    "normal": "prediction interval of a difference, not paired",
    "ranks": "ranks among the runs of each, not paired",
}


def with_words(parts: pd.DataFrame, scope: DataScope) -> pd.DataFrame:
    """The parts with `part`, `claimed_text`, `method`, `found`, `why` and `reason`."""
    rows = [row | {"unit": row["unit"] if row["unit"] != "fraction" else ""} for row in parts.to_dict("records")]
    words = [words_of(row, scope) for row in rows]
    return parts.assign(
        part=[name_of(row) for row in rows],
        claimed_text=[claimed_text(row) for row in rows],
        method=[(METHODS if row["paired"] else METHODS | UNPAIRED).get(row["route"], "") for row in rows],
        found=[found for found, _ in words],
        why=[why for _, why in words],
        reason=[f"{found} {why}".strip() for found, why in words],
    )


def words_of(row: Row, scope: DataScope) -> tuple[str, str]:
    """What was found on a part, and what follows."""
    if row["route"] == NOTHING:
        return _nothing(row)
    module = MODULES.get(row["kind"], comparison_words)
    if row["route"] == "share":
        module = event_words
    found, why = module.words(row)
    if row["verdict"] in (NOT_TESTED, "OPEN") and not is_tested(row["kind"], scope):
        return found, SILENT[scope]
    return found, f"{OPENINGS[scope]}{why}{_left_out(row)}"


def _nothing(row: Row) -> tuple[str, str]:
    """Why there is nothing to judge: no run, or no pair, or the first interim analysis is still to come."""
    if row["look"].sizes and row["waiting"]:
        first = row["look"].sizes[0]
        return "", f"{count(row['waiting'], 'seed')} so far, and the first interim analysis is at {first}."
    if any(row["finished"]) and not row["paired"]:
        why = row["missing"] or "a run that diverged cannot be averaged, and no run of the other one finished"
        return f"{listed(f'{number:,}' for number in row['finished'])} runs have finished.", f"{capital(why)}."
    if any(row["finished"]) and not row["missing"]:
        runs = listed(f"{number:,}" for number in row["finished"])
        return f"{runs} runs have finished, and no two have a seed in common.", "There is no pair to compare."
    missing = row["missing"] or f"{count(row['n_diverged'], 'run')} diverged"
    return "No run has finished.", f"{capital(missing.rstrip('.'))}."


def _left_out(row: Row) -> str:
    """The runs that the numbers do not contain."""
    text = ""
    if row["n_diverged"] and row["route"] not in ("share", "diverged", "pairs"):
        text += f" {count(row['n_diverged'], 'run')} diverged and cannot be averaged."
    if row["waiting"] and row["look"].number:
        text += f" {count(row['waiting'], 'seed')} more {_waiting_for(row)}."
    if row["unfinished"]:
        text += f" {count(row['unfinished'], 'run')} {_is(row['unfinished'], 'is', 'are')} missing or failed."
    return text


def _waiting_for(row: Row) -> str:
    if row["look"].later:
        return f"must wait for the next interim analysis, at {row['look'].later[0].size}"
    return "came after the last interim analysis, for printed numbers and events only"


def name_of(row: Row) -> str:
    """A part in a few plain words: what the claims file says, or its variants and metric."""
    if row["says"]:
        return str(row["says"])
    names = row["called"]
    match row["asked"]:
        case Number():
            return " minus ".join(names) + f", {spelled(row['metric'])}"
        case NotWorse():
            return f"{names[0]} not worse than {names[1]}"
        case Same():
            return f"{names[0]} the same as {names[1]}"
        case _ if len(names) == 1:
            return f"{names[0]}: {claimed_text(row)}"
        case _:
            return f"{names[0]} against {names[1]}"


def claimed_text(row: Row) -> str:
    """What is claimed, in a few words."""
    asked, unit = row["asked"], row["unit"]
    match asked:
        case Number():
            text = asked.value if asked.minus is None else f"{asked.value} between the two"
            return f"{text} {unit if asked.minus is None else ''}".strip()
        case Bound():
            side = "at least" if asked.at_least is not None else "at most"
            return f"{side} {stated(asked.bound, unit)}" + ("" if asked.about == "mean" else " in every run")
        case Same():
            return "identical" if asked.margin is None else f"the same to within {gap(asked.margin.value, unit)}"
        case NotWorse():
            return f"worse by less than {gap(asked.margin.value, unit)}"
        case Event():
            return event_words.claim(asked, unit)
        case _:
            return "higher" if asked.higher_is_better else "lower"


def statement_words(
    entry: Statement | Hypothesis, parts: pd.DataFrame, verdicts: pd.Series, place: int, verdict: str, scope: DataScope
) -> dict[str, str]:
    """`found` and `why` of a statement: those of the part that decides, and how many of the parts hold."""
    row = parts.iloc[place].to_dict()
    found, why = row["found"], row["why"]
    if len(parts) > 1:
        tally = "" if entry.not_comparable else _tally(list(verdicts))
        named = (row["says"] or row["kind"] == "number") and row["route"] != NOTHING
        name = f"{capital(row['part'])}:" if named else _which(list(verdicts), place)
        found = f"{tally} {name} {found[:1].lower()}{found[1:]}" if name else f"{tally} {found}"
        found = found.strip()
    if reason := entry.not_comparable:
        return {"found": found, "why": f"It cannot be compared: {reason[:1].lower()}{reason[1:].rstrip('.')}."}
    return {"found": found, "why": why}


TALLIED = {
    REPLICATED: ("holds", "hold"),
    "CONTRADICTED": ("is contradicted", "are contradicted"),
    "DEPENDS ON THE SEED": ("depends on the seed", "depend on the seed"),
    INCONCLUSIVE: ("is undecided", "are undecided"),
    NOT_TESTED: ("is not tested", "are not tested"),
}


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


def _which(verdicts: list[str], place: int) -> str:
    """Of which part the next sentence speaks: `One that is undecided:`; "" where the verdict on all is the same."""
    if len(set(verdicts)) == 1 or verdicts[place] not in TALLIED:
        return ""
    return f"{'The one' if verdicts.count(verdicts[place]) == 1 else 'One'} that {TALLIED[verdicts[place]][0]}:"


def _is(number: int, one: str, many: str) -> str:
    return one if number == 1 else many


def other_readings(entry: Statement | Hypothesis, own: pd.DataFrame, scope: DataScope) -> str:
    """What the other readings with runs in this study come to, in a sentence each; "" where there is none."""
    from replab.judging.verdicts import combined

    said = []
    for reading in entry.readings:
        rows = own[own["reading"] == reading.name]
        if reading.primary:
            continue
        if not len(rows):
            continue
        tested = [r["criterion"] if is_tested(r["kind"], scope) else NOT_TESTED for r in rows.to_dict("records")]
        if entry.not_comparable:
            said.append(f"Another reading: {_ended(reading.setting)} {rows.iloc[0]['found']}")
            continue
        verdict = combined(tested, reading.needs)
        found = rows.iloc[0]["found"] if len(rows) == 1 else _tally(tested)
        said.append(f"Another reading: {_ended(reading.setting)} Read so, {_verb(verdict)}. {found}")
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
        "CONTRADICTED": "the statement does not hold",
        "DEPENDS ON THE SEED": "the statement depends on the seed",
        NOT_TESTED: "the statement is not tested",
    }.get(verdict, "the statement is undecided")
