"""What the benchmarks of speed share: contenders in alternating rounds, Lightning as a user calls it, ratios."""

from __future__ import annotations

import logging
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

import pytorch_lightning as lightning
import torch
from torch.utils.data import DataLoader, TensorDataset

Speeds = dict[str, list[float]]


def be_quiet(threads: int) -> None:
    """So many threads, and nothing said but the results."""
    torch.set_num_threads(threads)
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")


def alternate(contenders: dict[str, Callable[[], float]], rounds: int) -> Speeds:
    """name -> its speed in each round; in a round every contender runs once, and a round before them warms up."""
    found: Speeds = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, run in contenders.items():
            speed = run()
            if number:
                found[name].append(speed)
    return found


def lightning_seconds(
    module: lightning.LightningModule, inputs: torch.Tensor, targets: torch.Tensor, batch: int, **settings: Any
) -> float:
    """Seconds of Trainer.fit with a shuffling DataLoader over a TensorDataset; its output goes nowhere."""
    loader = DataLoader(TensorDataset(inputs, targets), batch_size=batch, shuffle=True)
    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
        trainer = lightning.Trainer(accelerator="cpu", default_root_dir=folder, **settings)
        started = time.perf_counter()
        trainer.fit(module, loader)
        return time.perf_counter() - started


def ratios(ours: list[float], others: list[float]) -> tuple[float, float, float]:
    """The median, the least and the greatest of how many times faster we are within a round."""
    found = [mine / other for mine, other in zip(ours, others, strict=True)]
    return statistics.median(found), min(found), max(found)


def table(found: Speeds, what: str) -> str:
    """The medians of `what` a second, and how many times as fast as each the engine is in both precisions."""
    rows = [f"| what | {what} a second | engine, bf16, to it | engine, float32, to it |", "|---|--:|---|---|"]
    for name, speeds in found.items():
        cells = []
        for ours in (found["engine, bf16"], found["engine, float32"]):
            middle, least, most = ratios(ours, speeds)
            cells.append(f"{middle:.2f} [{least:.2f} to {most:.2f}]")
        rows.append(f"| {name} | {statistics.median(speeds):,.0f} | {' | '.join(cells)} |")
    return "\n".join(rows)
