"""Data for benchmarks without a file: pictures and texts in the shapes of real ones, which a network can learn."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from replab import data
from replab.data import DataSet, TextData
from replab.data.points import Points
from replab.nn.translation.pairs import END

WORDS, PIECES = 10_000, 50
SPLITS = ("train", "validation", "test")
NO_CHECKSUM = "0" * 64


@lru_cache(maxsize=8)
def examples(name: str, train: int, test: int) -> DataSet:
    """A data set by its name. What a formula gives is what it is; other pictures are their class's own under noise."""
    source, random = data.find(name), np.random.default_rng(0)
    if isinstance(source, Points):
        return DataSet(name, **source.decode(source, {}), classes=source.classes, sha256=NO_CHECKSUM, sample=True)
    own = random.integers(0, 128, (len(source.classes), *source.image_shape), np.uint8)

    def some(count: int) -> tuple[Any, Any]:
        labels = random.integers(0, len(source.classes), count)
        pictures = own[labels] + random.integers(0, 128, (count, *source.image_shape), np.uint8)
        kind = getattr(source, "dtype", "uint8")
        return pictures if kind == "uint8" else (pictures / 255).astype(kind), labels

    return DataSet(name, *some(train), *some(test), source.classes, NO_CHECKSUM, True)


@lru_cache(maxsize=8)
def text(name: str, train: int, test: int) -> TextData:
    """A text of so many words, or of so many pairs of sentences for a translator."""
    random = np.random.default_rng(0)
    sizes = dict(zip(SPLITS, (train, test, test), strict=True))
    if "source_words" in getattr(data.find(name), "names", ()):
        words = ("<eos>", *(f"w{number}" for number in range(1, PIECES)))
        sides = ("source", "target")
        tokens = {f"{split}_{side}": _sentences(random, sizes[split]) for split in SPLITS for side in sides}
        return TextData(name, tokens, {f"{side}_words": words for side in sides}, NO_CHECKSUM, True)
    often = 1 / np.arange(1, WORDS + 1)  # Zipf's law
    often /= often.sum()
    streams = {split: random.choice(WORDS, size, p=often).astype(np.int32) for split, size in sizes.items()}
    return TextData(name, streams, {"words": tuple(map(str, range(WORDS)))}, NO_CHECKSUM, True)


def _sentences(random: np.random.Generator, count: int) -> np.ndarray:
    """So many sentences of 3 to 12 words, with END after each."""
    lengths = random.integers(3, 13, count)
    return np.concatenate([[*random.integers(1, PIECES, length), END] for length in lengths]).astype(np.int32)
