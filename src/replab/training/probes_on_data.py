"""Run a probe on a data set: a measurement without training, on training images as a model would see them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from replab.building import build
from replab.data import DataSet
from replab.spec import ProbeSpec
from replab.training.examples import Examples, make_examples, take
from replab.training.outcomes import Outcome, peak_memory_bytes
from replab.training.randomness import generator


def measure_on_data(spec: ProbeSpec, seeds: list[int], dataset: DataSet) -> Iterator[Outcome]:
    """The metrics of one probe for each seed. The probe gets `draw`, which draws from the probe's own generator."""
    examples = _training_examples(spec, dataset)
    for seed in seeds:
        started = time.perf_counter()
        source = generator(seed, "probe")
        values = build("probe", spec.probe, generator=source, draw=partial(_draw, examples, source))()
        metrics = {name: {"value": value, "unit": unit} for name, (value, unit) in values.items()}
        cost = {
            "train_seconds": round(time.perf_counter() - started, 3),
            "parameters": 0,
            "peak_memory_bytes": peak_memory_bytes(),
            "replicates": 1,
            "strategy": "probe",
            "device": "cpu",
        }
        yield Outcome(seed, metrics, {}, None, cost)


def _training_examples(spec: ProbeSpec, dataset: DataSet) -> Examples:
    """The images that a model would be trained on, through the input transform, in float64."""
    assert spec.data is not None and spec.input is not None
    split = take(dataset, spec.data)
    transform = build("input", spec.input, fitted_on=torch.from_numpy(split.train_x))
    return make_examples(split.train_x, split.train_y, transform, torch.float64, torch.device("cpu"))


def _draw(examples: Examples, source: torch.Generator, count: int) -> tuple[Tensor, Tensor]:
    """`count` of the examples, none twice: inputs and targets."""
    return examples.batch(torch.randperm(len(examples), generator=source)[:count])
