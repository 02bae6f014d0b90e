"""Fit a model without steps: its centres and the like are chosen, its linear read-out is solved for, once a seed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from replab.building import build
from replab.data import DataSet
from replab.errors import ReplabError
from replab.spec import FitSpec
from replab.training.examples import Examples, make_examples, take
from replab.training.objectives import DTYPES
from replab.training.outcomes import Metrics, Outcome, peak_memory_bytes
from replab.training.randomness import generator
from replab.training.starting import start

BLOCK = 1000  # examples whose features are in memory at a time


@runtime_checkable
class ReadOut(Protocol):
    """A model whose scores are `output(features(x))`."""

    output: nn.Linear

    def features(self, x: Tensor) -> Tensor:
        """x [B, *shape] -> [B, M]."""


def fit(spec: FitSpec, seeds: list[int], dataset: DataSet) -> Iterator[Outcome]:
    """Fit one model a seed, on the CPU. Metrics are of every split, after the fit; there are no curves.

    Raises ReplabError for a model without a linear read-out.
    """
    splits = _splits(spec, dataset)
    for seed in seeds:
        started = time.perf_counter()
        model = _fitted(spec, seed, splits["train"], len(dataset.classes))
        metrics = {name: entry for split in splits for name, entry in _metrics(model, split, splits[split]).items()}
        cost = {
            "train_seconds": round(time.perf_counter() - started, 3),
            "parameters": sum(parameter.numel() for parameter in model.parameters()),
            "peak_memory_bytes": peak_memory_bytes(),
            "replicates": 1,
            "strategy": "fit",
            "device": "cpu",
        }
        yield Outcome(seed, metrics, {}, None, cost)


def _splits(spec: FitSpec, dataset: DataSet) -> dict[str, Examples]:
    """split name -> examples; no `validation` where none is kept."""
    split = take(dataset, spec.data)
    transform = build("input", spec.input, fitted_on=torch.from_numpy(split.train_x))
    arrays = {
        "train": (split.train_x, split.train_y),
        "validation": (split.validation_x, split.validation_y),
        "test": (split.test_x, split.test_y),
    }
    return {
        name: make_examples(inputs, targets, transform, DTYPES[spec.precision], torch.device("cpu"))
        for name, (inputs, targets) in arrays.items()
        if len(targets)
    }


@torch.no_grad()
def _fitted(spec: FitSpec, seed: int, train: Examples, classes: int) -> nn.Module:
    shape = train.inputs.shape[1:]
    model: nn.Module = build(
        "model", spec.model, shape=shape, classes=classes, generator=generator(seed, "weights")
    ).to(DTYPES[spec.precision])
    if not isinstance(model, ReadOut):
        raise ReplabError(f"model '{spec.model['name']}' has no linear read-out to solve for: leave solver out")
    start(model, train, seed)
    blocks = ((model.features(inputs), _one_hot(targets, classes)) for inputs, targets in _blocks(train))
    weight, bias = build("solver", spec.solver)(blocks)
    model.output.weight.copy_(weight)
    model.output.bias.copy_(bias)
    return model


def _blocks(examples: Examples) -> Iterator[tuple[Tensor, Tensor]]:
    for indices in torch.arange(len(examples)).split(BLOCK):
        yield examples.batch(indices)


def _one_hot(targets: Tensor, classes: int) -> Tensor:
    return nn.functional.one_hot(targets, classes).double()


@torch.no_grad()
def _metrics(model: nn.Module, split: str, examples: Examples) -> Metrics:
    """Accuracy (%), and the mean over the examples of |scores - targets|^2, targets 1 for the class and else 0."""
    right, error = 0, 0.0
    for inputs, targets in _blocks(examples):
        scores = model(inputs).double()
        right += int((scores.argmax(1) == targets).sum())
        error += float((scores - _one_hot(targets, scores.shape[1])).square().sum())
    return {
        f"{split}_accuracy": {"value": round(100 * right / len(examples), 4), "unit": "%"},
        f"{split}_squared_error": {"value": error / len(examples), "unit": ""},
    }
