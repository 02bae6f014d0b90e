"""Texts in pieces, sentence pairs from files, and what is refused."""

from __future__ import annotations

import gzip
import hashlib
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from replab import data
from replab.data import multi30k, number_words
from replab.data.bilingual import check_pair, lines_of, read_pair
from replab.data.dataset import RawFile
from replab.data.prepared import load_text, prepare
from replab.data.subwords import BYTES, Encoder, Pieces, chunks, learn
from replab.data.texts import EOS
from replab.errors import ReplabError

TEXT = ["the cat sat on the mat, the cat!", "a cat saw the other cats aaaa aaa aaaaa", "Übung 12 123 1212", "the cats"]


def slow_pieces(lines: list[str], merges: int) -> Pieces:
    """Every pair counted anew before each merge."""
    counts = Counter(chunk for line in lines for chunk in chunks(line))
    words = {tuple(chunk): count for chunk, count in counts.items()}
    found = [EOS, *BYTES, *sorted({sign for word in words for sign in word})]
    for _ in range(merges):
        pairs: Counter[Any] = Counter()
        for word, count in words.items():
            for pair in pairwise(word):
                pairs[pair] += count
        best = min(pairs, key=lambda pair: (-pairs[pair], pair), default=None)
        if best is None or pairs[best] < 2:
            break
        found += ["".join(best)] if "".join(best) not in found else []
        words = {joined(word, best): count for word, count in words.items()}
    return tuple(found)


def joined(word: tuple[str, ...], pair: tuple[str, str]) -> tuple[str, ...]:
    place = 0
    while place < len(word) - 1:
        if word[place : place + 2] == pair:
            word = (*word[:place], "".join(pair), *word[place + 2 :])
        place += 1
    return word


@pytest.mark.parametrize("merges", [0, 1, 7, 40, 1000])
def test_the_pieces_are_those_that_counting_anew_finds(merges: int) -> None:
    assert learn(TEXT, merges) == slow_pieces(TEXT, merges)


@pytest.mark.parametrize(
    "line",
    [
        *TEXT,
        "",
        "a",
        "new words: unseen, 3.14% (what?)",
        "Straße – „Übung“ 日本 ☃ \u2581",
        "emoji 👩‍👩‍👧",
        "under_score __",
    ],
)
def test_any_line_comes_back_from_its_pieces(line: str) -> None:
    encoder = Encoder(learn(TEXT, 40))
    numbers = encoder.encode(line)
    assert 0 not in numbers and encoder.decode(numbers) == " ".join(line.replace("\u2581", " ").split())


def test_frequent_words_are_one_piece_and_no_piece_goes_beyond_a_word() -> None:
    pieces = learn(TEXT, 40)
    encoder = Encoder(pieces)
    assert [pieces[number] for number in encoder.encode("the cat, the☃")] == [
        "▁the", "▁cat", ",", "▁the", "<0xe2>", "<0x98>", "<0x83>",
    ]  # fmt: skip
    assert chunks("Don't stop-me 12a") == ["▁Don", "'", "t", "▁stop", "-", "me", "▁12", "a"]


def test_bytes_that_are_no_character_and_ends_are_shown_as_such() -> None:
    encoder = Encoder(learn(TEXT, 40))
    assert encoder.decode([1 + 0xE2, 0]) == "\ufffd"


