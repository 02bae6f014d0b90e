"""How fast an accelerator trains, and what it could do at most."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from device_right import FEW_WORDS
from device_runs import IMAGES, TINY, Items, Row, Setting, memory, reset_memory, seconds_of, trained, variant_of

from replab.params import Variant

# Study, variant, replicates, way, steps. The first ones are the ones that decide most.
SPEEDS = [
    ("mnist_activations_losses", "tanh_cross_entropy", 1, "loop", 2000),
    ("mnist_activations_losses", "tanh_cross_entropy", 8, "vmap", 2000),
    ("mnist_activations_losses", "tanh_cross_entropy", 64, "vmap", 2000),
    ("mnist_activations_losses", "tanh_cross_entropy", 8, "loop", 1000),
    ("svhn_losses", "cross_entropy_wd_1e-10", 1, "loop", 200),
    ("svhn_losses", "cross_entropy_wd_1e-10", 8, "loop", 100),
    ("mnist_regularization", "l2_1e-4", 8, "loop", 400),
    ("mnist_regularization", "l2_1e-4", 8, "vmap", 800),
    ("lenet5", "adam_1e-3", 1, "loop", 400),
    ("xor_mlp", "positives_only_control", 64, "vmap", 1000),
    ("lstm_sine", "ten_steps", 6, "vmap", 400),
]
STEP_WORDS = 700  # of the language model: 20 rows of 35 steps


def items(setting: Setting) -> Items:
    """Each network; the language model as it is, and with cuDNN for a comparison."""
    found: Items = {
        f"{study} {name}, {count}, {way}": lambda row=(study, name, count, way, steps): [_speed(setting, *row)]  # type: ignore[misc]
        for study, name, count, way, steps in SPEEDS
    }
    for precision in ("bf16", "float32"):
        for cudnn in (False, True):
            found[f"language model, {precision}, {'with' if cudnn else 'without'} cuDNN"] = (
                lambda precision=precision, cudnn=cudnn: [_words(setting, precision, cudnn)]  # type: ignore[misc]
            )
    chosen = list(found)[:: len(found) // 3 + 1] if setting.small else list(found)
    return {name: found[name] for name in chosen}


def _speed(setting: Setting, study: str, name: str, count: int, way: str, steps: int) -> Row:
    """(network, replicates, way, replicate-steps a second, MiB), by two lengths, without what is paid once."""
    seeds, steps = (list(range(2)), 4) if setting.small else (list(range(count)), steps)

    whole = variant_of(study, name, strategy=way, measures=[])

    def run(length: int) -> None:
        budget = {"steps": length, "evaluate_every": length}
        kept = {key: value for key, value in whole.spec.items() if key != "series"}
        variant = replace(whole, spec=kept | {"budget": budget})
        with tempfile.TemporaryDirectory() as folder:
            trained(variant, seeds, setting.accelerator, Path(folder), TINY if setting.small else IMAGES)

    return f"{study} {name}", str(len(seeds)), way, *_rate(setting, run, len(seeds), steps)


def _rate(setting: Setting, run: Callable[[int], Any], count: int, steps: int) -> tuple[str, str]:
    few = max(2, steps // 10)
    reset_memory(setting.device)
    run(few)
    short, long = (seconds_of(lambda length=length: run(length), setting.device) for length in (few, few + steps))  # type: ignore[misc]
    return f"{count * steps / max(long - short, 1e-9):,.0f}", memory(setting.device)


def _words(setting: Setting, precision: str, cudnn: bool) -> Row:
    """The language model of report 004, width 300; with cuDNN it is a trial: the engine does without."""
    budget = {"epochs": 1, "running_at": []}
    variant: Variant = variant_of("ptb_lstm", "report", precision=precision, budget=budget)
    test = FEW_WORDS[1]

    def run(length: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            trained(variant, [0], setting.accelerator, Path(folder), (length * STEP_WORDS + 20, test))

    left = mock.patch("replab.training.like_the_cpu.without_cudnn", nullcontext) if cudnn else nullcontext()
    with left:
        rate = _rate(setting, run, 1, 2 if setting.small else 200)
    return f"language model, width 300, {precision}", "1", "with cuDNN (trial)" if cudnn else "without cuDNN", *rate


def peaks(setting: Setting) -> Items:
    """What the device can do at most."""
    return {"products": lambda: _products(setting), "copies": lambda: [_copy(setting)]}


def _products(setting: Setting) -> list[Row]:
    size, rows = 256 if setting.small else 8192, []
    for name, dtype in (("float32", torch.float32), ("bf16", torch.bfloat16)):
        a, b = (torch.randn(size, size, device=setting.device, dtype=dtype) for _ in range(2))
        rate = 2 * size**3 / _median(setting, lambda a=a, b=b: a @ b) / 1e12  # type: ignore[misc]
        rows.append((f"product of two {size} x {size} matrices, {name}", f"{rate:.1f} TFLOP/s"))
    return rows


def _copy(setting: Setting) -> Row:
    a = torch.randn((256 if setting.small else 16_384) ** 2, device=setting.device)
    return "copy on the device, read and written", f"{2 * a.nbytes / _median(setting, a.clone) / 1e12:.2f} TB/s"


def _median(setting: Setting, run: Callable[[], Any]) -> float:
    return statistics.median([seconds_of(run, setting.device) for _ in range(11)][3:])
