"""The parts of the HTML page: rendered markdown, colours, durations."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from page import read
from replab.report.page.document import duration
from replab.report.page.rendered import rendered

TEMPLATES = Path(__file__).parents[1] / "src/replab/report/templates/page"


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
        for name in ("ink", "soft", "link", "replicated", "depends", "contradicted", "inconclusive", "not-tested"):
            assert min(contrast(colours[name], colours[paper]) for paper in ("paper", "card")) >= 4.5, name
        assert min(contrast(colours[name], colours["paper"]) for name in ("ours", "claimed")) >= 3


def test_markdown_is_rendered_without_html_pictures_or_links_that_run() -> None:
    text = str(rendered("# A\n\n<b>x</b> ![p](q.png) [l](javascript:alert(1))\n\n| a |\n| --: |\n| 1 |\n", "a table"))
    page = read(text)
    assert [heading.text for heading in page.all("h5")] == ["A"]
    assert not page.all("b") and not page.all("img") and "javascript" not in str([a.attributes for a in page.all("a")])
    [region] = page.all(role="region")
    assert region.attributes["aria-label"] == "a table" and region.attributes["tabindex"] == "0"
    assert [header.attributes for header in page.all("th")] == [{"class": "number", "scope": "col"}]


@pytest.mark.parametrize(("seconds", "said"), [(0, "0 s"), (89, "89 s"), (600, "10 min"), (9000, "2.5 h")])
def test_durations_are_said_in_a_unit_that_fits(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_a_picture_is_shown_where_the_page_has_it_and_else_its_words() -> None:
    text = "![Two <dots>](figures/a.svg)\n\n![Not *here*](figures/b.svg)\n"
    page = read(str(rendered(text, pictures={"figures/a.svg": "data:image/svg+xml;base64,AA=="})))
    [image] = page.all("img")
    assert image.attributes == {"src": "data:image/svg+xml;base64,AA==", "alt": "Two <dots>"}
    [region] = page.all("figure")[0].all(role="region")
    assert region.attributes["aria-label"] == "Two <dots>"
    assert [paragraph.text for paragraph in page.all("p")] == ["Not here"]  # a figure stands in no paragraph
