"""Percent or fraction: a share is shown in percent, and whether it was recorded as a fraction is never guessed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from replab.errors import ReplabError, and_more, unknown
from replab.metric_words import is_fraction, is_share, without_step
from replab.readers.asked import Asked

FRACTION, PERCENT = "fraction", "percent"
SHOWN = 5  # metrics that are named in a question
MIXED = 1.5  # a share of values at most 1, and above this, may be a mixture of fractions and percentages


def in_unit(frame: pd.DataFrame, known: Mapping[str, str], asked: Asked, notes: list[str]) -> pd.DataFrame:
    """The frame with units; shares in %. Raises ReplabError for shares that could be either."""
    bases = frame["metric"].map(without_step)
    for metric in asked.units:
        if metric and metric not in set(bases):
            raise unknown("--unit: metric", metric, bases.unique())
    tables = {str(metric): rows for metric, rows in frame.groupby(bases, sort=False)}
    of_shares = {metric: asked.units.get("") for metric in tables if may_be_fractions(metric)}
    units = {metric: asked.units.get(metric) or known.get(metric) or of_shares.get(metric) or "" for metric in tables}
    asks = [metric for metric, rows in tables.items() if not units[metric] and _may_be_either(metric, rows)]
    if asks:
        raise ReplabError(_question(asks[0], tables[asks[0]], asks[1:]))
    return pd.concat([_one(metric, rows, units[metric], notes) for metric, rows in tables.items()], ignore_index=True)


def _one(metric: str, rows: pd.DataFrame, unit: str, notes: list[str]) -> pd.DataFrame:
    finite = _finite(rows)
    unit = unit or _guessed(metric, finite, notes)
    if unit == FRACTION:
        _check_mixed(metric, finite)
        _check_within(metric, finite, 1.0, "fraction")
        return rows.assign(value=rows["value"] * 100, unit="%")
    if unit in (PERCENT, "%"):
        _check_within(metric, finite, 100.0, "percentage")
        return rows.assign(unit="%")
    return rows.assign(unit=unit)


def _finite(rows: pd.DataFrame) -> pd.Series:
    return rows["value"][np.isfinite(rows["value"])]


def _may_be_either(metric: str, rows: pd.DataFrame) -> bool:
    finite = _finite(rows)
    return may_be_fractions(metric) and len(finite) > 0 and finite.min() >= 0 and finite.max() <= 1


def _question(metric: str, rows: pd.DataFrame, others: list[str]) -> str:
    finite = _finite(rows)
    more = f" The same of {and_more(others, SHOWN)}?" if others else ""
    return (
        f"{metric}: are {finite.min():.4g} to {finite.max():.4g} fractions or percentages?{more}\n"
        f"Say --unit {metric}=fraction or --unit {metric}=percent; of all such metrics: --unit fraction or percent"
    )


def may_be_fractions(metric: str) -> bool:
    """Whether the words of a metric's name say that it is a share, which is given in percent or as a fraction."""
    return is_share(metric) or is_fraction(metric)


def _check_within(metric: str, finite: pd.Series, most: float, what: str) -> None:
    if len(finite) and (finite.max() > most * (1 + 1e-9) or finite.min() < 0):
        otherwise = f"; --unit {metric}=percent says otherwise" if what == FRACTION else ""
        raise ReplabError(f"{metric}: {finite.min():g} to {finite.max():g} is no {what}{otherwise}")


def _guessed(metric: str, finite: pd.Series, notes: list[str]) -> str:
    if not may_be_fractions(metric) or not len(finite) or finite.min() < 0 or finite.max() > 100:
        return ""
    _check_mixed(metric, finite)
    span = f"{finite.min():.4g} to {finite.max():.4g}"
    notes.append(f"{metric}: the values, {span}, are taken as percentages. --unit gives another unit.")
    return PERCENT


def _check_mixed(metric: str, finite: pd.Series) -> None:
    small = int(((finite > 0) & (finite <= 1)).sum())
    if small and finite.max() > MIXED:
        raise ReplabError(
            f"{metric}: {small} of {len(finite)} values are at most 1, and others up to {finite.max():.4g}: "
            f"are they fractions?\nWrite them in percent; if they are percentages, say --unit {metric}=percent"
        )
