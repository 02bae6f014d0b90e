"""The page of `replab judge`, without a browser: its statements, what it refers to, and that it cannot run a text."""

from __future__ import annotations

import base64
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from page import Element, read
from replab.__main__ import main
from replab.report import existing_pictures
from replab.report.dot_rows import COMPARISONS
from replab.report.statement_pictures import TITLES
from replab.report.verdict_summary import counted
from test_judge_claims import CLAIMS, claims_file
from test_judge_command import table_of_runs

ATTACK = "<script>alert(1)</script>"
UNTESTED = (
    "untested: [{id: paper.time, sentence: It trains in a second., quote: 1 s, place: Table 1, reason: No clock.}]\n"
)


def page_of(folder: Path, *arguments: str, claims: str = CLAIMS) -> Element:
    told = ["--claims", str(claims_file(folder, claims))] if claims else []
    out = folder / "judged"
    assert main(["judge", str(table_of_runs(folder)), *told, *arguments, "--output", str(out)]) == 0
    return read((out / "index.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def page(folder: Path) -> Element:
    return page_of(folder, "--baseline", "slow", claims=CLAIMS + UNTESTED)


def test_every_statement_and_question_can_be_filtered_by_its_verdict(page: Element, folder: Path) -> None:
    table = pd.read_csv(folder / "judged" / "statements.csv", keep_default_na=False)
    shown = {one.attributes["id"].removeprefix("statement-"): one for one in page.all("details", class_="statement")}
    assert {name: one.attributes["data-verdict"] for name, one in shown.items()} == dict(
        zip(table["id"], table["verdict"], strict=True)
    )
    for row in table.to_dict("records"):
        assert all(row[key] in shown[row["id"]].text for key in ("sentence", "found", "why", "quote"))
    [choice] = page.all("form", class_="filters")[0].all("select")
    assert {option.text for option in choice.all("option")} == {"all verdicts", *table["verdict"]}
    tiles = {tile.attributes["data-show"] for tile in page.all("ul", class_="tiles")[0].all("a")}
    assert tiles == set(table.loc[table["role"] == "statement", "verdict"])


def test_each_part_has_its_runs_as_dots(page: Element, folder: Path) -> None:
    parts = pd.read_csv(folder / "judged" / "parts.csv")
    for name, own in parts.groupby("id"):
        pictures = page.all(id=f"statement-{name}")[0].all("svg", class_="dots")
        assert len(pictures) == len(own) and all(picture.attributes["aria-label"] for picture in pictures)


def test_many_runs_are_an_image_within_the_picture_whose_words_stay_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).normal(90, 1, existing_pictures.MOST_DRAWN)
    runs = pd.DataFrame({"metric": "accuracy", "status": "done", "variant": "one", "value": values})
    row = {"metric": "accuracy", "variant": "one", "unit": "%", "mean": 90, "ci_low": 89, "ci_high": 91}
    few = existing_pictures.dots(runs, pd.DataFrame([row]), "accuracy")
    monkeypatch.setattr(existing_pictures, "MOST_DRAWN", len(values) - 1)
    many = existing_pictures.dots(runs, pd.DataFrame([row]), "accuracy")
    assert b"<image" not in few and b"<image" in many and len(many) < len(few) / 10
    assert many.count(b'<g id="text_') == few.count(b'<g id="text_') > 5
    assert many == existing_pictures.dots(runs, pd.DataFrame([row]), "accuracy")


def test_the_page_has_what_the_report_has_besides(page: Element, folder: Path) -> None:
    assert "Table 1 of a paper" in page.text and "It trains in a second. No clock." in page.text
    assert "Was it luck?" in page.text and "How the results were read" in page.text
    pictures = [image.attributes["src"].partition(",") for image in page.all("img")]
    drawn = [base64.b64decode(content) for *_, content in pictures]
    figures = [(folder / "judged" / "figures" / f"{name}.svg").read_bytes() for name in ("statements", "test_accuracy")]
    assert drawn == figures and {head for head, *_ in pictures} == {"data:image/svg+xml;base64"}


def test_the_level_of_an_interval_is_named_once_and_where_means_can_lie(page: Element, folder: Path) -> None:
    report = (folder / "judged" / "report.md").read_text(encoding="utf-8")
    for text in (page.text, report):
        assert text.count("exact 90 % interval") == text.count("can reach values that do not exist") == 1
    assert "90 %" in TITLES[COMPARISONS]


def test_one_statement_and_several_are_counted_in_words() -> None:
    assert counted({"REPLICATED": 1}) == "The only statement is replicated."
    assert counted({"OPEN": 1}, "question", own=True) == "The only question of our own is open."
    assert counted({"REPLICATED": 2, "OPEN": 1}) == "Of 3 statements, 2 are replicated and 1 is open."


def test_what_the_page_refers_to_is_there(page: Element, folder: Path) -> None:
    ids = [element.attributes["id"] for element in page if "id" in element.attributes]
    assert len(set(ids)) == len(ids)
    targets = {element.attributes["href"] for element in page.all("a")}
    inside = {target[1:] for target in targets if target.startswith("#")}
    assert inside <= set(ids)
    beside = {target for target in targets if not target.startswith("#")}
    assert beside >= {"report.md", "statements.csv", "parts.csv", "against.csv"}
    assert all((folder / "judged" / name).is_file() for name in beside)
    named = {element.attributes["aria-labelledby"] for element in page if "aria-labelledby" in element.attributes}
    assert named <= set(ids)


def test_the_headings_are_in_order(page: Element) -> None:
    levels = [int(element.tag[1]) for element in page if re.fullmatch("h[1-6]", element.tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))


def test_without_claims_there_is_nothing_to_filter(tmp_path: Path) -> None:
    page = page_of(tmp_path, "--baseline", "slow", claims="")
    assert not page.all("form") and not page.all("details") and len(page.all("img")) == 1
    assert "1 of 1 difference to" in page.text


def test_what_people_wrote_is_shown_and_never_run(tmp_path: Path) -> None:
    wild = CLAIMS.replace("quote: slow wins", f"quote: '{ATTACK}'").replace("Fast and slow", f"'{ATTACK}'")
    page = page_of(tmp_path, claims=wild.replace("The slow one is better.", f"'{ATTACK}'"))
    assert len(page.all("script")) == 1
    assert page.all("h1")[0].text == page.all("title")[0].text == ATTACK
    assert {ATTACK} == {page.all(id="statement-paper.order")[0].all(class_="sentence")[0].text}


def test_runs_on_other_data_say_so_on_the_page(tmp_path: Path) -> None:
    page = page_of(tmp_path, "--data", "sample")
    assert page.all("nav")[0].text.startswith("SAMPLE") and page.all("title")[0].text.startswith("SAMPLE")
    assert "They give no verdict" in page.all(id="summary")[0].text
