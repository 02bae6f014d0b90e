"""The strategy `loop`: one replicate after the other, bitwise independent of its neighbours."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from replab.nn import build
from replab.nn.noise import Noisy
from replab.spec import TrainingSpec
from replab.training.examples import Examples
from replab.training.objectives import State, autocast, make_objective, set_lr
from replab.training.randomness import generator


class LoopReplicates:
    """One module and one optimizer a replicate; a chunk of steps of one replicate after that of another,
    so that its weights stay in the processor's cache."""

    def __init__(self, spec: TrainingSpec, models: list[nn.Module], seeds: list[int]) -> None:
        self.spec, self.models, self.seeds = spec, models, seeds
        self.averaged = (
            [copy.deepcopy(model) for model in models] if spec.averaging["name"] != "none" else models
        )
        self.module: nn.Module = nn.ModuleList([*models, *self.averaged])
        self.objective = make_objective(spec)
        self.average = build("averaging", spec.averaging)
        self.optimizers: list[torch.optim.Optimizer] = []

    def prepare(self) -> list[torch.optim.Optimizer]:
        self.optimizers = [
            build("optimizer", self.spec.optimizer, parameters=list(model.parameters()))
            for model in self.models
        ]
        return self.optimizers

    def run(
        self, examples: Examples, indices: Tensor, lrs: list[float], alive: list[bool], first: int
    ) -> Tensor:
        losses = torch.full(indices.shape[:2], torch.nan)
        for replicate in (number for number, lives in enumerate(alive) if lives):
            self._draw_noise_from(replicate, first)
            losses[replicate] = self._run_one(replicate, examples, indices[replicate], lrs, first)
        return losses

    def _draw_noise_from(self, replicate: int, first: int) -> None:
        for module in self.models[replicate].modules():
            if isinstance(module, Noisy):
                module.generator = generator(self.seeds[replicate], "noise", first)

    def _run_one(
        self, replicate: int, examples: Examples, indices: Tensor, lrs: list[float], first: int
    ) -> Tensor:
        model, optimizer, losses = self.models[replicate], self.optimizers[replicate], []
        parameters = dict(model.named_parameters())
        shadow = list(self.averaged[replicate].parameters()) if self.averaged is not self.models else []
        for step, (batch, lr) in enumerate(zip(indices.unbind(), lrs, strict=True), first):
            inputs, targets = examples.batch(batch)
            set_lr(optimizer, lr)
            optimizer.zero_grad()
            with autocast(self.spec, inputs.device):
                scores = model(inputs)
            loss = self.objective(scores, targets, parameters)
            loss.backward()
            optimizer.step()
            if shadow:
                self.average(shadow, list(parameters.values()), step=step)
            losses.append(loss.detach())
        return torch.stack(losses).cpu()

    def scores(self, inputs: Tensor, averaged: bool) -> Tensor:
        with autocast(self.spec, inputs.device):
            return torch.stack([model(inputs) for model in (self.averaged if averaged else self.models)])

    def state(self, replicate: int) -> State:
        model, optimizer = self.models[replicate], self.optimizers[replicate]
        moments = {
            name: dict(optimizer.state[p]) for name, p in model.named_parameters() if p in optimizer.state
        }
        average = self.averaged[replicate].state_dict() if self.averaged is not self.models else {}
        return {"model": model.state_dict(), "average": average, "optimizer": moments}

    def load(self, replicate: int, state: State) -> None:
        model, optimizer = self.models[replicate], self.optimizers[replicate]
        model.load_state_dict(state["model"])
        if state["average"]:
            self.averaged[replicate].load_state_dict(state["average"])
        for name, parameter in model.named_parameters():
            if name in state["optimizer"]:
                optimizer.state[parameter] = dict(state["optimizer"][name])
