"""Keras' CSVLogger: one file for each run, a row for each epoch, with the columns `epoch`, then metrics by name.

Layout: keras.io/api/callbacks/csv_logger; the separator can be any of those that `csv_rows` knows.
"""

from __future__ import annotations

from pathlib import Path

from replab.errors import ReplabError
from replab.readers.asked import Asked
from replab.readers.runs import Run, first_line, metric_name, number
from replab.readers.tables import csv_in_file


def recognises(path: Path) -> bool:
    """A CSV file whose first column is `epoch`, with a loss, and no column that names a seed or a variant."""
    if not (path.is_file() and path.suffix.lower() in (".csv", ".log")):
        return False
    names = [name.strip() for name in first_line(path).replace(";", ",").replace("\t", ",").split(",")]
    return names[0] == "epoch" and "loss" in names and not {"seed", "variant", "model", "step"} & set(names)


def read(path: Path, asked: Asked) -> list[Run]:
    """The one run of the file. Raises ReplabError where its epochs begin anew: two runs were appended."""
    table, run, before = csv_in_file(path), Run(path.with_suffix("").as_posix(), str(path)), -1.0
    for line, row in table.numbered():
        epoch = number(row["epoch"], f"{path}: row {line}, epoch")
        if epoch is None or epoch <= before:
            raise ReplabError(f"{path}: row {line}: the epochs start again; a file must have one run: split it there")
        before = epoch
        for name in table.header[1:]:
            run.add(metric_name(name), epoch, row[name], f"{path}: row {line}, {name}")
    return [run]
