"""The picture of a study's statements: labels, short texts, and no text on another."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from replab.judging.event_words import claim
from replab.judging.part_kinds import Event
from replab.report.dot_rows import COMPARISONS, NUMBERS, SHARES, DotRow, dot_rows
from replab.report.statement_pictures import CHARACTERS, draw, labels_of, said_in_short

SENTENCES = {
    "a": "With the control's settings, the printed loss is 0.000441 at step 400, 0.000384 at step 450 and less later.",
    "b": "Two hidden layers of 3 and 2 units work markedly better than one.",
    "c": "With a learning rate of 10 the loss goes straight to 0.",
}
STATEMENTS = pd.DataFrame(
    [{"id": id_, "sentence": sentence, "role": "statement"} for id_, sentence in SENTENCES.items()]
)


def row(id_: str, part: str, group: str, said: str, ours: str) -> DotRow:
    return DotRow(id_, part, group, [0.4, 0.5], (0.3, 0.6), 0.45, said, ours, "INCONCLUSIVE")


ROWS = [
    row("a", "at step 400", NUMBERS, "0.00044113807386020 nats", "0.0002621 to 0.0008643"),
    row("a", "at step 450", NUMBERS, "0.53 nats", "9.726e-05 to 0.0001988"),
    row("b", "b", COMPARISONS, "the same to within 0.0001254 nats", "-0.0003877 [-0.0003972, -0.0003723]"),
    row("c", "c", SHARES, "all runs: exactly 0", "43 of 100 runs"),
    row("b", "b", COMPARISONS, "at least 0.0001 nats", "0.000382 [0.000369, 0.000393]"),
]


def test_a_label_is_the_sentence_and_the_part_where_there_are_several() -> None:
    first, second, third, fourth = labels_of(STATEMENTS, ROWS[:4], 2)
    assert first.startswith("1. With the control's") and first.endswith("\nat step 400")
    assert second == "at step 450"
    assert third.replace("\n", " ") == f"2. {SENTENCES['b'].rstrip('.')}"
    assert fourth.startswith("3. ")
    assert all(len(line) <= CHARACTERS for label in (first, second, third, fourth) for line in label.splitlines())
    assert labels_of(STATEMENTS, ROWS, 1)[0] == "1. at step 400"


def test_a_long_part_is_wrapped_or_cut_between_words() -> None:
    part = "HardSwish with the hinge loss before HardSwish with the KL divergence"
    rows = [row("b", part, COMPARISONS, "higher", ""), row("b", part, COMPARISONS, "higher", "")]
    first, second = labels_of(STATEMENTS, rows, 2)
    assert first.endswith("than one\nHardSwish with the hinge loss before HardSwish with the KL\ndivergence")
    assert second.replace("\n", " ") == part
    for label in labels_of(STATEMENTS, rows, 1):
        assert label.endswith(" …") and len(label) <= CHARACTERS and label[:-2].split()[-1] in part.split()


def test_a_label_is_not_cut_before_a_percent_sign() -> None:
    part = "With no penalty, the accuracy on the validation images is 98.31 % after 30,000 steps"
    for width in range(9):
        label = labels_of(STATEMENTS, [row("b", "x" * width + part, NUMBERS, "", "")] * 2, 2)[1]
        assert not any(line.startswith("%") for line in label.splitlines())


def test_what_is_said_is_short() -> None:
    assert [said_in_short(part) for part in ROWS] == [
        "0.0004411 nats", "0.53 nats", "the same", "always", "≥ 0.0001 nats"
    ]  # fmt: skip
    part = {"kind": "event", "variants": ["a"], "event": {"metric": "loss", "at_most": 1.0}}
    said = [claim(Event(**part, claimed=often), "") for often in ("never", "often", "happens")]  # type: ignore[arg-type]
    said += [claim(Event(**part | {"event": "diverges"}, claimed=often), "") for often in ("never", "often", "happens")]  # type: ignore[arg-type]
    assert [said_in_short(row("c", "", SHARES, text, "")) for text in said] == ["never", "mostly", "always"] * 2
    assert said_in_short(row("c", "", NUMBERS, "97.28 %", "")) == "97.28 %"
    assert said_in_short(row("c", "", COMPARISONS, "worse by less than 0.1 points", "")) == "not worse"


def texts_of(figure: Any) -> list[Any]:
    renderer = figure.canvas.get_renderer()
    texts = [*figure.texts, *(text for axes in figure.axes for text in axes.texts)]
    return [text.get_window_extent(renderer) for text in texts]


def test_each_row_has_the_verdict_on_its_part() -> None:
    figure = draw(SimpleNamespace(title="Exclusive or"), SimpleNamespace(statements=STATEMENTS), ROWS)  # type: ignore[arg-type]
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert texts.count("verdict") == 3 and texts.count("inconclusive") == len(ROWS)


@pytest.mark.parametrize("rows", [ROWS, ROWS * 20], ids=["two lines", "one line"])
def test_no_text_lies_on_another_or_beyond_the_picture(rows: list[DotRow]) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = draw(SimpleNamespace(title="Exclusive or"), SimpleNamespace(statements=STATEMENTS), rows)  # type: ignore[arg-type]
    FigureCanvasAgg(figure)
    figure.draw_without_rendering()
    boxes = texts_of(figure)
    assert not [(a, b) for place, a in enumerate(boxes) for b in boxes[:place] if a.overlaps(b)]
    assert all(figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 for box in boxes)


def row_of_number(said: str, low: float, high: float, values: list[float]) -> DotRow:
    part = {
        "id": "a",
        "part": "a",
        "kind": "number",
        "center": "mean",
        "variants": "v",
        "metric": "loss",
        "paired": True,
    }
    texts = {"claimed_text": said, "claimed": float(said.split()[0]), "unit": "", "verdict": "REPLICATED"}
    parts = pd.DataFrame([part | texts | {"low": low, "high": high, "confidence": 0.95, "n": len(values)}])
    runs = pd.DataFrame(
        {"variant": "v", "metric": "loss", "seed": range(len(values)), "value": values, "status": "done"}
    )
    return dot_rows(parts, runs)[0]


def test_a_run_that_is_printed_like_the_number_lies_within_its_digits() -> None:
    equal = row_of_number("0.12475775 nats", 0.1247577474, 0.1247577474, [0.1247577474] * 3)
    assert equal.digits is not None and equal.line is not None
    assert all(equal.digits[0] <= dot <= equal.digits[1] for dot in equal.dots)
    assert abs(equal.dots[0] - equal.line) < 1 / 6
    far = row_of_number("0.0008", 0.0027, 0.0027, [0.0027])
    assert far.line == pytest.approx(0.5 - 1 / 3) and far.dots == [0.5]
    assert far.digits is not None and far.digits[1] < 0.25


def test_digits_that_are_wider_than_the_band_take_the_third_in_its_place() -> None:
    twice = row_of_number("2", 2.024, 2.029, [2.025, 2.028])
    assert twice.digits is not None and twice.band is not None
    assert twice.digits[1] - twice.digits[0] == pytest.approx(1 / 3)
    assert twice.digits[0] < twice.band[0] < twice.band[1] < twice.digits[1]


def test_digits_that_are_narrower_than_the_line_are_not_drawn() -> None:
    fine = row_of_number("97.86 %", 97.6, 98.0, [97.7, 97.9])
    assert fine.digits is None and fine.band == pytest.approx((1 / 3, 2 / 3))
    coarse = row_of_number("97.8 %", 97.6, 98.0, [97.7, 97.9])
    assert coarse.digits == pytest.approx((0.5 - 1 / 24, 0.5 + 1 / 24)) and coarse.band == fine.band
