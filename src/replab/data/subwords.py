"""Byte pair encoding of a text: its words in pieces that are frequent, and back to the very same text.

A vocabulary is a tuple of pieces: `<eos>`, the 256 bytes `<0x00>` to `<0xff>`, the characters of the training text, and
then what was merged, in order. It says all: two neighbours are joined where what they make up is a piece, the earliest
piece of the vocabulary first. A character that it lacks is spelled in bytes, so that any text can be encoded.

Source: Sennrich, Haddow & Birch 2016, "Neural machine translation of rare words with subword units". Departures: a
space is part of the word that follows, as the character U+2581 (Kudo & Richardson 2018, SentencePiece), and there is no
unknown word; so decoding needs no rules of punctuation.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

from replab.data.texts import EOS

SPACE = "\u2581"
# A word, a number or a run of other signs, each with the space before it.
CHUNKS = re.compile(rf"{SPACE}?(?:[^\W\d_]+|\d+|[^\w{SPACE}]+|_+)|{SPACE}")
BYTES = tuple(f"<0x{byte:02x}>" for byte in range(256))

Pieces = tuple[str, ...]
Pair = tuple[str, str]


def chunks(line: str) -> list[str]:
    """The parts of a line that no piece reaches beyond; runs of white space count as one space."""
    return CHUNKS.findall(SPACE + SPACE.join(line.replace(SPACE, " ").split()))


def learn(lines: Iterable[str], merges: int) -> Pieces:
    """The vocabulary of a text with at most so many merges, the most frequent pair of neighbours each time.

    Of pairs as frequent, the first in the order of their code points. It ends early where no pair occurs twice.
    """
    counts = Counter(chunk for line in lines for chunk in chunks(line))
    words = [list(chunk) for chunk in counts]
    index = _Pairs(words, list(counts.values()))
    pieces = dict.fromkeys([EOS, *BYTES, *sorted({sign for word in words for sign in word})])
    for _ in range(merges):
        best = index.most_frequent()
        if best is None:
            break
        pieces["".join(best)] = None
        index.merge(best)
    return tuple(pieces)


class _Pairs:
    """How often each pair of neighbours occurs in `words`, and in which of them; kept up to date by `merge`.

    `queue` is a heap of (-count, pair); an entry whose count is no longer right is skipped when it comes up.
    """

    def __init__(self, words: list[list[str]], times: list[int]) -> None:
        self.words, self.times = words, times
        self.counts: Counter[Pair] = Counter()
        self.places: defaultdict[Pair, set[int]] = defaultdict(set)
        self.queue: list[tuple[int, Pair]] = []
        self._queue_again(self._count(range(len(words)), 1))

    def most_frequent(self) -> Pair | None:
        """The pair that occurs most often, the first one of several; None where none occurs twice."""
        while self.queue:
            count, pair = heapq.heappop(self.queue)
            if -count == self.counts[pair]:
                return pair if -count > 1 else None
        return None

    def merge(self, pair: Pair) -> None:
        """Join the pair wherever it occurs."""
        numbers = sorted(self.places.pop(pair))
        changed = self._count(numbers, -1)
        for number in numbers:
            self.words[number] = _joined(self.words[number], pair)
        self._queue_again(changed | self._count(numbers, 1))

    def _count(self, numbers: Iterable[int], sign: int) -> set[Pair]:
        changed = set()
        for number in numbers:
            for pair in pairwise(self.words[number]):
                self.counts[pair] += sign * self.times[number]
                changed.add(pair)
                if sign > 0:
                    self.places[pair].add(number)
        return changed

    def _queue_again(self, pairs: Iterable[Pair]) -> None:
        for pair in pairs:
            heapq.heappush(self.queue, (-self.counts[pair], pair))


def _joined(word: Sequence[str], pair: Pair) -> list[str]:
    joined: list[str] = []
    for piece in word:
        if joined and (joined[-1], piece) == pair:
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined


class Encoder:
    """Lines to numbers of pieces and back."""

    def __init__(self, pieces: Pieces) -> None:
        self.pieces, self.numbers = pieces, {piece: number for number, piece in enumerate(pieces)}
        self.spelled = lru_cache(maxsize=None)(self._spelled)

    def encode(self, line: str) -> list[int]:
        """The numbers of a line's pieces, without `<eos>`."""
        return [number for chunk in chunks(line) for number in self.spelled(chunk)]

    def _spelled(self, chunk: str) -> list[int]:
        word = [piece for sign in chunk for piece in self._sign(sign)]
        while len(word) > 1:
            ranks = {pair: self.numbers.get("".join(pair), len(self.pieces)) for pair in pairwise(word)}
            pair = min(ranks, key=lambda pair: ranks[pair])
            if ranks[pair] == len(self.pieces):
                break
            word = _joined(word, pair)
        return [self.numbers[piece] for piece in word]

    def _sign(self, sign: str) -> list[str]:
        return [sign] if sign in self.numbers else [BYTES[byte] for byte in sign.encode("utf-8")]

    def decode(self, numbers: Iterable[int]) -> str:
        """The line of these pieces; bytes that are no UTF-8 become U+FFFD."""
        line = b"".join(self._bytes(number) for number in numbers).decode("utf-8", errors="replace")
        return line.replace(SPACE, " ").strip()

    def _bytes(self, number: int) -> bytes:
        byte = number - 1
        return bytes([byte]) if 0 <= byte < len(BYTES) else self.pieces[number].encode("utf-8") if number else b""
