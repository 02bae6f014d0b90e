"""What a reader of the tables should know of the runs: lost ones, unequal numbers of them, seeds without a partner.

A run diverges whole: see `whole_runs`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator

import pandas as pd

from replab.readers.asked import Asked
from replab.readers.runs import SEEDS, VARIANTS, Run, first_of

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
            yield f"{metric}: some variant has one run only, which does not say how far runs differ."


def pooled(runs: Iterable[tuple[tuple[str, int], Run]], asked: Asked) -> Iterator[str]:
    """A line where runs of one variant differ in a setting that several of them share, such as the data set."""
    texts: dict[str, dict[str, dict[int, set[str]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(set)))
    for (variant, seed), run in runs:
        for name, text in run.settings.items():
            texts[name][variant][seed].add(text)
    said = {name.strip() for text in (asked.variant_from, asked.seed_from) for name in text.split(",")}
    said |= {*SEEDS, asked.variant_from or first_of(texts, VARIANTS)}
    found = {
        name: next(filter(None, map(_shared, of_variant.values())), "")
        for name, of_variant in texts.items()
        if name not in said and name.lower() not in said
    }
    names = [name for name, values in found.items() if values]
    if names:
        more = ", ..." if len(names) > 5 else ""
        yield (
            f"Runs of one variant differ in {', '.join(names[:5])}{more} ({names[0]}: {found[names[0]]}). They are "
            "taken together. If they are other variants, name that column, too: --variant-from."
        )


def _shared(of_seeds: dict[int, set[str]]) -> str:
    """Two of the values, in words; "" where a run has several, where all have one, and where no two runs share one."""
    values = [next(iter(own)) for own in of_seeds.values() if len(own) == 1]
    kinds = list(dict.fromkeys(filter(None, values)))
    differ = len(values) == len(of_seeds) and 1 < len(kinds) < sum(map(bool, values))
    return " and ".join(kinds[:2]) + (", ..." if len(kinds) > 2 else "") if differ else ""


def copies(frame: pd.DataFrame) -> Iterator[str]:
    """A line for each variant of which two runs without seeds have the same values, of two metrics or more."""
    done = frame[frame["status"] == "done"]
    wide = done.pivot(index=["variant", "seed"], columns="metric", values="value").dropna()
    for variant, own in wide.groupby("variant", sort=False) if wide.shape[1] > 1 else ():
        alike = int(own.duplicated(keep=False).sum())
        if alike:
            yield (
                f"{variant}: {alike} of {len(own)} runs have the same values in all metrics: is a run there twice, or "
                "had they the same seed? The comparisons take all runs as independent."
            )


def _lost(rows: pd.DataFrame, paired: bool) -> Iterator[str]:
    for status, what in LOST.items():
        lost = rows[rows["status"] == status]
        if len(lost):
            has = "has" if len(lost) == 1 else "have"
            yield f"{len(lost)} of {len(rows)} runs {has} {what} ({_named(lost, paired)})."


def _unpaired(seeds: dict[str, set[int]]) -> str:
    if len(seeds) > 1 and not set.intersection(*seeds.values()):
        return "the variants have no seed in common: --unseeded compares them as independent runs."
    if len({len(own) for own in seeds.values()}) > 1:
        counted = ", ".join(f"{name} {len(own)}" for name, own in seeds.items())
        return f"the variants have unequal numbers of runs ({counted}); pairs use the seeds in common."
    different = len({frozenset(own) for own in seeds.values()}) > 1
    return "the variants have different seeds; pairs use those in common." if different else ""


def whole_runs(runs: pd.DataFrame, paired: bool = True) -> tuple[pd.DataFrame, list[str]]:
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
