"""The sine: its windows by the standard library's own, and the wave that goes on."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from replab import data
from replab.data.sine import SINE


def test_what_is_prepared_has_the_published_sizes_and_bytes(tmp_path: Path) -> None:
    assert data.prepare("sine", tmp_path)["sha256"] == SINE.sha256
    loaded = data.load("sine", tmp_path)
    assert loaded.train_x.shape == (10_000, 10) and loaded.test_x.shape == (1_000, 10)
    assert loaded.train_x.dtype == loaded.train_y.dtype == np.float32


def test_windows_are_points_of_the_wave_and_the_target_is_the_next() -> None:
    made = SINE.decode(SINE, {})
    gap = 100.1 / 10_009
    for row in (0, 1, 5_000, 9_999):
        wave = [math.sin((row + i) * gap) for i in range(11)]
        np.testing.assert_allclose([*made["train_x"][row], made["train_y"][row]], wave, atol=2e-7)
    last = [math.sin(110.2 - (10.1 / 1_009) * back) for back in range(10, -1, -1)]
    np.testing.assert_allclose([*made["test_x"][-1], made["test_y"][-1]], last, atol=2e-7)


def test_the_test_begins_where_the_training_ends() -> None:
    made = SINE.decode(SINE, {})
    assert made["test_x"][0, 0] == made["train_y"][-1]


def test_the_last_two_points_give_the_next_one_and_the_last_alone_does_not() -> None:
    made = SINE.decode(SINE, {})
    x, y = made["test_x"].astype(float), made["test_y"].astype(float)
    by_two = 2 * math.cos(10.1 / 1_009) * x[:, -1] - x[:, -2]
    assert np.abs(by_two - y).max() < 1e-6
    assert math.isclose(np.sqrt(((x[:, -1] - y) ** 2).mean()), 0.00727, abs_tol=5e-6)
