"""Data sets that are computed from another one's arrays: `Derived`, and those that only rearrange its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from inspect import getfile
from pathlib import Path
from typing import Any

import numpy as np

from replab import codebase
from replab.data import cifar10, rendered_digits, svhn
from replab.data.dataset import Arrays, Source, without_floats
from replab.files import sha256_of_json


@dataclass(frozen=True, kw_only=True)
class Derived(Source):
    """A data set made from `parent`; `decode` gets the paths of the parent's arrays, by name.

    parameters: every number that the computation takes; dtype: that of the inputs, uint8 or float32;
    packages: those whose version can move a number.
    """

    parent: Source
    parameters: Mapping[str, Any] = field(default_factory=dict)
    dtype: str = "uint8"
    packages: tuple[str, ...] = ()

    def recipe(self) -> dict[str, Any]:
        """What the arrays follow from, besides the parent's: parameters, versions, and the code without comments."""
        code = codebase.closure([(Path(getfile(self.decode)), self.decode.__name__)])
        return {
            "parent": self.parent.name,
            "parameters": dict(self.parameters),
            "packages": {name: version(name) for name in self.packages},
            "code_sha256": sha256_of_json(code),
        }

    def check(self, arrays: Arrays) -> None:
        """As `Source.check`; where the inputs are float32, they must be finite instead of bytes."""
        floats = () if self.dtype == "uint8" else ("train_x", "test_x")
        super().check(without_floats(self, arrays, floats))


def published(source: Source) -> Source:
    """The data set with raw files that `source` goes back to; itself, unless it is derived."""
    while isinstance(source, Derived):
        source = source.parent
    return source


def opened(paths: Mapping[str, Path]) -> Arrays:
    """The parent's arrays, read as they are needed."""
    return {name: np.load(path, mmap_mode="r", allow_pickle=False) for name, path in paths.items()}


def first_rows_and_next(source: Source, paths: Mapping[str, Path]) -> Arrays:
    """To train on, the parent's first training examples; to test on, the next ones. The parent's test set is unused."""
    given, cut, end = opened(paths), source.train_size, source.train_size + source.test_size
    return {
        f"{part}_{axis}": np.array(given[f"train_{axis}"][rows])
        for part, rows in (("train", slice(0, cut)), ("test", slice(cut, end)))
        for axis in "xy"
    }


def training_examples_twice(source: Source, paths: Mapping[str, Path]) -> Arrays:
    """The parent's training examples, to train on and to test on."""
    given = opened(paths)
    return {f"{part}_{axis}": np.array(given[f"train_{axis}"]) for part in ("train", "test") for axis in "xy"}


def derived(parent: Source, suffix: str, title: str, note: str, **more: Any) -> Derived:
    """The data set `<parent>_<suffix>`. What is not given, and is no matter of how it is made, is the parent's."""
    inherited = {
        key: getattr(parent, key)
        for key in ("licence", "citation", "classes", "image_shape", "train_size", "test_size", "sample")
    }
    return Derived(
        parent=parent,
        name=f"{parent.name}_{suffix}",
        title=f"{parent.name}: {title}",
        origin=f"data set {parent.name}, computed from it",
        note=f"{note} {parent.note}".strip(),
        **inherited | more,
    )


def two_batches(parent: Source, size: int) -> Derived:
    """Train on the first `size` training examples, test on the next: batches 1 and 2 of CIFAR-10 for 10,000."""
    title = f"its first {size:,} training examples, tested on the next {size:,}"
    note = f"The test examples are training examples of {parent.name}."
    sizes: dict[str, Any] = {"train_size": size, "test_size": size}
    dtype = parent.dtype if isinstance(parent, Derived) else "uint8"
    return derived(parent, "batches_1_2", title, note, decode=first_rows_and_next, dtype=dtype, **sizes)


def on_train(parent: Source) -> Derived:
    """Test on the training examples: how well a model fits what it was trained on."""
    title = "its training examples, to train on and to test on"
    note = f"Test accuracy here is training accuracy on {parent.name}."
    return derived(parent, "on_train", title, note, decode=training_examples_twice, test_size=parent.train_size)


CIFAR10_BATCHES_1_2 = two_batches(cifar10.SOURCE, 10_000)
CIFAR10_ON_TRAIN = on_train(cifar10.SOURCE)
SAMPLE_BATCHES_1_2 = two_batches(rendered_digits.SAMPLE, 1_000)
SAMPLE_ON_TRAIN = on_train(rendered_digits.SAMPLE)
RENDERED_DIGITS_ON_TRAIN = on_train(rendered_digits.SOURCE)
SVHN_ON_TRAIN = on_train(svhn.SOURCE)
