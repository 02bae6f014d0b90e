"""The strategy `loop`: one replicate after the other, bitwise independent of its neighbours."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from replab.nn import build
from replab.spec import TrainingSpec
from replab.training.examples import Examples
from replab.training.objectives import State, autocast, make_objective, set_lr


class LoopReplicates:
    """One module and one optimizer a replicate; a chunk of steps of one replicate after that of another,
    so that its weights stay in the processor's cache."""

    def __init__(self, spec: TrainingSpec, models: list[nn.Module]) -> None:
        self.spec, self.models = spec, models
        self.module: nn.Module = nn.ModuleList(models)
        self.objective = make_objective(spec)
        self.optimizers: list[torch.optim.Optimizer] = []

    def prepare(self) -> list[torch.optim.Optimizer]:
        self.optimizers = [
            build("optimizer", self.spec.optimizer, parameters=list(model.parameters())) for model in self.models
        ]
        return self.optimizers

    def run(self, examples: Examples, indices: Tensor, lrs: list[float], alive: list[bool]) -> Tensor:
        losses = torch.full(indices.shape[:2], torch.nan)
        for replicate in (number for number, lives in enumerate(alive) if lives):
            losses[replicate] = self._run_one(replicate, examples, indices[replicate], lrs)
        return losses

    def _run_one(self, replicate: int, examples: Examples, indices: Tensor, lrs: list[float]) -> Tensor:
        model, optimizer, losses = self.models[replicate], self.optimizers[replicate], []
        for batch, lr in zip(indices.unbind(), lrs, strict=True):
            inputs, targets = examples.batch(batch)
            set_lr(optimizer, lr)
            optimizer.zero_grad()
            with autocast(self.spec, inputs.device):
                scores = model(inputs)
            loss = self.objective(scores, targets)
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        return torch.stack(losses).cpu()

    def scores(self, inputs: Tensor) -> Tensor:
        with autocast(self.spec, inputs.device):
            return torch.stack([model(inputs) for model in self.models])

    def state(self, replicate: int) -> State:
        model, optimizer = self.models[replicate], self.optimizers[replicate]
        moments = {name: dict(optimizer.state[p]) for name, p in model.named_parameters() if p in optimizer.state}
        return {"model": model.state_dict(), "optimizer": moments}

    def load(self, replicate: int, state: State) -> None:
        model, optimizer = self.models[replicate], self.optimizers[replicate]
        model.load_state_dict(state["model"])
        for name, parameter in model.named_parameters():
            if name in state["optimizer"]:
                optimizer.state[parameter] = dict(state["optimizer"][name])
