"""The strategy `loop`: one replicate after the other, bitwise independent of its neighbours."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from replab.building import build
from replab.nn.noise import Noisy
from replab.spec import TrainingSpec
from replab.training.examples import Examples
from replab.training.objectives import State, autocast, make_objective, set_lr
from replab.training.randomness import generator


class LoopReplicates:
    """One module a replicate. Forward passes run one after the other; the backward pass, the optimizer and the
    gathering of batches are called once a step for all, since their calls cost more than their work."""

    def __init__(self, spec: TrainingSpec, models: list[nn.Module], seeds: list[int]) -> None:
        self.spec, self.models, self.seeds = spec, models, seeds
        self.averaged = [copy.deepcopy(model) for model in models] if spec.averaging["name"] != "none" else []
        self.module: nn.Module = nn.ModuleList([*models, *self.averaged])
        self.objective = make_objective(spec)
        self.average = build("averaging", spec.averaging)
        self.optimizer: torch.optim.Optimizer

    def prepare(self) -> torch.optim.Optimizer:
        parameters = [parameter for model in self.models for parameter in model.parameters()]
        self.optimizer = build("optimizer", self.spec.optimizer, parameters=parameters)
        return self.optimizer

    def run(self, examples: Examples, indices: Tensor, lrs: list[float], alive: list[bool], first: int) -> Tensor:
        living = [number for number, lives in enumerate(alive) if lives]
        result = torch.full(indices.shape[:2], torch.nan)
        if not living:
            return result
        self._draw_noise_from(first)
        losses = [
            self._step(examples, batch, lr, living, step)
            for step, (batch, lr) in enumerate(zip(indices[living].unbind(1), lrs, strict=True), first)
        ]
        result[living] = torch.stack(losses, 1).float().cpu()
        return result

    def _draw_noise_from(self, first: int) -> None:
        for seed, model in zip(self.seeds, self.models, strict=True):
            for module in model.modules():
                if isinstance(module, Noisy):
                    module.generator = generator(seed, "noise", first)

    def _step(self, examples: Examples, batch: Tensor, lr: float, living: list[int], step: int) -> Tensor:
        inputs, targets = examples.batch(batch)
        set_lr(self.optimizer, lr)
        self.optimizer.zero_grad()
        losses = []
        for replicate, x, y in zip(living, inputs.unbind(), targets.unbind(), strict=True):
            model = self.models[replicate]
            with autocast(self.spec, inputs.device):
                scores = model(x)
            losses.append(self.objective(scores, y, model))
        torch.autograd.backward(losses)  # a replicate that is left out has no gradient: the optimizer skips it
        self.optimizer.step()
        for replicate in living if self.averaged else ():
            pair = self.averaged[replicate], self.models[replicate]
            self.average(*(list(model.parameters()) for model in pair), step=step)
        return torch.stack(losses).detach()

    def scores(self, inputs: Tensor, averaged: bool) -> Tensor:
        with autocast(self.spec, inputs.device):
            return torch.stack([model(inputs) for model in (self.averaged if averaged else self.models)])

    def state(self, replicate: int) -> State:
        model, optimizer = self.models[replicate], self.optimizer
        moments = {name: dict(optimizer.state[p]) for name, p in model.named_parameters() if p in optimizer.state}
        average = self.averaged[replicate].state_dict() if self.averaged else {}
        return {"model": model.state_dict(), "average": average, "optimizer": moments}

    def load(self, replicate: int, state: State) -> None:
        model, optimizer = self.models[replicate], self.optimizer
        model.load_state_dict(state["model"])
        if state["average"]:
            self.averaged[replicate].load_state_dict(state["average"])
        for name, parameter in model.named_parameters():
            if name in state["optimizer"]:
                optimizer.state[parameter] = dict(state["optimizer"][name])
