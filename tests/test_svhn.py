"""SVHN's reader, against .mat files that are written here."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

from replab import data
from replab.data import prepared, svhn
from replab.data.dataset import Source
from replab.errors import ReplabError
from test_data import TEST, TRAIN, published

LABELS = {"train": [1, 9, 10, 2, 10, 5, 7], "test": [10, 3, 1]}
SMALL = replace(svhn.SOURCE, image_shape=(3, 4, 4), train_size=TRAIN, test_size=TEST)


def mat(compressed: bool = True, **variables: Any) -> bytes:
    buffer = io.BytesIO()
    savemat(buffer, variables, do_compression=compressed)
    return buffer.getvalue()


def images(count: int) -> Any:
    """[H, W, C, N] as published: the pixel's value is its number in the order row, column, channel, image, mod 251."""
    return (np.arange(4 * 4 * 3 * count) % 251).astype(np.uint8).reshape(4, 4, 3, count)


def column(labels: list[int], dtype: Any = np.uint8) -> Any:
    return np.array(labels, dtype)[:, None]


def whole(split: str) -> bytes:
    return mat(X=images(len(LABELS[split])), y=column(LABELS[split]))


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Source:
    monkeypatch.setenv("REPLAB_MIRROR", str(tmp_path / "mirror"))
    monkeypatch.delenv("REPLAB_DATA", raising=False)
    files = {f"{split}_32x32.mat": whole(split) for split in LABELS}
    return published(svhn.SOURCE, files, tmp_path / "mirror", image_shape=(3, 4, 4))


def test_two_mat_files_become_the_arrays_that_they_hold(source: Source, tmp_path: Path) -> None:
    prepared.prepare(source, tmp_path)
    loaded = prepared.load(source, tmp_path)
    assert loaded.train_y.tolist() == [1, 9, 0, 2, 0, 5, 7] and loaded.test_y.tolist() == [0, 3, 1]
    assert loaded.train_x.shape == (TRAIN, 3, 4, 4) and loaded.train_x.dtype == np.uint8
    for n, c, row, column_ in np.ndindex(TRAIN, 3, 4, 4):
        assert loaded.train_x[n, c, row, column_] == (((row * 4 + column_) * 3 + c) * TRAIN + n) % 251


def test_its_classes_are_the_digits_that_its_labels_name() -> None:
    assert svhn.SOURCE.classes == tuple("0123456789")
    assert (svhn.SOURCE.train_size, svhn.SOURCE.test_size) == (73_257, 26_032)
    assert [(file.name, file.bytes) for file in svhn.SOURCE.files] == [
        ("train_32x32.mat", 182_040_794),
        ("test_32x32.mat", 64_275_384),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a whole MATLAB 5 file"),
        (b"plain text" * 100, "not a whole MATLAB 5 file"),
        (whole("train")[:-20], "not a whole MATLAB 5 file"),
        (mat(compressed=False, X=images(3), y=column([1, 2, 3]))[:200], "not a whole MATLAB 5 file"),
        (mat(X=images(3)), "has no array y: is it one of SVHN's cropped digits"),
        (mat(Z=images(3)), "has no array X and no y"),
        (mat(X=images(3), y=column([1, 2])), r"X should be uint8 \(4, 4, 3, 2\), found uint8 \(4, 4, 3, 3\)"),
        (mat(X=images(3).astype(float), y=column([1, 2, 3])), "X should be uint8 .* found float64"),
        (mat(X=images(3), y=column([1, 0, 3])), "example 1 has label 0, expected 1 to 10"),
        (mat(X=images(3), y=column([1, 2, 11])), "example 2 has label 11, expected 1 to 10"),
        (mat(X=images(3), y=column([1.5, 2, 3], float)), "example 0 has label 1.5, expected 1 to 10"),
    ],
)
def test_a_file_of_another_form_is_refused_in_a_line(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "train_32x32.mat"
    path.write_bytes(content)
    with pytest.raises(ReplabError, match=message) as caught:
        svhn.read_mat(path, SMALL)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("kept", [130, 200, 300, 500])
def test_no_truncated_file_is_taken_for_a_whole_one(kept: int, tmp_path: Path) -> None:
    path = tmp_path / "train_32x32.mat"
    path.write_bytes(mat(compressed=False, X=images(TRAIN), y=column(LABELS["train"]))[:kept])
    with pytest.raises(ReplabError):
        svhn.read_mat(path, SMALL)


def test_a_file_with_another_checksum_is_not_read(source: Source, tmp_path: Path) -> None:
    (tmp_path / "mirror/svhn/train_32x32.mat").write_bytes(whole("test"))
    with pytest.raises(ReplabError, match="md5"):
        prepared.prepare(source, tmp_path)


def test_its_training_examples_can_be_tested_on() -> None:
    on_train = data.find("svhn_on_train")
    assert data.published(on_train) is svhn.SOURCE and on_train.test_size == 73_257
