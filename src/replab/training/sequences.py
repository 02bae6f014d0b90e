"""Train a network on sequences with a Lightning Trainer: one seed after the other, resumed where it was interrupted."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytorch_lightning as lightning

from replab.building import build
from replab.data import TextData
from replab.spec import SequenceSpec
from replab.training import checkpoints
from replab.training.devices import keep_freed_memory
from replab.training.outcomes import Metrics, Outcome, peak_memory_bytes
from replab.training.randomness import generator
from replab.training.sequence_module import SequenceModule


class Keeper(lightning.Callback):
    """Writes the checkpoint after each epoch, and stops a run that diverged."""

    def __init__(self, path: Path, seconds_before: float) -> None:
        self.path, self.seconds_before, self.started = path, seconds_before, time.perf_counter()

    def seconds(self) -> float:
        """Spent on the run so far, before an interruption too."""
        return self.seconds_before + time.perf_counter() - self.started

    def on_train_epoch_end(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Save, epoch done."""
        assert isinstance(module, SequenceModule)
        kept = {
            "epochs": module.epoch + 1,
            "curves": module.curves[0],
            "running": module.running,
            "diverged_step": module.diverged[0],
            "seconds": self.seconds(),
            "state": module.state(),
        }
        checkpoints.save(self.path, kept)
        trainer.should_stop = module.diverged[0] is not None


def train_sequences(
    spec: SequenceSpec,
    seeds: list[int],
    text: TextData,
    path_of: Callable[[int], Path],
    callbacks: Callable[[], list[lightning.Callback]],
    accelerator: str = "auto",
) -> Iterator[Outcome]:
    """Train one network a seed. `path_of(seed)` is where its checkpoint lies; `callbacks` are made anew for each.

    Raises KeyboardInterrupt when interrupted: the epochs that were finished are kept.
    """
    keep_freed_memory()
    for seed in seeds:
        yield _train(spec, seed, text, path_of(seed), callbacks(), accelerator)


def _train(
    spec: SequenceSpec,
    seed: int,
    text: TextData,
    path: Path,
    callbacks: list[lightning.Callback],
    accelerator: str,
) -> Outcome:
    found = checkpoints.load(path)
    keeper = Keeper(path, found["seconds"] if found else 0.0)
    network = build("network", spec.network, vocabularies=text.vocabularies, generator=generator(seed, "weights"))
    module = SequenceModule(spec, seed, network, text)
    module.resume(found)
    trainer = _trainer(spec.budget.epochs - module.epochs_before, accelerator, [*callbacks, keeper])
    module.to_device(trainer.strategy.root_device)
    if trainer.max_epochs and module.diverged[0] is None:
        _fit(trainer, module)
    metrics = _metrics(module) if module.diverged[0] is None else {}
    cost = {
        "train_seconds": round(keeper.seconds(), 3),
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "peak_memory_bytes": peak_memory_bytes(),
        "replicates": 1,
        "strategy": "sequence",
        "device": trainer.strategy.root_device.type,
    }
    return Outcome(seed, metrics, module.curves[0], module.diverged[0], cost)


def _metrics(module: SequenceModule) -> Metrics:
    """The last points of the curves, the test text, and what else the network measures."""
    last = {name: values[-1] for name, values in module.curves[0].items() if name not in {"step", "epoch"}}
    found = last | module.running | module.evaluated("test")
    units = {name: "nats" if name.endswith("_loss") else "" for name in found}
    return {name: {"value": value, "unit": units[name]} for name, value in found.items()} | module.extra_metrics()


def _trainer(epochs: int, accelerator: str, callbacks: list[lightning.Callback]) -> lightning.Trainer:
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*GPU available but not used.*")
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
            reload_dataloaders_every_n_epochs=1,
        )


def _fit(trainer: lightning.Trainer, module: Any) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        try:
            trainer.fit(module)
        except SystemExit as stop:  # how Trainer ends after an interrupt
            raise KeyboardInterrupt from stop
    if trainer.interrupted:
        raise KeyboardInterrupt
