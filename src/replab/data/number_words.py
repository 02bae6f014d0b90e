"""Numbers in words, English to French: a small translation that is right or wrong, from the package num2words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from replab.data.bilingual import BilingualSource, encoded
from replab.data.dataset import Arrays

SIZE, SEED = 10_000, 1
COUNTS = {"train": 3_000, "validation": 200, "test": 300}


def decode(source: BilingualSource, raw: Mapping[str, Path]) -> Arrays:
    """Numbers below SIZE, drawn without replacement by numpy's seed SEED; `raw` is empty."""
    drawn = np.random.RandomState(SEED).permutation(SIZE).tolist()
    lines, first = {}, 0
    for split, count in COUNTS.items():
        numbers = drawn[first : first + count]
        lines[split] = words_of(numbers, "en"), words_of(numbers, "fr")
        first += count
    return encoded(source, lines)


def words_of(numbers: Sequence[int], language: str) -> list[str]:
    """Each number in the words of a language."""
    from num2words import num2words  # late: it loads every language

    return [num2words(number, lang=language) for number in numbers]


SOURCE = BilingualSource(
    name="number_words",
    title="Numbers below 10,000 in words, English to French: 3,000 + 200 + 300 (sample)",
    origin="package num2words",
    licence="LGPL 2.1 (package)",
    citation="num2words, its authors",
    decode=decode,  # type: ignore[arg-type]
    sha256="f35647af9e7721ed5dd0a1017b97eefee874f13f15d84f1bd7347ee84085c760",
    merges=400,
    sample=True,
    note="A sample: numbers in words take the place of sentences, none of the test's is in the training text.",
)
