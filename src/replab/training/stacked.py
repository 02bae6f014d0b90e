"""The strategy `vmap`: R replicates as one batched program.

A model that says `stackable = True` takes parameters and examples with a leading axis R as they are; any other is
mapped over that axis by `torch.func.vmap`, which costs a third of a small network's step (benchmarks/).
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from replab.building import build
from replab.errors import ReplabError
from replab.nn.noise import Noisy
from replab.spec import TrainingSpec
from replab.training.examples import Examples
from replab.training.objectives import State, autocast, make_objective, set_lr


class StackedReplicates:
    """Parameters stacked along a leading axis R, one batched forward and backward pass and one optimizer."""

    def __init__(self, spec: TrainingSpec, models: list[nn.Module]) -> None:
        self.spec = spec
        stacked, buffers = stack_module_state(models)
        if buffers or any(isinstance(module, Noisy) for module in models[0].modules()):
            raise ReplabError(f"model '{spec.model['name']}' has buffers or noise: its strategy must be loop")
        self.names = list(stacked)
        self.module: nn.Module = nn.ParameterList(stacked[name].detach() for name in self.names)
        self.average = build("averaging", spec.averaging)
        self.shadow: list[Tensor] = []
        self.skeleton = copy.deepcopy(models[0]).to("meta")
        self.stackable = getattr(models[0], "stackable", False)
        self.objective = make_objective(spec)
        self.optimizer: torch.optim.Optimizer

    def prepare(self) -> torch.optim.Optimizer:
        self.shadow = [parameter.detach().clone() for parameter in self.module.parameters()]
        self.optimizer = build("optimizer", self.spec.optimizer, parameters=list(self.module.parameters()))
        return self.optimizer

    def _parameters(self) -> dict[str, Tensor]:
        return dict(zip(self.names, self.module.parameters(), strict=True))

    def _one(self, parameters: dict[str, Tensor], inputs: Tensor) -> Tensor:
        scores: Tensor = functional_call(self.skeleton, parameters, (inputs,))
        return scores

    def _forward(self, parameters: dict[str, Tensor], inputs: Tensor) -> Tensor:
        """The scores [R, B, K] of every replicate on its own inputs [R, B, ...]."""
        with autocast(self.spec, inputs.device):
            scores: Tensor = (self._one if self.stackable else vmap(self._one))(parameters, inputs)
        return scores

    def run(self, examples: Examples, indices: Tensor, lrs: list[float], alive: list[bool], first: int) -> Tensor:
        parameters, losses = self._parameters(), []
        for step, (batch, lr) in enumerate(zip(indices.unbind(1), lrs, strict=True), first):
            set_lr(self.optimizer, lr)
            self.optimizer.zero_grad()
            inputs, targets = examples.batch(batch)
            loss = self.objective(self._forward(parameters, inputs), targets, parameters)
            loss.sum().backward()
            self.optimizer.step()
            self.average(self.shadow, list(self.module.parameters()), step=step)
            losses.append(loss.detach())
        return torch.stack(losses, 1).cpu()

    def scores(self, inputs: Tensor, averaged: bool) -> Tensor:
        parameters = dict(zip(self.names, self.shadow, strict=True)) if averaged else self._parameters()
        replicates = len(next(iter(parameters.values())))
        return self._forward(parameters, inputs.expand(replicates, *inputs.shape))

    def state(self, replicate: int) -> State:
        parameters = self._parameters()
        moments = {
            name: {key: own(value, replicate).clone() for key, value in self.optimizer.state[parameter].items()}
            for name, parameter in parameters.items()
            if parameter in self.optimizer.state
        }
        model = {name: parameter[replicate].detach().clone() for name, parameter in parameters.items()}
        average = {name: shadow[replicate].clone() for name, shadow in zip(self.names, self.shadow, strict=True)}
        return {"model": model, "average": average, "optimizer": moments}

    def load(self, replicate: int, state: State) -> None:
        for (name, parameter), shadow in zip(self._parameters().items(), self.shadow, strict=True):
            parameter.data[replicate] = state["model"][name]
            shadow[replicate] = state["average"][name]
            for key, value in state["optimizer"].get(name, {}).items():
                moments = self.optimizer.state[parameter]
                if key not in moments:
                    moments[key] = value.clone() if value.dim() == 0 else torch.zeros_like(parameter)
                own(moments[key], replicate).copy_(value)


def own(moment: Tensor, replicate: int) -> Tensor:
    """A replicate's part of an optimizer's moment; a step counter (a scalar) belongs to all."""
    return moment if moment.dim() == 0 else moment[replicate]
