"""Beam search: the translations that a model finds best, for many sentences at once."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from replab.nn.translation.pairs import END


class Stepper(Protocol):
    """What a search needs of a model."""

    def step(self, words: Tensor, memory: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """words [N] -> log p of the next word [N, K], and the memory after it, tensors with N first."""


@torch.no_grad()
def search(model: Stepper, memory: list[Tensor], beam: int, most: Tensor, length_power: float) -> list[list[int]]:
    """The best translation of each of B sentences, without END; `memory` is the model's at their beginning, B first.

    A step keeps the `beam` beginnings of the greatest log p; one that has ended stays as it is, and so does one of as
    many words as `most` [B] allows its sentence. In the end the one of the greatest log p / n^length_power is taken, n
    its number of words with END. beam = 1 is greedy search. A sentence does not depend on the others.
    """
    sentences, device = len(most), most.device
    first = torch.arange(sentences, device=device)
    memory = [part.index_select(0, first.repeat_interleave(beam)) for part in memory]
    words = torch.full((sentences, beam, 1), END, device=device)
    lengths, ended = words[:, :, 0].clone(), words[:, :, 0] != END
    total = torch.tensor([0.0, *[-torch.inf] * (beam - 1)], device=device).repeat(sentences, 1)  # all begin alike
    for step in range(1, int(most.max()) + 1):
        nats, memory = model.step(words[:, :, -1].flatten(), memory)
        kinds = nats.shape[1]
        candidates = total[:, :, None] + _only_end(nats.view(sentences, beam, kinds), ended)
        total, chosen = candidates.flatten(1).topk(beam)
        origin, word = chosen // kinds, chosen % kinds
        words = torch.cat([words.gather(1, origin[:, :, None].expand_as(words)), word[:, :, None]], 2)
        ended, lengths = ended.gather(1, origin), lengths.gather(1, origin)
        lengths += ~ended
        ended = ended | (word == END) | (step >= most)[:, None]
        if ended.all():
            break
        memory = [part.index_select(0, (origin + beam * first[:, None]).flatten()) for part in memory]
    best = (total / lengths**length_power).argmax(1)
    return [_until_end(words[number, place, 1:].tolist()) for number, place in enumerate(best.tolist())]


def _only_end(nats: Tensor, ended: Tensor) -> Tensor:
    """log p [B, beam, K], where what has ended can only go on with END, for nothing."""
    frozen = nats.new_full((nats.shape[2],), -torch.inf)
    frozen[END] = 0.0
    return torch.where(ended[:, :, None], frozen, nats)


def _until_end(words: list[int]) -> list[int]:
    return words[: words.index(END)] if END in words else words
