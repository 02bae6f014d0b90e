"""Rendered digits: what is drawn is what the label says, and the same everywhere and in any number."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from replab.data import drawing, parallel, prepared, rendered_digits
from replab.data.rendered_digits import labels_of, render
from replab.errors import ReplabError

STILL = {"DEGREES": 0.0, "SHEAR": 0.0, "STRETCH": 0.0, "SHIFT": 0.0, "HEIGHTS": (24.0, 24.0)}


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 20 images, drawn in this process."""
    monkeypatch.setattr(rendered_digits, "BLOCK", 20)
    monkeypatch.setattr(parallel, "cores", lambda: 1)


def masks(labels: np.ndarray, seed: int = 0) -> np.ndarray:
    return drawing.masks_of(labels, np.random.default_rng(seed))


@pytest.mark.usefixtures("small_blocks")
def test_a_smaller_set_is_the_beginning_of_a_larger_one() -> None:
    many = render("train", 45)
    assert many.shape == (45, 3, 32, 32) and many.dtype == np.uint8
    assert np.array_equal(render("train", 7), many[:7])
    assert np.array_equal(labels_of("train", 7), labels_of("train", 45)[:7])


@pytest.mark.usefixtures("small_blocks")
def test_images_labels_and_splits_all_differ() -> None:
    images = np.concatenate([render("train", 40), render("test", 40)])
    assert len({image.tobytes() for image in images}) == 80
    assert labels_of("train", 40).tolist() != labels_of("test", 40).tolist()


def test_labels_are_spread_evenly() -> None:
    labels = labels_of("train", 20_000)
    assert labels.dtype == np.int64
    assert stats.chisquare(np.bincount(labels, minlength=10)).pvalue > 1e-3


def test_the_digit_in_the_centre_is_the_label(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the nearest of templates that are made of single digits, in the middle where no neighbour reaches."""
    for name, value in STILL.items():
        monkeypatch.setattr(drawing, name, value)
    labels = np.random.default_rng(5).integers(10, size=300)
    middle = masks(labels)[:, 3:29, 9:23].reshape(300, -1)
    cells = drawing.glyphs()[0] / 255
    rows, columns = (np.arange(32) - 15.5) * 2 + 31.5, (np.arange(32) - 15.5) * 2 + 31.5
    near = cells[:, :, rows.round().astype(int)[:, None].clip(0, 63), columns.round().astype(int).clip(0, 63)]
    templates = near[:, :, 3:29, 9:23].reshape(-1, middle.shape[1])
    found = np.array([((templates - one) ** 2).sum(1).argmin() % 10 for one in middle])
    assert (found == labels).mean() > 0.9
    assert (found == np.roll(labels, 1)).mean() < 0.3


def test_one_to_three_digits_are_drawn_as_often_as_stated() -> None:
    """Of the four cases (alone, left, right, both) a quarter each; a neighbour fills its side of the line."""
    drawn = [drawing.line_of(0, 1, side, np.array([8, 8]), np.array([4.0, 4.0])) for side in range(4)]
    left, right = ([bool(line[:, cut].any()) for line in drawn] for cut in (slice(0, 60), slice(132, 192)))
    assert left == [False, True, False, True] and right == [False, False, True, True]
    assert all(np.array_equal(line[:, 80:112], drawn[0][:, 80:112]) for line in drawn)


def test_turning_and_shearing_keep_a_digit_s_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """A glyph is 48 pixels high: drawn at 24, each pixel stands for 2 x 2 of its, however it is turned."""
    monkeypatch.setattr(drawing, "STRETCH", 0.0)
    monkeypatch.setattr(drawing, "HEIGHTS", (24.0, 24.0))
    maps = drawing.inverse_maps(50, np.random.default_rng(0))
    np.testing.assert_allclose(np.linalg.det(maps), 4)
    assert np.ptp(maps[:, 0, 1]) > 0.5 and np.ptp(maps[:, 1, 0]) > 0.5


def test_digits_stand_out_from_their_background() -> None:
    generator = np.random.default_rng(0)
    background = drawing.backgrounds(100, generator)
    assert background.shape == (100, 32, 32, 3) and background.min() >= 0 and background.max() <= 1
    colours = drawing.colours_against(background, generator)
    weights = [0.299, 0.587, 0.114]
    apart = (colours[:, 0, 0] * weights).sum(1) - (background.mean((1, 2)) * weights).sum(1)
    assert np.abs(apart).min() >= drawing.CONTRAST


def test_a_lower_jpeg_quality_loses_more() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    lost = [np.abs(drawing.as_jpeg(pixels, quality).astype(int) - pixels).mean() for quality in (95, 60, 20)]
    assert 0 < lost[0] < lost[1] < lost[2]


def test_a_font_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "FONTS", ("DejaVuSans", "NoSuchFont"))
    drawing.glyphs.cache_clear()
    with pytest.raises(ReplabError, match=r"NoSuchFont\.ttf cannot be read"):
        drawing.glyphs()
    drawing.glyphs.cache_clear()


@pytest.mark.usefixtures("small_blocks")
def test_they_are_prepared_as_a_data_set_that_says_what_it_is(tmp_path: Path) -> None:
    source = replace(rendered_digits.SAMPLE, train_size=30, test_size=10)
    manifest = prepared.prepare(source, tmp_path)
    loaded = prepared.load(source, tmp_path)
    assert np.array_equal(loaded.train_x, render("train", 30)) and loaded.sample
    assert loaded.test_y.tolist() == labels_of("test", 10).tolist()
    assert manifest["sample"] and "drawn by a program" in manifest["note"]


def test_blocks_in_processes_are_blocks_in_order() -> None:
    blocks = [(np.arange(3) + 10 * number,) for number in range(5)]
    expected = np.concatenate([-block for (block,) in blocks])
    assert np.array_equal(parallel.in_blocks(np.negative, blocks), expected)
