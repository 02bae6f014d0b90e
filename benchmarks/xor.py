"""Replicate-steps a second on exclusive or: a hundred stacked replicates against Lightning with a DataLoader.

Both train report 004's 2-3-1 network on 100 points with full binary cross entropy and plain gradient descent at
batch 8 for 500 steps, on one thread, in rounds that alternate in one process. The engine's time has what a study has:
starting a Trainer, ten evaluations of every replicate and its ten checkpoints; Lightning's has its defaults, or no
progress bar, summary, checkpoint and logger, and no evaluation. Run: `make bench`.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import tempfile
import time
from pathlib import Path

import pytorch_lightning as lightning
import torch
from rounds import Speeds, alternate, be_quiet, lightning_seconds, ratios
from torch import nn

from replab.data import DataSet, points
from replab.spec import TrainingSpec
from replab.training.engine import train

SEEDS, BATCH, STEPS, LR = list(range(100)), 8, 500, 0.5
QUIET = {
    "enable_progress_bar": False,
    "enable_model_summary": False,
    "enable_checkpointing": False,
    "logger": False,
}


def make_spec() -> TrainingSpec:
    """The spec that the engine trains."""
    return TrainingSpec.model_validate(
        {
            "data": {"name": "xor_points", "validation": 0},
            "input": {"name": "shift_scale", "shift": 0, "scale": 1},
            "model": {
                "name": "mlp_probabilities",
                "hidden": [3],
                "biases": True,
                "hidden_activation": "identity",
                "output_activation": "sigmoid",
                "weights_initializer": {"name": "normal", "std": 1},
            },
            "loss": {"name": "binary_cross_entropy", "clip": 1e-10},
            "optimizer": {"name": "sgd", "lr": LR, "momentum": 0, "weight_decay": 0},
            "schedule": "constant",
            "gradient": "mean",
            "batches": {"name": "shuffled", "size": BATCH},
            "budget": {"steps": STEPS, "evaluate_every": STEPS // 10},
            "precision": "float32",
            "strategy": "auto",
        }
    )


def engine(data: DataSet, seeds: list[int]) -> float:
    """Replicate-steps a second of the engine."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        list(train(make_spec(), seeds, data, lambda seed: Path(folder) / str(seed), [], "cpu"))
        return STEPS * len(seeds) / (time.perf_counter() - started)


class Plain(lightning.LightningModule):
    """What a user of Lightning would write."""

    def __init__(self) -> None:
        super().__init__()
        self.network = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1), nn.Sigmoid())

    def training_step(self, batch: tuple[torch.Tensor, torch.Tensor], _: int) -> torch.Tensor:
        inputs, targets = batch
        return nn.functional.binary_cross_entropy(self.network(inputs)[:, 0], targets)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=LR)


def lightning_loop(inputs: torch.Tensor, targets: torch.Tensor, **settings: bool) -> float:
    """Steps a second of Lightning."""
    return STEPS / lightning_seconds(Plain(), inputs, targets, BATCH, max_steps=STEPS, **settings)


def measure(rounds: int) -> Speeds:
    """name -> replicate-steps a second, one a round."""
    arrays = points.XOR.decode(points.XOR, {})
    data = DataSet(name="xor_points", **arrays, classes=points.XOR.classes, sha256=points.XOR.sha256, sample=False)
    inputs, targets = torch.from_numpy(data.train_x), torch.from_numpy(data.train_y).float()
    contenders = {
        f"engine, {len(SEEDS)} replicates stacked": lambda: engine(data, SEEDS),
        "engine, 20 replicates stacked": lambda: engine(data, SEEDS[:20]),
        "Lightning + DataLoader, default settings": lambda: lightning_loop(inputs, targets),
        "the same without progress bar, summary, checkpoint, logger": lambda: lightning_loop(inputs, targets, **QUIET),
    }
    return alternate(contenders, rounds)


def table(found: Speeds) -> str:
    """The medians, and the ratios of the hundred stacked replicates to each within a round."""
    ours = next(iter(found.values()))
    rows = ["| what | replicate-steps a second | 100 stacked are faster by | range over rounds |", "|---|---|---|---|"]
    for name, speeds in found.items():
        middle, least, most = ratios(ours, speeds)
        rows.append(f"| {name} | {statistics.median(speeds):,.0f} | {middle:.1f} | {least:.1f} to {most:.1f} |")
    return "\n".join(rows)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    be_quiet(threads=1)
    found = measure(rounds)
    print(f"2-3-1, batch {BATCH}, one thread, {rounds} rounds, torch {torch.__version__}, {platform.machine()}\n")
    print(table(found))


if __name__ == "__main__":
    main()
