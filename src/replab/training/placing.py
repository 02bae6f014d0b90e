"""Where tensors must lie that Lightning leaves on the CPU: callbacks, so that no run's identity depends on them."""

from __future__ import annotations

from typing import Any

import pytorch_lightning as lightning
import torch
from torch import Tensor


class Placed(lightning.Callback):
    """Brings to the training's device what resumes, and brings the module back to it after the training.

    `Trainer.fit` moves a module to the CPU at its end, and a network for sequences still has the test text to read.
    """

    def on_fit_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Lightning calls it before the module puts its replicates into the states of their checkpoints."""
        states: list[Any] | None = getattr(module, "states", None)
        if states is not None:
            states[:] = [placed(state, module.device) for state in states]

    def on_fit_end(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Lightning calls it after it has moved the module to the CPU."""
        module.to(trainer.strategy.root_device)


def placed(state: Any, device: torch.device) -> Any:
    """The same state with its tensors on a device; scalars, which are counters of steps, stay where they are.

    torch's optimizers keep counters on the CPU, and would wait for the device at every step otherwise.
    """
    if isinstance(state, Tensor):
        return state.to(device) if state.dim() else state
    return {key: placed(value, device) for key, value in state.items()} if isinstance(state, dict) else state
