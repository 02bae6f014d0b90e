"""The LightningModule that trains one network on sequences: a Lightning batch is one step."""

from __future__ import annotations

import math
from typing import Any

import pytorch_lightning as lightning
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from replab.building import build
from replab.data import TextData
from replab.nn.networks.contract import Batch, Network, State
from replab.nn.noise import Noisy
from replab.spec import SequenceSpec
from replab.training.checkpoints import Checkpoint
from replab.training.outcomes import Metrics
from replab.training.randomness import generator

MOST_NATS = 700.0  # a token; e to that is about the largest number that there is


class SequenceModule(lightning.LightningModule):
    """Trains `network` on a text, evaluates it after every epoch on the validation text, keeps the curves.

    `curves[0]` maps a metric to its values, one an epoch: `step`, `epoch`, and `<split>_loss` (nats a token) and
    `<split>_perplexity` = exp(total nats / total tokens) of `train` (while training: with noise, of parameters that
    move) and `validation`. `diverged[0]` is the step whose nats were first not finite, or None. Lists of one, as a
    module of many replicates has them. `running` maps `train_perplexity@<step>` to its value.
    """

    def __init__(self, spec: SequenceSpec, seed: int, network: Network, text: TextData) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.spec, self.seeds, self.network, self.text = spec, [seed], network, text
        self.epochs_before = 0
        self.curves: list[dict[str, list[float]]] = [{}]
        self.diverged: list[int | None] = [None]
        self.running: dict[str, float] = {}
        self.found: Checkpoint | None = None
        self.cut = build("sequences", spec.sequences)
        self.lr_factor = build("schedule", spec.schedule)
        self.batches: list[Batch] = []
        self.carried: State = None
        self.total = Total()

    def resume(self, found: Checkpoint | None) -> None:
        """Go on from a checkpoint, where there is one."""
        if found is not None:
            self.epochs_before, self.curves, self.running = found["epochs"], [found["curves"]], found["running"]
            self.diverged, self.found = [found["diverged_step"]], found

    def to_device(self, device: torch.device) -> None:
        """Bring network and text to the device, make the optimizer, and put both into the state to go on from."""
        self.network.to(device)
        self.tokens = {name: torch.from_numpy(array).long().to(device) for name, array in self.text.tokens.items()}
        self.optimizer = build("optimizer", self.spec.optimizer, parameters=list(self.network.parameters()))
        if self.found is not None:
            self.network.load_state_dict(self.found["state"]["model"])
            self.optimizer.load_state_dict(self.found["state"]["optimizer"])

    def state(self) -> dict[str, Any]:
        """Everything that training changes."""
        return {"model": self.network.state_dict(), "optimizer": self.optimizer.state_dict()}

    @property
    def epoch(self) -> int:
        """The epoch that runs, from 0 for the run's first."""
        return self.epochs_before + self.current_epoch

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """The optimizer; steps are made by hand."""
        return self.optimizer

    def train_dataloader(self) -> DataLoader[Any]:
        """The batches of the epoch that begins, by number."""
        order = generator(self.seeds[0], "order", self.epoch)
        self.batches = list(self.cut(self.tokens, "train", generator=order))
        return DataLoader(range(len(self.batches)), batch_size=None)  # type: ignore[arg-type]

    def on_train_epoch_start(self) -> None:
        """Nothing is carried over from the epoch before; noise starts from the epoch's own seed."""
        self.carried, self.total = None, Total()
        noise = generator(self.seeds[0], "noise", self.epoch)
        for module in self.network.modules():
            if isinstance(module, Noisy):
                module.generator = noise

    def training_step(self, number: int, _: int) -> None:
        """One step of the optimizer."""
        if self.diverged[0] is not None:
            return
        batch, step = self.batches[number], self.epoch * len(self.batches) + number
        self._set_lr(step)
        self.optimizer.zero_grad()
        nats, tokens, self.carried = self._nats(batch, self.carried)
        self.total.add(nats, tokens)
        if not math.isfinite(self.total.last):
            self.diverged[0] = step
            return
        (nats / (batch.rows if self.spec.gradient == "per_sequence" else tokens)).backward()
        if self.spec.clip is not None:
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.spec.clip)
        self.optimizer.step()
        if step in self.spec.budget.running_at:
            self.running[f"train_perplexity@{step}"] = self.total.metrics("train")["train_perplexity"]

    def _set_lr(self, step: int) -> None:
        factor = self.lr_factor(step, steps_per_epoch=len(self.batches))
        for group in self.optimizer.param_groups:
            group["lr"] = self.spec.optimizer["lr"] * factor

    def _nats(self, batch: Batch, carried: State) -> tuple[Tensor, int, State]:
        low = self.spec.precision == "bf16" and self.network.training
        with torch.autocast(self.device.type, torch.bfloat16, enabled=low):
            nats, tokens, state = self.network.nats(batch, None if batch.begins else carried)
        return nats, tokens, detached(state)

    def val_dataloader(self) -> DataLoader[Any]:
        """The texts to evaluate on after every epoch, by name."""
        return DataLoader(["validation"], batch_size=None)  # type: ignore[arg-type]

    def validation_step(self, split: str, _: int) -> None:
        """Append one point to the curves, unless a step was not finite."""
        if self.diverged[0] is not None:
            return
        steps = (self.epoch + 1) * len(self.batches)
        point = {"step": steps, "epoch": self.epoch + 1} | self.total.metrics("train") | self.evaluated(split)
        if not all(math.isfinite(value) for value in point.values()):
            self.diverged[0] = steps
            return
        for name, value in point.items():
            self.curves[0].setdefault(name, []).append(value)

    @torch.no_grad()
    def evaluated(self, split: str) -> dict[str, float]:
        """`<split>_loss` and `<split>_perplexity` without noise, in float32; the state begins anew."""
        self.network.eval()
        total, carried = Total(), None
        for batch in self.cut(self.tokens, split, generator=generator(self.seeds[0], "order")):
            nats, tokens, carried = self._nats(batch, carried)
            total.add(nats, tokens)
        self.network.train()
        return total.metrics(split)

    @torch.no_grad()
    def extra_metrics(self) -> Metrics:
        """What else the network measures."""
        self.network.eval()
        return self.network.extra_metrics(self.text, self.tokens)


class Total:
    """Nats and tokens, summed in float64; `last` is what was added last."""

    def __init__(self) -> None:
        self.nats, self.tokens, self.last = 0.0, 0, 0.0

    def add(self, nats: Tensor, tokens: int) -> None:
        """Add those of a batch."""
        self.last = nats.item()
        self.nats += self.last
        self.tokens += tokens

    def metrics(self, split: str) -> dict[str, float]:
        """Nats a token, and e to that: infinite where it is above MOST_NATS, or no number."""
        loss = self.nats / self.tokens
        return {f"{split}_loss": loss, f"{split}_perplexity": math.exp(loss) if loss < MOST_NATS else math.inf}


def detached(state: State) -> State:
    """The same numbers, cut off from how they were computed."""
    if isinstance(state, Tensor):
        return state.detach()
    if isinstance(state, dict):
        return {key: detached(value) for key, value in state.items()}
    return type(state)(map(detached, state)) if isinstance(state, list | tuple) else state
