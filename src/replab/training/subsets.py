"""Training on a subset of the examples, another one for every seed: replicates cannot share data, and go one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytorch_lightning as lightning
import torch

from replab.blocks import Block
from replab.building import build
from replab.data import DataSet
from replab.spec import TrainingSpec
from replab.training.engine import train
from replab.training.outcomes import Outcome
from replab.training.randomness import generator


def train_on_subsets(
    spec: TrainingSpec,
    seeds: list[int],
    dataset: DataSet,
    path_of: Callable[[int], Path],
    callbacks_of: Callable[[], list[lightning.Callback]],
    accelerator: str = "auto",
) -> Iterator[Outcome]:
    """As `engine.train`, each seed alone, with callbacks of its own, on what `spec.subset` draws for it."""
    assert spec.subset is not None
    for seed in seeds:
        yield from train(spec, [seed], drawn(spec.subset, seed, dataset), path_of, callbacks_of(), accelerator)


def drawn(subset: Block, seed: int, dataset: DataSet) -> DataSet:
    """The data set with those training examples alone that `subset` draws from the seed; variants share the draw."""
    labels = torch.from_numpy(dataset.train_y)
    indices = build("subset", subset)(labels, generator=generator(seed, "subset")).numpy()
    return replace(dataset, train_x=dataset.train_x[indices], train_y=dataset.train_y[indices])
