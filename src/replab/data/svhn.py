"""SVHN, cropped digits: 73,257 + 26,032 photographed house numbers, 3 x 32 x 32, from the two official .mat files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from replab.data.dataset import Arrays, Images, Labels, RawFile, Source
from replab.errors import ReplabError

URL = "http://ufldl.stanford.edu/housenumbers/"


def decode(source: Source, raw: Mapping[str, Path]) -> Arrays:
    """The four arrays; images [N, C, H, W]. Raises ReplabError where a file is not what `read_mat` expects."""
    arrays: Arrays = {}
    for file in source.files:
        arrays[f"{file.role}_x"], arrays[f"{file.role}_y"] = read_mat(raw[file.name], source)
    return arrays


def read_mat(path: Path, source: Source) -> tuple[Images, Labels]:
    """Images [N, C, H, W] and labels [N] of one .mat file.

    Format: MATLAB 5, with X [H, W, C, N] uint8 and y [N, 1], of which 10 stands for the digit 0.
    Raises ReplabError where the file is truncated or holds something else, and for labels outside of 1..10.
    """
    variables = _variables(path)
    missing = [name for name in ("X", "y") if not isinstance(variables.get(name), np.ndarray)]
    if missing:
        raise ReplabError(f"{path} has no array {' and no '.join(missing)}: is it one of SVHN's cropped digits?")
    images, labels = variables["X"], variables["y"].ravel()
    channels, height, width = source.image_shape
    expected = (height, width, channels, len(labels))
    if images.dtype != np.uint8 or images.shape != expected:
        raise ReplabError(f"{path}: X should be uint8 {expected}, found {images.dtype} {images.shape}")
    wrong = np.flatnonzero(~np.isin(labels, np.arange(1, len(source.classes) + 1)))
    if wrong.size:
        index, last = wrong[0], len(source.classes)
        raise ReplabError(f"{path}: example {index} has label {labels[index]}, expected 1 to {last}")
    return np.ascontiguousarray(images.transpose(3, 2, 0, 1)), labels.astype(np.int64) % len(source.classes)


def _variables(path: Path) -> Mapping[str, Any]:
    """X and y, as far as the file has them; where it is damaged, scipy raises whatever its bytes lead to."""
    from scipy.io import loadmat  # late: half a second

    try:
        return dict(loadmat(path, variable_names=["X", "y"]))
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ReplabError(f"{path} is not a whole MATLAB 5 file: {reason}") from error


def _file(role: str, md5: str, size: int) -> RawFile:
    name = f"{role}_32x32.mat"
    return RawFile(name, md5, size, role, (URL + name,))


SOURCE = Source(
    name="svhn",
    title="SVHN, cropped digits, 73,257 + 26,032 photographs, 3 x 32 x 32",
    origin="official .mat files, verified by md5",
    licence="for non-commercial use only, according to the authors",
    citation="Netzer et al.: Reading digits in natural images with unsupervised feature learning (2011)",
    classes=tuple("0123456789"),
    image_shape=(3, 32, 32),
    train_size=73_257,
    test_size=26_032,
    decode=decode,
    files=(
        _file("train", "e26dedcc434d2e4c54c9b2d4a06d8373", 182_040_794),
        _file("test", "eb5a983be6a315427106f1b164d9cef3", 64_275_384),
    ),
)
