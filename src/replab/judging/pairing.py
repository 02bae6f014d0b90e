"""The values that a claim is about, from the table of runs: of one variant, or paired by seed of two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from replab.errors import ReplabError
from replab.judging.claim_kinds import AnyClaim
from replab.judging.points import base_of
from replab.judging.sequential import Look, Sizes, look_at

COLUMNS = ["study", "variant", "seed", "identity", "status", "metric", "unit", "value"]


@dataclass(frozen=True)
class Seen:
    """The values [R] in the order of their seeds, and the runs that gave none.

    `look` is the last that they reach: of more values than it is at, `waiting` are left out until the next one.
    `diverged` are (variant, seed); `unpaired` and `unfinished` are counts; `missing`: why there is no value.
    """

    values: np.ndarray
    look: Look
    waiting: int
    diverged: frozenset[tuple[str, int]]
    unpaired: int
    unfinished: int
    missing: str

    @property
    def ended(self) -> int:
        """How many runs have a value or diverged."""
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


def seen(runs: pd.DataFrame, claim: AnyClaim, variants: tuple[str, ...], looks: Sizes) -> Seen:
    """The values of the claim's metric: of one variant, or first minus second of two, merged on the seed.

    `runs` are as `checked` orders them. Only a finished run has a value; one that diverged, or has no finite
    value, is counted and never averaged. Where looks are declared, only the values up to the last one reached
    are there: what came between two looks cannot move a verdict.
    """
    found = [_values(runs, claim, variant) for variant in variants]
    table = found[0][0]
    if len(found) == 2:
        table = table.merge(found[1][0], on="seed", suffixes=("", "_subtracted"), validate="1:1")
        table = table.assign(value=table["value"] - table["value_subtracted"])
    values = table["value"].to_numpy(dtype=np.float64)
    look = look_at(looks, len(values))
    kept = values[: look.size] if looks else values
    return Seen(
        values=kept,
        look=look,
        waiting=len(values) - len(kept),
        diverged=frozenset().union(*(diverged for _, diverged, _, _ in found)),
        unpaired=sum(len(own) - len(values) for own, _, _, _ in found),
        unfinished=sum(unfinished for _, _, unfinished, _ in found),
        missing="; ".join(missing for *_, missing in found if missing),
    )


def _values(
    runs: pd.DataFrame, claim: AnyClaim, variant: str
) -> tuple[pd.DataFrame, frozenset[tuple[str, int]], int, str]:
    """A variant's seeds and values, its diverged runs, how many are unfinished, why there is no value."""
    rows = runs[(runs["study"] == claim.study) & (runs["variant"] == variant)]
    done = rows[(rows["metric"] == claim.metric) & (rows["status"] == "done")]
    done = done.assign(value=pd.to_numeric(done["value"]).astype(np.float64))
    finite = np.isfinite(done["value"])
    lost = {*rows.loc[rows["status"] == "diverged", "seed"], *done.loc[~finite, "seed"]}
    unfinished = rows.loc[~rows["status"].isin(["done", "diverged"]), "seed"].nunique()
    missing = "" if finite.any() or lost else _missing(rows, claim, variant)
    diverged = frozenset((variant, int(seed)) for seed in lost)
    return done.loc[finite, ["seed", "value"]], diverged, unfinished, missing


def _missing(rows: pd.DataFrame, claim: AnyClaim, variant: str) -> str:
    recorded = sorted(rows.loc[rows["status"] == "done", "metric"].dropna().unique())
    if not recorded:
        return f"no finished run of {variant} in {claim.study}"
    return f"the runs of {variant} in {claim.study} record no {claim.metric}, but {', '.join(recorded)}"
