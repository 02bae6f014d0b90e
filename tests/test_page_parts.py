"""The parts of the HTML page: inlined pictures, axes, rendered markdown, criteria in words, colours."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from replab.judging.claim_kinds import Delta, Level
from replab.report.page.criterion_words import claimed_text, criterion
from replab.report.page.inline_svg import inline_svg
from replab.report.page.scales import linear_ticks, scale_of

from page import read
from replab.report.figures import drawings, saved
from replab.report.frames import summary_frame
from replab.report.html import duration
from replab.report.page.rendered import rendered
from replab.report.page.study_parts import forests
from replab.report.panels import PALETTE
from replab.report.write import verdicts_of
from synthetic import made_claims, made_result

TEMPLATES = Path(__file__).parents[1] / "src/replab/report/templates/page"


def test_a_picture_is_inlined_whole_without_styles_and_with_ids_of_its_own() -> None:
    result = made_result()
    draw = drawings(result, summary_frame(result, verdicts_of(result)))["curves_test_accuracy"]
    content = saved(result, draw, ["svg"])["svg"]
    inlined = inline_svg(content, "a-", "what it shows")
    before, after = ElementTree.fromstring(content), ElementTree.fromstring(inlined)
    texts = [[e.text for e in root.iter() if e.tag.endswith("text")] for root in (before, after)]
    assert texts[0] == texts[1] and len(texts[0]) > 10
    drawn = [[e for e in root.iter() if e.tag.endswith(("path", "use"))] for root in (before, after)]
    assert len(drawn[0]) - len(drawn[1]) == 1  # the white background
    ids = [element.attrib["id"] for element in after.iter() if "id" in element.attrib]
    assert ids and all(name.startswith("a-") for name in ids)
    used = re.findall(r"#(a-[\w.-]+)", inlined)
    assert used and set(used) == set(ids)
    assert "style" not in inlined and len(inlined) < 0.6 * len(content)
    strokes = {entry for e in before.iter() for entry in re.findall(r"stroke: (#\w+)", e.get("style", ""))}
    assert strokes == {e.get("stroke") for e in after.iter() if e.get("stroke", "#")[1:]} - {None}


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2) of #rrggbb or #rgb."""
    digits = colour.lstrip("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def contrast(first: str, second: str) -> float:
    low, high = sorted(map(luminance, (first, second)))
    return (high + 0.05) / (low + 0.05)


def test_text_and_lines_can_be_seen_on_light_and_dark_paper() -> None:
    style = (TEMPLATES / "page.css").read_text(encoding="utf-8")
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#\w+)", block)) for block in re.findall(r":root \{(.*?)\}", style, re.S)
    )
    assert light.keys() == dark.keys()
    for colours in (light, dark):
        for name in (
            "ink",
            "soft",
            "link",
            "replicated",
            "direction-only",
            "contradicted",
            "inconclusive",
            "not-tested",
        ):
            assert min(contrast(colours[name], colours[paper]) for paper in ("paper", "card")) >= 4.5, name
        assert min(contrast(colours[name], colours["paper"]) for name in ("ours", "claimed")) >= 3
    swapped = dict(re.findall(r'\[stroke="(#\w+)"\] \{ stroke: (#\w+) \}', style))
    for colour in PALETTE:
        assert contrast(swapped.get(colour, colour), dark["paper"]) >= 3, colour


@pytest.mark.parametrize(
    ("values", "unit", "name"),
    [
        ([97.1, 97.9, 96.4], "%", "linear"),
        ([10, 97.9, 99], "%", "stretched"),
        ([0.001, 0.2, 5], "nats", "log"),
        ([0.3, 2, 8], "s", "log"),
    ],
)
def test_an_axis_keeps_the_order_and_shows_its_ticks(values: list[float], unit: str, name: str) -> None:
    scale = scale_of([*values, float("nan")], unit)
    places = [scale.percent(value) for value in sorted(values)]
    assert scale.name == name and places == sorted(places) and len(set(places)) == 3
    assert places[0] == pytest.approx(6) and places[-1] == pytest.approx(94)
    assert 2 <= len(scale.labels()) <= 6
    for place, label in scale.labels():
        assert place == scale.percent(float(label)) and scale.low <= float(label) <= scale.high
    assert (scale.beyond(max(values) + 1), scale.beyond(max(values))) == ("right", "")


def test_a_linear_axis_is_linear_and_one_value_has_an_axis() -> None:
    scale = scale_of([10.0, 20.0], "nats")
    assert scale.percent(15) == pytest.approx(50) and scale.percent(12.5) == pytest.approx(6 + 22)
    assert scale.percent(99) == scale.percent(20)
    assert scale_of([3.0], "").percent(3.0) == pytest.approx(50)
    assert linear_ticks(96.98, 97.58) == [97.0, 97.2, 97.4]
    assert linear_ticks(-0.32, 0.37) == [-0.2, 0.0, 0.2]


def test_markdown_is_rendered_without_html_pictures_or_links_that_run() -> None:
    text = str(rendered("# A\n\n<b>x</b> ![p](q.png) [l](javascript:alert(1))\n\n| a |\n| --: |\n| 1 |\n", "a table"))
    page = read(text)
    assert [heading.text for heading in page.all("h5")] == ["A"]
    assert not page.all("b") and not page.all("img") and "javascript" not in str([a.attributes for a in page.all("a")])
    [region] = page.all(role="region")
    assert region.attributes["aria-label"] == "a table" and region.attributes["tabindex"] == "0"
    assert [header.attributes for header in page.all("th")] == [{"class": "number", "scope": "col"}]


def test_every_kind_of_claim_says_how_it_is_judged() -> None:
    level, order, equal = made_claims()[0], made_claims()[2], made_claims()[3]
    assert isinstance(level, Level)
    shared = {key: getattr(level, key) for key in ("row", "quote", "study", "metric", "mark", "variant", "tolerance")}
    delta = Delta(id="000.d", kind="delta", baseline="tanh", value=-2, **shared)
    words = {claim.kind: (criterion(claim), claimed_text(claim)) for claim in (level, order, equal, delta)}
    assert "93.1 ± 0.5" in words["level"][0] and words["level"][1] == "93.1 ± 0.5"
    assert "±0.1" in words["ordering"][0] and words["ordering"][1] == "difference > 0"
    assert "0.05 or more is excluded" in words["equal"][0] and words["equal"][1] == "0 ± 0.05"
    assert "-2 ± 0.5" in words["delta"][0] and words["delta"][1] == "-2 ± 0.5"


@pytest.mark.parametrize(("seconds", "said"), [(0, "0 s"), (89, "89 s"), (600, "10 min"), (9000, "2.5 h")])
def test_durations_are_said_in_a_unit_that_fits(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_what_differs_in_the_variants_is_told_by_the_first_plot() -> None:
    result = made_result(primary=["test_accuracy", "train_loss"])
    first, second = forests(result, summary_frame(result, verdicts_of(result)))
    assert all(line["differs"] for line in first["lines"])
    assert [line["differs"] for line in second["lines"]] == [""] * len(first["lines"])
