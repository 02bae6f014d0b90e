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
from replab.readers.runs import Point, Run, check_metrics, first_line, metric_name, number
from replab.readers.tables import Table, csv_in_file

PANEL = re.compile(r"(?P<run>.+) - (?P<metric>.+?)(?P<end>__MIN|__MAX)?")
NO_SETTINGS = {"Name", "State", "Notes", "User", "Tags", "Created", "Runtime", "Sweep", "ID", "Updated", "End Time"}


def recognises(path: Path) -> bool:
    """A CSV with Name and State, or with columns `RUN - METRIC__MIN`."""
    if not (path.is_file() and path.suffix.lower() == ".csv"):
        return False
    header = first_line(path)
    return "__MIN" in header or {'"Name"', '"State"'} <= set(header.split(",")) or header.startswith("Name,State,")


def read(path: Path, asked: Asked) -> list[Run]:
    """The runs of the export."""
    table = csv_in_file(path)
    return _of_runs(path, table, asked) if "State" in table.header else _of_panel(path, table)


def _of_runs(path: Path, table: Table, asked: Asked) -> list[Run]:
    header = table.header
    metrics = [name for name in header if _is_metric(name, asked)]
    if not metrics and asked.names:
        raise unknown(f"{path}: metric", asked.names[0], map(metric_name, header))
    if not metrics:
        raise ReplabError(f"{path}: no column is known as a metric; say --metric NAME. There are: {', '.join(header)}")
    check_metrics(path, metrics)
    runs = []
    for line, row in table.numbered():
        settings = {name: row[name] for name in header if name not in NO_SETTINGS and name not in metrics}
        run = Run(row["Name"], f"{path}, row {line}", settings)
        runs.append(run)
        if row["State"].strip().lower() != "finished":
            run.notes.append(f"{path.name}: run {row['Name']} is {row['State'] or 'in no state'}, and is left out")
            continue
        for name in metrics:
            run.add(metric_name(name), None, row[name], f"{path}: row {line}, {name}")
    return runs


def _is_metric(name: str, asked: Asked) -> bool:
    if asked.metrics:
        return metric_name(name) in asked.names
    return name not in NO_SETTINGS and bool(words_of(metric_name(name)) & MEASURED)


def _of_panel(path: Path, table: Table) -> list[Run]:
    axis, *names = table.header
    runs: dict[str, Run] = {}
    for name in names:
        match = PANEL.fullmatch(name)
        if not match or match["end"]:
            continue
        run = runs.setdefault(match["run"], Run(match["run"], str(path)))
        ends = {name + end for end in ("__MIN", "__MAX")} & set(names)
        for line, row in table.numbered():
            where = f"{path}: row {line}, {name}"
            value = number(row[name], where)
            if value is None:
                continue
            if any(number(row[end], where) not in (None, value) for end in ends):
                raise ReplabError(
                    f"{where}: the point is an average (its __MIN and __MAX differ); export without groups"
                )
            run.points.append(Point(metric_name(match["metric"]), number(row[axis], f"{path}: row {line}"), value))
    if not runs:
        raise ReplabError(f"{path}: no column is named 'RUN - METRIC', as in the export of a panel")
    return list(runs.values())
