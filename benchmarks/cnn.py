"""Images a second in training report 000's network, on the whole machine: the engine against Lightning, DataLoader.

All train the 16, 32-32, 64-64, 128-128 network with batch normalization, cross entropy and Adam at batch 256, in
alternating rounds; the table gives medians over the rounds and ratios within a round. The engine runs as replab runs
it, a process of one thread a core, Lightning with its defaults in one process of as many threads. Two epochs of 10,240
images of SVHN's shape and two replicates a process, what every contender does once included (starting a Trainer).
Data are random numbers: speed does not depend on them. Run: `python benchmarks/cnn.py --rounds 3 --cores 2`.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import platform
import statistics
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as lightning
import torch
from rounds import Speeds, alternate, be_quiet, lightning_seconds, table
from torch import nn

from replab.data import DataSet
from replab.spec import TrainingSpec
from replab.training.engine import train

SEEDS, BATCH, EXAMPLES, EPOCHS = [0, 1], 256, 10_240, 2
PEAK = 2048
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


def engine_once(precision: str, together: Any) -> tuple[float, float]:
    """When a process of the engine began and ended, Trainer's start and checkpoints included; it begins `together`
    with the others, after a warm-up."""
    be_quiet(1)
    data = make_data()
    for rehearsal in (True, False):
        with tempfile.TemporaryDirectory() as folder:
            if not rehearsal:
                together.wait()
            started = time.perf_counter()
            seeds = SEEDS[:1] if rehearsal else SEEDS
            list(train(make_spec(precision), seeds, data, lambda seed: Path(folder) / str(seed), [], "cpu"))
    return started, time.perf_counter()


def engine(precision: str, cores: int) -> float:
    """Images a second of as many processes of the engine as there are cores."""
    with multiprocessing.get_context("spawn").Manager() as manager:
        together = manager.Barrier(cores)
        with ProcessPoolExecutor(cores, mp_context=multiprocessing.get_context("spawn")) as pool:
            times = list(pool.map(engine_once, [precision] * cores, [together] * cores))
    seconds = max(end for _, end in times) - min(start for start, _ in times)
    return cores * len(SEEDS) * EPOCHS * EXAMPLES / seconds


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


def multiply_adds() -> int:
    """Multiplications and additions of a training step an image: 2 a weight and place, three times (forward, and the
    gradients of inputs and weights; none of the first layer's inputs)."""
    side, inputs, total = 32, 3, 0
    for stage, (width, count) in enumerate(zip(CHANNELS, CONVOLUTIONS, strict=True)):
        side //= 2 if stage else 1
        for _ in range(count):
            total += 2 * 9 * inputs * width * side * side * (3 if total else 2)
            inputs = width
    return total


def peak_once(together: Any) -> float:
    """FLOP/s of one thread in a bf16 product of 2048 x 2048 matrices, the best of ten."""
    be_quiet(1)
    a = torch.randn(PEAK, PEAK).bfloat16()
    together.wait()
    best = math.inf
    for _ in range(10):
        started = time.perf_counter()
        a @ a
        best = min(best, time.perf_counter() - started)
    return 2 * PEAK**3 / best


def peak(cores: int) -> float:
    """FLOP/s of all cores in bf16 products of matrices."""
    with multiprocessing.get_context("spawn").Manager() as manager:
        together = manager.Barrier(cores)
        with ProcessPoolExecutor(cores, mp_context=multiprocessing.get_context("spawn")) as pool:
            return sum(pool.map(peak_once, [together] * cores))


def measure(rounds: int, cores: int) -> Speeds:
    """name -> images a second, one a round."""
    data = make_data()
    inputs, targets = torch.from_numpy(data.train_x).float(), torch.from_numpy(data.train_y)
    contenders = {
        "engine, bf16": lambda: engine("bf16", cores),
        "engine, float32": lambda: engine("float32", cores),
        "Lightning + DataLoader, default settings": lambda: lightning_loop(inputs, targets),
        "the same with precision bf16-mixed": lambda: lightning_loop(inputs, targets, precision="bf16-mixed"),
    }
    return alternate(contenders, rounds)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cores", type=int, default=2)
    arguments = parser.parse_args()
    be_quiet(arguments.cores)
    found = measure(arguments.rounds, arguments.cores)
    print(
        f"Report 000's network, batch {BATCH}, {arguments.cores} cores, {arguments.rounds} rounds, torch "
        f"{torch.__version__}, {platform.machine()}\n"
    )
    print(table(found, "images"))
    done, most = statistics.median(found["engine, bf16"]) * multiply_adds(), peak(arguments.cores)
    print(
        f"\nConvolutions in bf16: {done / 1e9:.0f} GFLOP/s, {100 * done / most:.0f} % of {most / 1e9:.0f} at the peak."
    )


if __name__ == "__main__":
    main()
