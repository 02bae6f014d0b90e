"""Judges claims, in five steps: values of runs -> test or interval -> correction -> verdict -> words.

`questions` says what a report asks of the runs of a study, `values` finds them, `inference` (numbers, comparisons,
events) makes a row for each part of them, `families` corrects the p values, `verdicts` gives the verdict, `sentences`
and `statement_words` the words. No step looks back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from replab.judging import sentences, statement_words
from replab.judging.claims_entries import Hypothesis, Statement
from replab.judging.families import with_corrected_p
from replab.judging.inference import part_row
from replab.judging.questions import HYPOTHESIS, STATEMENT, StudyClaims
from replab.judging.runs_table import checked
from replab.judging.sequential import Sizes
from replab.judging.verdict_names import DECIDED, NOT_COMPARABLE, NOT_TESTED, REPLICATED, DataScope, in_scope
from replab.judging.verdicts import by_criteria, combined, deciding, with_verdicts
from replab.judging.words import names_of, plain

PART_COLUMNS = [
    "id", "role", "report", "study", "reading", "primary", "mark", "part", "kind", "metric", "unit", "variants",
    "n", "n_diverged", "k", "center", "estimate", "low", "high", "interval", "confidence", "claimed", "claimed_text",
    "side", "runs_low", "runs_high", "p_value", "p_check", "p_holm",
    "pair_share_k", "pair_share_n", "pair_share_low", "pair_share_high",
    "resolution", "seeds_needed", "method", "verdict", "reason",
]  # fmt: skip
STATEMENT_COLUMNS = [
    "id", "role", "report", "study", "sentence", "quote", "translation", "place", "read_as", "verdict", "found", "why",
    "other_readings", "elsewhere", "note", "after_results", "needs_no_run", "n_parts", "n_parts_replicated", "n",
    "estimate", "low", "high", "claimed", "unit", "metric",
]  # fmt: skip
# The columns that only a verdict and its sentence need, of which not every kind of part has all.
INNER = [
    "route", "says", "inside", "narrow", "apart", "share_low", "share_high", "groups", "wide", "family", "family_size",
    "finished", "unfinished", "waiting", "missing", "look", "asked", "counted", "called", "middle", "test", "paired",
    "width", "rank",
]  # fmt: skip
# Of each printed number: `half`, half a unit of its last digit; `inside`, `width` and `rank` as `numbers` has them.
PRINTED_COLUMNS = [
    "report", "id", "study", "variants", "metric", "unit", "verdict", "n", "claimed", "half", "low", "high",
    "estimate", "runs_low", "runs_high", "inside", "width", "rank",
]  # fmt: skip
INTEGERS = ["n", "n_diverged", "k", "side", "pair_share_k", "pair_share_n", "seeds_needed"]
TEXTS = ["center", "interval", "method", "part", "claimed_text", "reason", "metric", "unit", "says", "missing"]


@dataclass(frozen=True)
class Judgement:
    """Frames: `parts` has a row for each part of a reading, `statements` one for each statement or hypothesis.

    The columns of `parts` are PART_COLUMNS and `paired`: False where it compares two variants whose runs make no pairs.
    `printed` has a row for each number that the report prints, as its primary reading has it: PRINTED_COLUMNS.
    """

    parts: pd.DataFrame
    statements: pd.DataFrame
    printed: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=PRINTED_COLUMNS))

    @property
    def parts_table(self) -> pd.DataFrame:
        """The parts as parts.csv has them: PART_COLUMNS alone."""
        return self.parts[PART_COLUMNS]


def judge(
    claims: StudyClaims,
    runs: pd.DataFrame,
    scope: DataScope = DataScope.ORIGINAL,
    looks: Sizes = (),
    paired: bool = True,
) -> Judgement:
    """The verdicts on what a report says of one study.

    `runs` has one row for each run and metric: study, variant, seed, identity, status, metric, unit, value; `looks`
    are the numbers of seeds that the study declares; `paired`: whether runs with one seed make a pair. The statements
    are those whose primary reading is about this study; the parts are those of all such readings. Estimates are in
    the metric's unit, of a pair as first minus second; of an event, the share in percent. Raises ReplabError where
    runs are mixed up, or record no metric of that name.
    """
    table = checked(runs, paired)
    known = {entry.id: entry for _, entry in claims.entries}
    rows = [part_row(question, table, looks, claims.families) for question in claims.questions()]
    rows = [row | _said_of(claims, row) for row in rows]
    frame = pd.DataFrame(rows, columns=list(dict.fromkeys([*PART_COLUMNS, *INNER]))).assign(report=claims.report)
    frame["counted"] = [
        bool(row["primary"]) and not known[row["id"]].not_comparable for row in frame.to_dict("records")
    ]
    frame = with_verdicts(with_corrected_p(_typed(frame)))
    frame["seeds_needed"] = frame["seeds_needed"].mask(frame["verdict"].isin(DECIDED), pd.NA)
    frame = sentences.with_words(_in_scope(frame, known, scope), scope)
    statements = [_statement(claims, role, entry, frame, scope) for role, entry in claims.homes()]
    return Judgement(
        frame[[*PART_COLUMNS, "paired"]],
        pd.DataFrame(statements, columns=STATEMENT_COLUMNS).astype({"n": "Int64"}),
        _printed(frame),
    )


def _printed(frame: pd.DataFrame) -> pd.DataFrame:
    """The numbers that statements print, of primary readings."""
    shown = (frame["kind"] == "number") & (frame["role"] == STATEMENT) & frame["primary"].astype(bool)
    own = frame[shown]
    inside = [not pd.isna(value) and bool(value) for value in own["inside"]]
    return own.assign(half=[asked.printed.half for asked in own["asked"]], inside=inside)[PRINTED_COLUMNS]


def _said_of(claims: StudyClaims, row: dict[str, Any]) -> dict[str, Any]:
    """What the claims file knows of a part's variants: their names, and why there are no runs."""
    called = [claims.names.get(name) or plain(name) for name in names_of(row["variants"])]
    return {"called": called, "missing": claims.not_run if row["missing"] and claims.not_run else row["missing"]}


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    floats = ["estimate", "low", "high", "confidence", "claimed", "runs_low", "runs_high", "p_value", "p_check",
              "pair_share_low", "pair_share_high", "resolution", "share_low", "share_high",
              "width", "rank"]  # fmt: skip
    texts = {name: frame[name].astype(object).fillna("").astype(str) for name in TEXTS}
    return frame.assign(**texts).astype(dict.fromkeys(floats, float) | dict.fromkeys(INTEGERS, "Int64"))


