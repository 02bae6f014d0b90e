"""From runs to one tidy frame: which variant and seed each is, which point of a curve counts, in which unit.

What is guessed is said in `Results.notes`; what can be meant in two ways is refused with the option that decides it.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from replab.errors import ReplabError, unknown
from replab.metric_words import without_step
from replab.readers.asked import BEST, LAST, Asked
from replab.readers.picking import pick_point
from replab.readers.runs import SEEDS, VARIANTS, Point, Run, first_of
from replab.readers.uneven import copies, uneven, whole_runs
from replab.readers.units import in_unit

COLUMNS = ["study", "variant", "seed", "identity", "status", "metric", "unit", "value", "step", "source"]
SEED_IN_NAME = re.compile(r"(?:^|[^A-Za-z])(?:seed|rs|s)[_=-]?(\d+)(?=[^0-9]|$)", re.IGNORECASE)
Place = tuple[str, int]


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
    placed = _merged(_placed(kept, asked, notes), asked)
    rows = [_row(place, run, metric, asked) for place, run in placed.items() for metric in metrics]
    frame = in_unit(pd.DataFrame(rows, columns=COLUMNS), _units(kept), asked, notes)
    notes += uneven(frame, paired=not asked.unseeded)
    notes += copies(frame) if asked.unseeded else ()
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


def _placed(runs: list[Run], asked: Asked, notes: list[str]) -> list[tuple[Place, Run]]:
    """Each run with its variant and seed."""
    seed_of = _seed_finder(runs, asked, notes)
    variant_of = _variant_finder(runs, asked, notes)
    return [((variant_of(run), seed_of(run) if seed_of else place), run) for place, run in enumerate(runs)]


def _seed_finder(runs: list[Run], asked: Asked, notes: list[str]) -> Callable[[Run], int] | None:
    if asked.unseeded:
        notes.append(
            "The runs have no seeds, and none is paired (--unseeded): comparisons are Welch's t tests of two samples."
        )
        return None
    key = asked.seed_from or first_of(_shared(runs), SEEDS)
    if key:
        if not asked.seed_from:
            notes.append(f"The seed is taken from '{key}'. That is a guess; --seed-from names another.")
        text_of = _text_finder(runs, key, "--seed-from")
        return lambda run: _whole(text_of(run), run)
    if all(SEED_IN_NAME.search(run.name) for run in runs):
        notes.append(
            "The seed is the number after 'seed' in the runs' names. That is a guess; --seed-from names another."
        )
        return lambda run: int(SEED_IN_NAME.search(run.name)[1])  # type: ignore[index]
    _refuse_gaps(runs, SEEDS, "--seed-from")
    there = ", ".join(_shared(runs)) or f"only names, such as '{runs[0].name}'"
    raise ReplabError(
        f"{runs[0].source}: no seed found. There are: {there}\n"
        "Say --seed-from COLUMN or 'REGEX(...)' of the names, or --unseeded where the runs have none"
    )


def _whole(text: str, run: Run) -> int:
    match = re.fullmatch(r"(\d+)(\.0+)?", text.strip())
    if not match:
        raise ReplabError(f"{run.source}: the seed '{text}' is no whole number")
    return int(match[1])


def _variant_finder(runs: list[Run], asked: Asked, notes: list[str]) -> Callable[[Run], str]:
    key = asked.variant_from or first_of(_shared(runs), VARIANTS)
    if key:
        if not asked.variant_from:
            notes.append(f"The variant is taken from '{key}'. That is a guess; --variant-from names another.")
        return _text_finder(runs, key, "--variant-from")
    if all(SEED_IN_NAME.search(run.name) for run in runs):
        notes.append("The variant is the rest of a run's name. That is a guess; --variant-from names another.")
        return lambda run: _rest(run.name)
    _refuse_gaps(runs, VARIANTS, "--variant-from")
    there = ", ".join(_shared(runs)) or f"only names, such as '{runs[0].name}'"
    raise ReplabError(
        f"{runs[0].source}: no variant found. There are: {there}\n"
        "Say --variant-from COLUMN (or several: a,b), or 'REGEX(...)' of the names"
    )


def _refuse_gaps(runs: list[Run], names: Iterable[str], option: str) -> None:
    """Raises ReplabError where only some runs have the setting."""
    key = first_of({name for run in runs for name, text in run.settings.items() if text.strip()}, names)
    without = [run.name for run in runs if not run.settings.get(key, "").strip()]
    if key:
        raise ReplabError(
            f"{runs[0].source}: {len(without)} of {len(runs)} runs have no '{key}', such as {without[0]}\n"
            f"Write it, leave these runs out, or say {option}"
        )


def _rest(name: str) -> str:
    """The name without its seed and without a logger's version folder."""
    rest = re.sub(r"(^|/)version_\d+(?=/|$)", "", SEED_IN_NAME.sub("", name))
    return rest.strip("/_-. ") or "all"


def _text_finder(runs: list[Run], key: str, option: str) -> Callable[[Run], str]:
    """How to find a text in a run: settings joined by commas, or a regular expression on the name."""
    if "(" in key:
        try:
            pattern = re.compile(key)
        except re.error as error:
            raise ReplabError(f"{option} '{key}' is no regular expression: {error}") from error
        if pattern.groups != 1:
            raise ReplabError(f"{option} '{key}' has {pattern.groups} groups, and needs one: (...)")
        return lambda run: _matched(pattern, run, option)
    names = [name.strip() for name in key.split(",")]
    known = {name for run in runs for name in run.settings}
    for name in names:
        if name not in known:
            raise unknown(f"{option}: column or setting", name, known)
    return lambda run: ", ".join(_setting(run, name, option) for name in names)


def _setting(run: Run, name: str, option: str) -> str:
    text = run.settings.get(name, "").strip()
    if not text:
        raise ReplabError(f"{run.source}: {run.name}: it has no '{name}', which {option} needs")
    return text


def _matched(pattern: re.Pattern[str], run: Run, option: str) -> str:
    match = pattern.search(run.name)
    if not match or match[1] is None:
        raise ReplabError(f"{run.source}: {option} '{pattern.pattern}' does not match the name '{run.name}'")
    return match[1]


def _shared(runs: list[Run]) -> list[str]:
    """The settings that every run has, in the order of the first."""
    return [name for name in runs[0].settings if all(run.settings.get(name, "").strip() for run in runs)]


def _merged(placed: list[tuple[Place, Run]], asked: Asked) -> dict[Place, Run]:
    """One run a variant and seed: parts of one with --resumed, different metrics of one; else two are refused."""
    groups: dict[Place, list[Run]] = defaultdict(list)
    for place, run in placed:
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
