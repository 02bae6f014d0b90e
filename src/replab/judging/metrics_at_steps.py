"""Metrics at a step: `test_accuracy@4000` is the value that the curve `test_accuracy` has at step 4,000."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def has_step(metric: str) -> bool:
    """Whether the metric is a point of a curve."""
    return "@" in metric


def with_values_at_steps(record: Mapping[str, Any], metrics: Iterable[str]) -> Mapping[str, Any]:
    """A run's record, with the points among `metrics` that its curves have; unchanged where it has none."""
    measured, curves = record.get("metrics") or {}, record.get("curves") or {}
    steps = [int(step) for step in curves.get("step", [])]
    found = {}
    for metric in metrics:
        name, _, step = metric.partition("@")
        if name in measured and name in curves and step.isdigit() and int(step) in steps:
            found[metric] = {"value": curves[name][steps.index(int(step))], "unit": measured[name].get("unit", "")}
    return {**record, "metrics": {**measured, **found}} if found else record
