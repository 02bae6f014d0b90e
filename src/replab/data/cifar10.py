"""CIFAR-10: 50,000 + 10,000 colour images, 3 x 32 x 32, from the binary version (no pickle is loaded)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from replab.data.dataset import Arrays, Images, Labels, RawFile, Source
from replab.errors import ReplabError


def _batch(role: str, name: str, md5: str) -> RawFile:
    return RawFile(name, md5, 30_730_000, role, member=f"cifar-10-batches-bin/{name}")


def decode(source: Source, raw: Mapping[str, Path]) -> Arrays:
    """The four arrays; images [N, C, H, W].

    The batches keep their order: `data_batch_k` is rows 10,000 (k - 1) to 10,000 k of the training set.
    Raises ReplabError where a file is truncated or has a label that does not exist.
    """
    arrays: Arrays = {}
    for role in ("train", "test"):
        batches = [read_batch(raw[file.name], source) for file in source.files if file.role == role]
        arrays[f"{role}_x"] = np.concatenate([images for images, _ in batches])
        arrays[f"{role}_y"] = np.concatenate([labels for _, labels in batches])
    return arrays


def read_batch(path: Path, source: Source) -> tuple[Images, Labels]:
    """Images [N, C, H, W] and labels [N] of one .bin file.

    Format: records of one byte, the label, and C H W bytes, channel by channel, row by row.
    """
    record = 1 + math.prod(source.image_shape)
    content = np.fromfile(path, np.uint8)
    if content.size == 0 or content.size % record:
        raise ReplabError(f"{path} is truncated: {content.size} bytes are not whole records of {record}")
    rows = content.reshape(-1, record)
    labels = rows[:, 0].astype(np.int64)
    wrong = np.flatnonzero(labels >= len(source.classes))
    if wrong.size:
        index, last = wrong[0], len(source.classes) - 1
        raise ReplabError(f"{path}: record {index} has label {labels[index]}, expected 0 to {last}")
    return rows[:, 1:].reshape(-1, *source.image_shape), labels


SOURCE = Source(
    name="cifar10",
    title="CIFAR-10, 50,000 + 10,000 colour images, 3 x 32 x 32",
    origin="official binary version, verified by md5",
    licence="none stated by the authors, who ask to be cited",
    citation="Krizhevsky: Learning multiple layers of features from tiny images (2009)",
    classes=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    image_shape=(3, 32, 32),
    train_size=50_000,
    test_size=10_000,
    decode=decode,
    sha256="5be5ca34302441e4dc364d7d8a1cbecc861ce85030c78dca65ad7b12006b6006",
    files=(
        _batch("train", "data_batch_1.bin", "5dd7e06a14cb22eb9f671a540d1b7c25"),
        _batch("train", "data_batch_2.bin", "5ea93a67294ea407fff1d09f752e9692"),
        _batch("train", "data_batch_3.bin", "942cd6a4bcdd0dd3c604fbe906cb4421"),
        _batch("train", "data_batch_4.bin", "ae636b3ba5c66a11e91e8cb52e771fcb"),
        _batch("train", "data_batch_5.bin", "53f37980c15c3d472c316c40844f3f0d"),
        _batch("test", "test_batch.bin", "803d5f7f4d78ea53de84dbe85f74fb6d"),
    ),
    archive=RawFile(
        "cifar-10-binary.tar.gz",
        "c32a1d4ab5d03f1284b67883e8d87530",
        170_052_171,
        urls=(
            "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
            "https://cave.cs.toronto.edu/kriz/cifar-10-binary.tar.gz",
        ),
    ),
)
