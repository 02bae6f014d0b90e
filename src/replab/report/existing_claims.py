"""Treats runs that exist as the runs of a study: the same code judges and shows statements about both."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from replab.data_scope import DataScope
from replab.judging.claims_file import ClaimsFile
from replab.judging.judgement import Judgement
from replab.judging.questions import claims_about
from replab.report import statement_pictures, statement_tables, verdict_summary
from replab.report.frames import csv_text
from replab.report.kept_judgements import judgement_of
from replab.report.latex import statements_latex
from replab.report.markdown import meanings_of
from replab.report.markdown_text import escaped
from replab.report.picture_files import saved
from replab.report.study import Record, StudyResult
from replab.report.write import six_digits

PICTURE = "statements.svg"


@dataclass(frozen=True)
class Judged:
    """What claims say, the runs as a study's, the verdicts, and the picture of both (b"": nothing to draw)."""

    file: ClaimsFile
    result: StudyResult
    judgement: Judgement
    picture: bytes

    @property
    def answer(self) -> str:
        """How many statements have which verdict, in words."""
        return verdict_summary.summary_sentences(self.result, self.judgement)

    @property
    def context(self) -> dict[str, Any]:
        """What the template shows of it."""
        statements, parts = self.judgement.statements, self.judgement.parts
        return {
            "answer": escaped(self.answer),
            "watermark": self.result.watermark,
            "source": escaped(self.file.source),
            "statements": statement_tables.statements_table(statements),
            "questions": statement_tables.questions_table(statements),
            "meanings": meanings_of(statements),
            "sources": statement_tables.sources_list(statements),
            "parts": statement_tables.parts_table(parts, statements),
            "picture": bool(self.picture),
            "untested": [(escaped(entry.sentence), escaped(entry.reason)) for entry in self.file.untested],
        }


def judged(file: ClaimsFile, study: str, runs: pd.DataFrame, scope: DataScope, paired: bool = True) -> Judged:
    """The verdicts of `judging` on what the file says of a study, whose runs are those of the frame."""
    claims = claims_about(file, study)
    records, missing = _records(runs)
    result = StudyResult(
        name=study, profile="other data", scope=scope, report=file.report, title=file.title, question="", settings=[],
        variants=list(dict.fromkeys([*claims.variants, *runs["variant"]])), differences={}, records=records,
        missing=missing, claims=claims, primary=list(dict.fromkeys(runs["metric"])), paired=paired,
    )  # fmt: skip
    judgement = judgement_of(result)
    rows = statement_pictures.rows_to_draw(result, judgement)
    draw = partial(statement_pictures.draw, result, judgement, rows)
    return Judged(file, result, judgement, saved(result, draw, ["svg"])["svg"] if rows else b"")


def judged_files(found: Judged) -> dict[str, str]:
    """Name -> content of the files of verdicts."""
    return {
        "statements.csv": csv_text(six_digits(found.judgement.statements)),
        "parts.csv": csv_text(six_digits(found.judgement.parts_table)),
        "statements.tex": statements_latex(found.judgement),
    }


def _records(runs: pd.DataFrame) -> tuple[dict[tuple[str, int], Record], list[tuple[str, int, str]]]:
    """A record a run, as the store has them; and the runs that have no value at all."""
    records: dict[tuple[str, int], Record] = {}
    missing = []
    for _, own in runs.groupby(["variant", "seed"], sort=False):
        place = (str(own["variant"].iloc[0]), int(own["seed"].iloc[0]))
        there = own[own["status"] != "missing"]
        if there.empty:
            missing.append((*place, "its cells are empty"))
            continue
        metrics = {
            row["metric"]: {"value": None if math.isnan(row["value"]) else row["value"], "unit": row["unit"]}
            for row in there.to_dict("records")
        }
        head = {"identity": there["identity"].iloc[0], "status": there["status"].iloc[0]}
        records[place] = head | {"metrics": metrics}
    return records, missing
