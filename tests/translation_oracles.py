"""Slow references, in numpy, of what cuts sentence pairs into batches and of the networks that are trained on them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from sequence_oracles import logistic

VOCABULARIES = {"source_words": ("<eos>", *"abcdef"), "target_words": ("<eos>", *"uvwxyz", "yz")}
PAIRING = {"name": "sentence_pairs", "rows": 3, "pool": 2}


def _sentences(count: int, words: int, seed: int) -> Any:
    """Sentences of 1 to 5 words, one after the other, each with its end."""
    random = np.random.default_rng(seed)
    parts = [[*random.integers(1, words, random.integers(1, 6)), 0] for _ in range(count)]
    return np.array([number for part in parts for number in part], np.int32)


TOKENS = {
    f"{split}_{side}": _sentences(count, len(VOCABULARIES[f"{side}_words"]), seed)
    for split, count in (("train", 17), ("validation", 4), ("test", 5))
    for seed, side in enumerate(("source", "target"))
}


def sentences(numbers: Any) -> list[list[int]]:
    """Number by number."""
    found: list[list[int]] = [[]]
    for number in numbers:
        found[-1].append(int(number))
        if number == 0:
            found.append([])
    return found[:-1]


def filled(columns: list[list[int]]) -> list[list[int]]:
    """Columns as rows, with 0 where a column has ended."""
    return [
        [column[place] if place < len(column) else 0 for column in columns] for place in range(max(map(len, columns)))
    ]


def sentence_pairs(tokens: dict[str, Any], split: str, rows: int, pool: int) -> list[dict[str, Any]]:
    """By repeated choice of the shortest pair that is left; draws as `seeded()` does."""
    sources, targets = (sentences(tokens[f"{split}_{side}"]) for side in ("source", "target"))
    random, train = torch.Generator().manual_seed(0), split == "train"
    order = torch.randperm(len(sources), generator=random).tolist() if train else list(range(len(sources)))
    pools = [order[first : first + rows * pool] for first in range(0, len(order), rows * pool)] if train else [order]
    batches = []
    for left in pools:
        while left:
            chosen: list[int] = []
            while left and len(chosen) < rows:
                chosen.append(min(left, key=lambda pair: (len(targets[pair]), len(sources[pair]), order.index(pair))))
                left.remove(chosen[-1])
            batches.append(chosen)
    turns = torch.randperm(len(batches), generator=random).tolist() if train else range(len(batches))
    return [
        {
            "source": filled([sources[pair] for pair in batches[turn]]),
            "source_lengths": [len(sources[pair]) for pair in batches[turn]],
            "target": filled([targets[pair] for pair in batches[turn]]),
            "target_lengths": [len(targets[pair]) for pair in batches[turn]],
            "begins": True,
        }
        for turn in turns
    ]


def pairs_in(batch: Any) -> list[tuple[list[int], list[int]]]:
    """The sentence pairs of a batch, without what fills it up."""
    return [
        (batch.source[:s, column].tolist(), batch.target[:t, column].tolist())
        for column, (s, t) in enumerate(zip(batch.source_lengths.tolist(), batch.target_lengths.tolist(), strict=True))
    ]


def step(weights: dict[str, Any], name: str, layer: int, x: Any, state: Any) -> Any:
    """One step of torch's LSTM layer, whose gates come as i, f, g, o."""
    h, c = state
    gates = weights[f"{name}.weight_ih_l{layer}"] @ x + weights[f"{name}.bias_ih_l{layer}"]
    i, f, g, o = np.split(gates + weights[f"{name}.weight_hh_l{layer}"] @ h + weights[f"{name}.bias_hh_l{layer}"], 4)
    c = logistic(f) * c + logistic(i) * np.tanh(g)
    return logistic(o) * np.tanh(c), c


def nats_of(scores: Any, word: int) -> float:
    return float(math.log(math.fsum(np.exp(scores))) - scores[word])


def seq2seq_lstm(batch: Any, weights: dict[str, Any], width: int, layers: int, **_: Any) -> float:
    """Sentence by sentence and word by word, without dropout."""
    nats = 0.0
    for source, target in pairs_in(batch):
        states = [(np.zeros(width), np.zeros(width)) for _ in range(layers)]

        def through(name: str, x: Any, states: Any = states) -> Any:
            for layer in range(layers):
                states[layer] = step(weights, name, layer, x, states[layer])
                x = states[layer][0]
            return x

        for word in source:
            through("encoder", weights["source_embedding"][word])
        for before, word in zip([0, *target], target, strict=False):
            h = through("decoder", weights["target_embedding"][before])
            nats += nats_of(weights["target_embedding"] @ h + weights["output_bias"], word)
    return nats


def bahdanau_lstm(batch: Any, weights: dict[str, Any], hidden: int, **_: Any) -> float:
    """Sentence by sentence and word by word, without dropout."""
    return math.fsum(_attentive(weights, hidden, *pair)[0] for pair in pairs_in(batch))


def alignments(batch: Any, weights: dict[str, Any], hidden: int) -> list[Any]:
    """Where the decoder looked, [T, S] for each pair."""
    return [np.array(_attentive(weights, hidden, *pair)[1]) for pair in pairs_in(batch)]


def _attentive(w: dict[str, Any], hidden: int, source: list[int], target: list[int]) -> tuple[float, list[Any]]:
    def one_way(name: str, words: list[int]) -> list[Any]:
        state, found = (np.zeros(hidden), np.zeros(hidden)), []
        for word in words:
            state = step(w, f"encoder.{name}", 0, w["source_embedding"][word], state)
            found.append(state[0])
        return found

    back = one_way("backwards", source[::-1])[::-1]
    memory = [np.concatenate(pair) for pair in zip(one_way("forwards", source), back, strict=True)]
    h, c = np.tanh(w["start.weight"] @ back[0] + w["start.bias"]), np.zeros(hidden)
    nats, looks = 0.0, []
    for before, word in zip([0, *target], target, strict=False):
        x = w["target_embedding"][before]
        asked = w["attention.query"] @ h
        energies = [
            w["attention.score"][0] @ np.tanh(w["attention.keys.weight"] @ m + w["attention.keys.bias"] + asked)
            for m in memory
        ]
        looks.append(np.exp(energies) / sum(np.exp(energies)))
        context = sum(weight * m for weight, m in zip(looks[-1], memory, strict=True))
        gates = w["word_gates.weight"] @ x + w["word_gates.bias"] + w["state_gates"] @ h + w["context_gates"] @ context
        i, f, o, g = np.split(gates, 4)
        c = logistic(f) * c + logistic(i) * np.tanh(g)
        h = logistic(o) * np.tanh(c)
        r = np.tanh(w["readout.weight"] @ np.concatenate([x, h, context]) + w["readout.bias"])
        nats += nats_of(w["target_embedding"] @ r + w["output_bias"], word)
    return nats, looks


SEARCHED = {
    "forget_bias": 1.0,
    "smoothing": 0.1,
    "beam": 3,
    "length_power": 1.0,
    "embeddings_initializer": {"name": "normal", "std": 0.3},
    "weights_initializer": {"name": "uniform_fan"},
}
BAHDANAU = {"embedding": 4, "hidden": 3, "keep_embeddings": 0.5, "keep_states": 0.5, **SEARCHED}
SEQ2SEQ = tuple({"width": 4, "layers": layers, "keep": 0.5, **SEARCHED} for layers in (1, 2))
