"""Step 5 of judging, for a part: says in plain English what its columns hold.

`found` is what our runs do; `why` is what follows from it for what the report says. The words of a whole statement are
in `statement_words`.
"""

from __future__ import annotations

import pandas as pd

from replab.judging import comparison_words, event_words, number_words
from replab.judging.numbers import NOTHING
from replab.judging.part_kinds import Bound, Event, NotWorse, Number, Same
from replab.judging.verdict_names import NOT_TESTED, OPEN, DataScope
from replab.judging.words import Row, capital, count, gap, listed, spelled, stated

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
    if row["verdict"] in (NOT_TESTED, OPEN) and not row["asked"].is_tested_in(scope):
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
        text += f" {count(row['unfinished'], 'run')} {'is' if row['unfinished'] == 1 else 'are'} missing or failed."
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
