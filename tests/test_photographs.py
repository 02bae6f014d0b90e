"""Photographs: what is decoded and what is refused, archives, and the data sets of ants, bees and flowers."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from replab import data
from replab.__main__ import main
from replab.data import flower_photos, hymenoptera, images, prepared
from replab.data.dataset import RawFile, Source
from replab.errors import ReplabError


def saved(picture: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()


def slope(width: int, height: int) -> Image.Image:
    """Red is the column, green the row, blue 7."""
    rows, columns = np.mgrid[0:height, 0:width]
    return Image.fromarray(np.stack([columns, rows, np.full_like(rows, 7)], -1).astype(np.uint8))


def plain(shade: int, kind: str = "JPEG") -> bytes:
    return saved(Image.new("RGB", (40, 32), (shade, shade, shade)), kind)


def test_a_square_is_the_middle_of_the_image() -> None:
    found = images.square(saved(slope(96, 64)), "a", 56)
    assert found.shape == (3, 56, 56) and found.dtype == np.uint8
    assert (found[0, 0] == np.arange(20, 76)).all() and (found[1, :, 0] == np.arange(4, 60)).all()
    assert (found[2] == 7).all()


def test_a_square_is_scaled() -> None:
    found = images.square(saved(slope(64, 96)), "a", 28).astype(int)
    assert abs(found[0, 0, 3:-3] - (4.5 + 2 * np.arange(28)[3:-3])).max() <= 1
    assert abs(found[1, 3:-3, 0] - (20.5 + 2 * np.arange(28)[3:-3])).max() <= 1


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "RGBA"])
def test_any_kind_of_colour_becomes_red_green_and_blue(mode: str) -> None:
    content = saved(Image.new("RGB", (9, 9), (255, 0, 0)).convert(mode), "JPEG" if mode == "CMYK" else "PNG")
    found = images.square(content, "a", 4).astype(int)
    assert (abs(found[:, 0, 0] - ([76] * 3 if mode == "L" else [255, 0, 0])) <= 2).all()


WRONG = {
    "empty": (b"", "is not a whole JPEG or PNG image"),
    "text": (b"no image at all", "is not a whole JPEG or PNG image"),
    "cut_jpeg": (plain(90)[:-200], "is not a whole JPEG or PNG image"),
    "cut_png": (saved(Image.effect_noise((64, 64), 50))[:-900], "is not a whole JPEG or PNG image"),
    "gif": (saved(Image.new("L", (8, 8)), "GIF"), "is not a whole JPEG or PNG image"),
    "wide": (saved(Image.new("1", (30_000, 2_000))), "is too large for an image: 30000 x 2000 pixels"),
    "wider": (saved(Image.new("1", (30_000, 4_000))), "is not a whole JPEG or PNG image: Image size"),
    "long": (b"\0" * (images.FILE_BYTES + 1), "is too large for an image: more than 20,000,000 bytes"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_image_is_refused_by_its_name(name: str) -> None:
    content, message = WRONG[name]
    with pytest.raises(ReplabError, match=f"^ants/{name}.jpg {message}"):
        images.square(content, f"ants/{name}.jpg", 8)


def test_grey_images_are_scaled_to_three_equal_channels_and_colour_of_the_right_size_stays() -> None:
    grey = np.arange(64, dtype=np.uint8).reshape(1, 8, 8)
    found = images.scaled(grey, 8)
    assert found.shape == (1, 3, 8, 8) and (found == grey[:, None]).all()
    assert images.scaled(grey, 16).shape == (1, 3, 16, 16)


def test_classes_take_turns_while_they_last() -> None:
    assert images.taking_turns({"d": 1, "a": 0, "c": 1, "b": 0, "e": 1}) == ["a", "c", "b", "d", "e"]


def zipped(path: Path, contents: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


def tarred(path: Path, contents: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def test_archives_give_what_is_asked_for_and_nothing_else(tmp_path: Path) -> None:
    contents = {"x/a": b"1", "x/b": b"2", "../c": b"3"}
    assert images.in_zip(zipped(tmp_path / "z", contents), ["x/b"]) == {"x/b": b"2"}
    tar = tarred(tmp_path / "t", contents)
    assert dict(images.in_tar(tar, lambda name: name.startswith("x/"))) == {"x/a": b"1", "x/b": b"2"}


def test_damaged_archives_are_refused(tmp_path: Path) -> None:
    whole = zipped(tmp_path / "z", {"a": b"1" * 5000})
    with pytest.raises(ReplabError, match="no item named 'b'"):
        images.in_zip(whole, ["b"])
    whole.write_bytes(whole.read_bytes()[:-30])
    with pytest.raises(ReplabError, match="is not a whole zip archive"):
        images.in_zip(whole, ["a"])
    tar = tarred(tmp_path / "t", {"a": np.random.default_rng(0).bytes(5000)})
    tar.write_bytes(tar.read_bytes()[:-2000])
    with pytest.raises(ReplabError, match="is not a whole tar archive"):
        list(images.in_tar(tar, lambda name: True))


def few(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """A data set of four images, as bright as their number, under the names of real ones."""
    names = [file.name for file in hymenoptera.SOURCE.files]
    chosen = [next(n for n in names if n.startswith(f)) for f in ("train/ants", "train/bees", "val/ants", "val/bees")]
    contents = {name: plain(40 * number) for number, name in enumerate(chosen, 1)}
    files = tuple(RawFile(name, hashlib.md5(content).hexdigest(), len(content)) for name, content in contents.items())
    few = replace(hymenoptera.SOURCE, files=files, train_size=2, test_size=2, sha256="")
    monkeypatch.setattr(hymenoptera, "SOURCE", few)
    monkeypatch.setitem(data.DATASETS, "hymenoptera", few)
    return contents


def mirror(folder: Path, contents: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, content in contents.items():
        path = folder / "hymenoptera" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    monkeypatch.setenv("REPLAB_MIRROR", str(folder))


def test_images_come_from_the_folders_of_a_mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = few(monkeypatch)
    mirror(tmp_path / "mirror", contents, monkeypatch)
    data.prepare("hymenoptera", tmp_path / "data")
    found = data.load("hymenoptera", tmp_path / "data")
    assert found.train_y.tolist() == [0, 1] and found.test_y.tolist() == [0, 1]
    assert (
        abs(found.train_x.mean((1, 2, 3)) - [40, 80]).max() < 2
        and abs(found.test_x.mean((1, 2, 3)) - [120, 160]).max() < 2
    )
    assert sorted(p.name for p in (tmp_path / "data/raw/hymenoptera").iterdir()) == ["train", "val"]


def test_an_image_that_is_none_is_named_and_the_command_ends_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    contents = few(monkeypatch)
    name = next(iter(contents))
    contents[name] = contents[name][:-300]
    files = tuple(replace(f, checksum=hashlib.md5(contents[f.name]).hexdigest()) for f in hymenoptera.SOURCE.files)
    monkeypatch.setattr(hymenoptera, "SOURCE", replace(hymenoptera.SOURCE, files=files))
    monkeypatch.setitem(data.DATASETS, "hymenoptera", hymenoptera.SOURCE)
    mirror(tmp_path / "mirror", contents, monkeypatch)
    assert main(["data", "prepare", "hymenoptera", "--root", str(tmp_path / "data")]) == 2
    message = capsys.readouterr().err
    assert f"{name} is not a whole JPEG or PNG image" in message and message.count("\n") == 1


def test_the_published_archive_gives_the_same_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = few(monkeypatch)
    raw = tmp_path / "data/raw/hymenoptera_published"
    raw.mkdir(parents=True)
    path = zipped(raw / hymenoptera.ARCHIVE, {f"hymenoptera_data/{name}": c for name, c in contents.items()})
    file = RawFile(hymenoptera.ARCHIVE, hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size)
    source = replace(hymenoptera.PUBLISHED, files=(file,), train_size=2, test_size=2)
    prepared.prepare(source, tmp_path / "data")
    mirror(tmp_path / "mirror", contents, monkeypatch)
    data.prepare("hymenoptera", tmp_path / "data")
    published, copy = prepared.load(source, tmp_path / "data"), data.load("hymenoptera", tmp_path / "data")
    assert (published.train_x == copy.train_x).all() and (published.test_x == copy.test_x).all()


def test_an_archive_of_another_sha256_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = tmp_path / "raw/hymenoptera_published"
    raw.mkdir(parents=True)
    zipped(raw / hymenoptera.ARCHIVE, {"a": b"1"})
    source: Source = replace(hymenoptera.PUBLISHED, files=(replace(hymenoptera.PUBLISHED.files[0], urls=()),))
    monkeypatch.delenv("REPLAB_MIRROR", raising=False)
    with pytest.raises(ReplabError, match=r"sha256 [0-9a-f]{64}, expected fbc41b31"):
        prepared.prepare(source, tmp_path)


def test_the_copy_has_as_many_images_as_were_published() -> None:
    names = [file.name for file in hymenoptera.SOURCE.files]
    counts = {folder: sum(name.startswith(folder) for name in names) for folder in ("train/ants", "train/bees", "val")}
    assert counts == {"train/ants": 123, "train/bees": 121, "val": 153} and len(set(names)) == 397


def test_of_a_flower_s_photographs_every_tenth_is_to_test_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flower_photos, "COUNTS", {"daisy": 11, "roses": 3})
    contents = {f"flower_photos/daisy/{n:02}.jpg": plain(10 + n) for n in range(11)}
    contents |= {f"flower_photos/roses/{n}.jpg": plain(200 + n) for n in range(3)}
    path = tarred(tmp_path / "t", contents | {"flower_photos/LICENSE.txt": b"", "flower_photos/daisy/x.txt": b""})
    found = flower_photos.decode(flower_photos.SOURCE, {flower_photos.ARCHIVE: path})

    def shades(name: str) -> Any:
        return found[name][:, 0, 0, 0].astype(int).tolist()

    assert shades("test_x") == [10, 200, 20] and found["test_y"].tolist() == [0, 1, 0]
    assert shades("train_x") == [11, 201, 12, 202, *range(13, 20)]


def test_too_few_flowers_are_refused(tmp_path: Path) -> None:
    path = tarred(tmp_path / "t", {"flower_photos/daisy/1.jpg": plain(1)})
    with pytest.raises(ReplabError, match=r"expected images {'daisy': 633, .*, found {'daisy': 1}"):
        flower_photos.decode(flower_photos.SOURCE, {flower_photos.ARCHIVE: path})
