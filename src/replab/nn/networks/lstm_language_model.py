"""The LSTM language model."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from replab.nn.models.mlp_dropout import Dropout
from replab.nn.networks.contract import Network, State
from replab.nn.sequences import Stretch
from replab.ranges import Component, Count, Flag, Fraction, Real


class LSTMLanguageModel(Network):
    """See `lstm_language_model`."""

    def __init__(self, words: int, width: int, layers: int, keep: float, tied: bool) -> None:
        super().__init__()
        self.embedding = nn.Parameter(torch.empty(words, width))
        self.layers = nn.ModuleList(nn.LSTM(width, width) for _ in range(layers))
        self.output = self.embedding if tied else nn.Parameter(torch.empty(words, width))
        self.bias = nn.Parameter(torch.empty(words))
        self.drop = Dropout(keep)

    def nats(self, batch: Stretch, state: State) -> tuple[Tensor, int, State]:
        x, after = self.hidden(batch.inputs, state)
        scores = nn.functional.linear(x.flatten(0, 1), self.output, self.bias)
        nats = nn.functional.cross_entropy(scores.float(), batch.targets.flatten(), reduction="sum")
        return nats, batch.targets.numel(), after

    def hidden(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:
        """inputs [T, B] -> what the last layer hands to the output [T, B, H], and the state of every layer."""
        x, after = self.drop(nn.functional.embedding(inputs, self.embedding)), []
        for layer, before in zip(self.layers, state or [None] * len(self.layers), strict=True):
            x, new = layer(x, before)
            x = self.drop(x)
            after.append(new)
        return x, after


def lstm_language_model(
    *,
    vocabularies: dict[str, tuple[str, ...]],
    generator: torch.Generator,
    width: Count,
    layers: Count,
    keep: Fraction,
    tied: Flag,
    forget_bias: Real,
    weights_initializer: Component,
) -> LSTMLanguageModel:
    """Draft."""
    model = LSTMLanguageModel(len(vocabularies["words"]), width, layers, keep, tied)
    for weights in model.parameters():
        weights_initializer(weights, generator=generator)
    return model
