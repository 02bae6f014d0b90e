"""Tokens a second: the engine's language model against a plain one in float32, as PyTorch's example has it.

Both train two LSTM layers of 300 with tied embeddings on 10,000 words, 20 rows of 35 steps, dropout .1, on one thread,
in rounds that alternate in one process. The plain one is what word_language_model of pytorch/examples does, written
anew: nn.Embedding, nn.LSTM, nn.Linear, log_softmax and nll_loss, gradients cut by clip_grad_norm_, weights moved by
add_. The engine's steps are those of `SequenceModule`; what Trainer does around them, about a millisecond of some
hundred, is in neither. Words are drawn by Zipf's law: speed does not depend on them. Run: `make bench`.
"""

from __future__ import annotations

import argparse
import platform
import time

import numpy as np
import torch
from rounds import Speeds, alternate, be_quiet, table
from torch import Tensor, nn

from replab.building import build
from replab.data import TextData
from replab.spec import SequenceSpec
from replab.training.devices import keep_freed_memory
from replab.training.randomness import generator
from replab.training.sequence_module import SequenceModule

WORDS, WIDTH, LAYERS, ROWS, LENGTH, DROPPED = 10_000, 300, 2, 20, 35, 0.1
STEPS = 12  # of each contender in a round


def make_text() -> TextData:
    """As many words as a round takes."""
    ranks = np.arange(1, WORDS + 1)
    drawn = np.random.default_rng(0).choice(WORDS, ROWS * LENGTH * STEPS + 1, p=1 / ranks / (1 / ranks).sum())
    tokens = {split: drawn.astype(np.int32) for split in ("train", "validation", "test")}
    return TextData("zipf", tokens, {"words": tuple(map(str, range(WORDS)))}, "0" * 64, False)


def make_module(text: TextData, precision: str) -> SequenceModule:
    """The engine's module with report 004's settings, ready for its first step."""
    spec = SequenceSpec.model_validate(
        {
            "data": {"name": text.name},
            "sequences": {"name": "streams", "rows": ROWS, "steps": LENGTH, "evaluation_rows": 1},
            "network": {
                "name": "lstm_language_model",
                "width": WIDTH,
                "layers": LAYERS,
                "keep": 1 - DROPPED,
                "tied": True,
                "forget_bias": 1,
                "weights_initializer": {"name": "uniform", "limit": 0.05},
            },
            "optimizer": {"name": "sgd", "lr": 1, "momentum": 0, "weight_decay": 0},
            "schedule": "constant",
            "gradient": "per_sequence",
            "clip": 5,
            "budget": {"epochs": 1},
            "precision": precision,
        }
    )
    network = build("network", spec.network, vocabularies=text.vocabularies, generator=generator(0, "weights"))
    module = SequenceModule(spec, 0, network, text)
    module.to_device(torch.device("cpu"))
    module.train_dataloader()
    return module


def engine(module: SequenceModule) -> float:
    """Tokens a second."""
    module.on_train_epoch_start()
    started = time.perf_counter()
    for step in range(STEPS):
        module.training_step(step, step)
    return ROWS * LENGTH * STEPS / (time.perf_counter() - started)


class Plain(nn.Module):
    """The network as the example has it."""

    def __init__(self) -> None:
        super().__init__()
        self.drop = nn.Dropout(DROPPED)
        self.encoder = nn.Embedding(WORDS, WIDTH)
        self.rnn = nn.LSTM(WIDTH, WIDTH, LAYERS, dropout=DROPPED)
        self.decoder = nn.Linear(WIDTH, WORDS)
        self.decoder.weight = self.encoder.weight
        nn.init.uniform_(self.encoder.weight, -0.1, 0.1)
        nn.init.zeros_(self.decoder.bias)

    def forward(self, words: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        outputs, state = self.rnn(self.drop(self.encoder(words)), state)
        scores = self.decoder(self.drop(outputs)).view(-1, WORDS)
        return nn.functional.log_softmax(scores, dim=1), state


def plain(model: Plain, batches: list[tuple[Tensor, Tensor]]) -> float:
    """Tokens a second."""
    state = (torch.zeros(LAYERS, ROWS, WIDTH), torch.zeros(LAYERS, ROWS, WIDTH))
    total, started = 0.0, time.perf_counter()
    for inputs, targets in batches:
        model.zero_grad()
        state = (state[0].detach(), state[1].detach())
        logs, state = model(inputs, state)
        loss = nn.functional.nll_loss(logs, targets.view(-1))
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.25)
        for weights in model.parameters():
            assert weights.grad is not None
            weights.data.add_(weights.grad, alpha=-20)
        total += loss.item()
    return ROWS * LENGTH * STEPS / (time.perf_counter() - started)


def measure(rounds: int) -> Speeds:
    """name -> tokens a second, one a round."""
    keep_freed_memory()
    torch.manual_seed(0)
    text = make_text()
    low, single, model = make_module(text, "bf16"), make_module(text, "float32"), Plain()
    batches = [(batch.inputs, batch.targets) for batch in single.batches]  # type: ignore[attr-defined]
    contenders = {
        "engine, bf16": lambda: engine(low),
        "engine, float32": lambda: engine(single),
        "plain loop, float32": lambda: plain(model, batches),
    }
    return alternate(contenders, rounds)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    be_quiet(arguments.threads)
    found = measure(arguments.rounds)
    print(
        f"2 x {WIDTH} LSTM, {WORDS:,} words, {ROWS} x {LENGTH}, {arguments.threads} thread(s), {arguments.rounds} "
        f"rounds, torch {torch.__version__}, {platform.machine()}\n"
    )
    print(table(found, "tokens"))


if __name__ == "__main__":
    main()
