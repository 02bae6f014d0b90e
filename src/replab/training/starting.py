"""What a model takes from the training examples before the first step, such as the centres of radial units."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import pytorch_lightning as lightning
import torch
from torch import Tensor, nn

from replab.nn.centers import Draw
from replab.training.examples import Examples
from replab.training.module import ReplicatesModule
from replab.training.randomness import generator
from replab.training.replicates import make_models


@runtime_checkable
class Started(Protocol):
    """A model that takes something from the training examples before it is trained."""

    def start(self, draw: Draw, *, generator: torch.Generator) -> None:
        """Take it; `draw(n)` gives n of the examples, inputs [n, D] and targets [n]."""


def start(model: nn.Module, examples: Examples, seed: int) -> None:
    """Let a model take what it needs of the training examples, drawn from its own seed, on the CPU."""
    source = generator(seed, "centers")

    def draw(count: int) -> tuple[Tensor, Tensor]:
        chosen = torch.randperm(len(examples), generator=source)[:count]
        inputs, targets = examples.batch(chosen.to(examples.targets.device))
        return inputs.flatten(1).cpu(), targets.cpu()

    if isinstance(model, Started):
        model.start(draw, generator=source)


class Starter(lightning.Callback):
    """Starts every replicate that is not resumed. Lightning calls it before the module resumes the others."""

    def on_fit_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """The data are on their device by now, and the optimizers made."""
        assert isinstance(module, ReplicatesModule)
        for number, (seed, state) in enumerate(zip(module.seeds, module.states, strict=True)):
            if state is None:
                _start_replicate(module, number, seed)


def _start_replicate(module: ReplicatesModule, number: int, seed: int) -> None:
    shape = module.train_examples.inputs.shape[1:]
    [model] = make_models(module.spec, [seed], shape, module.classes)
    start(model, module.train_examples, seed)
    values, average = model.state_dict(), module.replicates.state(number)["average"]
    module.replicates.load(number, {"model": values, "average": values if average else {}, "optimizer": {}})
