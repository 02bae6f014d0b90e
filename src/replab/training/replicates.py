"""R replicates of one model behind one interface, and the rule that chooses how they are trained.

`loop` trains one after the other, `vmap` stacks their parameters along a leading axis R and runs one batched
program. Every operation acts on each replicate alone; so a replicate's result does not depend on its
neighbours: bitwise under `loop`, and under `vmap` up to the order of the sums inside a batched product.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn

from replab.building import build
from replab.spec import TrainingSpec
from replab.training.examples import Examples
from replab.training.loop import LoopReplicates
from replab.training.objectives import DTYPES, State
from replab.training.randomness import generator
from replab.training.stacked import StackedReplicates


class Replicates(Protocol):
    """What the Lightning module needs of R replicates; `module` holds their parameters."""

    module: nn.Module

    def prepare(self) -> torch.optim.Optimizer:
        """Make the optimizer, once the parameters are on their device."""

    def run(self, examples: Examples, indices: Tensor, lrs: list[float], alive: list[bool], first: int) -> Tensor:
        """Train on `indices` [R, S, B], one learning rate a step, from step `first`; each step's objective, [R, S]."""

    def scores(self, inputs: Tensor, averaged: bool) -> Tensor:
        """The scores [R, B, K] of every replicate, or of its averaged parameters, on the same inputs [B, ...]."""

    def state(self, replicate: int) -> State:
        """Everything that training changes in one replicate, as tensors."""

    def load(self, replicate: int, state: State) -> None:
        """Put one replicate into a state."""


def choose_strategy(spec: TrainingSpec, model: nn.Module, device: str) -> str:
    """`auto`: `vmap` for a model that takes stacked parameters as they are, and on an accelerator; else `loop`."""
    if spec.strategy != "auto":
        return spec.strategy
    return "vmap" if getattr(model, "stackable", False) or device != "cpu" else "loop"


def make_models(spec: TrainingSpec, seeds: list[int], shape: tuple[int, ...], classes: int) -> list[nn.Module]:
    """One model a seed, each initialised from its own seed."""
    models = (
        build("model", spec.model, shape=shape, classes=classes, generator=generator(seed, "weights")) for seed in seeds
    )
    return [model.to(DTYPES[spec.precision]) for model in models]


def make_replicates(spec: TrainingSpec, models: list[nn.Module], seeds: list[int], strategy: str) -> Replicates:
    """The replicates under the strategy `loop` or `vmap`."""
    return LoopReplicates(spec, models, seeds) if strategy == "loop" else StackedReplicates(spec, models)
