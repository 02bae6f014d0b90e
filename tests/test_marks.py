"""The marks of statements that came late, and of those that mathematics decides, on every page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from pydantic import ValidationError

from replab.judging.claims_entries import Statement
from replab.judging.questions import claims_about
from replab.report.frames import summary_frame
from replab.report.html import profile_html
from replab.report.kept_judgements import judgement_of
from replab.report.markdown import study_page
from replab.report.marks import counted_marks, legend, marks
from replab.report.profile_pages import profile_page, report_parts
from synthetic import STUDY, made_file, made_result, made_statements

WHY = "Ten is <ten>."


def file_with(fields: dict[str, dict[str, str]]) -> Any:
    """Claims some of whose statements have one more field."""
    return made_file(statements=[block | fields.get(block["id"][4:], {}) for block in made_statements()])


def pages_of(file: Any) -> tuple[str, str, str]:
    result = replace(made_result(), claims=claims_about(file, STUDY))
    judged = judgement_of(result)
    summary = summary_frame(result, judged.parts)
    own = {STUDY: judged}
    parts = report_parts([result], own, {"000": file}, {})
    html = profile_html([result], {STUDY: summary}, own, parts)
    return profile_page([result], own, parts), study_page(result, summary, judged, []), html


def test_statements_that_came_late_are_marked_and_counted_on_every_page() -> None:
    late = {"relu": {"after_results": "statement"}, "order": {"after_results": "reading"}}
    profile, study, html = pages_of(file_with(late))
    assert (
        "2 statements, marked †, were written, or got another reading, when our runs were known: 2 are replicated."
        in profile
    )
    assert profile.count("** † |") == study.count("** † |") == 2
    assert "†: We wrote this statement, or changed its reading, when our runs were known." in profile
    for page in (study, html):
        assert page.count("We wrote this statement when our runs were known.") >= 1
        assert page.count("We changed its reading or its criterion when our runs were known.") >= 1
    assert "2 statements, marked †" in html


def test_statements_that_mathematics_decides_are_marked_counted_and_say_why() -> None:
    profile, study, html = pages_of(file_with({"relu": {"needs_no_run": WHY, "after_results": "statement"}}))
    assert "1 statement, marked ‡, is decided by mathematics or arithmetic: 1 is replicated." in profile
    assert profile.count("** † ‡ |") == study.count("** † ‡ |") == 1
    assert "‡: Mathematics or arithmetic decides this" in profile
    for page in (study, html):
        assert page.count("Mathematics or arithmetic decides this. Ten is &lt;ten&gt;.") >= 1


def test_without_the_fields_no_page_has_a_mark() -> None:
    assert not any({"†", "‡"} & set(page) for page in pages_of(made_file()))
    bare = pd.DataFrame({"verdict": ["REPLICATED"]})
    assert counted_marks(bare) == legend(bare) == [] and marks({"needs_no_run": float("nan")}) == ""


def test_what_was_known_stands_under_the_name_of_the_report() -> None:
    known = "The runs were known <before>."
    profile, study, html = pages_of(made_file(known=known))
    assert profile.count("The runs were known &lt;before&gt;.") == 1 and "were known" not in study
    assert html.count("<p>The runs were known &lt;before&gt;.</p>") == 1


def test_the_field_takes_two_words() -> None:
    with pytest.raises(ValidationError, match="after_results"):
        Statement.model_validate(made_statements()[0] | {"after_results": "later"})
