"""What a reader of the tables should know of the runs: lost ones, unequal numbers of them, seeds without a partner.

A run diverges whole: see `whole_runs`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

LOST = {"diverged": "no finite value: counted as diverged", "missing": "no value at all"}


def uneven(frame: pd.DataFrame, paired: bool) -> Iterator[str]:
    """A line each; of seeds only where runs are `paired` by them."""
    for metric, rows in frame.groupby("metric", sort=False):
        yield from (f"{metric}: {line}" for line in _lost(rows, paired))
        done = rows[rows["status"] == "done"]
        seeds = {str(name): set(own["seed"]) for name, own in done.groupby("variant")}
        if paired and (line := _unpaired(seeds)):
            yield f"{metric}: {line}"
        if any(len(own) == 1 for own in seeds.values()):
            yield f"{metric}: a variant has only one run, which does not show how much runs differ."


def _lost(rows: pd.DataFrame, paired: bool) -> Iterator[str]:
    for status, what in LOST.items():
        lost = rows[rows["status"] == status]
        if len(lost):
            has = "has" if len(lost) == 1 else "have"
            yield f"{len(lost)} of {len(rows)} runs {has} {what} ({_named(lost, paired)})."


def _unpaired(seeds: dict[str, set[int]]) -> str:
    known = set().union(*seeds.values())
    if len(seeds) > 1 and len(known) == sum(map(len, seeds.values())):
        return "the variants have no seed in common: --unseeded compares them as independent runs."
    if len({len(own) for own in seeds.values()}) > 1:
        counted = ", ".join(f"{name} {len(own)}" for name, own in seeds.items())
        return f"the variants have unequal numbers of runs ({counted}); pairs use the seeds in common."
    different = len({frozenset(own) for own in seeds.values()}) > 1
    return "the variants have different seeds; pairs use those in common." if different else ""


def whole_runs(runs: pd.DataFrame, paired: bool) -> tuple[pd.DataFrame, list[str]]:
    """The runs with one end each: one that diverged has no value of any metric. And what that changed, in words."""
    places = [runs["variant"], runs["seed"]]
    lost = (runs["status"] == "diverged").groupby(places).transform("any")
    changed = runs[lost & (runs["status"] == "done")].drop_duplicates(["variant", "seed"])
    frame = runs.assign(status=runs["status"].mask(lost, "diverged"), value=runs["value"].mask(lost, math.nan))
    if changed.empty:
        return frame, []
    return frame, [
        f"A value that is not finite makes the whole run diverged, in all metrics: {_named(changed, paired)}."
    ]


def _named(runs: pd.DataFrame, paired: bool) -> str:
    """The first three, by variant and seed, or by the place of the run among all, from 1 on."""
    shown = runs[["variant", "seed"]].head(3).to_numpy().tolist()
    names = [f"{name} seed {seed}" if paired else f"{name}, run {seed + 1}" for name, seed in shown]
    return ", ".join([*names, "..."] if len(runs) > 3 else names)
