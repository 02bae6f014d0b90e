"""Sentence pairs as batches: sentences of about the same length together, so that little is filled up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from replab.errors import ReplabError
from replab.ranges import Count

END = 0  # the number of `<eos>`: what ends a sentence, begins a translation and fills up a column


@dataclass(frozen=True)
class PairBatch:
    """source [S, B] and target [T, B], int64, each with END after its sentence and to the end of its column.

    source_lengths [B] and target_lengths [B] count a sentence's numbers, its END among them.
    """

    source: Tensor
    source_lengths: Tensor
    target: Tensor
    target_lengths: Tensor
    begins: bool = True

    @property
    def rows(self) -> int:
        """B."""
        return self.source.shape[1]

    @property
    def decoder_input(self) -> Tensor:
        """What the decoder reads, [T, B]: END, and then the target without its last row."""
        return torch.cat([torch.full_like(self.target[:1], END), self.target[:-1]])

    @property
    def real(self) -> Tensor:
        """Which entries of the target are of its sentence, [T, B]."""
        return mask_of(self.target_lengths, len(self.target))


def mask_of(lengths: Tensor, longest: int) -> Tensor:
    """[longest, B]: whether an entry is within its sentence."""
    return torch.arange(longest, device=lengths.device)[:, None] < lengths


def columns(sentences: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Sentences [n_i], END included, as the columns of [S, B], and their lengths [B]."""
    lengths = torch.tensor([len(sentence) for sentence in sentences], device=sentences[0].device)
    return torch.nn.utils.rnn.pad_sequence(list(sentences), padding_value=END), lengths


def sentences_of(numbers: Tensor) -> list[Tensor]:
    """A text [N] with END after every sentence -> its sentences [n_i], END included."""
    ends = (numbers == END).nonzero().flatten() + 1
    return list(numbers.tensor_split(ends.cpu())[: len(ends)])


def sentence_pairs(
    tokens: dict[str, Tensor], split: str, *, generator: torch.Generator, rows: Count, pool: Count
) -> Iterator[PairBatch]:
    """The pairs of `<split>_source` and `<split>_target` in batches of `rows`, each pair once; the last may be smaller.

    To train: a random order is cut into pools of `pool` batches, each is sorted by the lengths of target and source
    and cut into batches, and these come in random order. The other splits are sorted as a whole.
    Raises ReplabError where the two have not as many sentences.

    Source: the bucketing of Sutskever, Vinyals & Le 2014, "Sequence to sequence learning with neural networks",
    section 3.4, with pools in the place of fixed bounds; report 004's plan has batches of 100.
    """
    sources, targets = (sentences_of(tokens[f"{split}_{side}"]) for side in ("source", "target"))
    if len(sources) != len(targets):
        raise ReplabError(f"{split}: {len(sources):,} sentences and {len(targets):,} translations")
    train, everything = split == "train", len(sources)
    order = torch.randperm(everything, generator=generator) if train else torch.arange(everything)
    batches: list[list[int]] = []
    for drawn in order.split(rows * pool if train else everything):
        ordered = sorted(drawn.tolist(), key=lambda number: (len(targets[number]), len(sources[number])))
        batches += [ordered[first : first + rows] for first in range(0, len(ordered), rows)]
    turns = torch.randperm(len(batches), generator=generator) if train else torch.arange(len(batches))
    for turn in turns.tolist():
        chosen = batches[turn]
        yield PairBatch(*columns([sources[n] for n in chosen]), *columns([targets[n] for n in chosen]))
