"""A line an epoch, from the curves of the replicates that live."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytorch_lightning as lightning
from rich.progress import TaskID

from replab.data.points import VALUE
from replab.training.progress import Display

if TYPE_CHECKING:
    from replab.params import Variant

SHOWN = {"perplexity": "{:.2f}", "accuracy": "{:.2f} %", "loss": "{:.3g}"}


class EpochLines(lightning.Callback):
    """Mean loss and accuracy over the replicates that live, after every evaluation."""

    def __init__(self, display: Display, variant: Variant) -> None:
        self.display, self.variant, self.started = display, variant, time.perf_counter()
        self.task: TaskID | None = None

    def on_train_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Open the live line."""
        description = f"{self.variant.name} seeds {_spans(getattr(module, 'seeds', []))}"
        self.task = self.display.progress.add_task(description, total=trainer.max_epochs, numbers="")

    def on_train_epoch_end(self, trainer: lightning.Trainer, module: Any) -> None:
        """Move the live line, or print a line."""
        numbers = _numbers(module)
        done, total = trainer.current_epoch + 1, trainer.max_epochs or 0
        if self.task is not None and not self.display.progress.disable:
            self.display.progress.update(self.task, completed=done, numbers=numbers)
            return
        left = (time.perf_counter() - self.started) / done * (total - done)
        seeds = _spans(module.seeds)
        self.display.log(
            f"{self.variant.study} {self.variant.name} seeds {seeds}: {done}/{total}, {numbers}, {left:.0f} s left"
        )

    def on_train_end(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Close the live line."""
        if self.task is not None:
            self.display.progress.remove_task(self.task)
            self.task = None


def _numbers(module: Any) -> str:
    living = [curves for curves, step in zip(module.curves, module.diverged, strict=True) if step is None]
    if not living:
        return "all diverged"
    split = "test" if "test_accuracy" in living[0] and "validation_accuracy" not in living[0] else "validation"
    metric = _shown_metric(module, living[0])
    means = [sum(curves[name][-1] for curves in living) / len(living) for name in ("train_loss", f"{split}_{metric}")]
    text = f"loss {means[0]:.3g}, {split} {SHOWN[metric].format(means[1])}"
    dead = len(module.diverged) - len(living)
    return text + (f", {dead} diverged" if dead else "")


def _shown_metric(module: Any, curves: Mapping[str, Any]) -> str:
    """The metric whose value tells how far a training is: of numbers there is no accuracy."""
    if "validation_perplexity" in curves:
        return "perplexity"
    return "loss" if getattr(module, "classes", None) == len(VALUE) else "accuracy"


def _spans(seeds: list[int]) -> str:
    ordered = sorted(seeds)
    if len(ordered) > 1 and ordered == list(range(ordered[0], ordered[-1] + 1)):
        return f"{ordered[0]}-{ordered[-1]}"
    return ",".join(map(str, ordered))
