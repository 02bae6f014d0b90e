"""Data sets: fetched once, verified, decoded to uint8 arrays. Nothing here imports torch."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from replab.data import cifar10, mnist, mnist_sample, prepared, sources
from replab.data.dataset import DataSet, Source, Split
from replab.errors import unknown

__all__ = [
    "DATASETS",
    "DataSet",
    "Source",
    "Split",
    "default_root",
    "download",
    "find",
    "load",
    "manifest",
    "prepare",
    "verify",
]

DATASETS: dict[str, Source] = {
    "mnist": mnist.SOURCE,
    "mnist_sample": mnist_sample.SOURCE,
    "cifar10": cifar10.SOURCE,
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
    """Fetch the raw files that `<root>/raw/<name>/` lacks; the verified path of each, by file name."""
    source, root = find(name), Path(root)
    with sources.locked(name, root):
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


def verify(name: str, root: Path | str) -> dict[str, Any]:
    """The manifest, after a check of every byte of the arrays. See `prepared.verify`."""
    return prepared.verify(find(name), Path(root))
