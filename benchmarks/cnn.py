"""Images a second in training report 000's network: the engine against Lightning with a DataLoader.

All train the 16, 32-32, 64-64, 128-128 network with batch normalization, cross entropy and Adam at batch 256, in
rounds that alternate in one process; the table gives medians over the rounds and ratios within a round. Two epochs of
2,560 images of SVHN's shape, what every contender does once included (starting a Trainer). Data are random numbers:
speed does not depend on them. Run: `python benchmarks/cnn.py --rounds 3 --threads 1`.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as lightning
import torch
from rounds import Speeds, alternate, be_quiet, lightning_seconds, ratios
from torch import nn

from replab.data import DataSet
from replab.spec import TrainingSpec
from replab.training.engine import train

SEEDS, BATCH, EXAMPLES, EPOCHS = [0, 1], 256, 2_560, 2
CHANNELS, CONVOLUTIONS = [16, 32, 64, 128], [1, 2, 2, 2]
ADAM = {"lr": 0.01, "eps": 1e-8}


def make_spec(precision: str) -> TrainingSpec:
    """The spec that the engine trains: report 000's network."""
    return TrainingSpec.model_validate(
        {
            "data": {"name": "random", "validation": 0},
            "input": {"name": "shift_scale", "shift": 0, "scale": 1},
            "model": {
                "name": "cnn",
                "channels": CHANNELS,
                "convolutions": CONVOLUTIONS,
                "batch_norm_momentum": 0.99,
                "batch_norm_epsilon": 0.001,
                "activation": "relu",
                "pooling": {"name": "max_pool", "size": 2},
                "weights_initializer": {"name": "variance_scaling", "factor": 1},
                "biases_initializer": "zeros",
                "normalizer": "identity",
            },
            "loss": "cross_entropy",
            "optimizer": {"name": "adam", "lr": 0.01, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8},
            "schedule": "constant",
            "gradient": "mean",
            "batches": {"name": "shuffled", "size": BATCH},
            "budget": {"epochs": EPOCHS},
            "precision": precision,
            "strategy": "loop",
        }
    )


def make_data() -> DataSet:
    """Random pictures of SVHN's shape; ten to test on, so that the time is that of training."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (EXAMPLES, 3, 32, 32), np.uint8)
    labels = random.integers(0, 10, EXAMPLES, np.int64)
    names = tuple("0123456789")
    return DataSet("random", images, labels, images[:10], labels[:10], names, "0" * 64, False)


def engine(data: DataSet, precision: str) -> float:
    """Images a second of the engine, Trainer's start and checkpoints included."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        list(train(make_spec(precision), SEEDS, data, lambda seed: Path(folder) / str(seed), [], "cpu"))
        return EPOCHS * EXAMPLES * len(SEEDS) / (time.perf_counter() - started)


def network() -> nn.Sequential:
    """The network as a user would write it."""
    layers: list[nn.Module] = []
    inputs = 3
    for stage, (width, count) in enumerate(zip(CHANNELS, CONVOLUTIONS, strict=True)):
        layers += [nn.MaxPool2d(2)] if stage else []
        for _ in range(count):
            layers += [nn.Conv2d(inputs, width, 3, padding=1), nn.BatchNorm2d(width, 1e-3, 0.01), nn.ReLU()]
            inputs = width
    return nn.Sequential(*layers, nn.AvgPool2d(4), nn.Flatten(), nn.Linear(inputs, 10))


class Plain(lightning.LightningModule):
    """What a user of Lightning would write."""

    def __init__(self) -> None:
        super().__init__()
        self.network = network()

    def training_step(self, batch: tuple[torch.Tensor, torch.Tensor], _: int) -> torch.Tensor:
        inputs, targets = batch
        return nn.functional.cross_entropy(self.network(inputs), targets)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), **ADAM)


def lightning_loop(inputs: torch.Tensor, targets: torch.Tensor, **settings: Any) -> float:
    """Images a second of Lightning."""
    return EPOCHS * EXAMPLES / lightning_seconds(Plain(), inputs, targets, BATCH, max_epochs=EPOCHS, **settings)


def measure(rounds: int) -> Speeds:
    """name -> images a second, one a round."""
    data = make_data()
    inputs, targets = torch.from_numpy(data.train_x).float(), torch.from_numpy(data.train_y)
    contenders = {
        "engine, bf16": lambda: engine(data, "bf16"),
        "engine, float32": lambda: engine(data, "float32"),
        "Lightning + DataLoader, default settings": lambda: lightning_loop(inputs, targets),
        "the same with precision bf16-mixed": lambda: lightning_loop(inputs, targets, precision="bf16-mixed"),
    }
    return alternate(contenders, rounds)


def table(found: Speeds) -> str:
    """The medians, and the ratios of the engine in both precisions to each within a round."""
    rows = [
        "| what | images a second | engine (bf16) is faster by | engine (float32) is faster by |",
        "|---|--:|---|---|",
    ]
    for name, speeds in found.items():
        cells = []
        for ours in (found["engine, bf16"], found["engine, float32"]):
            middle, least, most = ratios(ours, speeds)
            cells.append(f"{middle:.2f} [{least:.2f} to {most:.2f}]")
        rows.append(f"| {name} | {statistics.median(speeds):,.0f} | {' | '.join(cells)} |")
    return "\n".join(rows)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    be_quiet(arguments.threads)
    found = measure(arguments.rounds)
    print(
        f"Report 000's network, batch {BATCH}, {arguments.threads} thread(s), {arguments.rounds} rounds, torch "
        f"{torch.__version__}, {platform.machine()}\n"
    )
    print(table(found))


if __name__ == "__main__":
    main()
