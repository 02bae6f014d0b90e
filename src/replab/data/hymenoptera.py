"""Hymenoptera: 244 + 153 photographs of ants and bees, as published, and in a copy of smaller files."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from replab.data.dataset import Arrays, RawFile, Source
from replab.data.images import decoded, in_zip

SIZE = 224
CLASSES = ("ants", "bees")
PARTS = {"train": "train", "test": "val"}  # ours, and the folder's
ARCHIVE = "hymenoptera_data.zip"


def _files() -> tuple[RawFile, ...]:
    """The images by path, size and md5; the archive also has a picture that says that there is none."""
    with Path(__file__).with_name("hymenoptera.csv").open(encoding="utf-8", newline="") as table:
        return tuple(RawFile(row["name"], row["md5"], int(row["bytes"])) for row in csv.DictReader(table))


def decode(source: Source, raw: Mapping[str, Path]) -> Arrays:
    """The four arrays, out of one file an image; to test on, those that the authors keep for validation."""
    return _arrays(lambda name: raw[name].read_bytes())


def decode_archive(source: Source, raw: Mapping[str, Path]) -> Arrays:
    """The four arrays, out of the published archive."""
    names = {f"hymenoptera_data/{file.name}": file.name for file in SOURCE.files}
    contents = {names[name]: content for name, content in in_zip(raw[ARCHIVE], names).items()}
    return _arrays(contents.__getitem__)


def _arrays(read: Callable[[str], bytes]) -> Arrays:
    arrays: Arrays = {}
    for part, folder in PARTS.items():
        paths = [file.name for file in SOURCE.files if file.name.startswith(f"{folder}/")]
        names = {path: CLASSES.index(path.split("/")[1]) for path in paths}
        arrays[f"{part}_x"], arrays[f"{part}_y"] = decoded(names, read, SIZE)
    return arrays


def described(name: str, **more: Any) -> Source:
    """The photographs, from one place or the other."""
    return Source(
        name=name,
        licence="none stated; photographs of Flickr users and others",
        citation="PyTorch: Transfer learning for computer vision tutorial (2017); out of ImageNet, according to it",
        classes=CLASSES,
        image_shape=(3, SIZE, SIZE),
        train_size=244,
        test_size=153,
        **more,
    )


SOURCE = described(
    "hymenoptera",
    title="Hymenoptera, 244 + 153 photographs of ants and bees, 3 x 224 x 224",
    origin="copy of the published images at 256 pixels of the shorter side, verified by md5",
    decode=decode,
    sha256="198fa8328613f4f608cdbb4ccea08d1e440ac3dcc1675e091386e1571c6f7a29",
    files=_files(),
    note="ImageNet has ants and bees among its classes, and these photographs are said to be from it: a network that "
    "was trained on ImageNet has seen such images, or these.",
)

PUBLISHED = described(
    "hymenoptera_published",
    title="Hymenoptera as published, 244 + 153 photographs of ants and bees, 3 x 224 x 224",
    origin="published archive, verified by sha256",
    decode=decode_archive,
    files=(
        RawFile(
            ARCHIVE,
            "fbc41b31d544714d18dd1230b1e2b455e1557766e13e67f9f5a7a23af7c02209",
            47_286_322,
            urls=(f"https://download.pytorch.org/tutorial/{ARCHIVE}",),
        ),
    ),
    note=SOURCE.note,
)
