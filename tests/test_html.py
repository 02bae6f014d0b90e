"""The HTML page, from synthetic records, without a browser: what it says, what it refers to, what it cannot do."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from page import Element, read
from replab.judging.questions import StudyClaims
from replab.judging.verdict_names import (
    CONTRADICTED,
    DEPENDS_ON_SEED,
    DOES_NOT_GENERALISE,
    GENERALISES,
    INCONCLUSIVE,
    NOT_COMPARABLE,
    NOT_TESTED,
    REPLICATED,
)  # fmt: skip
from replab.report import verdict_summary
from replab.report.frames import summary_frame
from replab.report.html import profile_html
from replab.report.kept_judgements import judgement_of
from replab.report.page.document import lower_class
from replab.report.profile_pages import report_parts
from replab.report.study import StudyResult
from replab.report.verdict_summary import INCONCLUSIVE_NUMBERS, MEANINGS
from replab.report.write import write_profile, write_study
from synthetic import (
    LEVELS,
    QUOTE,
    SEEDS,
    STUDY,
    made_claims,
    made_file,
    made_record,
    made_result,
    made_sample,
    made_statements,
)

ATTACK = '</script><script>alert(1)</script><img src=x onerror="alert(2)"> {{ 7 * 7 }} ]]>'


def page_of(*results: StudyResult) -> str:
    judged = {result.name: judgement_of(result) for result in results}
    summaries = {result.name: summary_frame(result, judged[result.name].parts) for result in results}
    parts = report_parts(list(results), judged, {"000": made_file()}, {})
    return profile_html(list(results), summaries, judged, parts)


def attacked(text: str = ATTACK, **changes: Any) -> StudyResult:
    """A study in which every text that a person wrote tries to be markup."""
    wild = dict.fromkeys(("sentence", "quote", "translation", "place", "note"), text)
    claims = made_claims(statements=[block | wild for block in made_statements()])
    texts: dict[str, Any] = {"title": text, "question": text, "notes": text.replace("{{", "{ {")} | changes
    record = made_record("relu", 0)
    record["code"] = {text: text}
    record["environment"] = {"commit": text, "processor": text}
    records = made_result().records | {("relu", 0): record}
    settings = [{"setting": text, "value": text, "mark": "R"}]
    missing = [("tanh_wide", 5, text)]
    return made_result(claims=claims, records=records, settings=settings, missing=missing, data=[{"x": text}], **texts)


@pytest.fixture(scope="module")
def text() -> str:
    return page_of(made_result())


@pytest.fixture(scope="module")
def page(text: str) -> Element:
    return read(text)


def test_the_summary_counts_the_statements_and_what_is_not_tested(page: Element) -> None:
    statements = judgement_of(made_result()).statements
    counted = statements.loc[statements["role"] == "statement", "verdict"].value_counts().to_dict() | {"NOT TESTED": 1}
    tiles = {tile.all("a")[0].attributes["data-show"]: tile for tile in page.all("ul", class_="tiles")[0].all("li")}
    assert {name: int(tile.all(class_="count")[0].text) for name, tile in tiles.items()} == counted
    assert all(len(tile.all(class_="meaning")[0].text.split()) > 3 for tile in tiles.values())
    [row] = page.all("table", class_="reports")[0].all("tbody")[0].all("tr")
    cells = [int(cell.text) for cell in row.all("td", class_="number")]
    assert cells == [sum(counted.values()), *counted.values()]


def test_bars_tell_all_verdicts_apart_without_colours(text: str, page: Element) -> None:
    """In each profile: a bar's rectangle is full, empty, or has one of the page's patterns, no two the same."""
    fills = dict.fromkeys(MEANINGS, "")
    for verdict in fills:
        found = re.findall(rf"^\.bar (?:.*\.bar )?\.{lower_class(verdict)}\b.*fill: ([^;]+);", text, flags=re.MULTILINE)
        fills[verdict] = found[0] if found else ""
    shared = [DEPENDS_ON_SEED, INCONCLUSIVE, NOT_COMPARABLE, NOT_TESTED]
    patterns = {f"url(#{pattern.attributes['id']})": pattern for pattern in page.all("pattern")}
    for own in ([REPLICATED, CONTRADICTED], [GENERALISES, DOES_NOT_GENERALISE]):
        used = [fills[verdict] for verdict in (*own, *shared)]
        assert used[0] == "var(--replicated)" and used[-1] == "none" and set(used[1:-1]) == set(patterns)
    shapes = {(p.attributes.get("patterntransform"), p.all("path")[0].attributes["d"]) for p in patterns.values()}
    assert len(shapes) == len(patterns) == 4


def test_what_is_said_of_inconclusive_numbers_has_one_source_for_both_pages(tmp_path: Path) -> None:
    write_profile([made_sample()], tmp_path, {"000": made_file()})
    for name in ("README.md", "index.html"):
        assert INCONCLUSIVE_NUMBERS in (tmp_path / name).read_text(encoding="utf-8"), name
    templates = Path(verdict_summary.__file__).parent.joinpath("templates").rglob("*.j2")
    assert not [path for path in templates if INCONCLUSIVE_NUMBERS[:30] in path.read_text(encoding="utf-8")]


def test_a_run_that_two_studies_share_counts_once() -> None:
    one = made_result(missing=[])
    done = sum(run["status"] == "done" for _, _, run in one.runs())
    lead = read(page_of(one, replace(one, name="again", claims=StudyClaims("", "")))).all("p", class_="lead")[0].text
    assert f"They rest on {done} finished runs" in lead and "counts once" in lead


def test_every_statement_is_shown_with_its_words_reasons_and_source(page: Element) -> None:
    rows = judgement_of(made_result()).statements.set_index("id").to_dict("index")
    shown = {one.attributes["id"].removeprefix("statement-"): one for one in page.all("details", class_="statement")}
    assert list(shown) == ["000.relu", "000.tanh", "000.order", "000.equal", "000.left", "000.wide"]
    for name, row in rows.items():
        statement = shown[name]
        assert statement.attributes["data-verdict"] == row["verdict"]
        summary = statement.all("summary")[0].text
        assert all(row[key] in summary for key in ("verdict", "sentence", "found"))
        assert row["why"] in statement.text
        assert [quote.children[0] for quote in statement.all("blockquote")] == [QUOTE] * (row["role"] == "statement")
    assert "No run has a clock." in shown["000.left"].all("summary")[0].text


def test_every_part_has_its_runs_as_dots_and_its_verdict(page: Element) -> None:
    parts = judgement_of(made_result()).parts
    for name, own in parts.groupby("id"):
        rows = page.all(id=f"statement-{name}")[0].all("table", class_="parts")[0].all("tbody")[0].all("tr")
        assert [row.all("th")[0].children[0].strip() for row in rows] == own["part"].tolist()
        for row, part in zip(rows, own.to_dict("records"), strict=True):
            assert part["verdict"] in row.all("td")[-1].text and str(part["n"]) in [cell.text for cell in row.all("td")]
            [picture] = row.all("svg", class_="dots")
            dots = picture.all("path", class_="runs")[0].attributes["d"].count("M")
            assert 1 <= dots <= part["n"] and picture.attributes["aria-label"]


def test_the_line_of_a_printed_number_lies_where_the_number_does(page: Element) -> None:
    """relu: 93.1 lies among our runs, so the line is within the band; tanh: 95.0 lies far to the right of it."""
    for name, within in (("relu", True), ("tanh", False)):
        [picture] = page.all(id=f"statement-000.{name}")[0].all("svg", class_="dots")
        band = picture.all("rect", class_="band")[0].attributes
        start, width = float(band["x"]), float(band["width"])
        place = float(picture.all("path", class_="said")[0].attributes["d"].split()[0].removeprefix("M"))
        assert (start <= place <= start + width) == within
        assert within or place > start + width


def test_the_same_records_give_the_same_bytes_in_any_order(text: str) -> None:
    result = made_result()
    turned = replace(result, records=dict(reversed(result.records.items())), missing=result.missing[::-1])
    assert page_of(turned) == text


def test_what_people_wrote_is_shown_and_never_run() -> None:
    text = page_of(attacked())
    page = read(text)
    assert len(page.all("script")) == 1
    assert all(image.attributes["src"].endswith(".svg") for image in page.all("img"))
    assert text.count("alert(1)") > 8
    assert {quote.children[0] for quote in page.all("blockquote")} == {ATTACK, QUOTE}
    assert page.all("details", class_="study")[0].all("h3")[0].text == ATTACK
    assert ATTACK in page.all("details", class_="study")[0].all("p")[0].text


def test_nothing_but_the_own_style_and_script_may_run(text: str, page: Element) -> None:
    [policy] = page.all("meta", http_equiv="Content-Security-Policy")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.attributes["content"].split(";"))
    assert rules["default-src"] == "'none'"
    for tag, rule in (("style", "style-src"), ("script", "script-src")):
        [element] = page.all(tag)
        digest = hashlib.sha256("".join(map(str, element.children)).encode()).digest()
        assert rules[rule] == f"'sha256-{base64.b64encode(digest).decode()}'"
    assert not [name for element in page for name in element.attributes if name.startswith("on") or name == "style"]


def test_the_page_loads_nothing_but_the_pictures_beside_it(page: Element) -> None:
    for element in page:
        for name in ("src", "href", "xlink:href", "data", "action", "poster", "srcset"):
            value = element.attributes.get(name, "")
            assert "//" not in value and not value.startswith(("http", "javascript")), value
    pictures = [image.attributes for image in page.all("img")]
    assert len(pictures) == 3 and all(image["loading"] == "lazy" and image["alt"] for image in pictures)
    assert "url(" not in "".join(map(str, page.all("style")[0].children)).replace("url(#", "")


def test_ids_are_unique_and_every_reference_has_its_target(page: Element) -> None:
    ids = [element.attributes["id"] for element in page if "id" in element.attributes]
    assert len(set(ids)) == len(ids)
    for element in page:
        references = [element.attributes.get(name, "") for name in ("aria-controls", "aria-labelledby")]
        references += [element.attributes.get("href", "")[1:]] * element.attributes.get("href", "").startswith("#")
        references += re.findall(r"url\(#(.*?)\)", element.attributes.get("clip-path", ""))
        assert set(filter(None, references)) <= set(ids)


def test_a_screen_reader_finds_its_way(page: Element) -> None:
    assert [len(page.all(tag)) for tag in ("h1", "main", "nav")] == [1, 1, 1]
    assert all("scope" in header.attributes for header in page.all("th"))
    assert all(plot.attributes["aria-label"] for plot in page.all("svg", role="img"))
    silent = [plot for plot in page.all("svg") if plot.attributes.get("overflow") != "visible"]
    assert all(plot.attributes.get("role") == "img" or plot.attributes.get("aria-hidden") == "true" for plot in silent)
    assert page.all(role="status", aria_live="polite")
    levels = [int(element.tag[1]) for element in page if re.fullmatch("h[1-6]", element.tag)]
    assert all(below - above <= 1 for above, below in pairwise(levels))


def test_a_sample_says_so_at_the_top_and_decides_nothing() -> None:
    text = page_of(made_sample())
    assert "REPLICATED" not in text and "CONTRADICTED" not in text
    page = read(text)
    assert page.all("nav")[0].text.strip().startswith("SAMPLE") and page.all("title")[0].text.startswith("SAMPLE")
    headings = [heading for tag in ("h1", "h2", "h3") for heading in page.all(tag)]
    assert [heading.text for heading in headings if "SAMPLE" not in heading.text] == ["How to read this"]


def test_an_empty_store_gives_a_page_that_says_what_is_missing() -> None:
    missing = [(variant, seed, "not run") for variant in LEVELS for seed in SEEDS]
    page = read(page_of(made_result(records={}, missing=missing, data=[], settings=[])))
    notices = " ".join(notice.text for notice in page.all(class_="notice"))
    assert "No run has finished yet" in notices and "32 runs are missing" in notices and "32: not run." in notices
    shown = {one.attributes["data-verdict"] for one in page.all("details", class_="statement")}
    assert shown == {"NOT TESTED", "OPEN"}
    assert not page.all("svg", class_="dots") and not page.all("img")


def test_findings_about_runs_that_are_missing_say_so() -> None:
    notes = 'It reaches {{ mean("relu") }} %.'
    whole = read(page_of(made_result(notes=notes))).text
    assert re.search(r"It reaches 9\d\.\d\d %\.", whole)
    assert "They cannot be shown while runs are missing" in read(page_of(made_result(notes=notes, records={}))).text


def test_a_profile_without_studies_has_a_page() -> None:
    page = read(page_of())
    assert "the profile has no study" in page.text and "There is no statement to judge." in page.text


def test_the_page_is_written_beside_the_markdown(tmp_path: Path, text: str) -> None:
    write_profile([made_result()], tmp_path, {"000": made_file()})
    assert (tmp_path / "index.html").read_text(encoding="utf-8") == page_of(made_result())
    assert len(text.encode()) < 250_000


ONE_OF_MANY = re.compile(r"(?<![\d.,:%+-])\b1 (?:runs|variants|seeds|statements|questions|parts|pairs|differences)\b")


def test_one_is_not_counted_as_many(tmp_path: Path) -> None:
    run = made_result().records["relu", 0]
    few = {"variants": ["relu"], "differences": {"relu": {}}, "missing": [], "claims": StudyClaims("000", STUDY)}
    one = made_result(**few, records={("relu", 0): run})
    write_study(one, tmp_path)
    none = page_of(made_result(**few | {"missing": [("relu", 0, "not run")]}, records={}, data=[], settings=[]))
    texts = [read(page_of(one)).text, read(none).text, (tmp_path / "report.md").read_text(encoding="utf-8")]
    assert [ONE_OF_MANY.findall(text) for text in texts] == [[], [], []]
    assert "1 variant, 1 seed, 1 of 1 run finished." in texts[0] and "1 run is missing:" in texts[1]
    assert "Every variant has 1 seed; 1 of 1 run finished." in texts[2]
