"""What else is measured while training: a callback, so that a run without measures does not depend on any of it."""

from __future__ import annotations

import inspect
import math
from typing import Any

import pytorch_lightning as lightning
import torch
from torch import Tensor

from replab.blocks import Block
from replab.building import build, function_of
from replab.nn.measures import UNITS
from replab.training.examples import Examples
from replab.training.module import ReplicatesModule

BATCH = 1000


class Measures(lightning.Callback):
    """Appends every measure of a spec to the curves of the replicates that live, after each evaluation.

    A value that is not finite is kept as None. Averaged parameters are measured where they are what is evaluated.
    """

    def __init__(self, blocks: list[Block]) -> None:
        of_scores = ["scores" in inspect.signature(function_of("measure", block)).parameters for block in blocks]
        self.of_scores = [block for block, sees in zip(blocks, of_scores, strict=True) if sees]
        self.of_parameters = [block for block, sees in zip(blocks, of_scores, strict=True) if not sees]

    @torch.no_grad()
    def on_validation_end(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """The module has appended its own point by now."""
        assert isinstance(module, ReplicatesModule)
        for split, examples in module.evaluated.items() if self.of_scores else ():
            scores = _scores(module, examples)
            for block in self.of_scores:
                name = f"{split}_{block['name']}"
                self._append(module, name, block, [{"scores": own, "targets": examples.targets} for own in scores])
        parameters = [_parameters(module, number) for number in range(len(module.seeds))] if self.of_parameters else []
        for block in self.of_parameters:
            self._append(module, block["name"], block, [{"parameters": own} for own in parameters])

    def _append(self, module: ReplicatesModule, name: str, block: Block, seen: list[dict[str, Any]]) -> None:
        for curves, diverged, context in zip(module.curves, module.diverged, seen, strict=True):
            if diverged is None:
                value = float(build("measure", block, **context)())
                curves.setdefault(name, []).append(value if math.isfinite(value) else None)  # type: ignore[arg-type]


def _averaged(module: ReplicatesModule) -> bool:
    return bool(module.spec.averaging["name"] != "none")


def _scores(module: ReplicatesModule, examples: Examples) -> Tensor:
    """The scores [R, N, K] of every replicate on one split."""
    parts = torch.arange(len(examples), device=module.device).split(BATCH)
    batches = [module.replicates.scores(examples.batch(part)[0], _averaged(module)) for part in parts]
    return torch.cat(batches, 1)


def _parameters(module: ReplicatesModule, number: int) -> dict[str, Tensor]:
    """The parameters, without buffers, of one replicate as it is evaluated."""
    buffers = {name.partition(".")[2] for name, _ in module.replicates.module.named_buffers()}
    state = module.replicates.state(number)["average" if _averaged(module) else "model"]
    return {name: tensor for name, tensor in state.items() if name not in buffers}


def with_units(metrics: dict[str, dict[str, Any]], blocks: list[Block]) -> dict[str, dict[str, Any]]:
    """The metrics of a run, those that measures gave in the units of the measures."""
    found = dict(metrics)
    for name, entry in metrics.items():
        for measure in (block["name"] for block in blocks):
            if name == measure or name.endswith(f"_{measure}"):
                found[name] = entry | {"unit": UNITS.get(measure, "")}
    return found
