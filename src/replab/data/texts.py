"""Text as a data set: arrays of word numbers, and the vocabularies that they are numbers of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from replab.data.dataset import Arrays, Source
from replab.errors import ReplabError

EOS, UNK = "<eos>", "<unk>"
WORDS = "words"

Tokens = NDArray[np.int32]


@dataclass(frozen=True, kw_only=True)
class TextSource(Source):
    """A text as published: its prepared form is one .npy file for each of `names`.

    An array that is called `words`, or whose name ends in `_words`, is a vocabulary: UTF-8, a word a line, as uint8.
    Any other one is of word numbers (int32) in `words`, or in `<side>_words` where its name ends in `_<side>`.
    """

    names: tuple[str, ...]
    classes: tuple[str, ...] = ()
    image_shape: tuple[int, ...] = ()
    train_size: int = 0
    test_size: int = 0

    @property
    def array_shapes(self) -> dict[str, tuple[int, ...]]:
        """The names of the arrays. Each has one axis, whose length only the text tells: no shape is known before."""
        return dict.fromkeys(self.names, ())

    def check(self, arrays: Arrays) -> None:
        """Raise ReplabError unless every array has one axis, its type and an entry, and word numbers have a word."""
        for name in self.names:
            array, dtype = arrays[name], "uint8" if is_vocabulary(name) else "int32"
            if array.ndim != 1 or not len(array) or array.dtype != dtype:
                found = f"{array.dtype} {array.shape}"
                raise ReplabError(f"{self.name}: {name} should be {dtype} along one axis, found {found}")
        for name in (name for name in self.names if not is_vocabulary(name)):
            known, array = len(words_in(arrays[vocabulary_of(name, self.names)])), arrays[name]
            if array.min() < 0 or array.max() >= known:
                span = f"{array.min()} to {array.max()}"
                raise ReplabError(f"{self.name}: {name} should be 0 to {known - 1}, found {span}")


@dataclass(frozen=True, eq=False)
class TextData:
    """A text in memory: int32 word numbers [N] by name, and each vocabulary as its words in order of their numbers.

    sha256: the identity of the arrays; sample: whether it stands in for a larger text.
    """

    name: str
    tokens: Mapping[str, Tokens]
    vocabularies: Mapping[str, tuple[str, ...]]
    sha256: str
    sample: bool


def text_data(source: TextSource, arrays: Arrays, sha256: str) -> TextData:
    """The arrays of a prepared text, vocabularies apart."""
    tokens = {name: array for name, array in arrays.items() if not is_vocabulary(name)}
    vocabularies = {name: words_in(array) for name, array in arrays.items() if is_vocabulary(name)}
    return TextData(source.name, tokens, vocabularies, sha256, source.sample)


def is_vocabulary(name: str) -> bool:
    """Whether an array of this name holds words: `words`, `source_words`."""
    return name.rpartition("_")[2] == WORDS


def vocabulary_of(name: str, names: Iterable[str]) -> str:
    """The vocabulary whose words an array's numbers stand for: `source_words` for `train_source`, else `words`."""
    own = f"{name.rpartition('_')[2]}_{WORDS}"
    return own if own in names else WORDS


def words_in(array: NDArray[np.uint8]) -> tuple[str, ...]:
    """The words of a vocabulary, in order."""
    return tuple(array.tobytes().decode("utf-8").split("\n"))


def words_array(words: Iterable[str]) -> NDArray[np.uint8]:
    """A vocabulary as an array."""
    return np.frombuffer("\n".join(words).encode("utf-8"), np.uint8)


def read_lines(path: Path) -> list[list[str]]:
    """The words of each line of a UTF-8 file. Raises ReplabError where it is not UTF-8, or has fewer than two lines."""
    try:
        lines = [line.split() for line in path.read_bytes().decode("utf-8").splitlines()]
    except UnicodeDecodeError as error:
        raise ReplabError(f"{path} is not UTF-8: byte {error.start} is 0x{error.object[error.start]:02x}") from error
    return checked_lines(lines, str(path))


def checked_lines(lines: list[list[str]], where: str) -> list[list[str]]:
    """The lines, if there are two or more with words. Raises ReplabError otherwise."""
    check_count(sum(map(bool, lines)), where)
    return lines


def check_count(lines: int, where: str) -> None:
    """Raise ReplabError for a text of fewer than two lines."""
    if lines < 2:
        raise ReplabError(f"{where} is {'a single line' if lines else 'empty'}: a text of lines is needed")


def vocabulary(lines: Iterable[Iterable[str]], size: int | None = None) -> tuple[str, ...]:
    """The words that occur, the most frequent first, those as frequent in the order of their code points.

    `<eos>` counts once a line. With a `size`, that many at most: of the others, `<unk>` takes the place.
    """
    counts: Counter[str] = Counter()
    for line in lines:
        counts.update(line)
        counts[EOS] += 1
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    if size is None or len(ranked) <= size:
        return tuple(ranked)
    kept = [word for word in ranked if word not in {EOS, UNK}][: size - 2]
    return (EOS, UNK, *kept)


def numbered(lines: Iterable[Iterable[str]], words: tuple[str, ...], where: str) -> Tokens:
    """The words' numbers, `<eos>` after every line, `<unk>` for words that the vocabulary lacks.

    Raises ReplabError for such a word where there is no `<unk>` either.
    """
    numbers = {word: number for number, word in enumerate(words)}
    rest = numbers.get(UNK)
    found = [numbers.get(word, rest) for line in lines for word in (*line, EOS)]
    if None in found:
        raise ReplabError(f"{where} has words that the vocabulary lacks, which has no {UNK}")
    return np.array(found, np.int32)
