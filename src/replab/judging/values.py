"""Step 1 of judging: the values that a part is about, from the table of runs: of one variant, or of two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from replab.judging.runs_table import NOTHING, Runs
from replab.judging.sequential import ONE_LOOK, Look, Sizes, look_at


@dataclass(frozen=True)
class Seen:
    """What was seen of one variant, or of two with the same seeds.

    `values` [R] are in the order of their seeds, of two variants first minus second; `look` is the last that they
    reach, and of more values than it is at, `waiting` are left out. `diverged` are (variant, seed); `lost` and `won`
    count the pairs of which only the first, or only the second diverged. `finished`: the runs of each with a value.
    `missing`: why there is no value.

    Without seeds, `arms` are the values of the first and of the second [n1], [n2]; `values` are then the differences of
    all pairs of a run of each [n1 n2], whose mean is the difference of the means. `ended_of_each` counts their runs.
    """

    values: np.ndarray
    look: Look = ONE_LOOK
    waiting: int = 0
    diverged: frozenset[tuple[str, int]] = frozenset()
    lost: int = 0
    won: int = 0
    finished: tuple[int, ...] = ()
    unfinished: int = 0
    missing: str = ""
    constant: bool = False
    arms: tuple[np.ndarray, np.ndarray] | None = None
    ended_of_each: tuple[int, int] = (0, 0)

    @classmethod
    def unpaired(cls, first: np.ndarray, second: np.ndarray, **more: Any) -> Seen:
        """The runs of two variants without seeds."""
        more = {"ended_of_each": (len(first), len(second))} | more
        return cls(values=np.subtract.outer(first, second).reshape(-1), arms=(first, second), **more)

    @property
    def paired(self) -> bool:
        """False of two variants whose runs make no pairs."""
        return self.arms is None

    @property
    def count(self) -> int:
        """How many values or pairs there are; without seeds, how many runs the variant with fewer has."""
        return len(self.values) if self.arms is None else min(map(len, self.arms))

    @property
    def ended(self) -> int:
        """How many runs of one variant have a value or diverged."""
        return len(self.values) + len(self.diverged)


def seen(runs: Runs, study: str, metric: str, variants: tuple[str, ...], looks: Sizes = ()) -> Seen:
    """The values of the metric: of one variant, or first minus second of two, merged on the seed.

    `runs` are as `runs_table.checked` splits them. Only a finished run has a value; one that diverged, or has no finite
    value, is counted and never averaged. Where looks are declared, only the values up to the last one reached
    are there: what came between two looks cannot move a verdict. A seed reaches a look by a value of each variant
    or by having diverged. Without a metric only divergence counts.
    """
    found = [_of_variant(runs, study, metric, variant) for variant in variants]
    table = found[0].table
    shared: dict[str, Any] = {
        "diverged": frozenset((name, seed) for name, one in zip(variants, found, strict=True) for seed in one.diverged),
        "finished": tuple(len(one.table) for one in found),
        "unfinished": sum(one.unfinished for one in found),
        "missing": "; ".join(one.missing for one in found if one.missing),
        "constant": runs.is_constant(study, metric),
    }
    if len(found) == 2 and not runs.paired:
        return _without_pairs(found[0], found[1], shared)
    if len(found) == 2:
        table = table.merge(found[1].table, on="seed", suffixes=("", "_subtracted"), validate="1:1")
        table = table.assign(value=table["value"] - table["value_subtracted"])
    values = table["value"].to_numpy(dtype=np.float64)
    ended = sorted(set.intersection(*({*map(int, one.table["seed"]), *one.diverged} for one in found)))
    look = look_at(looks, len(ended))
    kept = values[table["seed"].isin(ended[: look.size]).to_numpy()] if looks else values
    lost, won = _one_sided(found) if len(found) == 2 else (0, 0)
    return Seen(kept, look, waiting=len(values) - len(kept), lost=lost, won=won, **shared)


@dataclass(frozen=True)
class _OfVariant:
    table: pd.DataFrame
    diverged: frozenset[int]
    unfinished: int
    missing: str


def _without_pairs(first: _OfVariant, second: _OfVariant, shared: dict[str, Any]) -> Seen:
    """Every run of the one makes a pair with every run of the other; there are no looks."""
    arms = first.table["value"].to_numpy(dtype=np.float64), second.table["value"].to_numpy(dtype=np.float64)
    lost, won = len(first.diverged) * len(arms[1]), len(arms[0]) * len(second.diverged)
    ended = len(arms[0]) + len(first.diverged), len(arms[1]) + len(second.diverged)
    return Seen.unpaired(*arms, lost=lost, won=won, ended_of_each=ended, **shared)


def _one_sided(found: list[_OfVariant]) -> tuple[int, int]:
    """In how many pairs only the first diverged, and in how many only the second, the other having a value."""
    first, second = found
    lost = len(first.diverged & set(second.table["seed"]))
    return lost, len(second.diverged & set(first.table["seed"]))


def _of_variant(runs: Runs, study: str, metric: str, variant: str) -> _OfVariant:
    ends = runs.ends.get((study, variant), NOTHING)
    rows = runs.of(study, metric) if metric else ends.assign(value=0.0)
    done = rows[(rows["variant"] == variant) & (rows["status"] == "done")]
    done = done.assign(value=pd.to_numeric(done["value"]).astype(np.float64))
    finite = np.isfinite(done["value"])
    lost = {*ends.loc[ends["status"] == "diverged", "seed"], *done.loc[~finite, "seed"]}
    unfinished = ends.loc[~ends["status"].isin(["done", "diverged"]), "seed"].nunique()
    missing = "" if finite.any() or lost else _missing(ends, study, metric, variant)
    diverged = frozenset(int(seed) for seed in lost)
    return _OfVariant(done.loc[finite, ["seed", "value"]], diverged, unfinished, missing)


def _missing(ends: pd.DataFrame, study: str, metric: str, variant: str) -> str:
    if not (ends["status"] == "done").any():
        return f"no finished run of {variant} in {study}"
    return f"the runs of {variant} in {study} record no {metric}"
