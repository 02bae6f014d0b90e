"""MNIST: 60,000 + 10,000 handwritten digits, 28 x 28, from the four official IDX files."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from replab.data.dataset import Arrays, Images, RawFile, Source
from replab.errors import ReplabError
from replab.files import read_gzip

# The original site has been hard to reach for years: PyTorch's copy first, TensorFlow's last.
URLS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "http://yann.lecun.com/exdb/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)


def _file(role: str, name: str, md5: str, size: int) -> RawFile:
    return RawFile(name, md5, size, role, tuple(url + name for url in URLS))


def decode(source: Source, raw: Mapping[str, Path]) -> Arrays:
    """The four arrays; images [N, H, W]. Raises ReplabError where a file is not what its header must say."""
    shapes = source.array_shapes
    arrays: Arrays = {file.role: read_idx(raw[file.name], shapes[file.role]) for file in source.files}
    return {name: array.astype(np.int64) if array.ndim == 1 else array for name, array in arrays.items()}


def read_idx(path: Path, shape: tuple[int, ...]) -> Images:
    """The unsigned bytes of a gzipped IDX file that must have just this shape.

    Format: magic number 0x0800 + number of dimensions, each dimension as a big-endian 32-bit integer, bytes.
    No more is unpacked than `shape` needs. Raises ReplabError with what was expected and what was found.
    """
    start, size = 4 + 4 * len(shape), math.prod(shape)
    content = read_gzip(path, start + size + 1)
    magic = int.from_bytes(content[:4], "big")
    if len(content) < start or magic != 0x0800 + len(shape):
        raise ReplabError(f"{path}: IDX magic number {0x0800 + len(shape)} expected, found {magic}")
    found = tuple(int.from_bytes(content[i : i + 4], "big") for i in range(4, start, 4))
    if found != shape:
        raise ReplabError(f"{path}: IDX dimensions {shape} expected, found {found}")
    if len(content) != start + size:
        what = "more" if len(content) > start + size else f"only {len(content) - start}"
        raise ReplabError(f"{path}: {size} bytes of data expected, found {what}")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape).copy()


SOURCE = Source(
    name="mnist",
    title="MNIST, 60,000 + 10,000 handwritten digits, 28 x 28",
    origin="official IDX files, verified by md5",
    licence="CC BY-SA 3.0 (according to the documentation of Keras)",
    citation="LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition (1998)",
    classes=tuple("0123456789"),
    image_shape=(28, 28),
    train_size=60_000,
    test_size=10_000,
    decode=decode,
    sha256="f5592538aec3058a347ad5ae287e75e6ddb97e1be1194aa4278aa68fe1b18e74",
    files=(
        _file("train_x", "train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873", 9_912_422),
        _file("train_y", "train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432", 28_881),
        _file("test_x", "t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3", 1_648_877),
        _file("test_y", "t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c", 4_542),
    ),
)
