"""Sentences in two languages, line by line: read, encoded, and as the arrays of a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from replab.data import subwords
from replab.data.dataset import Arrays
from replab.data.texts import WORDS, TextSource, check_count, words_array
from replab.errors import ReplabError
from replab.files import read_gzip

SIDES = ("source", "target")
SPLITS = ("train", "validation", "test")
NAMES = (*(f"{split}_{side}" for split in SPLITS for side in SIDES), *(f"{side}_{WORDS}" for side in SIDES))
EOS_NUMBER = 0

Pairs = tuple[Sequence[str], Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class BilingualSource(TextSource):
    """A parallel text. merges: how many a side's vocabulary has; `subwords` says what they are.

    The arrays `<split>_source` and `<split>_target` are the numbers of pieces, with `<eos>` after every line; the two
    vocabularies are learnt from the training lines. The source's letters are made small: to the model that reads them
    "A" and "a" are one word, while what it writes keeps its capitals.
    """

    merges: int
    names: tuple[str, ...] = NAMES


def encoded(source: BilingualSource, lines: Mapping[str, Pairs]) -> Arrays:
    """The arrays of the lines of each split."""
    arrays: Arrays = {}
    for number, side in enumerate(SIDES):
        texts = {split: _prepared(lines[split][number], side) for split in SPLITS}
        pieces = subwords.learn(texts["train"], source.merges)
        encoder = subwords.Encoder(pieces)
        arrays[f"{side}_{WORDS}"] = words_array(pieces)
        for split, text in texts.items():
            numbers = chain.from_iterable([*encoder.encode(line), EOS_NUMBER] for line in text)
            arrays[f"{split}_{side}"] = np.fromiter(numbers, np.int32)
    return arrays


def _prepared(lines: Sequence[str], side: str) -> list[str]:
    return [source_line(line) if side == "source" else line for line in lines]


def source_line(line: str) -> str:
    """A line as the model reads it."""
    return line.lower()


def read_pair(source_path: Path, target_path: Path) -> Pairs:
    """The lines of two gzipped files that belong together.

    Raises ReplabError where one is no gzip file or not UTF-8, where they have no lines, or not as many.
    """
    pair = read_text(source_path), read_text(target_path)
    return check_pair(pair, str(source_path), str(target_path))


def check_pair(pair: Pairs, source_name: str, target_name: str) -> Pairs:
    """The pair, if both have as many lines, two or more, and no line is empty. Raises ReplabError otherwise."""
    counts = [len(lines) for lines in pair]
    if counts[0] != counts[1]:
        raise ReplabError(
            f"{source_name} has {counts[0]:,} lines and {target_name} {counts[1]:,}: each line needs its translation"
        )
    for lines, name in zip(pair, (source_name, target_name), strict=True):
        check_count(len(lines), name)
        for number, line in enumerate(lines, 1):
            if not line.strip():
                raise ReplabError(f"{name}: line {number} is empty")
    return pair


def read_text(path: Path) -> list[str]:
    """The lines of a gzipped UTF-8 file. Raises ReplabError where it is not one."""
    return lines_of(read_gzip(path), str(path))


def lines_of(content: bytes, where: str) -> list[str]:
    """The lines of a text in UTF-8. Raises ReplabError, with the line's number, where it is not."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        number = content.count(b"\n", 0, error.start) + 1
        raise ReplabError(f"{where} is not UTF-8: line {number} has byte 0x{content[error.start]:02x}") from error
    return text.removesuffix("\n").split("\n") if text else []
