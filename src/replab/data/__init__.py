"""Data sets: fetched once or drawn, verified, decoded to arrays of bytes or of features. Nothing here imports torch."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from replab.data import (
    backbone_features,
    cifar10,
    derived,
    features,
    flower_photos,
    hymenoptera,
    mnist,
    mnist_sample,
    multi30k,
    number_words,
    points,
    prepared,
    ptb,
    pydoc_topics,
    rendered_digits,
    sine,
    sources,
    svhn,
)
from replab.data.dataset import DataSet, Source, Split
from replab.data.derived import published
from replab.data.texts import TextData, TextSource
from replab.errors import unknown

__all__ = [
    "DATASETS",
    "DataSet",
    "Source",
    "Split",
    "TextData",
    "TextSource",
    "default_root",
    "download",
    "find",
    "load",
    "load_text",
    "manifest",
    "prepare",
    "published",
]

DATASETS: dict[str, Source] = {
    "mnist": mnist.SOURCE,
    "mnist_sample": mnist_sample.SOURCE,
    "book_points": points.BOOK,
    "cifar10": cifar10.SOURCE,
    "cifar10_batches_1_2": derived.CIFAR10_BATCHES_1_2,
    "cifar10_batches_1_2_pca": features.CIFAR10_BATCHES_1_2_PCA,
    "cifar10_binarized": features.CIFAR10_BINARIZED,
    "cifar10_binarized_batches_1_2": features.CIFAR10_BINARIZED_BATCHES_1_2,
    "cifar10_hog": features.CIFAR10_HOG,
    "cifar10_hog_batches_1_2": features.CIFAR10_HOG_BATCHES_1_2,
    "cifar10_on_train": derived.CIFAR10_ON_TRAIN,
    "cifar10_pca": features.CIFAR10_PCA,
    "flower_photos": flower_photos.SOURCE,
    "flower_photos_299_inception_v3": backbone_features.FLOWER_PHOTOS_299_INCEPTION_V3,
    "flower_photos_lite0": backbone_features.FLOWER_PHOTOS_LITE0,
    "hymenoptera": hymenoptera.SOURCE,
    "hymenoptera_128": backbone_features.HYMENOPTERA_128,
    "hymenoptera_128_lite0": backbone_features.HYMENOPTERA_128_LITE0,
    "hymenoptera_128_lite0_trunk": backbone_features.HYMENOPTERA_128_LITE0_TRUNK,
    "hymenoptera_299_inception_v3": backbone_features.HYMENOPTERA_299_INCEPTION_V3,
    "hymenoptera_lite0": backbone_features.HYMENOPTERA_LITE0,
    "hymenoptera_published": hymenoptera.PUBLISHED,
    "hymenoptera_published_128": backbone_features.PUBLISHED_128,
    "hymenoptera_published_128_lite0": backbone_features.PUBLISHED_128_LITE0,
    "hymenoptera_published_128_lite0_trunk": backbone_features.PUBLISHED_128_LITE0_TRUNK,
    "hymenoptera_published_lite0": backbone_features.PUBLISHED_LITE0,
    "mnist_sample_64": backbone_features.DIGITS,
    "mnist_sample_64_lite0": backbone_features.DIGITS_LITE0,
    "mnist_sample_64_lite0_trunk": backbone_features.DIGITS_LITE0_TRUNK,
    "multi30k": multi30k.SOURCE,
    "number_words": number_words.SOURCE,
    "parabola": points.PARABOLA,
    "ptb": ptb.SOURCE,
    "pydoc_topics": pydoc_topics.SOURCE,
    "rendered_digits": rendered_digits.SOURCE,
    "rendered_digits_on_train": derived.RENDERED_DIGITS_ON_TRAIN,
    "rendered_digits_sample": rendered_digits.SAMPLE,
    "rendered_digits_sample_batches_1_2": derived.SAMPLE_BATCHES_1_2,
    "rendered_digits_sample_batches_1_2_pca": features.SAMPLE_BATCHES_1_2_PCA,
    "rendered_digits_sample_binarized": features.SAMPLE_BINARIZED,
    "rendered_digits_sample_binarized_batches_1_2": features.SAMPLE_BINARIZED_BATCHES_1_2,
    "rendered_digits_sample_hog": features.SAMPLE_HOG,
    "rendered_digits_sample_hog_batches_1_2": features.SAMPLE_HOG_BATCHES_1_2,
    "rendered_digits_sample_on_train": derived.SAMPLE_ON_TRAIN,
    "rendered_digits_sample_pca": features.SAMPLE_PCA,
    "sine": sine.SINE,
    "svhn": svhn.SOURCE,
    "svhn_on_train": derived.SVHN_ON_TRAIN,
    "xor_corners": points.CORNERS_XOR,
    "xor_points": points.XOR,
}


def default_root() -> Path:
    """Where data lie unless told otherwise: `REPLAB_DATA`, or `data` in the current folder."""
    return Path(os.environ.get("REPLAB_DATA", "").strip() or "data")


def find(name: str) -> Source:
    """The source of a data set. Raises ReplabError, with the nearest name, where there is none."""
    if name not in DATASETS:
        raise unknown("data set", name, DATASETS)
    return DATASETS[name]


def download(name: str, root: Path | str) -> dict[str, Path]:
    """Fetch the raw files that a data set, or the one that it is derived from, lacks; the path of each, by name."""
    source, root = published(find(name)), Path(root)
    with sources.locked(source.name, root):
        return sources.fetch(source, root)


def prepare(name: str, root: Path | str) -> dict[str, Any]:
    """Write the prepared form, fetching what it needs; its manifest. See `prepared.prepare`."""
    return prepared.prepare(find(name), Path(root))


def manifest(name: str, root: Path | str) -> dict[str, Any]:
    """The manifest of a prepared data set. Raises ReplabError where it is not prepared."""
    return prepared.read_manifest(find(name), Path(root))


def load(name: str, root: Path | str) -> DataSet:
    """The prepared data set in memory. See `prepared.load`."""
    return prepared.load(find(name), Path(root))


def load_text(name: str, root: Path | str) -> TextData:
    """The prepared text in memory. See `prepared.load_text`."""
    return prepared.load_text(find(name), Path(root))
