"""What people write into params, claims and records is text in markdown: no tag, picture or link comes out of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from replab.report.write import write_profile, write_study
from synthetic import STUDY, made_file
from test_html import ATTACK, attacked

WILD = f'{ATTACK} <img src=x onerror="alert(3)"> ![p](x.png) [l](javascript:alert(4)) <!-- hidden'
LINES = f"a\n\n{WILD}\n\n<script>alert(5)</script>\n"  # an empty line ends whatever markdown has begun


@pytest.fixture(scope="module", params=[WILD, LINES], ids=["one line", "several lines"])
def folder(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """The report and the page of a study and a report in which every text tries to be markup; findings are markdown."""
    folder = tmp_path_factory.mktemp("full")
    result = attacked(request.param, notes="")
    file = made_file(title=request.param)
    write_study(result, folder / STUDY)
    write_profile([result], folder, {"000": file})
    return folder


def tokens_of(text: str) -> list[Token]:
    """All tokens, with HTML allowed, as forges render it."""
    found = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    return [token for outer in found for token in (outer, *(outer.children or []))]


@pytest.mark.parametrize("page", [f"{STUDY}/report.md", "README.md"])
def test_no_text_becomes_markup(folder: Path, page: str) -> None:
    text = (folder / page).read_text(encoding="utf-8")
    tokens = tokens_of(text)
    assert not [token.content for token in tokens if token.type.startswith("html")]
    targets = [
        str(token.attrs.get("src") or token.attrs.get("href"))
        for token in tokens
        if token.type in ("image", "link_open")
    ]
    assert not [target for target in targets if "alert" in target or target == "x.png"]
    assert any(ATTACK in token.content for token in tokens if token.type == "text") or page == "README.md"
