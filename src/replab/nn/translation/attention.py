"""Additive attention."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from replab.nn.translation.layers import wide


class Additive(nn.Module):
    """e_s = v . tanh(U m_s + b + W q), weights a = softmax of e over the sentence, context = sum_s a_s m_s.

    m is the memory [B, S, M], q the query [B, H]. The keys U m + b are computed once a sentence, and W q by the caller,
    who may have more to compute from q.
    Source: Bahdanau, Cho & Bengio 2015, "Neural machine translation by jointly learning to align and translate",
    appendix A.1.2. No departure.
    """

    def __init__(self, memory: int, query: int, units: int) -> None:
        super().__init__()
        self.keys = skip_init(nn.Linear, memory, units)
        self.query = nn.Parameter(torch.empty(units, query))
        self.score = nn.Parameter(torch.empty(1, units))

    def forward(self, asked: Tensor, memory: Tensor, keys: Tensor, outside: Tensor) -> tuple[Tensor, Tensor]:
        """The context [B, M] and the weights [B, S], 0 where `outside` [B, S] is true; `asked` is W q [B, A]."""
        energies = torch.tanh(keys + asked[:, None]) @ self.score[0].to(keys.dtype)
        weights = wide(energies).masked_fill(outside, -torch.inf).softmax(1)
        return torch.bmm(weights[:, None].to(memory.dtype), memory).squeeze(1), weights
