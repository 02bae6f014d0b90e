"""A study that nobody ran, with its claims: every number in it is made here, none was measured."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np

from replab.judging.claims_file import ClaimsFile
from replab.judging.questions import StudyClaims, claims_about
from replab.judging.verdict_names import DataScope
from replab.report.study import StudyResult

STUDY = "synthetic"
SEEDS = range(8)
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


def made_statement(id_: str, sentence: str, part: dict[str, Any], **changes: Any) -> dict[str, Any]:
    reading = {"name": "ours", "mark": "R", "setting": "As stated.", "study": STUDY, "parts": [part]}
    block = {"id": f"000.{id_}", "rows": [], "sentence": sentence, "quote": QUOTE, "place": "table 1"}
    return block | {"readings": [reading]} | changes


def made_statements() -> list[dict[str, Any]]:
    """Two printed numbers, of which one is near, a ranking of two pairs, and "the same"."""
    shared = {"kind": "number", "metric": "test_accuracy", "resolution": {"value": 0.5, "reason": "half of the gap"}}
    pairs = [("relu", "tanh"), ("relu_wide", "relu")]
    order = {"kind": "ranking", "pairs": pairs, "metric": "test_accuracy", "higher_is_better": True}
    margin = {"value": 0.05, "reason": "what the report rounds to"}
    same = {"kind": "same", "pairs": [("tanh", "tanh_wide")], "metric": "test_accuracy", "margin": margin}
    return [
        made_statement("relu", "Relu is right on 93.1 %.", shared | {"variant": "relu", "value": "93.1"}),
        made_statement("tanh", "Tanh is right on 95.0 %.", shared | {"variant": "tanh", "value": "95.0"}),
        made_statement("order", "Relu is better than tanh, and wide relu better still.", order),
        made_statement("equal", "A wide tanh is no better than a narrow one.", same),
    ]


def made_file(**changes: Any) -> ClaimsFile:
    """What report 000 says; one sentence is not tested, and one question is our own."""
    part = {
        "kind": "ranking",
        "pairs": [("relu_wide", "tanh_wide")],
        "metric": "test_accuracy",
        "higher_is_better": True,
    }
    asked = {"id": "000.wide", "sentence": "Is wide relu better than wide tanh?", "reason": "Both are wide."}
    left = {
        "id": "000.left",
        "sentence": "It is fast.",
        "quote": QUOTE,
        "place": "end",
        "reason": "No run has a clock.",
    }
    content = {
        "report": "000",
        "title": "A report | with a pipe",
        "source": "made up",
        "statements": made_statements(),
        "hypotheses": [asked | {"study": STUDY, "parts": [part | {"higher_is_better": True}]}],
        "untested": [left],
    }
    return ClaimsFile.model_validate(content | changes)


def made_claims(**changes: Any) -> StudyClaims:
    return claims_about(made_file(**changes), STUDY)


def made_result(**changes: Any) -> StudyResult:
    lost = {("tanh_wide", 1), ("tanh_wide", 4)}
    runs = [(variant, seed) for variant in LEVELS for seed in SEEDS if (variant, seed) != ("tanh_wide", 5)]
    result = StudyResult(
        name=STUDY,
        profile="full",
        scope=DataScope.ORIGINAL,
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
    return made_result(profile="sample", scope=DataScope.SAMPLE)
