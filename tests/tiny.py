"""A tiny project for tests: params, data and store in a temporary folder; seconds, not minutes."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np

from replab.data import DataSet

BASE: dict[str, Any] = {
    "data": {"name": "mnist_sample", "validation": 0},
    "input": {"name": "shift_scale", "shift": 128, "scale": 255},
    "model": {
        "name": "mlp",
        "hidden": [6],
        "activation": {"name": "tanh"},
        "weights_initializer": {"name": "normal", "std": 0.1},
        "biases_initializer": {"name": "zeros"},
    },
    "loss": {"name": "cross_entropy"},
    "optimizer": {"name": "sgd", "lr": 0.01, "momentum": 0.9, "weight_decay": 0.0},
    "schedule": {"name": "constant"},
    "gradient": "mean",
    "batches": {"name": "shuffled", "size": 20},
    "budget": {"epochs": 3},
    "precision": "float32",
    "strategy": "loop",
}


def params(**study: Any) -> dict[str, Any]:
    """A params file with one study `tiny` of the variants `plain` and `fast`."""
    block = {
        "report": "999",
        "title": "Tiny",
        "question": "Does it run?",
        "metrics": ["test_accuracy"],
        "base": copy.deepcopy(BASE),
        "variants": {"plain": {}, "fast": {"optimizer": {"lr": 0.1}}},
    }
    profile = {"sample": True, "seeds": [0, 1], "variants_per_job": 2}
    return {"profile": "sample", "profiles": {"sample": profile}, "studies": {"tiny": block | study}}


def digits(examples: int = 120, size: int = 8) -> DataSet:
    """Random pictures whose label is the brightest of ten rows of pixels: learnable, and made in no time."""
    random = np.random.default_rng(3)
    labels = random.integers(0, 10, examples, np.int64)
    images = random.integers(0, 120, (examples, 10, size), np.uint8)
    images[np.arange(examples), labels] += 100
    cut = examples * 3 // 4
    names = tuple("0123456789")
    return DataSet("tiny", images[:cut], labels[:cut], images[cut:], labels[cut:], names, "0" * 64, True)


def write_params(path: Path, content: Any) -> Path:
    """Write a params file (JSON is YAML)."""
    import json

    path.write_text(json.dumps(content), encoding="utf-8")
    return path
