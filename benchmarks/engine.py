"""Replicate-steps a second: the engine against a bare torch loop and against Lightning with a DataLoader.

All three train a 784-128-10 tanh network with cross entropy and SGD (momentum, weight decay) at batch 100 on
one thread, in rounds that alternate in one process; the table gives medians over the rounds and ratios within
a round. Three epochs of 60,000 examples, what every contender does once included (starting a Trainer, bringing
uint8 inputs to float), and what it does once an epoch (the engine writes a checkpoint a replicate). Data are random
numbers of MNIST's shape: speed does not depend on them. Run: `make bench`.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import pytorch_lightning as lightning
import torch
from rounds import Speeds, alternate, be_quiet, lightning_seconds, ratios
from torch import nn

from replab.data import DataSet
from replab.spec import TrainingSpec
from replab.training.engine import train

SEEDS, BATCH, EXAMPLES = list(range(6)), 100, 60_000
EPOCHS = 3
STEPS = EPOCHS * EXAMPLES // BATCH
QUIET = {"enable_progress_bar": False, "enable_model_summary": False}
SGD = {"lr": 1e-4, "momentum": 0.9, "weight_decay": 1e-5}


def make_spec(strategy: str) -> TrainingSpec:
    """The spec that the engine trains: report 003's network."""
    normal = {"name": "normal", "std": 0.01}
    return TrainingSpec.model_validate(
        {
            "data": {"name": "random", "validation": 0},
            "input": {"name": "shift_scale", "shift": 128, "scale": 255},
            "model": {
                "name": "mlp",
                "hidden": [128],
                "activation": "tanh",
                "weights_initializer": normal,
                "biases_initializer": "zeros",
            },
            "loss": "cross_entropy",
            "optimizer": {"name": "sgd", **SGD},
            "schedule": "constant",
            "gradient": "sum",
            "batches": {"name": "shuffled", "size": BATCH},
            "budget": {"epochs": EPOCHS},
            "precision": "float32",
            "strategy": strategy,
        }
    )


def make_data() -> DataSet:
    """Random pictures of MNIST's shape; ten to test on, so that the time is that of training."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (EXAMPLES, 28, 28), np.uint8)
    labels = random.integers(0, 10, EXAMPLES, np.int64)
    names = tuple("0123456789")
    return DataSet("random", images, labels, images[:10], labels[:10], names, "0" * 64, False)


def engine(data: DataSet, strategy: str) -> float:
    """Replicate-steps a second of the engine, Trainer's start and checkpoints included."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        list(train(make_spec(strategy), SEEDS, data, lambda seed: Path(folder) / str(seed), [], "cpu"))
        return STEPS * len(SEEDS) / (time.perf_counter() - started)


def network() -> nn.Sequential:
    """The network as a user would write it."""
    return nn.Sequential(nn.Linear(784, 128), nn.Tanh(), nn.Linear(128, 10))


def bare_loop(inputs: torch.Tensor, targets: torch.Tensor) -> float:
    """Steps a second of a plain loop over shuffled indices with torch.optim.SGD's defaults."""
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), **SGD)
    started = time.perf_counter()
    for _ in range(EPOCHS):
        for batch in torch.randperm(EXAMPLES).split(BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(inputs[batch]), targets[batch], reduction="sum").backward()
            optimizer.step()
    return STEPS / (time.perf_counter() - started)


class Plain(lightning.LightningModule):
    """What a user of Lightning would write."""

    def __init__(self) -> None:
        super().__init__()
        self.network = network()

    def training_step(self, batch: tuple[torch.Tensor, torch.Tensor], _: int) -> torch.Tensor:
        inputs, targets = batch
        return nn.functional.cross_entropy(self.network(inputs), targets, reduction="sum")

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), **SGD)


def lightning_loop(inputs: torch.Tensor, targets: torch.Tensor, **settings: bool) -> float:
    """Steps a second of Lightning."""
    return STEPS / lightning_seconds(Plain(), inputs, targets, BATCH, max_epochs=EPOCHS, **settings)


def measure(rounds: int) -> Speeds:
    """name -> replicate-steps a second, one a round."""
    data = make_data()
    inputs = (torch.from_numpy(data.train_x).float().flatten(1) - 128) / 255
    targets = torch.from_numpy(data.train_y)
    contenders = {
        "engine, loop": lambda: engine(data, "loop"),
        "engine, vmap": lambda: engine(data, "vmap"),
        "bare torch loop": lambda: bare_loop(inputs, targets),
        "Lightning + DataLoader, default settings": lambda: lightning_loop(inputs, targets),
        "the same without progress bar and summary": lambda: lightning_loop(inputs, targets, **QUIET),
    }
    return alternate(contenders, rounds)


def table(found: Speeds) -> str:
    """The medians, and the ratios of the engine to each within a round."""
    ours = found["engine, vmap"]
    rows = ["| what | replicate-steps a second | engine (vmap) is faster by | range over rounds |", "|---|---|---|---|"]
    for name, speeds in found.items():
        middle, least, most = ratios(ours, speeds)
        rows.append(f"| {name} | {statistics.median(speeds):,.0f} | {middle:.2f} | {least:.2f} to {most:.2f} |")
    return "\n".join(rows)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    be_quiet(threads=1)
    found = measure(rounds)
    print(
        f"784-128-10, batch {BATCH}, {len(SEEDS)} replicates, one thread, {rounds} rounds, torch {torch.__version__}, "
        f"{platform.machine()}\n"
    )
    print(table(found))


if __name__ == "__main__":
    main()
