"""What a run costs on this machine: from the records of past runs here, else from a calibration of seconds.

A run's seconds are its share of a process that trained several seeds together (`cost.train_seconds`). They go with
the number of epochs or steps, and with what a step computes; learning rates and other numbers do not change them.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from replab import environment
from replab.blocks import Block
from replab.files import sha256_of_json
from replab.params import Variant, engine_of
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
        spec, cost = record["spec"], record["cost"]
        for key in (work(spec), kin(spec)):
            self._seconds.setdefault(key, []).append(cost["train_seconds"] / amount(spec))
            self._memory[key] = max(self._memory.get(key, 0), cost["peak_memory_bytes"])
            self._parameters[key] = cost["parameters"]

    def calibrate(self, variant: Variant, seconds_per_unit: float, parameters: int) -> None:
        """Take what an epoch (or a step) of a variant's run was measured to cost."""
        self._calibrated[kin(variant.spec)] = seconds_per_unit
        self._parameters[kin(variant.spec)] = parameters

    def of(self, variant: Variant) -> Cost:
        """The cost of one run of a variant, by the closest runs that are known."""
        spec = variant.spec
        exact, near = work(spec), kin(spec)
        key = exact if exact in self._seconds else near
        memory, parameters = self._memory.get(key), self._parameters.get(key)
        if key in self._seconds:
            per_unit, basis = statistics.median(self._seconds[key]), RECORDED if key == exact else SIMILAR
        elif near in self._calibrated:
            per_unit, basis = self._calibrated[near], CALIBRATED
        else:
            return Cost(None, memory, parameters, UNKNOWN)
        return Cost(per_unit * amount(spec), memory, parameters, basis)


def costs_here(records: Iterable[Record], threads: int) -> Costs:
    """What is known from runs on a processor like this one, with so many threads, and the accelerator of this one."""
    device = "cuda" if Path("/dev/nvidiactl").exists() else "cpu"
    now = {"processor": environment.processor(), "threads": threads}
    return Costs((record for record in records if now.items() <= record["environment"].items()), device)


def amount(spec: Block) -> int:
    """How many epochs or steps a run has; 1 for a measurement or a fit."""
    budget = spec.get("budget", {})
    return int(budget.get("epochs") or budget.get("steps") or 1)


def work(spec: Block) -> str:
    """What the seconds of an epoch depend on: the spec, of losses and the like only their names.

    Records may be older than a key of the spec: what they lack is None.
    """
    if engine_of(spec) != "training":
        return sha256_of_json(spec)
    named = {key: _name(spec.get(key)) for key in ("loss", "optimizer", "schedule", "averaging")}
    regularizers = [_name(block) for block in spec.get("regularizers", [])]
    rest = {key: spec.get(key) for key in ("data", "input", "model", "gradient", "batches", "precision", "strategy")}
    return sha256_of_json(named | rest | {"regularizers": regularizers, "budget": _period(spec)})


def kin(spec: Block) -> str:
    """What they depend on in the main: the data, the model's sizes, the batch and the precision."""
    if "probe" in spec:
        return sha256_of_json({"probe": _name(spec["probe"])})
    if engine_of(spec) == "sequence":
        sizes = {key: _sizes(spec[key]) for key in ("network", "sequences", "data")}
        return sha256_of_json(sizes | {"precision": spec["precision"]})
    shape = {"model": _sizes(spec["model"]), "precision": spec["precision"]}
    if engine_of(spec) == "fit":
        return sha256_of_json(shape | {"data": spec["data"]["name"], "solver": _name(spec["solver"])})
    shape["batch"] = spec["batches"]["size"]
    return sha256_of_json(shape | {"data": spec["data"]["name"], "budget": _period(spec)})


def _sizes(block: Block) -> Block:
    """What a model's block says of sizes: all but its nested components, and of these the whole numbers."""
    own = {key: value for key, value in block.items() if not isinstance(value, Mapping)}
    nested = {
        f"{key}.{name}": value
        for key, inner in block.items()
        if isinstance(inner, Mapping)
        for name, value in inner.items()
        if isinstance(value, int)
    }
    return own | nested


def _period(spec: Block) -> Any:
    return spec["budget"].get("evaluate_every")


def _name(block: Any) -> str | None:
    return block["name"] if block else None


def record_bytes(spec: Block) -> int:
    """About how long a run's record is."""
    budget = spec.get("budget", {})
    evaluations = budget.get("epochs") or (budget["steps"] // budget["evaluate_every"] if budget else 0)
    return int(RECORD_BYTES + POINT_BYTES * CURVES * evaluations)


def memory_bytes(arrays_bytes: int) -> int:
    """About what a process needs that holds inputs of so many bytes as float32: transforming them takes a copy."""
    return int(PROCESS_BYTES + 2.5 * arrays_bytes)


def makespan(jobs: Iterable[float], cores: int) -> float:
    """Seconds until the last of the jobs ends, each on one of `cores`, the longest first."""
    ends = [0.0] * cores
    for seconds in sorted(jobs, reverse=True):
        ends[ends.index(min(ends))] += seconds
    return max(ends)
