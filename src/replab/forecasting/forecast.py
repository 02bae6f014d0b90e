"""What is still to be trained, and what it will cost on this machine: seconds, memory, disk."""

from __future__ import annotations

import contextlib
import math
import sys
import warnings
from collections.abc import Iterable
from dataclasses import dataclass

from replab import data
from replab.errors import ReplabError
from replab.forecasting.costs import (
    BASES,
    JOB_SECONDS,
    STATE_BYTES,
    UNKNOWN,
    Cost,
    Costs,
    makespan,
    memory_bytes,
    record_bytes,
)
from replab.params import Variant
from replab.project import Project

CALIBRATION_SECONDS = 5.0  # for all kinds of runs together, but for each at least
LEAST_SECONDS = 0.8


@dataclass(frozen=True)
class Part:
    """A variant within a job: so many of its runs are still to be trained, each at this cost."""

    variant: Variant
    todo: int
    cost: Cost


@dataclass(frozen=True)
class Forecast:
    """What some jobs come to, `cores` at a time; None: unknown. `basis` is the weakest that a cost rests on."""

    runs: int
    todo: int
    jobs: int
    seconds: float | None
    memory_bytes: int | None
    disk_bytes: int
    basis: str


def jobs_of(project: Project, study: str) -> list[list[tuple[Variant, int]]]:
    """A study's jobs: each variant with how many of its runs are still to be trained."""
    return [[(variant, missing(project, variant)) for variant in job] for job in project.jobs(study)]


def priced(jobs: list[list[tuple[Variant, int]]], costs: Costs) -> list[list[Part]]:
    """The jobs with what a run of each variant costs."""
    return [[Part(variant, number, costs.of(variant)) for variant, number in job] for job in jobs]


def missing(project: Project, variant: Variant) -> int:
    """How many of a variant's runs have no record; all, where its data are not prepared."""
    try:
        identities = project.identities(variant)
    except ReplabError:
        return len(variant.seeds)
    return sum(project.store.get(identity) is None for identity in identities.values())


def calibrate(project: Project, costs: Costs, variants: Iterable[Variant], threads: int) -> None:
    """Measure what an epoch takes for those of the variants of which nothing is known; a few seconds together."""
    unlike = {variant.work.near: variant for variant in variants if costs.of(variant).basis == UNKNOWN}
    if not unlike:
        return
    from replab.runners.calibration import seconds_per_unit

    with contextlib.suppress(ModuleNotFoundError):  # commands do without torch
        import torch

        torch.set_num_threads(threads)

    print(f"timing {len(unlike)} kind{'' if len(unlike) == 1 else 's'} of runs not known here ...", file=sys.stderr)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Lightning says of trainings is for those that count
        for variant in unlike.values():
            try:
                measured = seconds_per_unit(
                    variant, project.data_root, max(LEAST_SECONDS, CALIBRATION_SECONDS / len(unlike))
                )
            except (ReplabError, RuntimeError) as error:
                print(f"{variant.study} {variant.name}: cannot be timed: {error}".splitlines()[0], file=sys.stderr)
            else:
                costs.calibrate(variant, *measured)


def forecast(project: Project, jobs: list[list[Part]], cores: int) -> Forecast:
    """What the jobs come to."""
    parts = [part for job in jobs for part in job]
    open_parts = [part for part in parts if part.todo]
    seconds = [job_seconds(job) for job in jobs if any(part.todo for part in job)]
    known = [second for second in seconds if second is not None]
    return Forecast(
        runs=sum(len(part.variant.seeds) for part in parts),
        todo=sum(part.todo for part in parts),
        jobs=len(seconds),
        seconds=makespan(known, cores) if len(known) == len(seconds) else None,
        memory_bytes=_memory(open_parts, min(cores, len(seconds))),
        disk_bytes=_disk(project, open_parts, cores),
        basis=min((part.cost.basis for part in open_parts), key=BASES.index, default=""),
    )


def job_seconds(job: list[Part]) -> float | None:
    """How long a job with something to do takes; None where a cost is unknown."""
    costs = [(part.todo, part.cost.seconds) for part in job if part.todo]
    if any(seconds is None for _, seconds in costs):
        return None
    return JOB_SECONDS + sum(todo * (seconds or 0.0) for todo, seconds in costs)


def _memory(parts: list[Part], at_a_time: int) -> int | None:
    """Peak of the processes at work, each the largest that there is."""
    needed = [part.cost.memory_bytes or _expected_memory(part.variant) for part in parts]
    return None if None in needed else at_a_time * max((need for need in needed if need is not None), default=0)


def _expected_memory(variant: Variant) -> int | None:
    try:
        names = variant.runner.data_sets(variant.spec)
        return memory_bytes(sum(map(data_bytes, names)) * 5)  # a byte, and its float32
    except ReplabError:
        return None


def _disk(project: Project, parts: list[Part], cores: int) -> int:
    """Records, kept weights, and the checkpoints of the runs at work."""
    records = sum(part.todo * record_bytes(part.variant) for part in parts)
    sizes = [(part, part.todo * (part.cost.parameters or 0)) for part in parts]
    weights = sum(4 * size for part, size in sizes if project.params.studies[part.variant.study].keep_weights)
    return records + weights + cores * STATE_BYTES * max((size for _, size in sizes), default=0)


def data_bytes(name: str) -> int:
    """The inputs of a data set, one byte each."""
    shapes = data.find(name).array_shapes
    return sum(math.prod(shape) for array, shape in shapes.items() if array.endswith("_x"))


def data_to_get(project: Project, names: Iterable[str]) -> dict[str, int]:
    """data set -> bytes to fetch, of those that are not prepared."""
    return {name: data.published(data.find(name)).download_bytes for name in project.unprepared(names)}
