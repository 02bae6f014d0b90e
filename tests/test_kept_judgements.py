"""Verdicts that were found before are not judged again, and never shown where anything that they rest on is another."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from replab.files import sha256_of_json
from replab.judging.judgement import Judgement, judge
from replab.judging.verdict_names import DataScope
from replab.parsing import PACKAGE
from replab.report import kept_judgements
from replab.report.kept_judgements import as_json, from_json, judgement_of
from replab.report.study import StudyResult
from synthetic import made_claims, made_result, made_sample, made_statements


def frames(judgement: Judgement) -> Iterator[pd.DataFrame]:
    yield from (judgement.parts, judgement.statements, judgement.printed)


@pytest.mark.parametrize("result", [made_result(), made_sample(), made_result(claims=made_claims(statements=[]))])
def test_what_is_read_again_is_what_was_judged(result: StudyResult) -> None:
    judged = judgement_of(result)
    for first, again in zip(frames(judged), frames(from_json(as_json(judged))), strict=True):
        pd.testing.assert_frame_equal(first, again, check_exact=True)


def test_a_second_report_judges_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, first = judgement_of(made_result()), judgement_of(made_result(pictures=tmp_path))
    monkeypatch.setattr(kept_judgements, "judge", lambda *_: pytest.fail("judged again"))
    for frame, kept, again in zip(
        *map(frames, (plain, first, judgement_of(made_result(pictures=tmp_path)))), strict=True
    ):
        pd.testing.assert_frame_equal(frame, kept, check_exact=True)
        pd.testing.assert_frame_equal(kept, again, check_exact=True)


def test_other_runs_claims_or_conditions_are_judged_anew_and_so_is_all_by_other_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[Judgement] = []

    def counted(*told: Any) -> Judgement:
        judged.append(judge(*told))
        return judged[-1]

    monkeypatch.setattr(kept_judgements, "judge", counted)
    result = made_result(pictures=tmp_path)
    fewer = dict(list(result.records.items())[:-1])
    others = [
        replace(result, records=fewer),
        replace(result, claims=made_claims(statements=made_statements()[:1])),
        replace(result, scope=DataScope.OTHER),
        replace(result, interim_analyses=(3, 6)),
        replace(result, paired=False),
    ]
    for number, one in enumerate([result, *others], 1):
        assert judgement_of(one) and len(judged) == number
    judgement_of(others[-1])
    assert len(judged) == 6 and len(list(tmp_path.rglob("*.json"))) == 1
    monkeypatch.setattr(kept_judgements, "_source", lambda: ["another"])
    judgement_of(others[-1])
    assert len(judged) == 7


def test_the_order_of_families_which_each_process_has_its_own_of_is_no_other_key() -> None:
    claims = made_claims()
    turned = replace(claims, families=dict(reversed(list(claims.families.items()))))
    assert list(turned.families) != list(claims.families)
    assert sha256_of_json(kept_judgements._said(turned)) == sha256_of_json(kept_judgements._said(claims))


def test_the_key_sees_every_module_that_judging_imports() -> None:
    code = "import sys, replab.judging.judgement; print(*(one.__file__ for name, one in sys.modules.items() if "
    code += "name.startswith('replab.')))"
    imported = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    seen = {path for folder in kept_judgements.FOLDERS for path in (PACKAGE / folder).glob("*.py")}
    assert len(imported) > 20 and {Path(file) for file in imported} <= seen
