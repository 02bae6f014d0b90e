"""Step 1 of judging: the table of runs, checked and split once, and what it says of a metric as a whole."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from replab.errors import ReplabError, unknown
from replab.judging.statistics import agree
from replab.metric_words import without_step

COLUMNS = ["study", "variant", "seed", "identity", "status", "metric", "unit", "value"]
NOTHING = pd.DataFrame(columns=COLUMNS)


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
