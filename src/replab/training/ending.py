"""What a run leaves in its record at its end besides metrics and curves, from its last checkpoint."""

from __future__ import annotations

import torch
from torch import Tensor

from replab.building import build
from replab.data import DataSet
from replab.spec import TrainingSpec
from replab.training.examples import make_examples, take
from replab.training.objectives import DTYPES, State, autocast
from replab.training.replicates import make_models

BATCH = 1000
DIGITS = 7  # those of float32


def series_of(spec: TrainingSpec, seed: int, dataset: DataSet, state: State) -> dict[str, list[float]]:
    """`test_<name>` -> numbers, of what the spec's `series` takes from the scores of the test examples, on the CPU.

    Averaged parameters give the scores where they are what is evaluated.
    """
    scores, targets = _scores(spec, seed, dataset, state)
    found = build("series", spec.series, scores=scores, targets=targets)() if spec.series else {}
    return {f"test_{name}": [float(f"{value:.{DIGITS}g}") for value in values] for name, values in found.items()}


@torch.no_grad()
def _scores(spec: TrainingSpec, seed: int, dataset: DataSet, state: State) -> tuple[Tensor, Tensor]:
    split, cpu = take(dataset, spec.data), torch.device("cpu")
    transform = build("input", spec.input, fitted_on=torch.from_numpy(split.train_x))
    examples = make_examples(split.test_x, split.test_y, transform, DTYPES[spec.precision], cpu)
    [model] = make_models(spec, [seed], dataset.train_x.shape[1:], len(dataset.classes))
    model.load_state_dict(state["average" if spec.averaging["name"] != "none" else "model"])
    model.eval()
    with autocast(spec, cpu):
        parts = [model(examples.batch(part)[0]) for part in torch.arange(len(examples)).split(BATCH)]
    return torch.cat(parts), examples.targets
