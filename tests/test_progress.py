"""The line that a training leaves in a log after an epoch."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from replab.params import Variant
from replab.training.progress import Display

TRAINER = cast(Any, SimpleNamespace(current_epoch=1, max_epochs=4))
CLASSES = {"train_loss": [2.0, 0.5], "test_accuracy": [50.0, 97.0]}
VALIDATED = CLASSES | {"validation_accuracy": [40.0, 96.5]}
NUMBERS = {"train_loss": [2.0, 0.5], "test_accuracy": [0.0, 0.0], "test_loss": [1.0, 0.00123]}
WORDS = {"train_loss": [6.0, 4.5], "validation_perplexity": [300.0, 120.25]}


def line(capsys: pytest.CaptureFixture[str], curves: list[dict[str, list[float]]], **module: Any) -> str:
    callback = Display().callback(Variant("study", "plain", {}, {}, (0, 1)))
    stub = {"seeds": [0, 1, 5], "curves": curves, "diverged": [None] * len(curves), **module}
    callback.on_train_epoch_end(TRAINER, cast(Any, SimpleNamespace(**stub)))
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("curves", "classes", "text"),
    [
        (CLASSES, 10, "test 97.00 %"),
        (VALIDATED, 10, "validation 96.50 %"),
        (NUMBERS, 1, "test 0.00123"),  # the accuracy of numbers means nothing
        (WORDS, None, "validation 120.25"),
    ],
)
def test_a_line_tells_what_is_measured(
    capsys: pytest.CaptureFixture[str], curves: dict[str, list[float]], classes: int | None, text: str
) -> None:
    said = line(capsys, [curves], classes=classes)
    assert f"study plain seeds 0,1,5: 2/4, loss {curves['train_loss'][-1]:.3g}, {text}, " in said
    assert "s left" in said


def test_a_line_tells_who_has_diverged(capsys: pytest.CaptureFixture[str]) -> None:
    """The mean is over the others."""
    other = {"train_loss": [9.0, 9.0], "test_accuracy": [10.0, 10.0]}
    assert "loss 0.5, test 97.00 %, 1 diverged" in line(capsys, [CLASSES, other], classes=10, diverged=[None, 7])
    assert "2/4, all diverged" in line(capsys, [CLASSES], classes=10, diverged=[7])
