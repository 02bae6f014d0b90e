"""Whether an accelerator gives the CPU's numbers: each engine, each study, and what an interrupted run goes on as."""

from __future__ import annotations

import contextlib
import math
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from device_runs import FEW, FEWER, TINY, Items, Row, Setting, params, trained, variant_of

from replab.params import Variant, resolve
from replab.training.devices import without_cudnn
from replab.training.like_the_cpu import like_the_cpu
from replab.training.outcomes import Outcome

SEEDS = [0, 1]
TOLERANCE, TOLERANCE_BF16 = 0.02, 0.05
# Batch normalization takes the biases before it out again, so that their gradient is 0 but for rounding, of which Adam
# makes whole steps. Training does not see them; the running means, which lag, do: the test loss of few steps is noise.
# On the CPU alone it differs by 7 % between float32 and float64 after ten steps, the training loss by .3 %.
OF_BATCH_NORMALIZATION = "train_loss"
PAIRS, FEW_PAIRS = (300, 60), (40, 10)
WORDS, FEW_WORDS = (70_000, 3_500), (2_200, 730)
THREE_STEPS = {"budget": {"steps": 3, "evaluate_every": 3}}
EXACT = 1e-6  # of float32's numbers; TF32 is off by 3e-4


def engines(setting: Setting) -> dict[str, Variant]:
    """What is compared at length: every engine that trains, and every way of replicates."""
    steps, few = {"budget": setting.budget(300, 100)}, {"budget": setting.budget(10, 10)}
    report = variant_of("ptb_lstm", "report")
    words = {"budget": report.spec["budget"] | {"epochs": 1, "running_at": []}}
    network = {"network": report.spec["network"] | {"width": 64}}
    pairs: dict[str, Any] = {"budget": {"epochs": 1}}
    return {
        "MLP, stacked": variant_of("mnist_activations_losses", "tanh_cross_entropy", **steps),
        "MLP, looped": variant_of("mnist_regularization", "l2_1e-4", **few),  # rounding grows at a rate of .8
        "MLP with dropout": variant_of("mnist_dropout", "dropout", **few),
        "XOR": variant_of("xor_mlp", "positives_only_control", budget=setting.budget(200, 50)),
        "CNN": variant_of("svhn_precision", "float32", **few),
        "CNN in bf16": variant_of("svhn_losses", "cross_entropy_wd_1e-10", **few),
        "LSTM on a sine": variant_of("lstm_sine", "one_step", **steps),
        "language model": variant_of("ptb_lstm", "report", precision="float32", **words, **network),
        "language model in bf16": variant_of("ptb_lstm", "report", **words, **network),
        "translator": variant_of("translation", "seq2seq", "sample", precision="float32", **pairs),
        "translator with attention": variant_of("translation", "attention", "sample", precision="float32", **pairs),
        "translator in bf16": variant_of("translation", "attention", "sample", **pairs),
    }


def sizes_of(variant: Variant, small: bool) -> tuple[int, int]:
    """How many examples, words or pairs a variant trains and is tested on."""
    if "network" not in variant.spec:
        return TINY if small else FEWER
    if variant.study == "translation":
        return FEW_PAIRS if small else PAIRS
    return FEW_WORDS if small else WORDS


def difference(first: list[Outcome], second: list[Outcome], only: str = "") -> tuple[str, float]:
    """The metric (or `only` this one) that differs most between runs of the same seeds, relative to its size.

    An accuracy counts in hundredths of all. Raises AssertionError where nothing can be compared.
    """
    found: dict[str, float] = {}
    for one, other in zip(first, second, strict=True):
        if one.diverged_step != other.diverged_step:
            return "diverged_step", math.inf
        for name, entry in one.metrics.items():
            a, b = float(entry["value"]), float(other.metrics[name]["value"])
            shares = entry["unit"] == "%" or "bleu" in name or "chrf" in name
            found[name] = max(found.get(name, 0.0), abs(a - b) / (100.0 if shares else max(abs(a), abs(b), 1e-3)))
    found = {name: value for name, value in found.items() if only in ("", name)}
    assert found, "no metric to compare"
    worst = max(found, key=lambda name: found[name])
    return worst, found[worst]


