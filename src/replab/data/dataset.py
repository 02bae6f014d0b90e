"""What a data set is: where its files come from (`Source`), and the arrays that they hold (`DataSet`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from replab.errors import ReplabError

MD5_DIGITS = 32
Arrays = dict[str, NDArray[Any]]
Images = NDArray[np.uint8]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class RawFile:
    """A file as its authors publish it.

    name: its name in the cache and in a mirror; checksum: md5 or, of 64 digits, sha256; bytes: its size;
    role: what the decoder takes it for; urls: where to ask, in order; member: its path inside the data set's archive.
    """

    name: str
    checksum: str
    bytes: int
    role: str = ""
    urls: tuple[str, ...] = ()
    member: str = ""

    @property
    def algorithm(self) -> str:
        """That of the checksum."""
        return "md5" if len(self.checksum) == MD5_DIGITS else "sha256"


@dataclass(frozen=True)
class Source:
    """A data set as published, and how to read it.

    image_shape: (H, W) or (C, H, W); origin, licence, citation, note: for the manifest and the reports;
    decode: (source, path of each raw file) to the four arrays of `array_shapes`; archive: the file that holds
    those of `files` that no other place has; sample: whether this stands in for a larger data set;
    sha256: the identity that the arrays must have, if known; it finds out a decoder or package that changed.
    """

    name: str
    title: str
    origin: str
    licence: str
    citation: str
    classes: tuple[str, ...]
    image_shape: tuple[int, ...]
    train_size: int
    test_size: int
    decode: Callable[[Source, Mapping[str, Path]], Arrays]
    files: tuple[RawFile, ...] = ()
    archive: RawFile | None = None
    sample: bool = False
    note: str = ""
    sha256: str = ""

    @property
    def download_bytes(self) -> int:
        """Size of a download from the official place."""
        return self.archive.bytes if self.archive else sum(file.bytes for file in self.files)

    @property
    def array_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the four arrays: images (N, *image_shape) and labels (N)."""
        return {
            "train_x": (self.train_size, *self.image_shape),
            "train_y": (self.train_size,),
            "test_x": (self.test_size, *self.image_shape),
            "test_y": (self.test_size,),
        }

    def check(self, arrays: Arrays) -> None:
        """Raise ReplabError unless images are uint8, labels int64 in [0, K), and shapes as published."""
        for name, shape in self.array_shapes.items():
            array, dtype = arrays[name], "uint8" if name.endswith("_x") else "int64"
            if array.shape != shape or array.dtype != dtype:
                found = f"{array.dtype} {array.shape}"
                raise ReplabError(f"{self.name}: {name} should be {dtype} {shape}, found {found}")
            if dtype == "int64" and not (array.min() >= 0 and array.max() < len(self.classes)):
                span = f"{array.min()} to {array.max()}"
                raise ReplabError(f"{self.name}: {name} should be 0 to {len(self.classes) - 1}, found {span}")


def without_floats(source: Source, arrays: Arrays, names: Iterable[str]) -> Arrays:
    """`arrays` in the form that `Source.check` asks for: in the place of each of `names` a stand-in without its memory.

    Raises ReplabError unless these are float32, of the published shapes, and finite.
    """
    stand_ins: Arrays = {}
    for name in names:
        array, shape = arrays[name], source.array_shapes[name]
        if array.shape != shape or array.dtype != "float32":
            raise ReplabError(f"{source.name}: {name} should be float32 {shape}, found {array.dtype} {array.shape}")
        if not np.isfinite(array).all():
            raise ReplabError(f"{source.name}: {name} has entries that are not finite")
        stand_ins[name] = np.broadcast_to(np.zeros((), "uint8" if name.endswith("_x") else "int64"), shape)
    return arrays | stand_ins


@dataclass(frozen=True, eq=False)
class Split:
    """Views of a data set's arrays, by use. `validation_x` may be empty."""

    train_x: Images
    train_y: Labels
    validation_x: Images
    validation_y: Labels
    test_x: Images
    test_y: Labels


@dataclass(frozen=True, eq=False)
class DataSet:
    """A data set in memory: images uint8 [N, H, W] or [N, C, H, W], labels int64 [N], in the published order.

    classes: the name of each label; sha256: the identity of the data (of the four arrays, wherever the files
    came from); sample: whether it stands in for a larger data set.
    """

    name: str
    train_x: Images
    train_y: Labels
    test_x: Images
    test_y: Labels
    classes: tuple[str, ...]
    sha256: str
    sample: bool

    def split(self, validation: int) -> Split:
        """The first `validation` training examples to validate on, the others to train on.

        So does TensorFlow's `read_data_sets` (MNIST: 5,000 and 55,000); 0 trains on all of them.
        Raises ReplabError where nothing would be left to train on, or `validation` is not a whole number.
        """
        size = len(self.train_y)
        if isinstance(validation, bool) or not isinstance(validation, int) or not 0 <= validation < size:
            raise ReplabError(
                f"validation size {validation!r} impossible: {self.name} has {size} training examples; "
                f"give a whole number from 0 to {size - 1}"
            )
        return Split(
            train_x=self.train_x[validation:],
            train_y=self.train_y[validation:],
            validation_x=self.train_x[:validation],
            validation_y=self.train_y[:validation],
            test_x=self.test_x,
            test_y=self.test_y,
        )
