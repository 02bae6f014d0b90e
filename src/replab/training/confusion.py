"""The confusion matrix of a trained model, from the weights that its study keeps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from replab.blocks import Block
from replab.data import DataSet
from replab.nn import build
from replab.spec import TrainingSpec
from replab.training.examples import make_examples, take
from replab.training.objectives import DTYPES, autocast
from replab.training.randomness import generator

BATCH = 1000


@torch.no_grad()
def confusion(block: Block, weights: Path, dataset: DataSet) -> NDArray[np.int64]:
    """Counts [K, K] on the test split of a spec's data: a row a true class, a column a predicted one.

    The prediction is the class of the greatest score, as for the accuracy. Where parameters are averaged, these are
    the last parameters', not the average's. Raises OSError or KeyError where the file has not the spec's weights.
    """
    spec = TrainingSpec.model_validate(block)
    split = take(dataset, spec.data)
    transform = build("input", spec.input, fitted_on=torch.from_numpy(split.train_x))
    device = torch.device("cpu")
    examples = make_examples(split.test_x, split.test_y, transform, DTYPES[spec.precision], device)
    classes = len(dataset.classes)
    model = build(
        "model", spec.model, shape=examples.inputs.shape[1:], classes=classes, generator=generator(0, "weights")
    )
    with np.load(weights, allow_pickle=False) as arrays:
        model.load_state_dict({name: torch.from_numpy(arrays[name]) for name in arrays.files})
    model.eval()
    counts = torch.zeros(classes * classes, dtype=torch.int64)
    for indices in torch.arange(len(examples)).split(BATCH):
        inputs, targets = examples.batch(indices)
        with autocast(spec, device):
            predictions = model(inputs).argmax(1)
        counts += torch.bincount(targets * classes + predictions, minlength=classes * classes)
    return counts.reshape(classes, classes).numpy()
