"""Files are whole or not there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from replab.errors import ReplabError, unknown
from replab.files import read_json, remove_parts, replacing, sha256_of, sha256_of_json, write_json, write_text


def test_a_write_that_fails_leaves_the_old_content_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(KeyError), replacing(path) as file:
        file.write(b"half")
        raise KeyError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_had_begun_is_removed_and_what_a_living_one_writes_stays(tmp_path: Path) -> None:
    killed = "import os, pathlib, sys\nfrom replab.files import replacing\n"
    killed += "with replacing(pathlib.Path(sys.argv[1])):\n    os.kill(os.getpid(), 9)\n"
    subprocess.run([sys.executable, "-c", killed, str(tmp_path / "sub/dead.txt")], timeout=60)
    [left] = (tmp_path / "sub").iterdir()
    (tmp_path / ".of.someone.part").touch()
    with replacing(tmp_path / "alive.txt") as file:
        file.write(b"whole")
        remove_parts(tmp_path)
        assert not left.exists()
    assert {path.name for path in tmp_path.iterdir()} == {"sub", "alive.txt", ".of.someone.part"}
    assert (tmp_path / "alive.txt").read_text() == "whole"


def test_a_folder_that_cannot_be_made_is_said_in_one_line() -> None:
    """Below a device there are no folders."""
    with pytest.raises(ReplabError, match=r"cannot write /dev/full/x: "):
        write_text(Path("/dev/full/x"), "x")


def test_a_full_disk_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    def no_space(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(ReplabError, match=r"cannot write .*a\.txt: No space left on device"):
        write_text(tmp_path / "a.txt", "x")
    assert list(tmp_path.iterdir()) == []


def test_json_is_canonical_and_refuses_what_is_none(tmp_path: Path) -> None:
    assert sha256_of_json({"a": 1, "b": [2.5]}) == sha256_of_json({"b": [2.5], "a": 1})
    assert sha256_of_json({"a": 1}) != sha256_of_json({"a": 1.5})
    with pytest.raises(ValueError):
        write_json(tmp_path / "a.json", {"a": float("nan")})
    assert list(tmp_path.iterdir()) == []
    write_json(tmp_path / "a.json", {"é": [1, None]})
    assert read_json(tmp_path / "a.json") == {"é": [1, None]}
    (tmp_path / "b.json").write_text("{")
    with pytest.raises(ReplabError, match=r"b\.json is not JSON"):
        read_json(tmp_path / "b.json")


def test_a_checksum_is_that_of_the_content(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "abc")
    assert sha256_of(tmp_path / "a").startswith("ba7816bf8f01cfea414140de5dae2223")


def test_an_unknown_name_is_answered_with_the_nearest_or_with_all() -> None:
    assert str(unknown("loss", "focl", ["focal", "hinge"])) == "loss 'focl' unknown; did you mean 'focal'?"
    assert str(unknown("loss", "zzz", ["focal", "hinge"])) == "loss 'zzz' unknown; known: focal, hinge"
    assert str(unknown("row", "zzz", ["16, 0.3", "hinge"])) == "row 'zzz' unknown; known: '16, 0.3', hinge"
