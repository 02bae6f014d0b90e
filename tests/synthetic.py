"""A study that nobody ran, with its claims: every number in it is made here, none was measured."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np

from replab.judging.claim_kinds import AnyClaim, Equal, Level, Ordering
from replab.judging.scopes import Scope
from replab.report.study import StudyResult

STUDY = "synthetic"
SEEDS = range(6)
LEVELS = {"relu": 97.0, "relu_wide": 97.8, "tanh": 91.0, "tanh_wide": 91.4}
QUOTE = "ours | theirs: a*b_c [1] <b> `x` $y$"


def made_record(variant: str, seed: int, diverged: bool = False) -> dict[str, Any]:
    noise = np.random.default_rng([seed, *variant.encode()]).normal(0, 0.1, 5)
    accuracies = [round(LEVELS[variant] - 20 / epoch + float(noise[epoch - 1]), 2) for epoch in range(1, 6)]
    losses = [round(2.0 / epoch, 4) for epoch in range(1, 6)]
    length = 2 if diverged else 5
    metrics = {
        "test_accuracy": {"value": accuracies[-1], "unit": "%"},
        "test_accuracy_best_epoch": {"value": max(accuracies), "unit": "%"},
        "train_loss": {"value": losses[-1], "unit": "nats"},
    }
    return {
        "schema": 1,
        "identity": hashlib.sha256(f"{variant} {seed}".encode()).hexdigest(),
        "seed": seed,
        "status": "diverged" if diverged else "done",
        "diverged_step": 1234 if diverged else None,
        "spec": {"model": {"name": "mlp", "activation": {"name": variant.partition("_")[0]}}},
        "metrics": {} if diverged else metrics,
        "curves": {
            "step": [100.0 * epoch for epoch in range(1, length + 1)],
            "epoch": [float(epoch) for epoch in range(1, length + 1)],
            "test_accuracy": accuracies[:length],
            "train_loss": losses[:length],
        },
        "cost": {
            "train_seconds": 1.5 + seed,
            "parameters": 101_770,
            "peak_memory_bytes": 300 * 2**20,
            "replicates": 6,
            "strategy": "loop",
            "device": "cpu",
        },
        "environment": {
            "python": "3.11",
            "torch": "2",
            "processor": "A|B",
            "threads": 1,
            "commit": "c0ffee" * 6,
        },
        "data": {"name": "made_up", "sha256": "d" * 64},
        "code": {"model mlp": "src/replab/nn/models/mlp.py:20"},
        "started": "2026-01-01T00:00:00+00:00",
        "finished": "2026-01-01T00:00:10+00:00",
    }


def made_claims() -> list[AnyClaim]:
    shared: dict[str, Any] = {
        "row": None, "quote": QUOTE, "study": STUDY, "metric": "test_accuracy", "mark": "R",
    }  # fmt: skip
    pairs = [("relu", "tanh"), ("relu_wide", "relu")]
    return [
        Level(id="000.relu", kind="level", variant="relu", value=93.1, tolerance=0.5, **shared),
        Level(id="000.tanh", kind="level", variant="tanh", value=95.0, tolerance=0.5, **shared),
        Ordering(
            id="000.order",
            kind="ordering",
            pairs=pairs,
            higher_is_better=True,
            smallest_meaningful=0.1,
            **shared,
        ),
        Equal(id="000.equal", kind="equal", pairs=[("tanh", "tanh_wide")], margin=0.05, **shared),
    ]


def made_result(**changes: Any) -> StudyResult:
    lost = {("tanh_wide", 1), ("tanh_wide", 4)}
    runs = [(variant, seed) for variant in LEVELS for seed in SEEDS if (variant, seed) != ("tanh_wide", 5)]
    result = StudyResult(
        name=STUDY,
        profile="full",
        scope=Scope.CLAIMED,
        report="000",
        title="A synthetic study | with a pipe",
        question="Does the report say what the records say?",
        settings=[{"setting": "optimizer.lr", "value": 0.1, "mark": "R"}],
        variants=list(LEVELS),
        differences={
            "relu": {},
            "relu_wide": {"model": {"hidden": [256]}},
            "tanh": {"model": {"activation": {"name": "tanh"}}},
            "tanh_wide": {"model": {"activation": {"name": "tanh"}, "hidden": [256]}},
        },
        records={run: made_record(*run, diverged=run in lost) for run in runs},
        missing=[("tanh_wide", 5, "MemoryError: no | room")],
        claims=made_claims(),
        primary=["test_accuracy", "test_accuracy_best_epoch"],
        data=[{"name": "made_up", "sha256": "d" * 64}],
        notes="A person's *finding*.",
    )
    return replace(result, **changes)


def made_sample() -> StudyResult:
    return made_result(profile="sample", scope=Scope.SAMPLE)
