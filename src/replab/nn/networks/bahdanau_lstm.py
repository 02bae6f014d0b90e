"""The translator with attention."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from replab.nn.models.mlp_dropout import Dropout
from replab.nn.nats import working_dtype
from replab.nn.translation.attention import Additive
from replab.nn.translation.deferred import DeferredLinear
from replab.nn.translation.layers import BothWays, SentenceDropout, lstm_step, wide
from replab.nn.translation.pairs import PairBatch, mask_of
from replab.nn.translation.translator import Decoding, Memory, Translator, Vocabularies, initialize
from replab.ranges import Component, Count, Fraction, NonNegative, Real

Maps = tuple[DeferredLinear, DeferredLinear]


class BahdanauLSTM(Translator):
    """See `bahdanau_lstm`. Its memory is [annotations, keys, outside, h, c, context, weights], the batch first."""

    def __init__(
        self,
        vocabularies: Vocabularies,
        sizes: tuple[int, int],
        keeps: tuple[float, float],
        smoothing: float,
        decoding: Decoding,
    ) -> None:
        embedding, hidden = sizes
        super().__init__(vocabularies, embedding, smoothing, decoding)
        self.encoder = BothWays(embedding, hidden)
        self.start = skip_init(nn.Linear, hidden, hidden)
        self.attention = Additive(2 * hidden, hidden, hidden)
        self.word_gates = skip_init(nn.Linear, embedding, 4 * hidden)
        self.state_gates = nn.Parameter(torch.empty(4 * hidden, hidden))
        self.context_gates = nn.Parameter(torch.empty(4 * hidden, 2 * hidden))
        self.readout = skip_init(nn.Linear, embedding + 3 * hidden, embedding)
        self.drop_source, self.drop_target = SentenceDropout(keeps[0]), SentenceDropout(keeps[0])
        self.drop_annotations, self.drop_readout = SentenceDropout(keeps[1]), Dropout(keeps[1])

    def read(self, source: Tensor, lengths: Tensor) -> Memory:
        embedded = self.drop_source(nn.functional.embedding(source, self.source_embedding))
        annotations = self.encoder(embedded, lengths)
        h = wide(torch.tanh(self.start(annotations[0, :, annotations.shape[2] // 2 :])))
        memory = self.drop_annotations(annotations).transpose(0, 1).contiguous()
        outside = ~mask_of(lengths, len(source)).T
        nothing = memory.new_zeros(len(h), memory.shape[2])
        return [memory, self.attention.keys(memory), outside, h, torch.zeros_like(h), nothing, outside.to(h.dtype)]

    def _maps(self) -> Maps:
        """What a step does to the state before it, and to its context."""
        dtype = working_dtype(self.state_gates)
        of_state = torch.cat([self.attention.query, self.state_gates])
        return DeferredLinear(of_state, dtype), DeferredLinear(self.context_gates, dtype)

    def _step(self, maps: Maps, word_gates: Tensor, memory: Memory) -> Memory:
        annotations, keys, outside, h, c, *_ = memory
        asked, state_gates = maps[0](h).split([keys.shape[2], word_gates.shape[1]], 1)
        context, weights = self.attention(asked, annotations, keys, outside)
        h, c = lstm_step(word_gates + state_gates + maps[1](context), c)
        return [annotations, keys, outside, h, c, context, weights]

    def _run(self, embedded: Tensor, memory: Memory) -> tuple[Tensor, Tensor, Tensor]:
        """Embedded words [T, B, E] -> states [T, B, H], contexts [T, B, 2 H] and weights [T, B, S]."""
        maps, found = self._maps(), []
        for word_gates in wide(self.word_gates(embedded)).unbind():
            memory = self._step(maps, word_gates, memory)
            found.append((memory[3], memory[5], memory[6]))
        states, contexts, weights = zip(*found, strict=True)
        return torch.stack(states), torch.stack(contexts), torch.stack(weights)

    def readouts(self, words: Tensor, memory: Memory) -> Tensor:
        embedded = self.drop_target(nn.functional.embedding(words, self.target_embedding))
        states, contexts, _ = self._run(embedded, memory)
        return self.drop_readout(self._read_out(embedded, states, contexts))

    def _read_out(self, embedded: Tensor, h: Tensor, context: Tensor) -> Tensor:
        return torch.tanh(self.readout(torch.cat([embedded, h, context], -1)))

    def advance(self, words: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        embedded = nn.functional.embedding(words, self.target_embedding)
        memory = self._step(self._maps(), self.word_gates(embedded), memory)
        return self._read_out(embedded, memory[3], memory[5]), memory

    @torch.no_grad()
    def alignment(self, batch: PairBatch) -> Tensor:
        embedded = nn.functional.embedding(batch.decoder_input, self.target_embedding)
        return self._run(embedded, self.read(batch.source, batch.source_lengths))[2]


def bahdanau_lstm(
    *,
    vocabularies: dict[str, tuple[str, ...]],
    generator: torch.Generator,
    embedding: Count,
    hidden: Count,
    keep_embeddings: Fraction,
    keep_states: Fraction,
    forget_bias: Real,
    smoothing: NonNegative,
    beam: Count,
    length_power: NonNegative,
    embeddings_initializer: Component,
    weights_initializer: Component,
) -> BahdanauLSTM:
    """A translator that looks where it needs to: log p(y_t | y_<t, x) = log softmax(W r_t + b).

    r_t = tanh(R [y_(t-1), h_t, c_t]), with h_t, an LSTM's state, from h_(t-1), the embedded y_(t-1) and the context
    c_t = sum_s a_ts m_s. a_t is additive attention (`Additive`) of h_(t-1) to the annotations m_s [2 H], which an LSTM
    in each direction gives; h_0 = tanh(S m), m the backward one's at the first word. E is `embedding`, H `hidden`.
    Dropout keeps a unit of an embedding for all of a sentence with probability `keep_embeddings`, so one of the
    annotations with `keep_states`, and with that each entry of r. Biases are 0, of the forget gates `forget_bias`. The
    training loss is smoothed by `smoothing` (`smoothed_nats`); `beam` and `length_power` are for `search`.

    Source: Bahdanau, Cho & Bengio 2015, "Neural machine translation by jointly learning to align and translate";
    report 004 plans it. Departures: LSTMs for its gated units, tanh for its maxout read-out, W tied to the embeddings.
    """
    keeps, decoding = (keep_embeddings, keep_states), Decoding(beam, length_power)
    network = BahdanauLSTM(vocabularies, (embedding, hidden), keeps, smoothing, decoding)
    initialize(network, embeddings_initializer, weights_initializer, generator)
    with torch.no_grad():
        encoders = network.encoder.forwards, network.encoder.backwards
        for bias in (network.word_gates.bias, *(lstm.bias_ih_l0 for lstm in encoders)):
            bias[hidden : 2 * hidden] = forget_bias
    return network
