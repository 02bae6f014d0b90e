"""What a run costs on this machine: from the records of past runs here, else from a calibration of seconds.

A run's seconds are its share of a process that trained several seeds together (`cost.train_seconds`). They go with
the number of epochs or steps, and with what a step computes; learning rates and other numbers do not change them.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass

from replab import environment
from replab.blocks import Block
from replab.params import Variant
from replab.runners import runner_of
from replab.runners.runner import Work
from replab.runners.slots import device
from replab.store import Record

UNKNOWN, CALIBRATED, SIMILAR, RECORDED = "unknown", "calibration", "similar runs", "past runs"
BASES = [UNKNOWN, CALIBRATED, SIMILAR, RECORDED]  # the weakest first

JOB_SECONDS = 6.0  # until a process has imported torch and Lightning and read its data
PROCESS_BYTES = 480 * 2**20  # of a process that has
RECORD_BYTES, POINT_BYTES, CURVES = 3_000, 15, 6
STATE_BYTES = 8  # a parameter and its momentum, in a checkpoint


@dataclass(frozen=True)
class Cost:
    """What one run of a variant costs: seconds of one process, peak bytes of memory, parameters; None: unknown."""

    seconds: float | None
    memory_bytes: int | None
    parameters: int | None
    basis: str


class Costs:
    """Costs of runs, known from records and calibrations of this machine."""

    def __init__(self, records: Iterable[Record], device: str) -> None:
        self._seconds: dict[str, list[float]] = {}
        self._memory: dict[str, int] = {}
        self._parameters: dict[str, int] = {}
        self._calibrated: dict[str, float] = {}
        for record in records:
            if record["cost"]["device"] == device and record["status"] == "done":
                self._learn(record)

    def _learn(self, record: Record) -> None:
        work, cost = _work_of(record["spec"]), record["cost"]
        if work is None:
            return
        for key in (work.exact, work.near):
            self._seconds.setdefault(key, []).append(cost["train_seconds"] / work.amount)
            self._memory[key] = max(self._memory.get(key, 0), cost["peak_memory_bytes"])
            self._parameters[key] = cost["parameters"]

    def calibrate(self, variant: Variant, seconds_per_unit: float, parameters: int) -> None:
        """Take what an epoch (or a step) of a variant's run was measured to cost."""
        near = variant.work.near
        self._calibrated[near] = seconds_per_unit
        self._parameters[near] = parameters

    def of(self, variant: Variant) -> Cost:
        """The cost of one run of a variant, by the closest runs that are known."""
        work = variant.work
        exact, near = work.exact, work.near
        key = exact if exact in self._seconds else near
        memory, parameters = self._memory.get(key), self._parameters.get(key)
        if key in self._seconds:
            per_unit, basis = statistics.median(self._seconds[key]), RECORDED if key == exact else SIMILAR
        elif near in self._calibrated:
            per_unit, basis = self._calibrated[near], CALIBRATED
        else:
            return Cost(None, memory, parameters, UNKNOWN)
        return Cost(per_unit * work.amount, memory, parameters, basis)


def _work_of(spec: Block) -> Work | None:
    """What a run of this spec is; None for a spec that is no run's: a record from elsewhere can have any."""
    try:
        work = runner_of(spec).cost(spec)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return None
    return work if work.amount > 0 else None


def costs_here(records: Iterable[Record], threads: int) -> Costs:
    """What is known from runs on a processor like this one, with so many threads, and the accelerator of this one."""
    now = {"processor": environment.processor(), "threads": threads}
    return Costs((record for record in records if now.items() <= record["environment"].items()), device())


def record_bytes(variant: Variant) -> int:
    """About how long the record of one of its runs is."""
    return RECORD_BYTES + POINT_BYTES * CURVES * variant.work.points


def memory_bytes(arrays_bytes: int) -> int:
    """About what a process needs that holds inputs of so many bytes as float32: transforming them takes a copy."""
    return int(PROCESS_BYTES + 2.5 * arrays_bytes)


def makespan(jobs: Iterable[float], cores: int) -> float:
    """Seconds until the last of the jobs ends, each on one of `cores`, the longest first."""
    ends = [0.0] * cores
    for seconds in sorted(jobs, reverse=True):
        ends[ends.index(min(ends))] += seconds
    return max(ends)
