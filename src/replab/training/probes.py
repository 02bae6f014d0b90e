"""Run a probe: a measurement without training, once a seed."""

from __future__ import annotations

import time
from collections.abc import Iterator

from replab.blocks import Block
from replab.building import build
from replab.training.outcomes import Outcome, peak_memory_bytes
from replab.training.randomness import generator


def measure(block: Block, seeds: list[int]) -> Iterator[Outcome]:
    """The metrics of one probe for each seed."""
    for seed in seeds:
        started = time.perf_counter()
        values = build("probe", block, generator=generator(seed, "probe"))()
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
