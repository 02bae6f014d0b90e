"""How one block of rendered digits is drawn: glyphs, placement, colours, backgrounds, and what a camera adds.

Everything is float64 until the last rounding, so that processors which differ in a last bit give the same bytes.
Images are [B, 32, 32, 3] in 0..1 here; masks are [B, 32, 32], the share of a pixel that a digit covers.
"""

from __future__ import annotations

import io
import math
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from replab.errors import ReplabError

SIDE = 32
FONTS = (
    *("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSans-BoldOblique", "DejaVuSansMono"),
    *("DejaVuSansMono-Bold", "DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic", "STIXGeneral"),
    *("STIXGeneralBol", "STIXGeneralItalic", "STIXGeneralBolIta", "cmr10", "cmb10", "cmss10", "cmtt10"),
)
GLYPH = 64  # the side of a glyph's cell; its digit is about 48 high
FONT_POINTS = 66
HEIGHTS = (17.0, 27.0)  # of the centre digit, in pixels
DEGREES = 18.0
SHEAR = 0.3
STRETCH = 0.15
SHIFT = 2.0  # of the centre digit, in pixels
GAPS = (2.0, 12.0)  # between digits, in a glyph's pixels
CONTRAST = 0.25  # the least difference in luminance between the digits and the mean background
LUMINANCE = np.array([0.299, 0.587, 0.114])
BLUR = 1.1  # the greatest standard deviation of the blur, in pixels
NOISE = 0.06  # the greatest standard deviation of the pixels' noise
JPEG_QUALITIES = (35, 95)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@cache
def glyphs() -> tuple[NDArray[np.uint8], Integers]:
    """The digits 0-9 of each font, centred in their cells: masks [F, 10, GLYPH, GLYPH] and widths [F, 10]."""
    import matplotlib
    from PIL import Image, ImageDraw, ImageFont

    folder = Path(matplotlib.get_data_path()) / "fonts/ttf"
    masks, widths = np.zeros((len(FONTS), 10, GLYPH, GLYPH), np.uint8), np.zeros((len(FONTS), 10), np.int64)
    for number, name in enumerate(FONTS):
        try:
            font = ImageFont.truetype(folder / f"{name}.ttf", FONT_POINTS)
        except OSError as error:
            raise ReplabError(f"matplotlib's font {folder / name}.ttf cannot be read: {error}") from error
        for digit in range(10):
            left, top, right, bottom = font.getbbox(str(digit))
            cell = Image.new("L", (GLYPH, GLYPH))
            corner = (GLYPH - left - right) / 2, (GLYPH - top - bottom) / 2
            ImageDraw.Draw(cell).text((round(corner[0]), round(corner[1])), str(digit), fill=255, font=font)
            masks[number, digit], widths[number, digit] = np.asarray(cell), right - left
    return masks, widths


def masks_of(labels: Integers, generator: np.random.Generator) -> Floats:
    """Masks of one to three digits in one font, the centre one of `labels` [B], turned, sheared and shifted."""
    from scipy import ndimage

    count = len(labels)
    fonts, sides = generator.integers(len(FONTS), size=count), generator.integers(4, size=count)
    neighbours, gaps = generator.integers(10, size=(count, 2)), generator.uniform(*GAPS, (count, 2))
    inverses, shifts = inverse_maps(count, generator), generator.uniform(-SHIFT, SHIFT, (count, 2))
    result = np.empty((count, SIDE, SIDE))
    for image in range(count):
        line = line_of(fonts[image], labels[image], sides[image], neighbours[image], gaps[image])
        # Twice as fine as the pixels, to be averaged: a digit's edge covers a share of a pixel.
        matrix, centre = inverses[image] / 2, np.array(line.shape) / 2 - 0.5
        offset = centre - matrix @ (SIDE - 0.5 + 2 * shifts[image])
        fine = ndimage.affine_transform(line, matrix, offset, (2 * SIDE, 2 * SIDE), order=1)
        result[image] = fine.reshape(SIDE, 2, SIDE, 2).mean((1, 3))
    return result


