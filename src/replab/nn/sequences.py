"""Sequences: `sequences(tokens, split, *, generator) -> batches`, how a text is cut into batches for one epoch.

`tokens` maps the name of each array of a text to its word numbers (int64 [N]); `split` is train, validation or test;
the order of an epoch is drawn from `generator` alone. Each batch says how many sequences it has (`rows`), and whether
they begin anew or go on from the batch before (`begins`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from replab.errors import ReplabError
from replab.nn.translation.pairs import sentence_pairs
from replab.ranges import Count


@dataclass(frozen=True)
class Stretch:
    """Inputs and targets [T, B], time first: the targets are the inputs one step on."""

    inputs: Tensor
    targets: Tensor
    begins: bool

    @property
    def rows(self) -> int:
        """B."""
        return self.inputs.shape[1]


def streams(
    tokens: dict[str, Tensor],
    split: str,
    *,
    generator: torch.Generator,
    rows: Count,
    steps: Count,
    evaluation_rows: Count,
) -> Iterator[Stretch]:
    """One running text in `rows` streams side by side, `steps` at a time; the state is carried through the epoch.

    With N tokens, B = `rows` and T = `steps`, row b of stretch s has the inputs b L + s T to b L + (s + 1) T - 1, where
    L = T floor((N - 1) / (B T)): what is over at the end is left out. Nothing is shuffled. The other splits go in
    B = `evaluation_rows` streams with L = floor((N - 1) / B); with one, every token but the first is predicted once.
    Raises ReplabError for a text that is too short.

    Source: the public code behind report 004, with 20 rows of 35 steps and one row to evaluate in. No departure:
    it evaluates a step at a time, which gives the same numbers, as the state is carried.
    """
    text, width = tokens[split], rows if split == "train" else evaluation_rows
    long = steps if split == "train" else max(1, rows * steps // evaluation_rows)
    length = (len(text) - 1) // width
    if split == "train":
        length = length // steps * steps
    if length < 1:
        least = width * (steps if split == "train" else 1) + 1
        raise ReplabError(f"a {split} text of {len(text)} words is too short for these streams: {least} are needed")
    inputs, targets = (text[first : first + width * length].view(width, length).T for first in (0, 1))
    for first in range(0, length, long):
        cut = slice(first, first + long)
        yield Stretch(inputs[cut].contiguous(), targets[cut].contiguous(), first == 0)


SEQUENCES: dict[str, Callable[..., Iterator[Any]]] = {"streams": streams, "sentence_pairs": sentence_pairs}
