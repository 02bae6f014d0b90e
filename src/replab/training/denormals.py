"""Optimizers that set to 0 what is below 1.2e-38: a callback, so that no run's identity depends on it.

A moment of a weight that gets no gradient shrinks step by step to a denormal number and stays there, and with L2 so
does the weight. On most processors arithmetic with such numbers takes many times as long (docs/decisions/0032).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytorch_lightning as lightning
import torch

from replab.training.outcomes import Outcome

SMALLEST = 2.0**-149  # the smallest float32 above 0


class Flushing(lightning.Callback):
    """While an optimizer makes a step, this thread reads and writes denormal numbers as 0; elsewhere nothing changes.

    A thread that does so already is left as it is, and so is a processor that cannot.
    """

    def __init__(self) -> None:
        self.handles: list[Any] = []

    def on_train_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Lightning calls it when the optimizers are there."""
        if not can_flush() or flushes():
            return
        for optimizer in trainer.optimizers:
            self.handles.append(optimizer.register_step_pre_hook(_begin))
            self.handles.append(optimizer.register_step_post_hook(_end))

    def on_train_end(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Lightning calls it after the last step."""
        self._remove()

    def on_exception(
        self, trainer: lightning.Trainer, module: lightning.LightningModule, exception: BaseException
    ) -> None:
        """Lightning calls it where a training fails or is interrupted, maybe within a step."""
        self._remove()

    def _remove(self) -> None:
        if self.handles:
            torch.set_flush_denormal(False)
        for handle in self.handles:
            handle.remove()
        self.handles.clear()


def _begin(*_: Any) -> None:
    torch.set_flush_denormal(True)


def _end(*_: Any) -> None:
    torch.set_flush_denormal(False)


def flushes() -> bool:
    """Whether this thread sets denormal numbers to 0 now."""
    return not torch.tensor(SMALLEST).mul(1.0).item()


def can_flush() -> bool:
    """Whether this processor can; its setting is as it was afterwards."""
    before = flushes()
    can: bool = torch.set_flush_denormal(True)
    torch.set_flush_denormal(before)
    return can


def noted(outcome: Outcome) -> Outcome:
    """The outcome, whose cost says `flushes_denormals` where its steps were made on a processor that can."""
    flushed = outcome.cost["device"] == "cpu" and can_flush()
    return replace(outcome, cost=outcome.cost | {"flushes_denormals": True}) if flushed else outcome
