"""The LSTM language model."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from replab.nn.models.mlp_dropout import Dropout
from replab.nn.nats import linear_nats, working_dtype
from replab.nn.networks.contract import Network, State
from replab.nn.sequences import Stretch
from replab.ranges import Component, Count, Flag, Fraction, Real


class LSTM(nn.Module):
    """One layer: i, f, g, o = V x_t + U h_(t-1) + b; c_t = s(f) c_(t-1) + s(i) tanh(g); h_t = s(o) tanh(c_t).

    `inputs` V and `recurrent` U [4 H, H], `bias` [4 H], with rows in the order i, f, g, o; s is the logistic function.
    torch's own layer has two biases, which would move twice as fast as one.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.inputs = nn.Parameter(torch.empty(4 * width, width))
        self.recurrent = nn.Parameter(torch.empty(4 * width, width))
        self.bias = nn.Parameter(torch.empty(4 * width))

    def forward(self, x: Tensor, state: tuple[Tensor, Tensor] | None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """x [T, B, H] and (h, c), [1, B, H] each (None: 0) -> h of every step [T, B, H], and the last (h, c)."""
        dtype = working_dtype(self.bias)
        before = state or (x.new_zeros(1, *x.shape[1:]),) * 2
        second_bias = torch.zeros_like(self.bias)
        weights = [each.to(dtype) for each in (self.inputs, self.recurrent, self.bias, second_bias)]
        settings = (True, 1, 0.0, self.training, False, False)
        outputs, h, c = torch.lstm(x.to(dtype), [each.to(dtype) for each in before], weights, *settings)
        return outputs, (h, c)


class LSTMLanguageModel(Network):
    """See `lstm_language_model`."""

    def __init__(self, words: int, width: int, layers: int, keep: float, tied: bool) -> None:
        super().__init__()
        self.embedding = nn.Parameter(torch.empty(words, width))
        self.layers = nn.ModuleList(LSTM(width) for _ in range(layers))
        self.output = self.embedding if tied else nn.Parameter(torch.empty(words, width))
        self.bias = nn.Parameter(torch.empty(words))
        self.drop = Dropout(keep)

    def nats(self, batch: Stretch, state: State) -> tuple[Tensor, int, State]:
        """Those of the targets, each given the words before it."""
        x, after = self.hidden(batch.inputs, state)
        targets = batch.targets.flatten()
        return linear_nats(x.flatten(0, 1), self.output, self.bias, targets), len(targets), after

    def hidden(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:
        """inputs int64 [T, B] -> what the output layer gets [T, B, H], and (h, c) of every layer."""
        x, after = self.drop(nn.functional.embedding(inputs, self.embedding)), []
        for layer, before in zip(self.layers, state or [None] * len(self.layers), strict=True):
            x, new = layer(x, before)
            x = self.drop(x)
            after.append(new)
        return x, after

    @torch.no_grad()
    def continued(self, start: list[int], words: int, temperature: float, generator: torch.Generator) -> list[int]:
        """So many words after `start`, one word at least: each drawn from softmax(scores / temperature)."""
        found: list[int] = []
        inputs, state = torch.tensor(start), None
        while len(found) < words:
            x, state = self.hidden(inputs[:, None], state)
            scores = nn.functional.linear(x[-1, 0], self.output, self.bias)
            inputs = torch.multinomial((scores / temperature).softmax(0), 1, generator=generator)
            found.append(int(inputs))
        return found


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
    """log p(word t+1 | words up to t) = log softmax(W d(h_t) + b), with h_t from `layers` LSTM layers on d(E word_t).

    E and W [V, H], W = E where `tied`; H is the `width`. d is dropout, which keeps each entry with probability `keep`:
    on the embedding and on the output of every layer, and never on what a layer hands to its own next step. Layers as
    in `LSTM`, their biases 0 but for the forget gate's, which start at `forget_bias`; all else is drawn by
    `weights_initializer`.

    Source: Zaremba, Sutskever & Vinyals 2014, "Recurrent neural network regularization"; Press & Wolf 2017, "Using
    the output embedding to improve language models", for W = E; report 004 with two layers of 300, keep .9 and
    U(-.05, .05), and the public code that it was built on. Departures from that code: its forget bias is a constant 1
    beside a bias that starts at 0, which comes to the same; it cuts the gradient to a length in which the rows of E
    that are looked up count before they are added up, and here they are added up first.
    """
    model = LSTMLanguageModel(len(vocabularies["words"]), width, layers, keep, tied)
    for name, weights in model.named_parameters():
        weights_initializer(weights, generator=generator)
        if name.startswith("layers.") and name.endswith(".bias"):
            weights.data.zero_()[width : 2 * width] = forget_bias
    return model