def inverse_maps(count: int, generator: np.random.Generator) -> Floats:
    """[B, 2, 2]: from (row, column) in an image's pixels to those of a glyph; height, turn, shear and stretch."""
    heights = generator.uniform(*HEIGHTS, count)
    turns = generator.uniform(-DEGREES, DEGREES, count) * math.pi / 180
    shears, stretches = generator.uniform(-SHEAR, SHEAR, count), generator.uniform(1 - STRETCH, 1 + STRETCH, count)
    maps = np.empty((count, 2, 2))
    for image, (height, turn, shear, stretch) in enumerate(zip(heights, turns, shears, stretches, strict=True)):
        rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
        maps[image] = np.array([[1, 0], [shear, 1 / stretch]]) @ rotation * (0.75 * GLYPH / height)
    return maps


def line_of(font: int, label: int, side: int, neighbours: Integers, gaps: Floats) -> Floats:
    """The digits beside each other, [GLYPH, 3 GLYPH], the label in the middle.

    side: 0 the label alone, 1 a digit to its left, 2 to its right, 3 on both sides.
    """
    cells, widths = glyphs()
    line = np.zeros((GLYPH, 3 * GLYPH))
    line[:, GLYPH : 2 * GLYPH] = cells[font, label]
    for place, direction in ((0, -1), (1, 1)):
        if side & (1 << place):
            digit = neighbours[place]
            distance = round((widths[font, label] + widths[font, digit]) / 2 + gaps[place])
            left = min(max(GLYPH + direction * distance, 0), 2 * GLYPH)
            part = line[:, left : left + GLYPH]
            np.maximum(part, cells[font, digit], out=part)
    return line / 255


def backgrounds(count: int, generator: np.random.Generator) -> Floats:
    """A third each of two colours that go over into each other: along a line, in a blurred texture, as noise."""
    from scipy import ndimage

    first, second = generator.uniform(size=(2, count, 1, 1, 3))
    rows, columns = np.mgrid[0:SIDE, 0:SIDE] / (SIDE - 1) - 0.5
    direction = generator.normal(size=(count, 2, 1, 1))
    direction /= np.sqrt((direction**2).sum(1, keepdims=True))
    gradient = 0.5 + (direction[:, 0] * rows + direction[:, 1] * columns) / math.sqrt(2)
    white = generator.normal(size=(2, count, SIDE, SIDE))
    texture = ndimage.gaussian_filter(white[0], (0, 3, 3), mode="wrap")
    noise = ndimage.gaussian_filter(white[1], (0, 0.6, 0.6), mode="wrap")
    fields = np.stack([gradient, 0.5 + 2.5 * texture, 0.5 + 0.25 * noise])
    chosen = fields[generator.integers(3, size=count), np.arange(count)].clip(0, 1)[..., None]
    return first + (second - first) * chosen


def colours_against(background: Floats, generator: np.random.Generator) -> Floats:
    """A colour [B, 1, 1, 3] for each image's digits, at least CONTRAST away from its background in luminance.

    Drawn anew until it is; the background's luminance leaves at least half of all colours on its other side.
    """
    wanted = background.mean((1, 2)) @ LUMINANCE
    colours = generator.uniform(size=(len(background), 3))
    while (close := np.abs(colours @ LUMINANCE - wanted) < CONTRAST).any():
        colours[close] = generator.uniform(size=(int(close.sum()), 3))
    return colours[:, None, None]


def photographed(images: Floats, generator: np.random.Generator) -> NDArray[np.uint8]:
    """Blurred, with noise, rounded to bytes, and stored as JPEG: uint8 [B, 3, 32, 32]."""
    from scipy import ndimage

    count = len(images)
    blurs, noises = generator.uniform(0, BLUR, count), generator.uniform(0, NOISE, count)
    qualities = generator.integers(*JPEG_QUALITIES, count)
    noise = generator.normal(size=images.shape) * noises[:, None, None, None]
    blurred = np.stack([ndimage.gaussian_filter(image, (s, s, 0)) for image, s in zip(images, blurs, strict=True)])
    pixels = (255 * (blurred + noise).clip(0, 1)).round().astype(np.uint8)
    stored = [as_jpeg(image, int(quality)) for image, quality in zip(pixels, qualities, strict=True)]
    return np.stack(stored).transpose(0, 3, 1, 2)


def as_jpeg(pixels: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """What is left of an image [32, 32, 3] after JPEG."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))
