"""The HTML page, from synthetic records, without a browser: what it says, what it refers to, what it cannot do."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from replab.judging.claim_kinds import SourceValue
from replab.report.page.criterion_words import criterion

from page import Element, read
from replab.report.frames import summary_frame
from replab.report.html import profile_html
from replab.report.study import StudyResult
from replab.report.write import verdicts_of, write_profile
from synthetic import LEVELS, QUOTE, SEEDS, made_claims, made_record, made_result, made_sample

ATTACK = '</script><script>alert(1)</script><img src=x onerror="alert(2)"> {{ 7 * 7 }} ]]>'
VALUES = [SourceValue(source="005", value=96.9), SourceValue(source="a paper", value=91.0)]


def page_of(*results: StudyResult) -> str:
    verdicts = {result.name: verdicts_of(result) for result in results}
    summaries = {result.name: summary_frame(result, verdicts[result.name]) for result in results}
    return profile_html(list(results), summaries, verdicts)


def attacked() -> StudyResult:
    """A study in which every text that a person wrote tries to be markup."""
    claims = [claim.model_copy(update={"quote": ATTACK, "note": ATTACK}) for claim in made_claims()]
    texts: dict[str, Any] = {"title": ATTACK, "question": ATTACK, "notes": ATTACK.replace("{{", "{ {")}
    record = made_record("relu", 0)
    record["code"] = {ATTACK: ATTACK}
    record["environment"] = {"commit": ATTACK, "processor": ATTACK}
    records = made_result().records | {("relu", 0): record}
    settings = [{"setting": ATTACK, "value": ATTACK, "mark": "R"}]
    missing = [("tanh_wide", 5, ATTACK)]
    return made_result(
        claims=claims, records=records, settings=settings, missing=missing, data=[{"x": ATTACK}], **texts
    )


@pytest.fixture(scope="module")
def text() -> str:
    claims = made_claims()
    claims[0] = claims[0].model_copy(update={"values": VALUES})
    return page_of(made_result(claims=claims))


@pytest.fixture(scope="module")
def page(text: str) -> Element:
    return read(text)


def test_the_summary_counts_the_claims_of_claims_csv(page: Element) -> None:
    verdicts = verdicts_of(made_result())
    counted = verdicts.loc[verdicts["part"] == "", "verdict"].value_counts()
    tiles = {tile.all("a")[0].attributes["data-show"]: tile for tile in page.all("ul", class_="tiles")[0].all("li")}
    assert {name: int(tile.all(class_="count")[0].text) for name, tile in tiles.items()} == {
        name: int(counted.get(name, 0)) for name in tiles
    }
    assert len(tiles) == 5 and sum(counted) == len(made_claims())
    whole = page.all("tr", class_="whole")[0]
    wanted = [sum(counted), *(counted.get(name, 0) for name in tiles)]
    assert [int(cell.text) for cell in whole.all("td", class_="number")] == wanted


def test_a_run_that_two_studies_share_counts_once() -> None:
    one = made_result(missing=[])
    done = sum(run["status"] == "done" for _, _, run in one.runs())
    lead = read(page_of(one, replace(one, name="again", claims=[]))).all("p", class_="lead")[0].text
    assert f"They rest on {done} finished runs" in lead and "counts once" in lead


def test_every_verdict_says_what_it_means(page: Element) -> None:
    for tile in page.all("ul", class_="tiles")[0].all("li"):
        assert len(tile.all(class_="meaning")[0].text.split()) > 3


def pairs_of(definitions: Element) -> dict[str, str]:
    return {item.all("dt")[0].text: item.all("dd")[0].text for item in definitions.all("div")}


def test_every_claim_has_its_numbers_and_its_evidence(page: Element) -> None:
    verdicts = verdicts_of(made_result())
    rows = {row["claim_id"]: row for row in verdicts[verdicts["part"] == ""].to_dict("records")}
    bodies = page.all("tbody", class_="claim")
    assert [body.attributes["id"] for body in bodies] == [f"claim-{name}" for name in rows]
    for body, claim, row in zip(bodies, made_claims(), rows.values(), strict=True):
        assert body.attributes["data-verdict"] == row["verdict"]
        assert row["verdict"] in body.all("td")[-1 - len(body.all(class_="more")[0].all("td"))].text
        assert body.all("blockquote")[0].text == QUOTE
        assert criterion(claim) in body.text
        assert row["reason"].split(" Of ")[0][:60] in body.text
        numbers = pairs_of(body.all("dl", class_="numbers")[0])
        ours = next(value for name, value in numbers.items() if name.startswith("our mean"))
        assert float(ours) == pytest.approx(row["estimate"], abs=0.0051)
        assert {"smallest detectable"} <= numbers.keys() or pd.isna(row["smallest_detectable"])
        assert ("seeds needed to decide" in numbers) == (not pd.isna(row["seeds_needed"]))


def test_a_claim_leads_back_to_its_runs_commit_and_code(page: Element) -> None:
    body = page.all(id="claim-000.order")[0]
    walk = pairs_of(body.all("dl", class_="walk")[0])
    assert list(walk) == ["relu", "tanh", "relu_wide", "commit", "code"]
    for variant in ("relu", "tanh", "relu_wide"):
        identities = [made_record(variant, seed)["identity"][:12] for seed in SEEDS]
        assert re.findall(r"[0-9a-f]{12}", walk[variant]) == identities
    assert walk["commit"] == ("c0ffee" * 6)[:12]
    assert walk["code"] == "model mlp src/replab/nn/models/mlp.py:20"


def test_compound_claims_show_their_parts_and_plots(page: Element) -> None:
    parts = page.all(id="claim-000.order")[0].all("table", class_="parts")[0]
    verdicts = verdicts_of(made_result())
    wanted = verdicts[(verdicts["claim_id"] == "000.order") & (verdicts["part"] != "")]
    assert [row.all("th")[0].text for row in parts.all("tbody")[0].all("tr")] == wanted["part"].tolist()
    for row, verdict in zip(parts.all("tbody")[0].all("tr"), wanted["verdict"], strict=True):
        assert verdict in row.all("td")[-1].text and row.all("circle")


def test_every_source_of_a_number_is_shown_with_its_verdict_and_mark(page: Element) -> None:
    body = page.all(id="claim-000.relu")[0]
    table = next(table for table in body.all("table") if "source" in table.all("th")[0].text)
    rows = [[cell.text for cell in row.all("th") + row.all("td")] for row in table.all("tbody")[0].all("tr")]
    assert [row[:2] for row in rows] == [["report 000", "93.10"], ["report 005", "96.90"], ["a paper", "91.00"]]
    assert [row[3].split()[1] for row in rows] == ["REPLICATED", "CONTRADICTED", "CONTRADICTED"]
    line = page.all("table", class_="forest")[0].all("tbody")[0].all("tr")[0]
    assert [title.text for title in line.all(class_="plot")[0].all("title")] == ["report 000", "report 005", "a paper"]
    assert all(name in line.text for name in ("report 005", "a paper"))


def name_of(line: Element) -> str:
    return "".join(piece for piece in line.all("th")[0].children if isinstance(piece, str))


def place_of(element: Element, name: str) -> float:
    return float(element.attributes[name].removesuffix("%"))


def test_the_forest_plot_draws_the_numbers_of_the_summary(page: Element) -> None:
    result = made_result()
    summary = summary_frame(result, verdicts_of(result)).query("metric == 'test_accuracy'").set_index("variant")
    lines = page.all("table", class_="forest")[0].all("tbody")[0].all("tr")
    assert [name_of(line) for line in lines] == list(summary.index)
    ends = [96.9, 91.0, *summary[["mean", "ci_low", "ci_high"]].to_numpy().ravel(), *summary["claimed"].dropna()]
    low, high = min(ends), max(ends)
    for line, row in zip(lines, summary.to_dict("records"), strict=True):
        plot, interval = line.all(class_="plot")[0], line.all(class_="plot")[0].all("line", class_="ours")[0]
        found = [place_of(plot.all("circle")[0], "cx"), place_of(interval, "x1"), place_of(interval, "x2")]
        wanted = [6 + 88 * (row[key] - low) / (high - low) for key in ("mean", "ci_low", "ci_high")]
        assert found == pytest.approx(wanted, abs=0.02)
        assert f"{row['mean']:.2f} [{row['ci_low']:.2f}, {row['ci_high']:.2f}]" in line.text


def test_the_same_records_give_the_same_bytes_in_any_order(text: str) -> None:
    claims = made_claims()
    claims[0] = claims[0].model_copy(update={"values": VALUES})
    result = made_result(claims=claims)
    turned = replace(result, records=dict(reversed(result.records.items())), missing=result.missing[::-1])
    assert page_of(turned) == text


def test_what_people_wrote_is_shown_and_never_run() -> None:
    text = page_of(attacked())
    page = read(text)
    assert len(page.all("script")) == 1 and not page.all("img")
    assert text.count("alert(1)") > 8
    assert {quote.text for quote in page.all("blockquote")} == {ATTACK}
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


def test_the_page_loads_nothing(page: Element) -> None:
    for element in page:
        for name in ("src", "href", "xlink:href", "data", "action", "poster", "srcset"):
            value = element.attributes.get(name, "")
            assert "//" not in value and not value.startswith(("http", "javascript")), value
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
    assert [len(page.all(tag)) for tag in ("h1", "main", "nav", "footer")] == [1, 1, 1, 1]
    assert all("scope" in header.attributes for header in page.all("th"))
    assert all(plot.attributes["aria-label"] for plot in page.all("svg", role="img"))
    silent = [plot for plot in page.all("svg") if plot.attributes.get("overflow") != "visible"]
    assert all(plot.attributes.get("role") == "img" or plot.attributes.get("aria-hidden") == "true" for plot in silent)
    assert page.all(role="status", aria_live="polite")
    buttons = [row.all("button")[0] for row in page.all("tr", class_="row")]
    assert buttons and all(button.attributes["aria-expanded"] == "false" for button in buttons)
    levels = [int(element.tag[1]) for element in page if re.fullmatch("h[1-6]", element.tag)]
    assert all(below - above <= 1 for above, below in pairwise(levels))


def test_a_sample_says_so_at_the_top_and_decides_nothing() -> None:
    text = page_of(made_sample())
    assert "REPLICATED" not in text and "CONTRADICTED" not in text
    page = read(text)
    assert page.all("nav")[0].text.startswith("SAMPLE") and page.all("title")[0].text.startswith("SAMPLE")
    headings = [heading for tag in ("h1", "h2", "h4") for heading in page.all(tag)]
    said = [heading.text for heading in headings if "SAMPLE" not in heading.text]
    assert said == ["How to read this", "Findings"]


def test_an_empty_store_gives_a_page_that_says_what_is_missing() -> None:
    missing = [(variant, seed, "not run") for variant in LEVELS for seed in SEEDS]
    page = read(page_of(made_result(records={}, missing=missing, data=[], settings=[])))
    notices = " ".join(notice.text for notice in page.all(class_="notice"))
    assert "No run has finished yet" in notices and "24 runs are missing" in notices and "24: not run." in notices
    assert {body.attributes["data-verdict"] for body in page.all("tbody", class_="claim")} == {"NOT TESTED"}
    assert all("There is no run yet." in body.text for body in page.all("tbody", class_="claim"))
    assert not page.all("circle") and not page.all("figure")


def test_findings_about_runs_that_are_missing_say_so() -> None:
    notes = 'It reaches {{ mean("relu") }} %.'
    whole = read(page_of(made_result(notes=notes))).text
    assert re.search(r"It reaches 9\d\.\d\d %\.", whole)
    assert "They cannot be shown while runs are missing" in read(page_of(made_result(notes=notes, records={}))).text


def test_a_profile_without_studies_has_a_page() -> None:
    page = read(page_of())
    assert "the profile has no study" in page.text and "There is no claim to judge." in page.text


def test_the_page_is_written_beside_the_markdown(tmp_path: Path, text: str) -> None:
    write_profile([made_result()], tmp_path)
    assert (tmp_path / "index.html").read_text(encoding="utf-8") == page_of(made_result())
    assert len(text.encode()) < 250_000
