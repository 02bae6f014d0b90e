"""Python's language reference as a text: it comes with Python, in the module pydoc_data.topics."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from replab.data.dataset import Arrays
from replab.data.texts import WORDS, TextSource, checked_lines, numbered, vocabulary, words_array

VOCABULARY = 2_000
BLOCK = 20  # paragraphs of each turn
WORD = re.compile(r"[A-Za-z]+(?:'[a-z]+)?|\d+|([^\sA-Za-z\d])\1*")


def decode(source: TextSource, raw: Mapping[str, Path]) -> Arrays:
    """`train`, `validation`, `test` and `words`; there are no files, so `raw` is empty.

    A line is a paragraph; see `words_of`. Paragraphs go by turns of BLOCK, topics in the order of their names: of ten
    turns the first eight to train on, the ninth to validate, the tenth to test.
    """
    from pydoc_data.topics import topics

    paragraphs = [line for name in sorted(topics) for line in map(words_of, topics[name].split("\n\n")) if line]
    parts: dict[str, list[list[str]]] = {"train": [], "validation": [], "test": []}
    for number, line in enumerate(checked_lines(paragraphs, "pydoc_data.topics")):
        parts[{8: "validation", 9: "test"}.get(number // BLOCK % 10, "train")].append(line)
    words = vocabulary(parts["train"], VOCABULARY)
    return {part: numbered(lines, words, part) for part, lines in parts.items()} | {WORDS: words_array(words)}


def words_of(paragraph: str) -> list[str]:
    """`In 3.7, "x::" is` -> in N . N , " x :: " is: lower case, N for numbers, signs apart but for runs of one sign."""
    found = (match.group() for match in WORD.finditer(paragraph))
    return ["N" if word.isdecimal() else word.lower() for word in found]


SOURCE = TextSource(
    name="pydoc_topics",
    title="Python's language reference, topics of its help (sample)",
    origin="Python's standard library, pydoc_data.topics",
    licence="PSF License",
    citation="Python Software Foundation: the Python language reference",
    names=("train", "validation", "test", WORDS),
    decode=decode,  # type: ignore[arg-type]
    sample=True,
    note=f"A sample: the {VOCABULARY:,} most frequent words, the rest <unk>. The text is that of the Python at hand, "
    "and differs between its versions. Perplexities on it are not comparable with those on other texts.",
)
