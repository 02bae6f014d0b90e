"""The printed numbers of a report together: do they lie among our runs as runs of ours would, and what would pass?

One printed number that lies where one more run could fall says little. Many do: if each comes from one more run of its
setting, their ranks among our runs (`nearness.rank_among`) are uniform on (0, 1). That is the test by the probability
integral transform (Dawid 1984, J. R. Stat. Soc. A 147:278; Gneiting et al. 2007, J. R. Stat. Soc. B 69:243) and by the
rank histogram (Hamill 2001, Mon. Weather Rev. 129:550). p is that of the exact test of Kolmogorov and Smirnov, with
Holm's correction over the groups. Ranks go in steps of 1 / (n + 1), which the test does not know; a group whose numbers
all lie at one end shows all the same.

Ranks among the same runs are not independent. So a set of runs has one rank for each metric: that of its last step, and
there of the number that stands first. Two variants whose runs agree (the same number of runs, estimate, least and
greatest run) are one set. What stays: settings that share seeds share some of the chance in our runs, so that p is a
little too small.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from replab.judging.statistics import holm
from replab.judging.verdict_names import INCONCLUSIVE, NOT_COMPARABLE, NOT_TESTED, REPLICATED
from replab.metric_words import without_step

LEAST_SETS = 5
SAME_RUNS = ["n", "estimate", "runs_low", "runs_high"]


@dataclass(frozen=True)
class RankGroup:
    """The printed numbers of one report and metric that are judged by runs that differ.

    numbers: how many there are; inside: of them, those in the interval of one more run; sets: of how many sets of runs,
    whose ranks have the mean `mean_rank`; p_value, p_holm: that they are uniform; rivals: over the REPLICATED numbers,
    how many numbers the report prints for other settings, and `passing`, how many of these lie in the same interval.
    """

    report: str
    metric: str
    unit: str
    numbers: int
    inside: int
    sets: int
    mean_rank: float
    p_value: float
    passing: int
    rivals: int
    p_holm: float = math.nan


@dataclass(frozen=True)
class Sensitivity:
    """Of the printed numbers that are REPLICATED by runs that differ, how many also are at half of the resolution.

    `more_at_double`: how many more are at double of it, with the same intervals.
    """

    replicated: int
    at_half: int
    more_at_double: int


def joint_ranks(printed: pd.DataFrame) -> list[RankGroup]:
    """A group for each report and metric with LEAST_SETS sets of runs or more; `printed` as `Judgement` has it."""
    named = printed.assign(base=[without_step(metric) for metric in printed["metric"]])
    judged = named[~named["verdict"].isin([NOT_COMPARABLE, NOT_TESTED]) & named["rank"].notna()]
    found = []
    for (report, base), own in judged.groupby(["report", "base"]):
        ranks = one_a_set(own)["rank"].to_numpy(dtype=float)
        if len(ranks) < LEAST_SETS:
            continue
        others = named[(named["report"] == report) & (named["base"] == base)]
        found.append(
            RankGroup(
                str(report), str(base), str(own["unit"].iloc[0]), len(own), int(own["inside"].sum()),
                len(ranks), float(ranks.mean()), uniform_p(ranks), *passing_rivals(own, others),
            )
        )  # fmt: skip
    corrected = holm(np.array([group.p_value for group in found]), family=len(found))
    return [replace(group, p_holm=float(p)) for group, p in zip(found, corrected, strict=True)]


def uniform_p(ranks: np.ndarray) -> float:
    """The p of ranks [K] in (0, 1) as draws from the uniform distribution: Kolmogorov and Smirnov, two-sided."""
    return float(stats.kstest(ranks, "uniform", method="exact").pvalue)


def one_a_set(numbers: pd.DataFrame) -> pd.DataFrame:
    """The numbers of one metric, one for each set of runs: of the last step; there the first."""
    late = numbers.assign(late=[-_step(metric) for metric in numbers["metric"]]).sort_values("late", kind="stable")
    return late.drop_duplicates(["study", "variants"]).drop_duplicates(SAME_RUNS)


def _step(metric: str) -> float:
    """The step of a point of a curve; the end of the run is later than any."""
    step = metric.partition("@")[2]
    return float(step) if step.isdigit() else math.inf


def passing_rivals(numbers: pd.DataFrame, printed: pd.DataFrame) -> tuple[int, int]:
    """How many of the numbers of other settings lie in the intervals of the REPLICATED `numbers`, and of how many.

    `printed` are all that the report prints of the metric; one that a setting has twice counts once.
    """
    others = printed.drop_duplicates(["study", "variants", "metric", "claimed"])
    passing = rivals = 0
    for _, row in numbers[numbers["verdict"] == REPLICATED].iterrows():
        same = (others["study"] == row["study"]) & (others["variants"] == row["variants"])
        same |= (others[SAME_RUNS] == row[SAME_RUNS]).all(axis=1)
        theirs = others[~same]
        reaches = (theirs["claimed"] - theirs["half"] <= row["high"]) & (
            theirs["claimed"] + theirs["half"] >= row["low"]
        )
        passing, rivals = passing + int(reaches.sum()), rivals + len(theirs)
    return passing, rivals


def sensitivity(printed: pd.DataFrame) -> Sensitivity:
    """How far the verdicts on printed numbers hang on the declared resolutions; `printed` as `Judgement` has it."""
    wide = printed[printed["width"] > 0]
    replicated = wide[wide["verdict"] == REPLICATED]
    close = wide[(wide["verdict"] == INCONCLUSIVE) & wide["inside"] & (wide["width"] > 1)]
    return Sensitivity(len(replicated), int((replicated["width"] <= 0.5).sum()), int((close["width"] <= 2).sum()))
