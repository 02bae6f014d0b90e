"""Step 1 of judging: the values that a part is about, from the table of runs: of one variant, or paired by seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from replab.errors import ReplabError, unknown
from replab.judging.points import base_of
from replab.judging.sequential import Look, Sizes, look_at
from replab.judging.statistics import agree

COLUMNS = ["study", "variant", "seed", "identity", "status", "metric", "unit", "value"]


@dataclass(frozen=True)
class Seen:
    """What was seen of one variant, or of two with the same seeds.

    `values` [R] are in the order of their seeds, of two variants first minus second; `look` is the last that they
    reach, and of more values than it is at, `waiting` are left out. `diverged` are (variant, seed); `lost` and `won`
    count the pairs of which only the first, or only the second diverged. `missing`: why there is no value.
    """

    values: np.ndarray
    look: Look
    waiting: int
    diverged: frozenset[tuple[str, int]]
    lost: int
    won: int
    unfinished: int
    missing: str
    constant: bool

    @property
    def ended(self) -> int:
        """How many runs of one variant have a value or diverged."""
        return len(self.values) + len(self.diverged)


def checked(runs: pd.DataFrame) -> pd.DataFrame:
    """`runs` in an order of its own. Raises ReplabError: a column is lacking, records or units are mixed."""
    lacking = [column for column in COLUMNS if column not in runs.columns]
    if lacking:
        raise ReplabError(f"the table of runs lacks the column {', '.join(lacking)}")
    records = runs[runs["identity"].notna()].drop_duplicates(["study", "variant", "seed", "identity"])
    _refuse_twice(records, ["study", "variant", "seed"], "records of different identity")
    _refuse_twice(runs[runs["metric"].notna()], ["study", "variant", "seed", "metric"], "a metric has two values")
    _check_units(runs)
    return runs.sort_values(["study", "variant", "seed", "metric"], ignore_index=True)


def _refuse_twice(rows: pd.DataFrame, keys: list[str], what: str) -> None:
    twice = rows[rows.duplicated(keys)]
    if len(twice):
        row = twice.iloc[0]
        raise ReplabError(f"{row['study']}, {row['variant']}, seed {row['seed']}: {what}")


def _check_units(runs: pd.DataFrame) -> None:
    known = runs[runs["unit"].notna() & (runs["unit"] != "") & runs["metric"].notna()]
    units = known.drop_duplicates(["study", "metric", "unit"])
    for study, metric, unit in units[["study", "metric", "unit"]].itertuples(index=False):
        if "accuracy" in base_of(metric).split("_") and unit != "%":
            raise ReplabError(f"{study}: {metric} is recorded in '{unit}'; claims about accuracy are in %")
    twice = units[units.duplicated(["study", "metric"])]
    if len(twice):
        row = twice.iloc[0]
        raise ReplabError(f"{row['study']}: {row['metric']} is recorded in several units")


def unit_of(runs: pd.DataFrame, study: str, metric: str) -> str:
    """The unit that the runs record for a metric; where none does, % for an accuracy and "" for the rest."""
    found = runs.loc[(runs["study"] == study) & (runs["metric"] == metric), "unit"].dropna()
    units = [unit for unit in found if unit]
    return str(units[0]) if units else "%" if "accuracy" in base_of(metric).split("_") else ""


def check_metric(runs: pd.DataFrame, study: str, metric: str) -> None:
    """Raises ReplabError for a metric that no finished run of the study records, where one is finished."""
    done = runs[(runs["study"] == study) & (runs["status"] == "done")]
    known = {base_of(name) for name in done["metric"].dropna()}
    if metric and known and base_of(metric) not in known:
        raise unknown(f"claims about {study}: metric", base_of(metric), known)


def is_constant(runs: pd.DataFrame, study: str, metric: str) -> bool:
    """Whether the metric does not depend on the seed: in no variant of the study two runs differ, and some has two.

    A variant whose own runs agree while another's do not is no such case: its next run may well differ. Runs that
    differ by the rounding of doubles `agree`.
    """
    rows = runs[(runs["study"] == study) & (runs["metric"] == metric) & (runs["status"] == "done")]
    own = [values.to_numpy() for _, values in pd.to_numeric(rows["value"]).groupby(rows["variant"])]
    return any(len(values) > 1 for values in own) and all(agree(values) for values in own)


def seen(runs: pd.DataFrame, study: str, metric: str, variants: tuple[str, ...], looks: Sizes = ()) -> Seen:
    """The values of the metric: of one variant, or first minus second of two, merged on the seed.

    `runs` are as `checked` orders them. Only a finished run has a value; one that diverged, or has no finite
    value, is counted and never averaged. Where looks are declared, only the values up to the last one reached
    are there: what came between two looks cannot move a verdict. Without a metric only divergence counts.
    """
    found = [_of_variant(runs, study, metric, variant) for variant in variants]
    table = found[0].table
    if len(found) == 2:
        table = table.merge(found[1].table, on="seed", suffixes=("", "_subtracted"), validate="1:1")
        table = table.assign(value=table["value"] - table["value_subtracted"])
    values = table["value"].to_numpy(dtype=np.float64)
    look = look_at(looks, len(values))
    kept = values[: look.size] if looks else values
    lost, won = _one_sided(found) if len(found) == 2 else (0, 0)
    return Seen(
        values=kept,
        look=look,
        waiting=len(values) - len(kept),
        diverged=frozenset((name, seed) for name, one in zip(variants, found, strict=True) for seed in one.diverged),
        lost=lost,
        won=won,
        unfinished=sum(one.unfinished for one in found),
        missing="; ".join(one.missing for one in found if one.missing),
        constant=is_constant(runs, study, metric),
    )


@dataclass(frozen=True)
class _OfVariant:
    table: pd.DataFrame
    diverged: frozenset[int]
    unfinished: int
    missing: str


def _one_sided(found: list[_OfVariant]) -> tuple[int, int]:
    """In how many pairs only the first diverged, and in how many only the second, the other having a value."""
    first, second = found
    lost = len(first.diverged & set(second.table["seed"]))
    return lost, len(second.diverged & set(first.table["seed"]))


def _of_variant(runs: pd.DataFrame, study: str, metric: str, variant: str) -> _OfVariant:
    rows = runs[(runs["study"] == study) & (runs["variant"] == variant)]
    done = rows[rows["status"] == "done"]
    done = done[done["metric"] == metric] if metric else done.drop_duplicates("seed").assign(value=0.0)
    done = done.assign(value=pd.to_numeric(done["value"]).astype(np.float64))
    finite = np.isfinite(done["value"])
    lost = {*rows.loc[rows["status"] == "diverged", "seed"], *done.loc[~finite, "seed"]}
    unfinished = rows.loc[~rows["status"].isin(["done", "diverged"]), "seed"].nunique()
    missing = "" if finite.any() or lost else _missing(rows, study, metric, variant)
    diverged = frozenset(int(seed) for seed in lost)
    return _OfVariant(done.loc[finite, ["seed", "value"]], diverged, unfinished, missing)


def _missing(rows: pd.DataFrame, study: str, metric: str, variant: str) -> str:
    if not (rows["status"] == "done").any():
        return f"no finished run of {variant} in {study}"
    return f"the runs of {variant} in {study} record no {metric}"
