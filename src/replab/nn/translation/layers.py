"""Recurrent layers over sentences of several lengths: what fills up a column changes nothing."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from replab.nn.models.mlp_dropout import Dropout

State = tuple[Tensor, Tensor]


def undrawn_lstm(inputs: int, hidden: int, layers: int = 1) -> nn.LSTM:
    """An LSTM whose weights are still to be drawn: nothing is taken from torch's own generator."""
    return nn.LSTM(inputs, hidden, layers, device="meta").to_empty(device="cpu")


def read_through(lstm: nn.LSTM, x: Tensor, lengths: Tensor) -> tuple[Tensor, State]:
    """x [S, B, D] -> outputs [S, B, H], 0 beyond a sentence, and the states (h, c) at each sentence's own end."""
    packed = pack_padded_sequence(x, lengths.cpu(), enforce_sorted=False)
    outputs, state = lstm(packed)
    return pad_packed_sequence(outputs, total_length=len(x))[0], state


class BothWays(nn.Module):
    """Two LSTMs, one that reads a sentence forwards and one backwards: x [S, B, D] -> outputs [S, B, 2 H].

    Each reads a whole column in one call. Backwards means that each sentence is turned round within its own length, so
    that what fills up the column comes last both ways, and no sentence's outputs depend on it. Outputs beyond a
    sentence mean nothing. Source: Schuster & Paliwal 1997, "Bidirectional recurrent neural networks".
    """

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.forwards, self.backwards = undrawn_lstm(inputs, hidden), undrawn_lstm(inputs, hidden)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """`lengths` [B]."""
        places = turned(len(x), lengths)[:, :, None]
        there = self.forwards(x)[0]
        back = self.backwards(x.gather(0, places.expand_as(x)))[0]
        return torch.cat([there, back.gather(0, places.expand_as(back))], 2)


def turned(longest: int, lengths: Tensor) -> Tensor:
    """[S, B]: for each place of a column the place it has when its sentence is turned round; the others stay."""
    places = torch.arange(longest, device=lengths.device)[:, None]
    return torch.where(places < lengths, lengths - 1 - places, places)


def lstm_step(gates: Tensor, cell: Tensor) -> State:
    """One step of an LSTM: gates [B, 4 H] before their functions, in the order i, f, o, g, and c [B, H] -> (h, c).

    c = s(f) c + s(i) tanh(g), h = s(o) tanh(c); s is the logistic function. The three that share it stand together.
    """
    units = cell.shape[1]
    i, f, o = gates[:, : 3 * units].sigmoid().chunk(3, 1)
    cell = f * cell + i * gates[:, 3 * units :].tanh()
    return o * cell.tanh(), cell


class SentenceDropout(Dropout):
    """Dropout that keeps or drops a unit for the whole of a sentence: x [T, B, D], one mask [B, D].

    Source: Gal & Ghahramani 2016, "A theoretically grounded application of dropout in recurrent neural networks".
    """

    def forward(self, x: Tensor) -> Tensor:
        """x [T, B, D] -> the same shape."""
        return x * super().forward(torch.ones_like(x[:1])) if self.training and self.keep < 1 else x


def wide(tensor: Tensor) -> Tensor:
    """The tensor in float32 or better."""
    return tensor.float() if tensor.itemsize < 4 else tensor
