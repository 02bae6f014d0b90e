"""What surrounds a training on an accelerator: interruptions, two processes, the command line, memory that is short."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest import mock

import torch
from device_right import difference, sizes_of
from device_runs import FEWER, ROOT, TINY, Items, Row, Setting, trained, variant_of

from replab.__main__ import main
from replab.params import Variant

COMMAND = ["--profile", "sample", "train", "xor_mlp", "positives_only_control", "--quiet", "--accelerator"]
RESUMED = 1e-3


def items(setting: Setting) -> Items:
    """Everything of this file."""
    plain = variant_of("mnist_regularization", "l2_1e-4")
    adam = variant_of("svhn_precision", "float32")
    words = variant_of("ptb_lstm", "report", "sample")
    return {
        "interrupted, MLP": lambda: [_resumed("an interrupted MLP goes on", plain, setting)],
        "interrupted, CNN": lambda: [_resumed("an interrupted CNN goes on", adam, setting)],
        "interrupted, language model": lambda: [_resumed("an interrupted language model goes on", words, setting)],
        "two jobs": lambda: [_shared(setting)],
        "replab train": lambda: [_command(setting)],
        "short memory": lambda: [_short_of_memory(setting)],
    }


def _halves(variant: Variant, setting: Setting) -> tuple[Variant, Variant]:
    """A run, and the half of it."""
    if "network" in variant.spec:
        budgets = [variant.spec["budget"] | {"epochs": epochs, "running_at": []} for epochs in (2, 1)]
    else:
        whole = setting.budget(40, 20)
        budgets = [whole, whole | {"steps": whole["steps"] // 2}]
    long, short = (replace(variant, spec=variant.spec | {"budget": budget}) for budget in budgets)
    return long, short


def _resumed(name: str, variant: Variant, setting: Setting) -> Row:
    """It ends as if nothing had happened."""
    (long, short), sizes = _halves(variant, setting), sizes_of(variant, setting.small or "network" in variant.spec)
    with tempfile.TemporaryDirectory() as folder:
        trained(short, [0], setting.accelerator, Path(folder, "cut"), sizes)
        first = trained(long, [0], setting.accelerator, Path(folder, "cut"), sizes)
        second = trained(long, [0], setting.accelerator, Path(folder, "whole"), sizes)
    metric, value = difference(first, second)
    return name, metric, f"{value:.2g}", "ok" if value <= RESUMED else "TOO FAR"


def one_run(accelerator: str) -> None:
    """Print the test accuracy of a short run; `device.py --one-run` calls it."""
    setting = Setting(accelerator, accelerator == "cpu")
    variant = variant_of("mnist_regularization", "l2_1e-4", budget=setting.budget(200, 200))
    with tempfile.TemporaryDirectory() as folder:
        [outcome] = trained(variant, [0], accelerator, Path(folder), TINY if setting.small else FEWER)
    print(outcome.metrics["test_accuracy"]["value"])


def _shared(setting: Setting) -> Row:
    """Two processes train at the same time, with one result."""
    command = [sys.executable, str(ROOT / "benchmarks/device.py"), "--one-run", setting.accelerator]
    jobs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    lines = [job.communicate()[0].strip().splitlines() for job in jobs]
    assert all(job.returncode == 0 and own for job, own in zip(jobs, lines, strict=True)), "a job failed"
    value = abs(float(lines[0][-1]) - float(lines[1][-1])) / 100
    return "two jobs on one device", "test_accuracy", f"{value:.2g}", "ok" if value < 0.005 else "TOO FAR"


@contextmanager
def _project() -> Iterator[Path]:
    """This project with a store and data of its own; the data that the command trains on are there."""
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.chdir(ROOT),
        mock.patch.dict(os.environ, REPLAB_STORE=f"{folder}/store", REPLAB_DATA=f"{folder}/data"),
    ):
        status, said = _called(["data", "prepare", "xor_points"])
        assert status == 0, said
        yield Path(folder)


def _called(arguments: list[str]) -> tuple[int, str]:
    """The exit status of a command of replab's, and what it said on standard error."""
    with contextlib.redirect_stderr(io.StringIO()) as said, contextlib.redirect_stdout(io.StringIO()):
        status = main(arguments)
    return status, said.getvalue()


def _command(setting: Setting) -> Row:
    """The command line, from the study to the records, which say what they were trained on."""
    with _project() as folder:
        status, said = _called([*COMMAND, setting.accelerator])
        records = [json.loads(file.read_text("utf-8")) for file in (folder / "store/runs").glob("*/*.json")]
    assert status == 0 and records, said
    costs = [record["cost"] for record in records]
    right = all(cost["device"] == setting.device.type for cost in costs)
    named = costs[0].get("device_name", "no accelerator")
    return f"replab train: {len(records)} records", "device", named, "ok" if right else "FAILED: on another device"


def _short_of_memory(setting: Setting) -> Row:
    """A device that has too little memory: one sentence, and exit status 2."""
    with _project(), _little_memory(setting):
        status, said = _called([*COMMAND, setting.accelerator])
    lines = said.strip().splitlines()
    right = status == 2 and len(lines) <= 2 and "memory" in said
    return "memory that is short", f"exit status {status}", (lines or [""])[-1][:300], "ok" if right else "FAILED"


@contextmanager
def _little_memory(setting: Setting) -> Iterator[None]:
    """A millionth of the device's. A CPU cannot be limited: there the error alone is made."""
    if setting.device.type == "cpu":
        with mock.patch("replab.training.engine.train_group", side_effect=torch.OutOfMemoryError("made here")):
            yield
        return
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(1e-6)
    try:
        yield
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
