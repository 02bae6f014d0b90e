"""From runs to one tidy frame: a row for each run and metric, with the point of its curve that counts, in one unit.

What is guessed is said in `Results.notes`; what can be meant in two ways is refused with the option that decides it.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from replab.errors import ReplabError, unknown
from replab.metric_words import without_step
from replab.readers.asked import BEST, LAST, Asked
from replab.readers.picking import pick_point
from replab.readers.placing import Place, placed
from replab.readers.runs import Point, Run
from replab.readers.suspect import copies, pooled, two_units
from replab.readers.uneven import uneven, whole_runs
from replab.readers.units import in_unit

COLUMNS = ["study", "variant", "seed", "identity", "status", "metric", "unit", "value", "step", "source"]


@dataclass(frozen=True)
class Results:
    """`runs`: a row for each run and metric (`COLUMNS`); `notes`: lines on what was guessed, left out or is uneven."""

    runs: pd.DataFrame
    notes: list[str]


def tidy(runs: list[Run], asked: Asked) -> Results:
    """The frame of the runs. Raises ReplabError for what is ambiguous."""
    notes = [*(note for run in runs for note in run.notes), *_chosen(asked)]
    kept = [run for run in runs if run.points]
    if not kept:
        raise ReplabError(notes[0] if notes else "the results hold no number")
    metrics = _metrics(kept, asked)
    at = placed(kept, asked, notes)
    notes += pooled(at, asked)
    merged = _merged(at, asked)
    rows = [_row(place, run, metric, asked) for place, run in merged.items() for metric in metrics]
    frame = in_unit(pd.DataFrame(rows, columns=COLUMNS), _units(kept), asked, notes)
    notes += uneven(frame, paired=not asked.unseeded)
    notes += [*copies(frame, paired=not asked.unseeded), *two_units(frame)]
    frame, changed = whole_runs(frame, paired=not asked.unseeded)
    notes += changed
    return Results(frame.sort_values(["variant", "seed", "metric"], ignore_index=True), list(dict.fromkeys(notes)))


def _chosen(asked: Asked) -> Iterable[str]:
    """What the options say of which values count."""
    if asked.pick == BEST:
        yield "The best value of each curve counts (--pick best): a number that is chosen by itself flatters."
    elif asked.pick != LAST:
        yield f"The value at step {asked.pick} of each curve counts (--pick)."
    if asked.resumed:
        yield "Runs of one variant and seed are one run (--resumed): of two values at a step the later one counts."


def _metrics(runs: list[Run], asked: Asked) -> list[str]:
    known = list(dict.fromkeys(point.metric for run in runs for point in run.points))
    for metric in asked.names:
        if metric not in known:
            raise unknown("metric", metric, known)
    return list(asked.metrics) or known


def _units(runs: list[Run]) -> dict[str, str]:
    found: dict[str, str] = {}
    for run in runs:
        for metric, unit in run.units.items():
            if found.setdefault(metric, unit) != unit:
                raise ReplabError(f"{metric} is recorded in '{found[metric]}' and in '{unit}'")
    return found


def _merged(runs: list[tuple[Place, Run]], asked: Asked) -> dict[Place, Run]:
    """One run a variant and seed: parts of one with --resumed, different metrics of one; else two are refused."""
    groups: dict[Place, list[Run]] = defaultdict(list)
    for place, run in runs:
        groups[place].append(run)
    return {place: _one(place, group, asked) for place, group in groups.items()}


def _one(place: Place, group: list[Run], asked: Asked) -> Run:
    if len(group) == 1:
        return group[0]
    metrics = [{point.metric for point in run.points} for run in group]
    if sum(map(len, metrics)) > len(set.union(*metrics)) and not asked.resumed:
        raise ReplabError(_twice(place, group))
    last: dict[tuple[str, float | None], Point] = {}
    for run in sorted(group, key=lambda run: min(point.step or 0 for point in run.points)):
        last |= {(point.metric, point.step): point for point in run.points}
    points = sorted(last.values(), key=lambda point: point.step or 0)
    return replace(group[0], points=points)


def _twice(place: Place, group: list[Run]) -> str:
    first, second = group[:2]
    differ = [name for name in first.settings if second.settings.get(name) != first.settings[name]]
    hint = f"they differ in {', '.join(differ[:5])}: say --variant-from" if differ else "remove one"
    return (
        f"variant '{place[0]}' has two runs with seed {place[1]}: {first.name} and {second.name}\n"
        f"Either {hint}, or say --resumed where the second goes on with the first"
    )


def _row(place: Place, run: Run, metric: str, asked: Asked) -> dict[str, Any]:
    point = pick_point([point for point in run.points if point.metric == without_step(metric)], metric, run, asked)
    identity = hashlib.sha256(f"{run.source}\n{run.name}\n{place}".encode()).hexdigest()
    status = "missing" if point is None else "done" if math.isfinite(point.value) else "diverged"
    found = {"value": math.nan, "step": math.nan} if point is None else {"value": point.value, "step": point.step}
    head = {"study": asked.study, "variant": place[0], "seed": place[1], "identity": identity, "status": status}
    return head | {"metric": metric, "unit": "", "source": run.source} | found
