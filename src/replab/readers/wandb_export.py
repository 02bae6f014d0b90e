"""Weights & Biases: the CSV of the runs table, and that of a panel.

Layout: docs.wandb.ai, "Export data". A runs table has Name and State, then config and summary by column. A panel has
an x axis (Step), then `RUN - METRIC` with `__MIN` and `__MAX`: where these differ from the value, a point is an average
of a group of runs, or of a bucket of steps, and the single runs are not in the file.
"""

from __future__ import annotations

import re
from pathlib import Path

from replab.errors import ReplabError, unknown
from replab.metric_words import MEASURED, words_of
from replab.readers.asked import Asked
from replab.readers.runs import Point, Run, check_metrics, csv_rows, is_number, metric_name, number

PANEL = re.compile(r"(?P<run>.+) - (?P<metric>.+?)(?P<end>__MIN|__MAX)?")
NO_SETTINGS = {"Name", "State", "Notes", "User", "Tags", "Created", "Runtime", "Sweep", "ID", "Updated", "End Time"}


def recognises(path: Path) -> bool:
    """A CSV with Name and State, or with columns `RUN - METRIC__MIN`."""
    if not (path.is_file() and path.suffix.lower() == ".csv"):
        return False
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        header = file.readline()
    return "__MIN" in header or {'"Name"', '"State"'} <= set(header.split(",")) or header.startswith("Name,State,")


def read(path: Path, asked: Asked) -> list[Run]:
    """The runs of the export."""
    header, rows = csv_rows(path)
    return _table(path, header, rows, asked) if "State" in header else _panel(path, header, rows)


def _table(path: Path, header: list[str], rows: list[list[str]], asked: Asked) -> list[Run]:
    metrics = [name for name in header if _is_metric(name, asked)]
    if not metrics and asked.names:
        raise unknown(f"{path}: metric", asked.names[0], map(metric_name, header))
    if not metrics:
        raise ReplabError(f"{path}: no column is known as a metric; say --metric NAME. There are: {', '.join(header)}")
    check_metrics(path, metrics)
    runs = []
    for line, cells in enumerate(rows, 2):
        row = dict(zip(header, cells, strict=True))
        settings = {name: row[name] for name in header if name not in NO_SETTINGS and name not in metrics}
        run = Run(row["Name"], f"{path}, row {line}", settings)
        runs.append(run)
        if row["State"].strip().lower() != "finished":
            run.notes.append(f"{path.name}: run {row['Name']} is {row['State'] or 'in no state'}, and is left out")
            continue
        for name in metrics:
            if row[name].strip() and not is_number(row[name]):
                raise ReplabError(f"{path}: row {line}, {name}: '{row[name]}' is no number")
            value = number(row[name], f"{path}: row {line}, {name}")
            if value is not None:
                run.points.append(Point(metric_name(name), None, value))
    return runs


def _is_metric(name: str, asked: Asked) -> bool:
    if asked.metrics:
        return metric_name(name) in asked.names
    return name not in NO_SETTINGS and bool(words_of(metric_name(name)) & MEASURED)


def _panel(path: Path, header: list[str], rows: list[list[str]]) -> list[Run]:
    runs: dict[str, Run] = {}
    for place, name in enumerate(header[1:], 1):
        match = PANEL.fullmatch(name)
        if not match or match["end"]:
            continue
        run = runs.setdefault(match["run"], Run(match["run"], str(path)))
        ends = [header.index(name + end) for end in ("__MIN", "__MAX") if name + end in header]
        for line, cells in enumerate(rows, 2):
            where = f"{path}: row {line}, {name}"
            value = number(cells[place], where)
            if value is None:
                continue
            if any((end := number(cells[other], where)) is not None and end != value for other in ends):
                raise ReplabError(
                    f"{where}: the point is an average (its __MIN and __MAX differ); export without groups"
                )
            run.points.append(Point(metric_name(match["metric"]), number(cells[0], f"{path}: row {line}"), value))
    if not runs:
        raise ReplabError(f"{path}: no column is named 'RUN - METRIC', as in the export of a panel")
    return list(runs.values())
