"""The metrics file that a command writes: numbers, or curves, as JSON or CSV."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from replab.errors import ReplabError
from replab.training.outcomes import Metrics

AXES = ("step", "epoch")
DIVERGED = "diverged_step"
FRACTION = "fraction"  # the unit of a metric that becomes a percentage
Curves = dict[str, list[Any]]


def read_results(path: Path, units: Mapping[str, str]) -> tuple[Metrics, Curves, int | None]:
    """(metrics, curves, the step at which the run diverged, or None).

    JSON: name -> number, or a list of numbers (null: not measured there). CSV: one row of numbers, or a row a point.
    A curve's metric is its last number. Raises ReplabError for what is no finite number, with its name.
    """
    if not path.is_file():
        raise ReplabError(f"the command wrote no {path.name} in {{out}}")
    columns = _columns(path)
    diverged = columns.pop(DIVERGED, None)
    if diverged not in (None, [None]):
        step = diverged[-1] if isinstance(diverged, list) else diverged
        return {}, {}, int(_finite(step, DIVERGED, path))
    curves = _curves(columns, path)
    values = {name: value for name, value in columns.items() if not isinstance(value, list)}
    values |= {name: _last(points) for name, points in curves.items() if name not in AXES}
    if not values:
        raise ReplabError(f"{path.name} has no metric")
    return *with_units({name: _finite(value, name, path) for name, value in values.items()}, curves, units), None


def with_units(values: Mapping[str, float], curves: Curves, units: Mapping[str, str]) -> tuple[Metrics, Curves]:
    """The metrics with their units, and the curves; what is a `fraction` becomes a percentage in both.

    Raises ReplabError for a number that is no fraction.
    """
    fractions = {name for name in values if units.get(name) == FRACTION}
    for name in sorted(fractions):
        if not 0 <= values[name] <= 1:
            raise ReplabError(f"{name} is {values[name]:g}, and `units` says that it is a fraction")
    metrics = {
        name: {"value": 100 * value, "unit": "%"}
        if name in fractions
        else {"value": value, "unit": units.get(name, "")}
        for name, value in values.items()
    }
    percent = {name: [None if v is None else 100 * v for v in curves[name]] for name in fractions & curves.keys()}
    return metrics, curves | percent


def _columns(path: Path) -> dict[str, Any]:
    """Name -> a value, or a list of them."""
    from replab.readers.runs import csv_rows, number, read_text  # it brings all readers, and only a run needs it

    if path.suffix == ".csv":
        header, rows = csv_rows(path)
        cells = zip(header, zip(*rows, strict=True), strict=True)
        columns = {name: [number(cell, f"{path.name}: {name}") for cell in column] for name, column in cells}
        return columns if len(rows) > 1 else {name: values[0] for name, values in columns.items()}
    text = read_text(path)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ReplabError(f"{path.name} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise ReplabError(f'{path.name} must be a JSON object such as {{"test_accuracy": 97.1}}')
    return content


def _curves(columns: dict[str, Any], path: Path) -> Curves:
    """The lists among the columns, with an epoch from 1 on where there is no axis."""
    curves = {name: values for name, values in columns.items() if isinstance(values, list)}
    if len({len(values) for values in curves.values()}) > 1:
        raise ReplabError(f"{path.name}: its curves have different lengths: {', '.join(curves)}")
    checked = {
        name: [None if value is None else _finite(value, name, path) for value in values]
        for name, values in curves.items()
    }
    for axis in checked.keys() & set(AXES):
        if None in checked[axis]:
            raise ReplabError(f"{path.name}: {axis} is missing at a point")
    if checked and not checked.keys() & set(AXES):
        checked["epoch"] = list(range(1, len(next(iter(checked.values()))) + 1))
    return checked


def _last(points: list[Any]) -> Any:
    return next((value for value in reversed(points) if value is not None), None)


def _finite(value: Any, name: str, path: Path) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ReplabError(f"{path.name}: {name} is {value!r}, which is no number")
    if not math.isfinite(value):
        raise ReplabError(f"{path.name}: {name} is {value}; a run that diverged says so with {DIVERGED}: its step")
    return value
