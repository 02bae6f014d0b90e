"""Generated points: their labels by another road, and what is refused."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from replab import data
from replab.data import points
from replab.data.dataset import Arrays
from replab.errors import ReplabError

SOURCES = [points.XOR, points.BOOK, points.CORNERS_XOR, points.PARABOLA]


def mersenne() -> list[tuple[float, float]]:
    """The same generator by way of Python's own, which is seeded otherwise: its state is set."""
    state = np.random.RandomState(1).get_state(legacy=True)
    twister = random.Random()
    twister.setstate((3, (*(int(word) for word in state[1]), int(state[2])), None))
    return [(twister.random(), twister.random()) for _ in range(100)]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_what_is_prepared_is_what_is_loaded_and_tested_on_what_it_is_trained_on(
    source: points.Points, tmp_path: Path
) -> None:
    assert data.prepare(source.name, tmp_path)["sha256"] == source.sha256
    loaded = data.load(source.name, tmp_path)
    np.testing.assert_array_equal(loaded.train_x, loaded.test_x)
    np.testing.assert_array_equal(loaded.train_y, loaded.test_y)
    assert loaded.train_x.dtype == np.float32 and not loaded.sample


def test_exclusive_or_is_of_halves() -> None:
    made = points.XOR.decode(points.XOR, {})
    for (x1, x2), x, y in zip(mersenne(), made["train_x"], made["train_y"], strict=True):
        assert x.tolist() == [np.float32(x1), np.float32(x2)]
        assert y == (round(x1) ^ round(x2))
    assert made["train_y"].sum() == 47


def test_the_books_points_are_parted_by_a_line() -> None:
    labels = points.BOOK.decode(points.BOOK, {})["train_y"]
    assert labels.tolist() == [int(x1 < 1 - x2) for x1, x2 in mersenne()]


def test_corners_are_as_often_as_the_printed_numbers_need() -> None:
    made = points.CORNERS_XOR.decode(points.CORNERS_XOR, {})
    pairs = [(int(x1), int(x2)) for x1, x2 in made["train_x"].tolist()]
    assert len(pairs) == 100 and made["train_y"].tolist() == [x1 ^ x2 for x1, x2 in pairs]
    assert pairs.count((1, 1)) + pairs.count((0, 0)) / 4 == 53
    assert pairs.count((1, 0)) * -math.log(1e-10) / 100 == pytest.approx(8.289306640625, rel=1e-6)


def test_the_parabola_is_x_squared() -> None:
    made = points.PARABOLA.decode(points.PARABOLA, {})
    assert made["train_x"][:, 0].tolist() == pytest.approx(np.linspace(-1, 1, 100).tolist(), abs=1e-7)
    assert made["train_y"].tolist() == pytest.approx((made["train_x"][:, 0].astype(float) ** 2).tolist(), abs=1e-7)


@pytest.mark.parametrize(
    ("source", "changes", "message"),
    [
        (points.XOR, {"train_x": np.zeros((100, 2))}, r"train_x should be float32 \(100, 2\), found float64"),
        (points.XOR, {"test_y": np.zeros(100, np.float32)}, r"test_y should be int64 \(100,\), found float32"),
        (points.XOR, {"train_y": np.full(100, 2)}, "train_y should be 0 to 1, found 2 to 2"),
        (points.PARABOLA, {"train_y": np.zeros(100, np.int64)}, r"train_y should be float32 \(100,\), found int64"),
        (points.PARABOLA, {"test_y": np.full(100, np.nan, np.float32)}, "test_y has entries that are not finite"),
    ],
)
def test_arrays_that_are_not_such_points_are_refused(source: points.Points, changes: Arrays, message: str) -> None:
    right = source.decode(source, {})
    source.check(right)
    with pytest.raises(ReplabError, match=f"{source.name}: {message}"):
        replace(source).check(right | changes)
