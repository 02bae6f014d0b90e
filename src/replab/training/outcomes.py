"""What one run gives, and the numbers that are read off its curves."""

from __future__ import annotations

import resource
from dataclasses import dataclass
from typing import Any

Metrics = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Outcome:
    """One run: `metrics` maps a name to its value and unit; a diverged run has none at its end."""

    seed: int
    metrics: Metrics
    curves: dict[str, list[float]]
    diverged_step: int | None
    cost: dict[str, Any]


def metrics_of(curves: dict[str, list[float]], diverged: bool) -> Metrics:
    """The numbers of a finished run under each protocol of choosing the epoch.

    `test_accuracy` is the last evaluation's; `test_accuracy_best_epoch` the best on test, as reports that
    choose on test have it; `test_accuracy_best_validation_epoch` the test accuracy where validation
    accuracy was first best, which is how to choose. Losses and training metrics are the last evaluation's.
    """
    if diverged or not curves:
        return {}
    found = {name: values[-1] for name, values in curves.items() if name not in {"step", "epoch"}}
    if "test_accuracy" in curves:
        found["test_accuracy_best_epoch"] = max(curves["test_accuracy"])
    if "validation_accuracy" in curves:
        best = curves["validation_accuracy"].index(max(curves["validation_accuracy"]))
        found["test_accuracy_best_validation_epoch"] = curves["test_accuracy"][best]
        found["best_validation_epoch"] = curves["epoch"][best]
    return {name: {"value": value, "unit": _unit(name)} for name, value in found.items()}


def _unit(name: str) -> str:
    if name == "best_validation_epoch":
        return "epochs"
    return "%" if "accuracy" in name else "nats"


def peak_memory_bytes() -> int:
    """The largest resident size that this process has had (Linux counts it in KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
