"""Lightning's CSVLogger: `version_k/metrics.csv` with an hparams.yaml beside it.

Rows of training and of validation differ, with empty cells for what a row does not have; a metric has the points
whose cell is filled. Layout: lightning.ai/docs, CSVLogger.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from replab.errors import ReplabError
from replab.readers.asked import Asked
from replab.readers.runs import Run, check_metrics, metric_name, number, read_text, texts
from replab.readers.tables import csv_in_file

AXES = ("step", "epoch")


def recognises(path: Path) -> bool:
    """A metrics.csv with a column `step`, in a folder version_k or beside an hparams.yaml."""
    if not (path.is_file() and path.name == "metrics.csv"):
        return False
    return path.parent.name.startswith("version_") or (path.parent / "hparams.yaml").is_file()


def read(path: Path, asked: Asked) -> list[Run]:
    """The one run of the file."""
    table = csv_in_file(path)
    if "step" not in table.header:
        there = ", ".join(table.header)
        raise ReplabError(f"{path}: no column 'step', which Lightning's CSVLogger writes; there are {there}")
    check_metrics(path, table.header)
    run = Run(path.parent.as_posix(), str(path))
    run.settings = _hparams(path.parent / "hparams.yaml", run)
    for line, row in table.numbered():
        step = number(row["step"], f"{path}: row {line}, step")
        for name in (name for name in table.header if name not in AXES):
            run.add(metric_name(name), step, row[name], f"{path}: row {line}, {name}")
    return [run]


def _hparams(path: Path, run: Run) -> dict[str, str]:
    """The hyperparameters that were saved; none where they hold Python objects, which are never built."""
    if not path.is_file():
        return {}
    try:
        content = yaml.safe_load(read_text(path)) or {}
    except yaml.YAMLError:
        run.notes.append(f"{path}: it holds Python objects or is no YAML, and was not read")
        return {}
    return texts(content) if isinstance(content, dict) else {}