def test_number_words_are_translations_and_none_of_the_test_is_trained_on(tmp_path: Path) -> None:
    prepare(number_words.SOURCE, tmp_path)
    text = load_text(number_words.SOURCE, tmp_path)
    lines: dict[str, list[str]] = {}
    for name, array in text.tokens.items():
        encoder = Encoder(text.vocabularies[f"{name.split('_')[1]}_words"])
        ends = [place for place, number in enumerate(array.tolist()) if number == 0]
        lines[name] = [encoder.decode(array[a + 1 : b]) for a, b in pairwise([-1, *ends])]
    assert [len(lines[f"{split}_source"]) for split in ("train", "validation", "test")] == [3000, 200, 300]
    assert not set(lines["test_source"]) & set(lines["train_source"] + lines["validation_source"])
    french = {"twenty-one": "vingt et un", "ninety-nine": "quatre-vingt-dix-neuf"}
    pairs = {en: fr for split in ("train", "validation", "test") for en, fr in zip(
        lines[f"{split}_source"], lines[f"{split}_target"], strict=True)}  # fmt: skip
    assert len(pairs) == 3500
    for english, expected in french.items():
        endings = [fr for en, fr in pairs.items() if en.endswith(f"hundred and {english}")]
        assert endings and all(ending.endswith(expected) for ending in endings)


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(gzip.compress(content, mtime=0))
    return path


@pytest.mark.parametrize(
    ("english", "german", "message"),
    [
        (b"a\nb\n", b"a\n", r"x.en.gz has 2 lines and .*x.de.gz 1: each line needs its translation"),
        (b"", b"", r"x.en.gz is empty: a text of lines is needed"),
        (b"a\n", b"b\n", r"x.en.gz is a single line: a text of lines is needed"),
        (b"a\nb\n", b"a\n \n", r"x.de.gz: line 2 is empty"),
        (b"a\nb\xff\n", b"a\nb\n", r"x.en.gz is not UTF-8: line 2 has byte 0xff"),
    ],
)
def test_files_that_are_no_parallel_text_are_refused(
    english: bytes, german: bytes, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ReplabError, match=message):
        read_pair(write(tmp_path / "x.en.gz", english), write(tmp_path / "x.de.gz", german))


def test_a_file_that_is_no_gzip_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.en.gz").write_bytes(b"a\nb\n")
    (tmp_path / "x.de.gz").write_bytes(gzip.compress(b"a\nb\n")[:-4])
    for name in ("x.en.gz", "x.de.gz"):
        with pytest.raises(ReplabError, match=f"{name} is not a whole gzip file"):
            read_pair(tmp_path / name, tmp_path / name)


def test_lines_are_those_between_line_feeds() -> None:
    assert lines_of("a\u2028b\n\nc".encode(), "x") == ["a\u2028b", "", "c"]
    assert check_pair((["a", "b"], ["c", "d"]), "x", "y") == (["a", "b"], ["c", "d"])


def test_multi30k_is_read_from_its_files_as_they_are_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six small files in the place of the real ones, from a mirror; then one that was tampered with."""
    mirror, files = tmp_path / "mirror" / "multi30k", []
    mirror.mkdir(parents=True)
    for file in multi30k.SOURCE.files:
        german = file.name.endswith(".de.gz")
        content = ("Ein Hund läuft.\nZwei Hunde.\n" if german else "A Dog runs.\nTwo dogs.\n").encode()
        path = write(mirror / file.name, content)
        md5 = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
        files.append(RawFile(file.name, md5, path.stat().st_size, file.role))
    monkeypatch.setenv("REPLAB_MIRROR", str(mirror.parent))
    source = replace(multi30k.SOURCE, files=tuple(files), sha256="")
    prepare(source, tmp_path / "data")
    text = load_text(source, tmp_path / "data")
    for side, expected in (("source", "a dog runs."), ("target", "Ein Hund läuft.")):
        array = text.tokens[f"test_{side}"].tolist()
        assert Encoder(text.vocabularies[f"{side}_words"]).decode(array[: array.index(0)]) == expected

    write(mirror / "val.de.gz", b"Etwas anderes.\n" * 2)
    with pytest.raises(ReplabError, match=r"multi30k: cannot get val.de.gz: .*md5"):
        prepare(source, tmp_path / "other")


def test_the_published_files_are_named_as_in_the_repository() -> None:
    assert [file.name for file in data.find("multi30k").files] == [
        f"{part}.{language}.gz" for part in ("train", "val", "test_2016_flickr") for language in ("en", "de")
    ]
    assert all(file.urls[0].endswith(f"task1/raw/{file.name}") for file in data.find("multi30k").files)
