"""The LightningModule that trains R replicates of one variant.

A Lightning batch is a chunk of steps, so that Trainer's own work (about a millisecond) is paid once a chunk
and not once a step. A Lightning epoch is the time between two evaluations.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytorch_lightning as lightning
import torch
from torch import Tensor
from torchmetrics import MeanMetric, MetricCollection
from torchmetrics.classification import MulticlassAccuracy

from replab.building import build
from replab.spec import TrainingSpec
from replab.training.checkpoints import Checkpoint
from replab.training.examples import Examples
from replab.training.objectives import State
from replab.training.randomness import batch_indices
from replab.training.replicates import Replicates

CHUNK = 200  # steps between two looks at whether a loss is still finite


def steps_per_evaluation(spec: TrainingSpec, examples: int) -> int:
    """How many steps lie between two evaluations."""
    return spec.budget.evaluate_every or examples // spec.batches.size


def evaluations(spec: TrainingSpec) -> int:
    """How many evaluations a run has."""
    if spec.budget.epochs is not None:
        return spec.budget.epochs
    assert spec.budget.steps is not None and spec.budget.evaluate_every is not None
    return spec.budget.steps // spec.budget.evaluate_every


class ReplicatesModule(lightning.LightningModule):
    """Trains `replicates` on `train`, evaluates on `evaluated` (a split's name -> examples), keeps the curves.

    `curves[r]` maps a metric to its values, one an evaluation: `step`, `epoch`, `train_loss` (objective per
    sample, mean over the steps since the last evaluation), and `<split>_loss` (per sample), `<split>_accuracy`
    (%) of each split; where parameters are averaged these are the average's, and `<split>_raw_loss` and
    `<split>_raw_accuracy` the last parameters'. `diverged[r]` is the step whose objective was first not finite,
    or None.
    """

    def __init__(
        self,
        spec: TrainingSpec,
        seeds: list[int],
        replicates: Replicates,
        make_examples: Callable[[torch.device], dict[str, Examples]],
        classes: int,
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.spec, self.seeds, self.replicates = spec, seeds, replicates
        self.networks = replicates.module
        self.make_examples = make_examples
        self.evaluated: dict[str, Examples] = {}
        self.evaluations_before = 0
        self.states: list[State | None] = [None for _ in seeds]
        self.curves: list[dict[str, list[float]]] = [{} for _ in seeds]
        self.diverged: list[int | None] = [None for _ in seeds]
        self.losses: list[Tensor] = []
        self.classes = classes
        self.loss = build("loss", spec.loss)
        self.lr_factor = build("schedule", spec.schedule)

    def resume(self, evaluations_before: int, start: list[Checkpoint | None]) -> None:
        """Go on from where `evaluations_before` evaluations were done; the states are loaded once fitting starts."""
        self.evaluations_before = evaluations_before
        for number, checkpoint in enumerate(start):
            if checkpoint is not None:
                self.curves[number] = checkpoint["curves"]
                self.diverged[number] = checkpoint["diverged_step"]
                self.states[number] = checkpoint["state"]

    def on_fit_start(self) -> None:
        """Put resumed replicates into their state, now that their optimizers are there."""
        for number, state in enumerate(self.states):
            if state is not None:
                self.replicates.load(number, state)

    def setup(self, stage: str) -> None:
        """Bring the data to the device, once."""
        self.evaluated = self.make_examples(self.trainer.strategy.root_device)
        self.train_examples = self.evaluated.pop("train")
        names = [f"{name}_{seed}" for name in self._evaluations() for seed in self.seeds]
        self.metrics = torch.nn.ModuleDict({name: self._metrics() for name in names})

    def _evaluations(self) -> list[str]:
        kinds = ("", "_raw") if self.spec.averaging["name"] != "none" else ("",)
        return [split + kind for split in self.evaluated for kind in kinds]

    def _metrics(self) -> MetricCollection:
        accuracy = MulticlassAccuracy(self.classes, average="micro", validate_args=False)
        return MetricCollection({"accuracy": accuracy, "loss": MeanMetric()}, compute_groups=False)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """The replicates' optimizer; they step it themselves."""
        return self.replicates.prepare()

    @property
    def first_step(self) -> int:
        """The number of steps that were done when the current period began."""
        period = steps_per_evaluation(self.spec, len(self.train_examples))
        return (self.evaluations_before + self.current_epoch) * period

    def training_step(self, chunk: tuple[int, int], _: int) -> None:
        """Train every living replicate on `chunk`: (first step within the period, number of steps)."""
        first, steps = self.first_step + chunk[0], chunk[1]
        indices = torch.stack([self._indices(seed, first, steps) for seed in self.seeds])
        alive = [step is None for step in self.diverged]
        lrs = self._lrs(first, steps)
        losses = self.replicates.run(self.train_examples, indices.to(self.device), lrs, alive, first)
        for number in (~losses.isfinite()).any(1).nonzero().flatten().tolist():
            if self.diverged[number] is None:
                self.diverged[number] = first + int((~losses[number].isfinite()).nonzero()[0])
        self.losses.append(losses)

    def _indices(self, seed: int, first: int, steps: int) -> Tensor:
        return batch_indices(self.spec.batches, len(self.train_examples), seed, first, steps)

    def _lrs(self, first: int, steps: int) -> list[float]:
        per_epoch = len(self.train_examples) // self.spec.batches.size
        lr = self.spec.optimizer["lr"]
        return [lr * self.lr_factor(step, steps_per_epoch=per_epoch) for step in range(first, first + steps)]

    def validation_step(self, indices: Tensor, _: int, dataloader_idx: int = 0) -> None:
        """Add one batch of one split to every replicate's metrics."""
        split = list(self.evaluated)[dataloader_idx]
        inputs, targets = self.evaluated[split].batch(indices.to(self.device))
        for name in (name for name in self._evaluations() if name.startswith(split)):
            averaged = self.spec.averaging["name"] != "none" and name == split
            self._update(name, self.replicates.scores(inputs, averaged), targets)

    def _update(self, name: str, all_scores: Tensor, targets: Tensor) -> None:
        for number, scores in enumerate(all_scores):
            if self.diverged[number] is not None:
                continue
            metrics = self._metric(name, self.seeds[number])
            metrics["accuracy"].update(scores, targets)
            metrics["loss"].update(self.loss(scores.float() if scores.itemsize < 4 else scores, targets))

    def on_validation_epoch_end(self) -> None:
        """Append one point to the curves of the replicates that still live."""
        done = self.first_step + steps_per_evaluation(self.spec, len(self.train_examples))
        per_sample = self.spec.batches.size if self.spec.gradient == "sum" else 1
        losses = torch.cat(self.losses, 1).double().mean(1) / per_sample
        self.losses.clear()
        for number, seed in enumerate(self.seeds):
            if self.diverged[number] is None:
                epoch = done * self.spec.batches.size / len(self.train_examples)
                point = {"step": done, "epoch": round(epoch, 6), "train_loss": losses[number].item()}
                self._append(number, point | self._computed(seed))
            for name in self._evaluations():
                self._metric(name, seed).reset()

    def _computed(self, seed: int) -> dict[str, float]:
        point = {}
        for name in self._evaluations():
            metrics = self._metric(name, seed)
            point[f"{name}_loss"] = metrics["loss"].compute().item()
            point[f"{name}_accuracy"] = round(100 * metrics["accuracy"].compute().item(), 4)
        return point

    def _metric(self, name: str, seed: int) -> Any:
        return self.metrics[f"{name}_{seed}"]

    def _append(self, number: int, point: dict[str, float]) -> None:
        if not all(math.isfinite(value) for value in point.values()):
            self.diverged[number] = int(point["step"])
            return
        for name, value in point.items():
            self.curves[number].setdefault(name, []).append(value)
