"""What every network that translates is: an encoder, a decoder that is fed the right words, and a tied softmax."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from replab.data.subwords import Encoder
from replab.data.texts import TextData
from replab.nn.nats import linear_nats
from replab.nn.networks.contract import Network, State, Tokens
from replab.nn.translation.pairs import PairBatch
from replab.nn.translation.scoring import Entries, scored

Memory = list[Tensor]
Vocabularies = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Decoding:
    """How a trained network is searched: see `search`."""

    beam: int
    length_power: float


class Translator(Network):
    """Nats of right translations, the steps by which a search finds its own, and how good these are.

    The target's embeddings W [K, E] are the weights of the softmax, too ("tied"): scores = W r + b for a read-out r.
    """

    def __init__(self, vocabularies: Vocabularies, embedding: int, smoothing: float, decoding: Decoding) -> None:
        super().__init__()
        self.smoothing, self.decoding = smoothing, decoding
        sizes = {side: len(vocabularies[f"{side}_words"]) for side in ("source", "target")}
        self.source_embedding = nn.Parameter(torch.empty(sizes["source"], embedding))
        self.target_embedding = nn.Parameter(torch.empty(sizes["target"], embedding))
        self.output_bias = nn.Parameter(torch.empty(sizes["target"]))

    @abstractmethod
    def read(self, source: Tensor, lengths: Tensor) -> Memory:
        """source [S, B] -> all that the decoder needs at its beginning, tensors with the batch first."""

    @abstractmethod
    def readouts(self, words: Tensor, memory: Memory) -> Tensor:
        """words [T, B], what the decoder reads -> its read-outs [T, B, E]."""

    @abstractmethod
    def advance(self, words: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """words [B], one step -> read-outs [B, E], and the memory after it."""

    def alignment(self, batch: PairBatch) -> Tensor | None:
        """Where the decoder looked as it wrote each word of the target, [T, B, S]; None without attention."""
        return None

    def nats(self, batch: PairBatch, state: State) -> tuple[Tensor, int, State]:
        """Those of the targets, END among their words, each given the source and the right words before it.

        Sentences stand alone: there is no state. While training, the gradient is the smoothed loss's.
        """
        readouts = self.readouts(batch.decoder_input, self.read(batch.source, batch.source_lengths))
        real = batch.real
        smoothing = self.smoothing if self.training else 0.0
        nats = smoothed_nats(readouts[real], self.target_embedding, self.output_bias, batch.target[real], smoothing)
        return nats, int(batch.target_lengths.sum()), None

    def step(self, words: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """words [B] -> log p of the next word [B, K], and the memory after it."""
        readouts, memory = self.advance(words, memory)
        scores = nn.functional.linear(readouts, self.target_embedding, self.output_bias)
        return scores.log_softmax(1), memory

    def extra_metrics(self, text: TextData, tokens: Tokens) -> Entries:
        """BLEU, chrF and exact matches on the test text, by greedy and by beam search; see `scored`."""
        return scored(self, Encoder(text.vocabularies["target_words"]), tokens, text.vocabularies["source_words"])


def smoothed_nats(x: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, smoothing: float) -> Tensor:
    """As `linear_nats`, in value; its gradient is that of (1 - s) (-log p_t) + s mean over k of (-log p_k).

    Their difference is s (z_t - mean z), z the scores, which needs no scores: z_t is a row's product with W_t.
    Source: Szegedy et al. 2016, "Rethinking the Inception architecture for computer vision", section 7. Departure: the
    value is that of the plain loss, so that its exponential is a perplexity.
    """
    nats = linear_nats(x, weight, bias, targets)
    if not smoothing:
        return nats
    right = (x * weight[targets]).sum() + bias[targets].sum()
    mean = x.sum(0).to(weight.dtype) @ weight.mean(0) + len(x) * bias.mean()
    more = smoothing * (right - mean)
    return nats + (more - more.detach())


@torch.no_grad()
def initialize(
    network: Translator,
    embeddings_initializer: Callable[..., Tensor],
    weights_initializer: Callable[..., Tensor],
    generator: torch.Generator,
) -> None:
    """Draw the embeddings by one initializer and every other matrix by the other, in their order; biases are 0."""
    for name, parameter in network.named_parameters():
        if parameter.dim() < 2:
            parameter.zero_()
        elif name in {"source_embedding", "target_embedding"}:
            embeddings_initializer(parameter, generator=generator)
        else:
            weights_initializer(parameter, generator=generator)
