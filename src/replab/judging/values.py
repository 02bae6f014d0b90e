"""Step 1 of judging: the values that a part is about, from the table of runs: of one variant, or paired by seed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from replab.errors import ReplabError, unknown
from replab.judging.sequential import ONE_LOOK, Look, Sizes, look_at
from replab.judging.statistics import agree
from replab.metric_words import without_step

COLUMNS = ["study", "variant", "seed", "identity", "status", "metric", "unit", "value"]
NOTHING = pd.DataFrame(columns=COLUMNS)


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


@dataclass(frozen=True)
class Runs:
    """The table of runs, split once: the rows of a (study, metric), and how the runs of a (study, variant) ended.

    `paired`: whether runs with the same seed make a pair.
    """

    rows: dict[tuple[str, str], pd.DataFrame]
    ends: dict[tuple[str, str], pd.DataFrame]
    paired: bool = True
    constant: dict[tuple[str, str], bool] = field(default_factory=dict)
    finished: dict[str, set[str]] = field(default_factory=dict)

    def of(self, study: str, metric: str) -> pd.DataFrame:
        """The rows of the metric in the study, of whatever status."""
        return self.rows.get((study, metric), NOTHING)

    def metrics(self, study: str) -> set[str]:
        """The metrics that finished runs of the study record."""
        if study not in self.finished:
            own = (name for where, name in self.rows if where == study)
            self.finished[study] = {name for name in own if (self.of(study, name)["status"] == "done").any()}
        return self.finished[study]

    def is_constant(self, study: str, metric: str) -> bool:
        """Whether the metric does not depend on the seed: see `is_constant`."""
        if (study, metric) not in self.constant:
            self.constant[study, metric] = is_constant(self.of(study, metric))
        return self.constant[study, metric]


def checked(runs: pd.DataFrame, paired: bool = True) -> Runs:
    """`runs` in an order of its own. Raises ReplabError: a column is lacking, records or units are mixed."""
    lacking = [column for column in COLUMNS if column not in runs.columns]
    if lacking:
        raise ReplabError(f"the table of runs lacks the column {', '.join(lacking)}")
    records = runs[runs["identity"].notna()].drop_duplicates(["study", "variant", "seed", "identity"])
    _refuse_twice(records, ["study", "variant", "seed"], "records of different identity")
    _refuse_twice(runs[runs["metric"].notna()], ["study", "variant", "seed", "metric"], "a metric has two values")
    _check_units(runs)
    ordered = runs.sort_values(["study", "variant", "seed", "metric"], ignore_index=True)
    ends = ordered[["study", "variant", "seed", "status"]].drop_duplicates()
    return Runs(_split(ordered, ["study", "metric"]), _split(ends, ["study", "variant"]), paired)


def _split(table: pd.DataFrame, keys: list[str]) -> dict[tuple[str, str], pd.DataFrame]:
    return {(str(first), str(second)): own for (first, second), own in table.groupby(keys, sort=False)}


def _refuse_twice(rows: pd.DataFrame, keys: list[str], what: str) -> None:
    twice = rows[rows.duplicated(keys)]
    if len(twice):
        row = twice.iloc[0]
        raise ReplabError(f"{row['study']}, {row['variant']}, seed {row['seed']}: {what}")


def _check_units(runs: pd.DataFrame) -> None:
    known = runs[runs["unit"].notna() & (runs["unit"] != "") & runs["metric"].notna()]
    units = known.drop_duplicates(["study", "metric", "unit"])
    for study, metric, unit in units[["study", "metric", "unit"]].itertuples(index=False):
        if "accuracy" in without_step(metric).split("_") and unit != "%":
            raise ReplabError(f"{study}: {metric} is recorded in '{unit}'; claims about accuracy are in %")
    twice = units[units.duplicated(["study", "metric"])]
    if len(twice):
        row = twice.iloc[0]
        raise ReplabError(f"{row['study']}: {row['metric']} is recorded in several units")


def unit_of(runs: Runs, study: str, metric: str) -> str:
    """The unit that the runs record for a metric; where none does, % for an accuracy and "" for the rest."""
    units = [unit for unit in runs.of(study, metric)["unit"].dropna().unique() if unit]
    return str(units[0]) if units else "%" if "accuracy" in without_step(metric).split("_") else ""


def check_metric(runs: Runs, study: str, metric: str) -> None:
    """Raises ReplabError for a metric that no finished run of the study records, where one is finished."""
    known = {without_step(name) for name in runs.metrics(study)}
    if metric and known and without_step(metric) not in known:
        raise unknown(f"claims about {study}: metric", without_step(metric), known)


def is_constant(rows: pd.DataFrame) -> bool:
    """Whether a metric does not depend on the seed: in no variant of its `rows` two runs differ, and some has two.

    A variant whose own runs agree while another's do not is no such case: its next run may well differ. Runs that
    differ by the rounding of doubles `agree`.
    """
    done = rows[rows["status"] == "done"]
    own = [values.to_numpy() for _, values in pd.to_numeric(done["value"]).groupby(done["variant"])]
    return any(len(values) > 1 for values in own) and all(agree(values) for values in own)


def seen(runs: Runs, study: str, metric: str, variants: tuple[str, ...], looks: Sizes = ()) -> Seen:
    """The values of the metric: of one variant, or first minus second of two, merged on the seed.

    `runs` are as `checked` splits them. Only a finished run has a value; one that diverged, or has no finite
    value, is counted and never averaged. Where looks are declared, only the values up to the last one reached
    are there: what came between two looks cannot move a verdict. A seed reaches a look by a value of each variant
    or by having diverged. Without a metric only divergence counts.
    """
    found = [_of_variant(runs, study, metric, variant) for variant in variants]
    table = found[0].table
    if len(found) == 2 and not runs.paired:
        return _without_pairs(found, variants, runs.is_constant(study, metric))
    if len(found) == 2:
        table = table.merge(found[1].table, on="seed", suffixes=("", "_subtracted"), validate="1:1")
        table = table.assign(value=table["value"] - table["value_subtracted"])
    values = table["value"].to_numpy(dtype=np.float64)
    ended = sorted(set.intersection(*({*map(int, one.table["seed"]), *one.diverged} for one in found)))
    look = look_at(looks, len(ended))
    kept = values[table["seed"].isin(ended[: look.size]).to_numpy()] if looks else values
    lost, won = _one_sided(found) if len(found) == 2 else (0, 0)
    return Seen(
        values=kept,
        look=look,
        waiting=len(values) - len(kept),
        diverged=frozenset((name, seed) for name, one in zip(variants, found, strict=True) for seed in one.diverged),
        lost=lost,
        won=won,
        finished=tuple(len(one.table) for one in found),
        unfinished=sum(one.unfinished for one in found),
        missing="; ".join(one.missing for one in found if one.missing),
        constant=runs.is_constant(study, metric),
    )


@dataclass(frozen=True)
class _OfVariant:
    table: pd.DataFrame
    diverged: frozenset[int]
    unfinished: int
    missing: str


def _without_pairs(found: list[_OfVariant], variants: tuple[str, ...], constant: bool) -> Seen:
    """Every run of the one makes a pair with every run of the other; there are no looks."""
    first, second = found
    arms = first.table["value"].to_numpy(dtype=np.float64), second.table["value"].to_numpy(dtype=np.float64)
    lost, won = len(first.diverged) * len(arms[1]), len(arms[0]) * len(second.diverged)
    return Seen.unpaired(
        *arms,
        diverged=frozenset((name, s) for name, one in zip(variants, found, strict=True) for s in one.diverged),
        lost=lost,
        won=won,
        finished=(len(arms[0]), len(arms[1])),
        unfinished=first.unfinished + second.unfinished,
        missing="; ".join(one.missing for one in found if one.missing),
        constant=constant,
        ended_of_each=(len(arms[0]) + len(first.diverged), len(arms[1]) + len(second.diverged)),
    )


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