def _in_scope(frame: pd.DataFrame, known: dict[str, Statement | Hypothesis], scope: DataScope) -> pd.DataFrame:
    """The verdicts as they are called in this scope; `criterion` keeps what the criteria alone came to."""

    def called(row: dict[Any, Any]) -> str:
        if row["verdict"] != NOT_TESTED and not row["asked"].is_tested_in(scope):
            return in_scope(NOT_TESTED, scope, row["role"])
        if known[row["id"]].not_comparable and row["verdict"] != NOT_TESTED:
            return NOT_COMPARABLE
        return in_scope(row["verdict"], scope, row["role"])

    return frame.assign(criterion=frame["verdict"], verdict=[called(row) for row in frame.to_dict("records")])


def _statement(
    claims: StudyClaims, role: str, entry: Statement | Hypothesis, frame: pd.DataFrame, scope: DataScope
) -> dict[str, Any]:
    """The row of a statement: the verdict of its primary reading, in words, and what its other readings come to."""
    own = frame[frame["id"] == entry.id]
    primary = own[own["primary"].astype(bool)].reset_index(drop=True)
    tested = by_criteria(primary, scope)
    verdict = combined(tested, entry.primary.needs)
    place = deciding(primary.assign(verdict=tested), verdict)
    row = primary.iloc[place]
    return {
        "id": entry.id,
        "role": role,
        "report": claims.report,
        "study": claims.study,
        "sentence": entry.sentence,
        "quote": entry.quote,
        "translation": entry.translation,
        "place": entry.place,
        "read_as": next((reading.setting for reading in entry.readings if reading.primary), ""),
        "verdict": NOT_COMPARABLE if entry.not_comparable else in_scope(verdict, scope, role),
        "other_readings": "" if role == HYPOTHESIS else statement_words.other_readings(entry, own, scope),
        "elsewhere": statement_words.elsewhere(entry, claims.study),
        "note": entry.note,
        "after_results": entry.after_results or "",
        "needs_no_run": entry.needs_no_run,
        "n_parts": len(primary),
        "n_parts_replicated": int((primary["criterion"] == REPLICATED).sum()),
        **statement_words.statement_words(entry, primary, tested, place),
        **{key: row[key] for key in ("n", "estimate", "low", "high", "claimed", "unit", "metric")},
    }
