"""Tables, in CSV, JSON or Excel: tidy (a row for each run and metric), or wide (a row for each run or step)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from replab.errors import ReplabError, unknown
from replab.metric_words import MEASURED, words_of
from replab.readers.asked import Asked
from replab.readers.csv_columns import (
    by_step,
    check_once,
    check_runs,
    check_shape,
    naming,
    settings_of,
    unread,
    without_percent_signs,
)
from replab.readers.runs import SEEDS, STEP_NAMES, Point, Run, check_metrics, first_of, is_number, metric_name, number
from replab.readers.table_files import holds_table, table_in_file
from replab.readers.tables import FRAME, Table, table_of_frame

if TYPE_CHECKING:
    import pandas as pd

SEED_COLUMN = re.compile(r"(?:seed|run)[_ =-]?(\d+)", re.IGNORECASE)
METRIC_COLUMNS = ("metric", "metric_name")


def recognises(path: Path) -> bool:
    """Any file of a table: .csv, .tsv, .jsonl, .xlsx, or .json with a list in it."""
    return holds_table(path)


def read(path: Path, asked: Asked) -> list[Run]:
    """The runs of a table. Raises ReplabError where its columns cannot be told apart."""
    return _runs(table_in_file(path), asked)


def read_frame(frame: pd.DataFrame, asked: Asked) -> list[Run]:
    """The runs of a DataFrame, as those of the file that its `to_csv` writes. Raises ReplabError."""
    table = table_of_frame(frame)
    runs = _runs(table, asked)
    metrics = {point.metric for run in runs for point in run.points}
    measured = [name for name in table.header if metric_name(name) in metrics or _holds_values(name)]
    empty = sum(not row[name].strip() for _, row in table.numbered() for name in measured)
    if empty:
        runs[0].notes.append(
            f"{FRAME}: NaN is an empty cell ({empty} of them), and so a missing value; a run that diverged has inf."
        )
    return runs


def _holds_values(name: str) -> bool:
    """Whether it is the column of values of a tidy table, or that of a seed."""
    return name.lower() == "value" or SEED_COLUMN.fullmatch(name) is not None


def _runs(table: Table, asked: Asked) -> list[Run]:
    found = _runs_of(table, asked)
    check_once(table, found, asked)
    return found


def _runs_of(table: Table, asked: Asked) -> list[Run]:
    metric, value = first_of(table.header, METRIC_COLUMNS), first_of(table.header, ("value",))
    if metric and value:
        return _tidy(table, metric, value)
    if any(SEED_COLUMN.fullmatch(name) for name in table.header):
        return _seeds_across(table, asked)
    return _wide(table, asked)


def _tidy(table: Table, metric: str, value: str) -> list[Run]:
    step = first_of(table.header, STEP_NAMES)
    unit = first_of(table.header, ("unit",))
    names = settings_of(table.header, (metric, value, step, unit))
    runs: dict[tuple[str, ...], Run] = {}
    stem = table.stem
    for line, row in table.numbered():
        settings = {name: row[name].strip() for name in names}
        key = tuple(settings.values())
        run = runs[key] = runs.get(key) or Run(f"{stem}: row {line}", table.source, settings)
        name = metric_name(row[metric])
        if unit and row[unit].strip():
            run.units[name] = row[unit].strip()
        _add(run, name, row.get(step, ""), row[value], f"{table.source}: row {line}")
    return list(runs.values())


def _seeds_across(table: Table, asked: Asked) -> list[Run]:
    if len(asked.names) != 1:
        raise ReplabError(f"{table.source}: its columns are seeds; say which metric the cells have: --metric NAME")
    across = {name: match[1] for name in table.header if (match := SEED_COLUMN.fullmatch(name))}
    names, runs = settings_of(table.header, across), []
    for line, row in table.numbered():
        settings = {name: row[name].strip() for name in names}
        for name, seed in across.items():
            run = Run(f"{table.stem}: row {line}, {name}", table.source, settings | {"seed": seed})
            _add(run, asked.names[0], "", row[name], f"{table.source}: row {line}, {name}")
            runs.append(run)
    first = next(iter(across))
    if not asked.unseeded and not first.lower().startswith("seed"):
        runs[0].notes.append(
            f"{table.name}: runs with one number ({first}, ...) are a pair; if they share nothing: --unseeded"
        )
    return runs


def _wide(table: Table, asked: Asked) -> list[Run]:
    table, signed = without_percent_signs(table, asked)
    header, rows = table.header, table.rows
    step = first_of(header, STEP_NAMES)
    metrics, numeric = _metric_columns(table, asked)
    check_metrics(table.source, metrics)
    varying = by_step(header, rows, step, metrics, asked) if step else []
    names, stem = settings_of(header, (*metrics, *varying, step)), table.stem
    units = {metric_name(name): "%" for name in signed if name in metrics}
    called = [(name, metric_name(name)) for name in metrics]
    runs: dict[tuple[object, ...], Run] = {}
    for line, row in table.numbered():
        settings = {name: row[name].strip() for name in names}
        key = (*settings.values(), None if step else line)
        run = runs[key] = runs.get(key) or Run(f"{stem}: row {line}", table.source, settings, units=dict(units))
        for name, metric in called:
            _add(run, metric, row.get(step, ""), row[name], f"{table.source}: row {line}, {name}")
    found = list(runs.values())
    others = [name for name in numeric if name not in {*metrics, *varying, *naming(header, asked), step}]
    said = {"the metrics are the columns": metrics, "left out, for it varies from step to step of a run:": varying}
    if not asked.names:
        said["numbers, too, and no metrics (--metric NAME takes one):"] = others
    found[0].notes += [f"{table.name}: {what} {', '.join(names)}" for what, names in said.items() if names]
    if asked.unseeded and len(found) < len(rows):
        found[0].notes.append(f"{table.name}: rows that differ only in {step} are points of one run's curve")
    lost = unread(header, rows).items()
    found[0].notes += [f"{table.name}: {name} was not read: '{cell}' is no number" for name, cell in lost]
    return found


def _metric_columns(table: Table, asked: Asked) -> tuple[list[str], list[str]]:
    """The columns that were asked for, else those of numbers that a word of metrics names; and all of numbers."""
    path, header = table.source, table.header
    columns = zip(header, zip(*table.rows, strict=True), strict=True)
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
        _refuse_means(table)
        for name, cell in unread(header, table.rows).items():
            raise ReplabError(f"{path}: {name}: '{cell}' is no number; if there is no value, leave the cell empty")
        raise ReplabError(
            f"{path}: no column is known as a metric; say --metric NAME. There are: {', '.join(numeric) or 'none'}"
        )
    if not first_of(header, SEEDS):
        check_runs(path, header, asked)
    return found, numeric


def _refuse_means(table: Table) -> None:
    """Raises ReplabError where a cell is a mean with its spread."""
    for cell in (cell for row in table.rows for cell in row if "±" in cell):
        raise ReplabError(
            f"{table.source}: '{cell.strip()}' is a mean with its spread, not a run\n"
            "Is this a paper's table? Say --means sd, se or ci95 and --runs-per-number N"
        )


def _fits(cell: str) -> bool:
    return not cell.strip() or is_number(cell)


def _add(run: Run, metric: str, step: str, value: str, where: str) -> None:
    found = number(value, where)
    if found is not None:
        run.points.append(Point(metric, number(step, f"{where}: step"), found))
