"""What may be a slip in results: data sets taken together, runs that are there twice, errors in two units; a line each.

None of this is refused, for each can be meant.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import pandas as pd

from replab.errors import shortened
from replab.metric_words import words_of
from replab.readers.asked import Asked
from replab.readers.runs import SEEDS, VARIANTS, Run, first_of

RATES = {"error", "err", "wer", "cer"}
"""Words of metrics that are given as fractions or in percent, and are no shares of what is right."""


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
        yield (
            f"Runs of one variant differ in {shortened(names, 5)} ({names[0]}: {found[names[0]]}). They are "
            "taken together. If they are other variants, name that column, too: --variant-from."
        )


def _shared(of_seeds: dict[int, set[str]]) -> str:
    """Two of the values, in words; "" where a run has several, where all have one, and where no two runs share one."""
    values = [next(iter(own)) for own in of_seeds.values() if len(own) == 1]
    kinds = list(dict.fromkeys(filter(None, values)))
    differ = len(values) == len(of_seeds) and 1 < len(kinds) < sum(map(bool, values))
    return " and ".join(kinds[:2]) + (", ..." if len(kinds) > 2 else "") if differ else ""


def copies(frame: pd.DataFrame, paired: bool) -> Iterator[str]:
    """A line where two runs have the same values, of two metrics or more: of one variant, or of two with one seed."""
    done = frame[frame["status"] == "done"]
    wide = done.pivot(index=["variant", "seed"], columns="metric", values="value").dropna()
    if wide.shape[1] < 2:
        return
    asks = "under two seeds, or does the seed change nothing" if paired else "twice, or had they the same seed"
    for variant, own in wide.groupby("variant", sort=False):
        alike = int(own.duplicated(keep=False).sum())
        if alike:
            yield (
                f"{variant}: {alike} of {len(own)} runs have the same values in all metrics: is a run there {asks}? "
                "The comparisons take all runs as independent."
            )
    if paired:
        yield from _alike(wide)


def _alike(wide: pd.DataFrame) -> Iterator[str]:
    """A line for the variants that have the same values as another one with every seed."""
    groups: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for variant, own in wide.groupby("variant", sort=False):
        groups[tuple(own.droplevel("variant").itertuples(name=None))].append(str(variant))
    for names in groups.values():
        if len(names) > 1:
            yield f"{', '.join(names)}: the same values in all metrics with every seed: are these runs of one setting?"


def two_units(frame: pd.DataFrame) -> Iterator[str]:
    """A line for an error rate that is at most 1 in all runs of one variant, and above 1 in all runs of another."""
    done = frame[frame["status"] == "done"]
    for metric, own in done.groupby("metric", sort=False):
        ends = own.groupby("variant", sort=False)["value"].agg(["min", "max"])
        small, large = ends.index[ends["max"] <= 1], ends.index[ends["min"] > 1]
        if words_of(str(metric)) & RATES and len(small) and len(large) and (ends["min"] >= 0).all():
            yield f"{metric}: at most 1 with {small[0]}, and above 1 with {large[0]}: fractions and percentages?"
