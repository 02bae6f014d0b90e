"""Train replicates of one variant with a Lightning Trainer, resuming those that were interrupted."""

from __future__ import annotations

import itertools
import logging
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytorch_lightning as lightning
import torch
from torch.utils.data import DataLoader

from replab.building import build
from replab.data import DataSet
from replab.spec import TrainingSpec
from replab.training import checkpoints
from replab.training.devices import keep_freed_memory
from replab.training.examples import Examples, make_examples, take
from replab.training.module import CHUNK, ReplicatesModule, evaluations, steps_per_evaluation
from replab.training.objectives import DTYPES
from replab.training.outcomes import Outcome, metrics_of, peak_memory_bytes
from replab.training.replicates import choose_strategy, make_models, make_replicates

EVALUATION_BATCH = 1000


class Keeper(lightning.Callback):
    """Writes every replicate's checkpoint after each evaluation, and stops when no replicate lives."""

    def __init__(self, paths: dict[int, Path], seconds_before: list[float]) -> None:
        self.paths, self.seconds_before, self.started = paths, seconds_before, time.perf_counter()

    def seconds(self, number: int) -> float:
        """A replicate's share of the time since the group began, and what was spent on it before."""
        return self.seconds_before[number] + (time.perf_counter() - self.started) / len(self.paths)

    def on_train_epoch_end(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Save, epoch done."""
        assert isinstance(module, ReplicatesModule)
        for number, seed in enumerate(module.seeds):
            checkpoints.save(
                self.paths[seed],
                {
                    "evaluations": module.evaluations_before + trainer.current_epoch + 1,
                    "curves": module.curves[number],
                    "diverged_step": module.diverged[number],
                    "seconds": self.seconds(number),
                    "state": module.replicates.state(number),
                },
            )
        trainer.should_stop = all(step is not None for step in module.diverged)


def train(
    spec: TrainingSpec,
    seeds: list[int],
    dataset: DataSet,
    path_of: Callable[[int], Path],
    callbacks: list[lightning.Callback],
    accelerator: str = "auto",
) -> Iterator[Outcome]:
    """Train one replicate a seed. Those that were interrupted at the same evaluation go on together.

    `path_of(seed)` is where a replicate's checkpoint lies. Raises KeyboardInterrupt when interrupted.
    """
    keep_freed_memory()
    found = {seed: checkpoints.load(path_of(seed)) for seed in seeds}

    def done(seed: int) -> int:
        checkpoint = found[seed]
        return checkpoint["evaluations"] if checkpoint else 0

    for _, group in itertools.groupby(sorted(seeds, key=lambda seed: (done(seed), seed)), key=done):
        members = list(group)
        start = [found[seed] for seed in members]
        yield from train_group(spec, members, dataset, {s: path_of(s) for s in members}, start, callbacks, accelerator)


def train_group(
    spec: TrainingSpec,
    seeds: list[int],
    dataset: DataSet,
    paths: dict[int, Path],
    start: list[checkpoints.Checkpoint | None],
    callbacks: list[lightning.Callback],
    accelerator: str,
) -> Iterator[Outcome]:
    """Train replicates that have the same number of evaluations behind them, in one Trainer."""
    keeper = Keeper(paths, [checkpoint["seconds"] if checkpoint else 0.0 for checkpoint in start])
    models = make_models(spec, seeds, dataset.train_x.shape[1:], len(dataset.classes))
    parameters = sum(parameter.numel() for parameter in models[0].parameters())
    before = max(checkpoint["evaluations"] if checkpoint else 0 for checkpoint in start)
    trainer = _trainer(evaluations(spec) - before, accelerator, [*callbacks, keeper])
    device = trainer.strategy.root_device.type
    strategy = choose_strategy(spec, models[0], device)
    replicates = make_replicates(spec, models, seeds, strategy)
    module = ReplicatesModule(spec, seeds, replicates, lambda d: _splits(spec, dataset, d), len(dataset.classes))
    module.resume(before, start)
    if trainer.max_epochs and None in module.diverged:
        _fit(trainer, module, dataset)
    for number, seed in enumerate(seeds):
        cost = {
            "train_seconds": round(keeper.seconds(number), 3),
            "parameters": parameters,
            "peak_memory_bytes": peak_memory_bytes(),
            "replicates": len(seeds),
            "strategy": strategy,
            "device": device,
        }
        curves, diverged = module.curves[number], module.diverged[number]
        yield Outcome(seed, metrics_of(curves, diverged is not None), curves, diverged, cost)


def _splits(spec: TrainingSpec, dataset: DataSet, device: torch.device) -> dict[str, Examples]:
    """split name -> examples on the device; no `validation` where none is kept."""
    split = take(dataset, spec.data)
    transform = build("input", spec.input, fitted_on=torch.from_numpy(split.train_x))
    dtype = DTYPES[spec.precision]
    arrays = {
        "train": (split.train_x, split.train_y),
        "validation": (split.validation_x, split.validation_y),
        "test": (split.test_x, split.test_y),
    }
    return {
        name: make_examples(inputs, targets, transform, dtype, device)
        for name, (inputs, targets) in arrays.items()
        if len(targets)
    }


def _trainer(epochs: int, accelerator: str, callbacks: list[lightning.Callback]) -> lightning.Trainer:
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    return lightning.Trainer(
        max_epochs=epochs,
        accelerator=accelerator,
        devices=1,
        logger=False,
        callbacks=callbacks,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )


def _fit(trainer: lightning.Trainer, module: ReplicatesModule, dataset: DataSet) -> None:
    split = take(dataset, module.spec.data)
    period = steps_per_evaluation(module.spec, len(split.train_y))
    chunks = [(first, min(CHUNK, period - first)) for first in range(0, period, CHUNK)]
    sizes = [len(labels) for labels in (split.validation_y, split.test_y) if len(labels)]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        warnings.filterwarnings("ignore", message=".*GPU available but not used.*")
        try:
            trainer.fit(
                module,
                _loader(chunks),
                [_loader(list(torch.arange(n).split(EVALUATION_BATCH))) for n in sizes],
            )
        except SystemExit as stop:  # how Trainer ends after an interrupt
            raise KeyboardInterrupt from stop
    if trainer.interrupted:
        raise KeyboardInterrupt


def _loader(items: list[Any]) -> DataLoader[Any]:
    return DataLoader(items, batch_size=None)  # type: ignore[arg-type]
