"""A text for the tests of sequences, and slow references in numpy of what cuts it and of what is trained on it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

VOCABULARIES = {"words": ("<eos>", "<unk>", "a", "b", "c", "d", "e")}
TOKENS = {
    part: np.random.default_rng(number).integers(0, len(VOCABULARIES["words"]), length).astype(np.int32)
    for number, (part, length) in enumerate({"train": 83, "validation": 29, "test": 23}.items())
}
# How the text is cut for a network's example.
BATCHING = {"lstm_language_model": {"name": "streams", "rows": 3, "steps": 4, "evaluation_rows": 2}}


def streams(tokens: dict[str, Any], split: str, rows: int, steps: int, evaluation_rows: int) -> list[dict[str, Any]]:
    """Word by word: where each row stands at each step."""
    text = [int(number) for number in tokens[split]]
    train = split == "train"
    width, long = (rows, steps) if train else (evaluation_rows, rows * steps // evaluation_rows)
    length = 0
    while width * (length + (steps if train else 1)) + 1 <= len(text):
        length += steps if train else 1
    found = []
    for first in range(0, length, long):
        places = [[row * length + step for row in range(width)] for step in range(first, first + long) if step < length]
        inputs = [[text[place] for place in line] for line in places]
        targets = [[text[place + 1] for place in line] for line in places]
        found.append({"inputs": inputs, "targets": targets, "begins": first == 0})
    return found


def logistic(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def lstm_step(weights: dict[str, Any], layer: str, x: Any, h: Any, c: Any) -> tuple[Any, Any]:
    """One step of one layer on one row, unit by unit."""
    width = len(h)
    new_h, new_c = np.zeros(width), np.zeros(width)
    for unit in range(width):
        i, f, g, o = (
            weights[f"{layer}.inputs"][gate * width + unit] @ x
            + weights[f"{layer}.recurrent"][gate * width + unit] @ h
            + weights[f"{layer}.bias"][gate * width + unit]
            for gate in range(4)
        )
        new_c[unit] = logistic(f) * c[unit] + logistic(i) * math.tanh(g)
        new_h[unit] = logistic(o) * math.tanh(new_c[unit])
    return new_h, new_c


def lstm_language_model(batch: Any, weights: dict[str, Any], layers: int, width: int, **_: Any) -> float:
    """The nats of a batch that begins, row by row and word by word, without dropout."""
    nats = 0.0
    for inputs, targets in zip(batch.inputs.T.tolist(), batch.targets.T.tolist(), strict=True):
        state = [(np.zeros(width), np.zeros(width)) for _ in range(layers)]
        for word, target in zip(inputs, targets, strict=True):
            x = weights["embedding"][word]
            for number in range(layers):
                state[number] = lstm_step(weights, f"layers.{number}", x, *state[number])
                x = state[number][0]
            scores = weights.get("output", weights["embedding"]) @ x + weights["bias"]
            nats -= scores[target] - math.log(math.fsum(np.exp(scores)))
    return nats
