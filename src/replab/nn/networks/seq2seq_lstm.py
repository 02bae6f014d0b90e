"""The translator without attention."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from replab.nn.models.mlp_dropout import Dropout
from replab.nn.translation.layers import read_through, undrawn_lstm
from replab.nn.translation.translator import Decoding, Memory, Translator, Vocabularies, initialize
from replab.ranges import Component, Count, Fraction, NonNegative, Real


class Seq2SeqLSTM(Translator):
    """See `seq2seq_lstm`. Its memory is the states of all layers, h and c [B, L, H]."""

    def __init__(
        self, vocabularies: Vocabularies, width: int, layers: int, keep: float, smoothing: float, decoding: Decoding
    ) -> None:
        super().__init__(vocabularies, width, smoothing, decoding)
        self.encoder, self.decoder = undrawn_lstm(width, width, layers), undrawn_lstm(width, width, layers)
        self.drop = Dropout(keep)

    def read(self, source: Tensor, lengths: Tensor) -> Memory:
        embedded = self.drop(nn.functional.embedding(source, self.source_embedding))
        _, state = read_through(self.encoder, embedded, lengths)
        return [each.transpose(0, 1) for each in state]

    def readouts(self, words: Tensor, memory: Memory) -> Tensor:
        embedded = self.drop(nn.functional.embedding(words, self.target_embedding))
        return self._decode(embedded, memory)[0]

    def _decode(self, embedded: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        h, c = (each.transpose(0, 1).contiguous() for each in memory)
        outputs, state = self.decoder(embedded, (h, c))
        return outputs, [each.transpose(0, 1) for each in state]

    def advance(self, words: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        outputs, memory = self._decode(nn.functional.embedding(words, self.target_embedding)[None], memory)
        return outputs[0], memory


def seq2seq_lstm(
    *,
    vocabularies: dict[str, tuple[str, ...]],
    generator: torch.Generator,
    width: Count,
    layers: Count,
    keep: Fraction,
    forget_bias: Real,
    smoothing: NonNegative,
    beam: Count,
    length_power: NonNegative,
    embeddings_initializer: Component,
    weights_initializer: Component,
) -> Seq2SeqLSTM:
    """A translator through one state: log p(y_t | y_<t, x) = log softmax(W h_t + b).

    An encoder of `layers` LSTM layers of `width` units reads x; a decoder of as many begins in its last state, reads
    y_(t-1) and gives h_t. Embeddings have `width` units, too, and those of y are W; each of their entries is kept with
    probability `keep`. Biases are 0, of the forget gates `forget_bias`. The training loss is smoothed by `smoothing`
    (`smoothed_nats`); `beam` and `length_power` are for `search`. Teacher forcing lets both run in one call each.

    Source: Sutskever, Vinyals & Le 2014, "Sequence to sequence learning with neural networks"; the public code that
    report 004 was to build on, with two layers of 1,024 and keep .8. Departure: the source is not reversed, as there.
    """
    network = Seq2SeqLSTM(vocabularies, width, layers, keep, smoothing, Decoding(beam, length_power))
    initialize(network, embeddings_initializer, weights_initializer, generator)
    with torch.no_grad():
        for name, bias in network.named_parameters():
            if "bias_ih" in name:
                bias[width : 2 * width] = forget_bias
    return network
