"""Tables in CSV: tidy (a row for each run and metric), or wide (a row for each run or step)."""

from __future__ import annotations

import re
from pathlib import Path

from replab.errors import ReplabError, unknown
from replab.metric_words import MEASURED, words_of
from replab.readers.asked import Asked
from replab.readers.csv_columns import by_step, check_runs, check_shape, naming
from replab.readers.runs import SEEDS, STEP_NAMES, Point, Run, csv_rows, first_of, is_number, metric_name, number

SEED_COLUMN = re.compile(r"(?:seed|run)[_ =-]?(\d+)", re.IGNORECASE)
METRIC_COLUMNS = ("metric", "metric_name")


def recognises(path: Path) -> bool:
    """Any file named .csv or .tsv."""
    return path.is_file() and path.suffix.lower() in (".csv", ".tsv")


def read(path: Path, asked: Asked) -> list[Run]:
    """The runs of a table. Raises ReplabError where its columns cannot be told apart."""
    header, rows = csv_rows(path)
    metric, value = first_of(header, METRIC_COLUMNS), first_of(header, ("value",))
    if metric and value:
        return _tidy(path, header, rows, metric, value)
    if any(SEED_COLUMN.fullmatch(name) for name in header):
        return _seeds_across(path, header, rows, asked)
    return _wide(path, header, rows, asked)


def _tidy(path: Path, header: list[str], rows: list[list[str]], metric: str, value: str) -> list[Run]:
    step = first_of(header, STEP_NAMES)
    unit = first_of(header, ("unit",))
    runs: dict[tuple[str, ...], Run] = {}
    for line, cells in enumerate(rows, 2):
        row = dict(zip(header, cells, strict=True))
        settings = {name: row[name].strip() for name in header if name not in (metric, value, step, unit)}
        run = runs.setdefault(tuple(settings.values()), Run(f"{path.stem}: row {line}", str(path), settings))
        name = metric_name(row[metric])
        if unit and row[unit].strip():
            run.units[name] = row[unit].strip()
        _add(run, name, row.get(step, ""), row[value], f"{path}: row {line}")
    return list(runs.values())


def _seeds_across(path: Path, header: list[str], rows: list[list[str]], asked: Asked) -> list[Run]:
    if len(asked.names) != 1:
        raise ReplabError(f"{path}: its columns are seeds; say --metric NAME of the metric that the cells hold")
    runs = []
    for line, cells in enumerate(rows, 2):
        row = dict(zip(header, cells, strict=True))
        settings = {name: row[name].strip() for name in header if not SEED_COLUMN.fullmatch(name)}
        for name, match in ((name, SEED_COLUMN.fullmatch(name)) for name in header):
            if match:
                run = Run(f"{path.stem}: row {line}, {name}", str(path), settings | {"seed": match[1]})
                _add(run, asked.names[0], "", row[name], f"{path}: row {line}, {name}")
                runs.append(run)
    return runs


def _wide(path: Path, header: list[str], rows: list[list[str]], asked: Asked) -> list[Run]:
    step = first_of(header, STEP_NAMES)
    metrics, numeric = _metric_columns(path, header, rows, asked)
    varying = by_step(header, rows, step, metrics, asked) if step else []
    runs: dict[tuple[object, ...], Run] = {}
    for line, cells in enumerate(rows, 2):
        row = dict(zip(header, cells, strict=True))
        settings = {name: row[name].strip() for name in header if name and name not in (*metrics, *varying, step)}
        key = (*settings.values(), None if step else line)
        run = runs.setdefault(key, Run(f"{path.stem}: row {line}", str(path), settings))
        for name in metrics:
            _add(run, metric_name(name), row.get(step, ""), row[name], f"{path}: row {line}, {name}")
    found = list(runs.values())
    others = [name for name in numeric if name not in {*metrics, *varying, *naming(header, asked), step}]
    said = {"the metrics are the columns": metrics, "left out, for it varies from step to step of a run:": varying}
    if not asked.names:
        said["numbers, too, and no metrics (--metric NAME takes one):"] = others
    found[0].notes += [f"{path.name}: {what} {', '.join(names)}" for what, names in said.items() if names]
    return found


def _metric_columns(path: Path, header: list[str], rows: list[list[str]], asked: Asked) -> tuple[list[str], list[str]]:
    """The columns that were asked for, else those of numbers that a word of metrics names; and all of numbers."""
    columns = zip(header, zip(*rows, strict=True), strict=True)
    numeric = [name for name, cells in columns if name and any(map(is_number, cells)) and all(map(_fits, cells))]
    if asked.names:
        found = [name for name in header if metric_name(name) in asked.names]
    else:
        found = [name for name in numeric if words_of(metric_name(name)) & MEASURED]
    if not found:
        check_shape(path, header, numeric, asked)
        if asked.names:
            known = [metric_name(name) for name in numeric if name not in naming(header, asked)]
            raise unknown(f"{path}: metric", asked.names[0], known)
        raise ReplabError(
            f"{path}: no column is known as a metric; say --metric NAME. There are: {', '.join(numeric) or 'none'}"
        )
    if not first_of(header, SEEDS):
        check_runs(path, header, asked)
    return found, numeric


def _fits(cell: str) -> bool:
    return not cell.strip() or is_number(cell)


def _add(run: Run, metric: str, step: str, value: str, where: str) -> None:
    found = number(value, where)
    if found is not None:
        run.points.append(Point(metric, number(step, f"{where}: step"), found))
