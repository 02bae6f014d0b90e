"""What replab does on an accelerator: is it right, and how fast is it? One command, at most eight minutes.

    python benchmarks/device.py [--dry-run] [--output device-results.md] [--seconds 460] [--parts right captured]

The parts stand in `PARTS`. Each is a process of its own, and has its time: one that fails, hangs or breaks the device
costs the others nothing. What failed is said with its traceback, and the next item runs, in a new process where the
old one is of no use. The output is written anew after every row. Data are made up (`made_up.py`); no file is needed.

`--dry-run` does the same at tiny sizes on the CPU: run it before there is a device.
"""

from __future__ import annotations

import argparse
import faulthandler
import gc
import multiprocessing
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from pathlib import Path

import device_captured
import device_ends
import device_fast
import device_right
import torch
from device_report import Report
from device_runs import Items, Row, Setting
from rounds import be_quiet

from replab.training.devices import one_device

SECONDS, ITEM_SECONDS = 460, 60
NEEDED = 3.0  # seconds: with less left nothing is begun


@dataclass(frozen=True)
class Part:
    """A table: what its items are, and how long they may take together, in seconds."""

    title: str
    seconds: float
    columns: Row
    items: Callable[[Setting], Items]


def machine(setting: Setting) -> Items:
    """What it is measured on."""
    return {"machine": lambda: _machine(setting.device)}


def _machine(device: torch.device) -> list[Row]:
    rows: list[Row] = [("torch", torch.__version__), ("threads of the CPU", str(torch.get_num_threads()))]
    if device.type == "cuda":
        found = torch.cuda.get_device_properties(0)
        rows += [("device", f"{found.name}, {found.total_memory / 2**30:.0f} GiB"), ("CUDA", str(torch.version.cuda))]
        rows += [("cuDNN", str(torch.backends.cudnn.version()))]
    return rows


RIGHT = ("what", "metric that differs most", "relative difference", "between two runs on the device", "verdict")
PARTS = {
    "machine": Part("Machine", 40, ("what", "which"), machine),
    "numbers": Part("Numbers", 20, RIGHT, device_right.numbers),
    "right": Part("Right", 120, RIGHT, device_right.items),
    "ends": Part("Ends", 70, ("what", "of what", "how much", "verdict"), device_ends.items),
    "captured": Part(
        "A step as a CUDA graph (a trial): replicate-steps a second",
        60,
        (
            "network",
            "replicates",
            "way",
            "difference of the losses",
            "plain",
            "captured",
            "ratio",
            "peak MiB",
            "verdict",
        ),
        device_captured.items,
    ),
    "peak": Part("Peak", 20, ("what", "how much"), device_fast.peaks),
    "fast": Part(
        "Fast", 130, ("network", "replicates", "way", "replicate-steps a second", "peak MiB"), device_fast.items
    ),
    "studies": Part("Every study, three steps", 170, RIGHT, device_right.studies),
}


def work(name: str, setting: Setting, first: int, answers: Connection) -> None:
    """In a process of its own: the items of a part from the `first` on.

    Each is answered as (rows, or what went wrong and a traceback; whether the process is of no use any more).
    """
    faulthandler.enable()
    threads = 1 if setting.small else min(8, os.cpu_count() or 1)
    be_quiet(threads)
    with tempfile.TemporaryDirectory() as locks, one_device(Path(locks), threads, setting.accelerator):
        for run in list(PARTS[name].items(setting).values())[first:]:
            try:
                answers.send((run(), False))
            except Exception as error:
                # After an error of the device no call to it works in this process, but for a lack of memory.
                lost = type(error).__name__ == "AcceleratorError" or "CUDA error" in str(error)
                said = f"{type(error).__name__}: {' '.join(str(error).split())}"
                answers.send(((said, traceback.format_exc()), lost))
            gc.collect()  # a Trainer and its module refer to each other, and hold the data


def part_done(name: str, setting: Setting, report: Report, context: BaseContext, end: float) -> None:
    """Run a part until its time is over, at `end` of time.monotonic(); what went wrong is in the report."""
    part = PARTS[name]
    report.begin(part.title, part.columns)
    names, done = list(part.items(setting)), 0
    while done < len(names) and end - time.monotonic() > NEEDED:
        limit = ITEM_SECONDS * setting.patience
        done = _process_done(partial(work, name, setting, done), report, names, done, context, limit, end)
    for left in names[done:]:
        report.failed(left, "not reached: the time of this part was over", "")


def _process_done(
    target: Callable[[Connection], None],
    report: Report,
    names: list[str],
    done: int,
    context: BaseContext,
    limit: float,
    end: float,
) -> int:
    """One process, as long as it is of use; how many items are done after it."""
    reader, writer = context.Pipe(duplex=False)
    process = context.Process(target=target, args=(writer,))  # type: ignore[attr-defined]
    process.start()
    writer.close()
    lost, broken = False, ""
    while done < len(names) and not lost:
        if not reader.poll(max(0.0, min(limit, end - time.monotonic()))):
            broken = "it did not end in its time"
            break
        try:
            answer, lost = reader.recv()
        except EOFError:
            process.join()
            broken = f"its process ended with status {process.exitcode}"
            break
        if isinstance(answer, tuple):
            report.failed(names[done], *answer)
        else:
            report.add(answer)
        done += 1
    process.kill()
    process.join()
    reader.close()
    if broken:
        report.failed(names[done], broken, "")
    return done + bool(broken)


def context_for(setting: Setting) -> BaseContext:
    """How processes begin: as copies of this one, which has imported everything, if the device works in such a copy."""
    fork = multiprocessing.get_context("fork")
    process = fork.Process(target=_touch, args=(setting,))
    process.start()
    process.join(ITEM_SECONDS * setting.patience)
    process.kill()
    return fork if process.exitcode == 0 else multiprocessing.get_context("spawn")


def _touch(setting: Setting) -> None:
    assert torch.ones(2, device=setting.device).sum().item() == 2


def main() -> int:
    """Run it all; exit status 1 where something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dry-run", action="store_true", help="the same at tiny sizes on the CPU")
    parser.add_argument("--output", type=Path, help="a file for the page")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"for everything ({SECONDS})")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--one-run", help=argparse.SUPPRESS)
    args = parser.parse_args()
    be_quiet(1)
    if args.one_run:
        device_ends.one_run(args.one_run)
        return 0
    started = time.monotonic()
    setting = Setting("cpu" if args.dry_run else "gpu", args.dry_run)
    report, context = Report(args.output), context_for(setting)
    for name in args.parts:
        own = time.monotonic() + PARTS[name].seconds * setting.patience
        part_done(name, setting, report, context, min(own, started + args.seconds * setting.patience))
    report.end(f"{time.monotonic() - started:.0f} seconds; processes began by {context.get_start_method()}.")
    return int(report.wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
