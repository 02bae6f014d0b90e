"""The table of differences to a baseline: its numbers by hand, and what is left out."""

from __future__ import annotations

import dataclasses
import math
import statistics

import numpy as np
import pytest

from replab.data_scope import DataScope
from replab.errors import ReplabError
from replab.judging.comparisons import ranking_columns
from replab.judging.questions import StudyClaims
from replab.judging.values import Seen
from replab.params_loading import check_params
from replab.report.baseline_table import baseline_answer, baseline_table
from replab.report.markdown_text import p_text
from replab.report.study import StudyResult
from replab.report.verdict_summary import summary_sentences
from replab.report.write import judgement_of
from synthetic import made_result
from tiny import params


def rows(result: StudyResult, metric: str = "test_accuracy") -> dict[str, list[str]]:
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in baseline_table(result, metric, {}).splitlines()[2:]
    ]
    return {cells[0].strip("`"): cells[1:] for cells in lines}


def values(result: StudyResult, variant: str) -> dict[int, float]:
    runs = result.runs_of(variant, "done")
    return {seed: float(run["metrics"]["test_accuracy"]["value"]) for seed, run in runs}


def test_the_numbers_are_those_of_the_paired_differences() -> None:
    result = made_result()
    names = [name for name in result.variants if len(values(result, name)) > 2]
    base, other = names[0], names[1]
    result = dataclasses.replace(result, baseline=base)
    own, reference = values(result, other), values(result, base)
    differences = [own[seed] - reference[seed] for seed in sorted(own.keys() & reference.keys())]
    cells = rows(result)[other]
    assert cells[0] == str(len(differences))
    assert cells[1].startswith(f"{statistics.mean(differences):+.2f} [")
    pair = 1.96 * math.sqrt(2) * statistics.stdev(own.values())
    assert cells[6] == f"± {pair:.2f}"
    found = ranking_columns(Seen(np.array(differences)), 1)
    assert cells[1] == f"{found['estimate']:+.2f} [{found['low']:.2f}, {found['high']:.2f}]"
    assert cells[2] == p_text(found["p_value"]) and float(cells[3]) >= float(cells[2])
    assert (cells[5] == "") == (float(cells[3]) <= 0.05)  # what is found needs no more seeds
    assert base not in rows(result)


def test_a_study_without_statements_answers_with_its_differences() -> None:
    result = made_result()
    base, other = [name for name in result.variants if len(values(result, name)) > 2][:2]
    compared = dataclasses.replace(result, baseline=base, primary=["test_accuracy"], claims=StudyClaims("", ""))
    corrected = [float(cells[3]) for cells in rows(compared).values()]
    sure = sum(p <= 0.05 for p in corrected)
    said = summary_sentences(compared, judgement_of(compared))
    assert said.startswith(f"This study judges no statement. {sure} of {len(corrected)} difference")
    assert f" to {base} " in said and other in rows(compared)
    assert baseline_answer(dataclasses.replace(compared, baseline="")) == ""
    assert baseline_answer(dataclasses.replace(compared, scope=DataScope.SAMPLE)) == "", "a sample answers nothing"


def test_the_report_s_own_differences_have_a_column_where_it_prints_numbers() -> None:
    result = made_result()
    base, other = [name for name in result.variants if len(values(result, name)) > 2][:2]
    result = dataclasses.replace(result, baseline=base)
    printed = {(base, "test_accuracy"): 96.0, (other, "test_accuracy"): 96.5}
    head, _, *lines = baseline_table(result, "test_accuracy", printed).splitlines()
    assert head.endswith("| the report's numbers |") and any(line.endswith("| +0.50 |") for line in lines)
    assert baseline_table(result, "test_accuracy", {}).splitlines()[0].endswith("| two runs of one setting |")


def test_there_is_no_table_without_a_baseline_or_its_runs() -> None:
    result = made_result()
    assert baseline_table(result, "test_accuracy", {}) == ""
    assert baseline_table(dataclasses.replace(result, baseline=result.variants[0]), "no_such_metric", {}) == ""


def test_a_baseline_that_is_no_variant_is_refused_in_a_line() -> None:
    with pytest.raises(ReplabError, match="baseline 'plian' unknown; did you mean 'plain'"):
        check_params(params(baseline="plian"))
    assert check_params(params(baseline="plain")).studies["tiny"].baseline == "plain"