def compared(name: str, variant: Variant, setting: Setting, sizes: tuple[int, int]) -> Row:
    """(what, the worst metric, its difference from the CPU's, that between two runs on the device, verdict)."""
    with tempfile.TemporaryDirectory() as folder:
        places = (("cpu", "cpu"), (setting.accelerator, "device"), (setting.accelerator, "again"))
        first, second, third = (trained(variant, SEEDS, kind, Path(folder, own), sizes) for kind, own in places)
    only = OF_BATCH_NORMALIZATION if variant.spec.get("model", {}).get("name") == "cnn" else ""
    metric, value = difference(first, second, only)
    again = difference(second, third)[1]
    limit = TOLERANCE_BF16 if variant.spec["precision"] == "bf16" else TOLERANCE
    words = f"{second[0].cost['device']} ({second[0].cost['strategy']})"
    return name, metric, f"{value:.2g}", f"{again:.2g}", f"{'ok' if value <= limit else 'TOO FAR'} on {words}"


def items(setting: Setting) -> Items:
    """Each engine."""
    return {
        name: lambda name=name, variant=variant: [compared(name, variant, setting, sizes_of(variant, setting.small))]  # type: ignore[misc]
        for name, variant in engines(setting).items()
    }


def studies(setting: Setting) -> Items:
    """The first variant of each study whose steps an engine makes, three steps long."""
    first = [resolve(params(), study, "full")[0] for study in params().studies]
    stepped = [variant for variant in first if {"optimizer", "batches"} <= variant.spec.keys()]
    chosen = stepped[:: len(stepped) // 3] if setting.small else stepped
    sizes = TINY if setting.small else FEW
    short = [replace(variant, spec=variant.spec | THREE_STEPS) for variant in chosen]
    return {own.study: lambda own=own: [compared(own.study, own, setting, sizes)] for own in short}  # type: ignore[misc]


def numbers(setting: Setting) -> Items:
    """Whether float32 is float32, and which type torch's LSTM computes in under autocast to bf16."""
    return {"float32": lambda: _float32(setting.device), "an LSTM under bf16": lambda: _kinds_of_lstm(setting.device)}


def _float32(device: torch.device) -> list[Row]:
    """The error of a product and of a convolution, relative to float64's, as an engine's process computes them."""
    a, b = torch.randn(512, 512, dtype=torch.float64), torch.randn(512, 512, dtype=torch.float64)
    x, kernel = torch.randn(8, 32, 32, 32, dtype=torch.float64), torch.randn(32, 32, 3, 3, dtype=torch.float64)
    rows = []
    for name, work, pair in (("product", torch.matmul, (a, b)), ("convolution", torch.conv2d, (x, kernel))):
        right, found = work(*pair), work(*(each.float().to(device) for each in pair)).double().cpu()
        error = ((found - right).norm() / right.norm()).item()
        rows.append((f"{name} in float32", "error", f"{error:.2g}", "", "ok" if error < EXACT else "TOO FAR"))
    return rows


def _kinds_of_lstm(device: torch.device) -> list[Row]:
    """With cuDNN, without, and as the engine has it."""
    rows: list[Row] = []
    engine = ("as the engine has it", like_the_cpu())
    for words, context in (("as torch has it", contextlib.nullcontext()), ("without cuDNN", without_cudnn()), engine):
        lstm = torch.nn.LSTM(8, 8).to(device)
        with context, torch.autocast(device.type, torch.bfloat16):
            dtype = lstm(torch.randn(5, 3, 8, device=device))[0].dtype
        rows.append((f"nn.LSTM under bf16, {words}", "type of the outputs", str(dtype).removeprefix("torch."), "", ""))
    return rows
