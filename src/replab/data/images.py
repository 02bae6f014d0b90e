"""Photographs: decoded with limits, cut to a square, scaled, and put in an order in which the classes take turns."""

from __future__ import annotations

import io
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from replab.data.dataset import Images, Labels
from replab.errors import ReplabError

if TYPE_CHECKING:
    from PIL.Image import Image

FILE_BYTES, PIXELS = 20_000_000, 50_000_000  # more than any photograph here has
FORMATS = ("JPEG", "PNG")
KEPT = 7 / 8  # of the shorter side, as most networks for ImageNet are tested


def square(content: bytes, name: str, size: int) -> Images:
    """The middle of an image, a square of 7/8 of its shorter side, scaled to [3, size, size] by bicubic interpolation.

    `name` is for the message: raises ReplabError for what is no JPEG or PNG, is damaged, cut short or too large.
    """
    from PIL import Image  # late, as everywhere here: data sets are known without it

    _bounded(content, name)
    try:
        with warnings.catch_warnings(action="error", category=Image.DecompressionBombWarning):
            image = Image.open(io.BytesIO(content), formats=FORMATS)
        with image:
            width, height = image.size
            if width * height > PIXELS:
                raise ReplabError(f"{name} is too large for an image: {width} x {height} pixels")
            rgb = image.convert("RGB")
    except ReplabError:
        raise
    except (
        OSError,
        SyntaxError,
        ValueError,
        zlib.error,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        raise ReplabError(f"{name} is not a whole JPEG or PNG image: {error}") from error
    side = KEPT * min(width, height)
    left, upper = (width - side) / 2, (height - side) / 2
    box = (left, upper, left + side, upper + side)
    return by_channels(rgb.resize((size, size), Image.Resampling.BICUBIC, box))


def by_channels(image: Image) -> Images:
    """An RGB image as [3, H, W]."""
    return np.ascontiguousarray(np.asarray(image).transpose(2, 0, 1))


def scaled(images: Images, size: int) -> Images:
    """[N, H, W] or [N, 3, H, W] -> [N, 3, size, size], by bicubic interpolation; grey becomes three equal values."""
    from PIL import Image

    pictures = images if images.ndim == 4 else np.repeat(images[:, None], 3, axis=1)
    if pictures.shape[2:] == (size, size):
        return np.array(pictures)
    made = (Image.fromarray(np.ascontiguousarray(picture.transpose(1, 2, 0))) for picture in pictures)
    return np.stack([by_channels(image.resize((size, size), Image.Resampling.BICUBIC)) for image in made])


def taking_turns(names: Mapping[str, int]) -> list[str]:
    """The names (of images, with their labels) in the order first of each class, second of each class, ...

    So any first part of them, as `DataSet.split` takes for validation, has as many of each class while they last.
    """
    seen: dict[int, int] = {}
    turn = {}
    for name, label in sorted(names.items()):
        turn[name] = seen[label] = seen.get(label, -1) + 1
    return sorted(names, key=lambda name: (turn[name], names[name]))


def decoded(names: Mapping[str, int], read: Callable[[str], bytes], size: int) -> tuple[Images, Labels]:
    """The images [N, 3, size, size] and labels [N] of these names, classes taking turns; `read` gives a file."""
    order = taking_turns(names)
    return np.stack([square(read(name), name, size) for name in order]), np.array([names[name] for name in order])


def in_zip(path: Path, names: Iterable[str]) -> dict[str, bytes]:
    """The members of a zip archive that have just these names. Raises ReplabError where one is missing or damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {name: _bounded(archive.open(name).read(FILE_BYTES + 1), name) for name in names}
    except KeyError as error:
        raise ReplabError(f"{path}: {error.args[0]}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ReplabError(f"{path} is not a whole zip archive: {error}") from error


def in_tar(path: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Name and content of each regular file in a tar archive whose name is wanted. Raises ReplabError if damaged."""
    try:
        with tarfile.open(path, "r:*") as archive:
            for member in archive:
                file = archive.extractfile(member) if member.isreg() and wanted(member.name) else None
                if file is not None:
                    yield member.name, _bounded(file.read(FILE_BYTES + 1), member.name)
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise ReplabError(f"{path} is not a whole tar archive: {error}") from error


def _bounded(content: bytes, name: str) -> bytes:
    if len(content) > FILE_BYTES:
        raise ReplabError(f"{name} is too large for an image: more than {FILE_BYTES:,} bytes")
    return content
