"""Training in tests; apart from `tiny`, which must not import torch."""

from __future__ import annotations

from pathlib import Path

import pytorch_lightning as lightning

from replab.data import DataSet
from replab.spec import TrainingSpec
from replab.training.engine import train
from replab.training.outcomes import Outcome


def trained(
    spec: TrainingSpec,
    seeds: list[int],
    dataset: DataSet,
    folder: Path,
    callbacks: list[lightning.Callback] | None = None,
) -> dict[int, Outcome]:
    """seed -> what the training engine makes of the spec, with its checkpoints in `folder`."""
    outcomes = train(spec, seeds, dataset, lambda seed: folder / f"{seed}.pt", callbacks or [], "cpu")
    return {outcome.seed: outcome for outcome in outcomes}
