"""Texts as data sets: lines to numbers, vocabularies, what is refused; PTB's files and Python's own reference."""

from __future__ import annotations

import hashlib
import io
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from replab import data
from replab.__main__ import main
from replab.data import DATASETS, TextSource, prepared, ptb, pydoc_topics, texts
from replab.data.dataset import Arrays
from replab.data.texts import numbered, read_lines, vocabulary, words_array, words_in
from replab.errors import ReplabError

PTB = {
    "ptb.train.txt": " the cat sat \n the dog \n a cat <unk> N \n",
    "ptb.valid.txt": " a dog \n the cat \n",
    "ptb.test.txt": " the \n dog sat \n a \n",
}


def made_of(files: dict[str, bytes], archive: bytes = b"") -> TextSource:
    """PTB with these contents, and no place to fetch them from but a mirror."""
    raw = tuple(
        replace(file, checksum=hashlib.md5(files[file.name]).hexdigest(), bytes=len(files[file.name]), urls=())
        for file in ptb.SOURCE.files
    )
    assert ptb.SOURCE.archive is not None
    whole = replace(ptb.SOURCE.archive, checksum=hashlib.md5(archive).hexdigest(), bytes=len(archive), urls=())
    return replace(ptb.SOURCE, files=raw, archive=whole, sha256="")


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a mirror that has nothing of PTB yet."""
    monkeypatch.setenv("REPLAB_MIRROR", str(tmp_path / "mirror"))
    monkeypatch.setattr(ptb, "VOCABULARY", 8)
    (tmp_path / "mirror/ptb").mkdir(parents=True)
    return tmp_path / "mirror/ptb"


def put(mirror: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (mirror / name).write_bytes(content)
    monkeypatch.setitem(DATASETS, "ptb", made_of(files))


def encoded(**changes: bytes) -> dict[str, bytes]:
    return {name: changes.get(name.split(".")[1], text.encode()) for name, text in PTB.items()}


def test_ptb_is_its_words_in_order_with_an_end_after_every_line(
    mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(mirror, monkeypatch, encoded())
    data.prepare("ptb", tmp_path)
    text = data.load_text("ptb", tmp_path)
    words = text.vocabularies["words"]
    assert words == ("<eos>", "cat", "the", "<unk>", "N", "a", "dog", "sat")
    for part, name in (("train", "ptb.train.txt"), ("validation", "ptb.valid.txt"), ("test", "ptb.test.txt")):
        assert " ".join(words[number] for number in text.tokens[part]) == PTB[name].replace("\n", "<eos>").strip()
        assert text.tokens[part].dtype == np.int32
    assert prepared.verify(DATASETS["ptb"], tmp_path)["sha256"] == text.sha256


def test_ptb_comes_out_of_its_archive_whatever_else_that_holds(
    mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:gz") as tar:
        for name, content in (
            ("../../evil.txt", b"x"),
            *((f"./simple-examples/data/{n}", c) for n, c in encoded().items()),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    (mirror / "simple-examples.tgz").write_bytes(whole.getvalue())
    monkeypatch.setitem(DATASETS, "ptb", made_of(encoded(), whole.getvalue()))
    data.prepare("ptb", tmp_path / "root")
    assert len(data.load_text("ptb", tmp_path / "root").tokens["test"]) == 7
    assert not list(tmp_path.rglob("evil.txt"))


BAD = {
    "an empty file": ({"valid": b""}, "ptb.valid.txt is empty: a text of lines is needed"),
    "nothing but blanks": ({"valid": b" \n\n  \n"}, "ptb.valid.txt is empty"),
    "a single line": ({"test": b"the cat\n"}, "ptb.test.txt is a single line"),
    "no UTF-8": ({"train": b"the cat\nthe d\xf6g\n"}, "ptb.train.txt is not UTF-8: byte 13 is 0xf6"),
    "another vocabulary": ({"train": b"the cat\nthe dog\n"}, "ptb: 8 words expected, found 4"),
}


@pytest.mark.parametrize("case", BAD, ids=str)
def test_a_corpus_that_is_none_is_refused_in_a_line(
    case: str, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    changes, message = BAD[case]
    put(mirror, monkeypatch, encoded(**changes))
    root = tmp_path / "root"
    assert main(["data", "prepare", "ptb", "--root", str(root)]) == 2
    said = capsys.readouterr().err
    assert message in said and len(said.splitlines()) == 1
    assert not (root / "prepared/ptb/manifest.json").exists()


def test_words_without_a_number_are_unk_and_refused_where_there_is_no_unk() -> None:
    lines = [["a", "b"], ["c"]]
    assert numbered(lines, ("<eos>", "<unk>", "a"), "x").tolist() == [2, 1, 0, 1, 0]
    with pytest.raises(ReplabError, match="x has words that the vocabulary lacks"):
        numbered(lines, ("<eos>", "a", "b"), "x")


def test_a_vocabulary_is_cut_to_its_most_frequent_words() -> None:
    lines = [["b", "a", "c", "a"], ["c", "d", "a"], ["<unk>"]]
    assert vocabulary(lines) == ("<eos>", "a", "c", "<unk>", "b", "d")
    assert vocabulary(lines, 6) == vocabulary(lines)
    assert vocabulary(lines, 4) == ("<eos>", "<unk>", "a", "c")


def test_a_vocabulary_is_kept_as_bytes_of_utf_8() -> None:
    words = ("<eos>", "straße", "日本", "'s")
    assert words_in(words_array(words)) == words


def test_lines_are_split_at_any_white_space(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a\t b\r\n\r\nc \n")
    assert read_lines(tmp_path / "a.txt") == [["a", "b"], [], ["c"]]


def arrays(**changes: np.ndarray) -> Arrays:
    tokens = np.array([0, 1, 2], np.int32)
    return {"train": tokens, "validation": tokens, "test": tokens, "words": words_array("abc")} | changes


WRONG = {
    "a number without a word": ({"test": np.array([0, 3], np.int32)}, "test should be 0 to 2, found 0 to 3"),
    "a negative number": ({"test": np.array([-1, 2], np.int32)}, "test should be 0 to 2, found -1 to 2"),
    "another type": ({"train": np.array([0.0])}, r"train should be int32 along one axis, found float64 \(1,\)"),
    "two axes": ({"train": np.zeros((2, 2), np.int32)}, "found int32"),
    "no words": ({"validation": np.zeros(0, np.int32)}, r"found int32 \(0,\)"),
}


@pytest.mark.parametrize("case", WRONG, ids=str)
def test_arrays_that_are_no_text_are_refused(case: str) -> None:
    changes, message = WRONG[case]
    with pytest.raises(ReplabError, match=message):
        ptb.SOURCE.check(arrays(**changes))


def test_each_side_of_a_text_has_its_own_vocabulary() -> None:
    names = ("train_source", "train_target", "source_words", "target_words")
    source = replace(ptb.SOURCE, names=names)
    whole: Arrays = {
        "train_source": np.array([2], np.int32),
        "train_target": np.array([1], np.int32),
        "source_words": words_array("abc"),
        "target_words": words_array("ab"),
    }
    source.check(whole)
    with pytest.raises(ReplabError, match="train_target should be 0 to 1, found 2 to 2"):
        source.check(whole | {"train_target": whole["train_source"]})
    assert texts.text_data(source, whole, "s").vocabularies == {
        "source_words": tuple("abc"),
        "target_words": ("a", "b"),
    }


def test_the_language_reference_is_words_that_are_known_with_paragraphs_as_lines(tmp_path: Path) -> None:
    data.prepare("pydoc_topics", tmp_path)
    text = data.load_text("pydoc_topics", tmp_path)
    words = text.vocabularies["words"]
    assert text.sample and len(words) == 2_000 and {"<eos>", "<unk>", "N", "class"} <= set(words)
    assert len(text.tokens["train"]) > 5 * len(text.tokens["test"]) > 10_000
    for tokens in text.tokens.values():
        assert 0.001 < (tokens == words.index("<unk>")).mean() < 0.1


def test_a_paragraph_becomes_words() -> None:
    said = pydoc_topics.words_of('In 3.7,\n   "x::" isn\'t __new__')
    assert said == ["in", "N", ".", "N", ",", '"', "x", "::", '"', "isn't", "__", "new", "__"]


def test_a_text_and_examples_are_not_taken_for_each_other(sample_data: Path, tmp_path: Path) -> None:
    with pytest.raises(ReplabError, match="data set 'mnist_sample' is no text"):
        data.load_text("mnist_sample", sample_data)
    with pytest.raises(ReplabError, match="data set 'ptb' is a text"):
        data.load("ptb", tmp_path)
