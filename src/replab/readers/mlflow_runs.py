"""MLflow: run folders of a file store (`mlruns/EXPERIMENT/RUN/`), and the CSV of `mlflow.search_runs`.

Layout: mlflow.org/docs, "Backend stores" (metrics/NAME has lines `timestamp value step`, params/NAME a value), and
`mlflow.search_runs` (columns metrics.NAME, params.NAME, tags.NAME, status). Deleted runs are left out, and so are those
that failed or still run; how many is said.
"""

from __future__ import annotations

from pathlib import Path

from replab.errors import ReplabError
from replab.files import read_yaml
from replab.readers.asked import Asked
from replab.readers.runs import Run, first_line, metric_name, read_text
from replab.readers.tables import csv_in_file

FINISHED = ("FINISHED", "3")


def recognises(path: Path) -> bool:
    """A meta.yaml with a folder metrics beside it, or a CSV with columns run_id and metrics.NAME."""
    if not path.is_file():
        return False
    if path.name == "meta.yaml":
        return (path.parent / "metrics").is_dir()
    if path.suffix.lower() != ".csv":
        return False
    header = first_line(path)
    return "run_id" in header and "metrics." in header


def read(path: Path, asked: Asked) -> list[Run]:
    """The run of a folder, or those of a table."""
    return _folder(path.parent) if path.name == "meta.yaml" else _table(path)


def _folder(folder: Path) -> list[Run]:
    meta = read_yaml(folder / "meta.yaml") or {}
    if meta.get("lifecycle_stage") == "deleted":
        return []
    settings = {name: read_text(file).strip() for name, file in _files(folder / "params").items()}
    name_file = folder / "tags" / "mlflow.runName"
    name = read_text(name_file).strip() if name_file.is_file() else str(meta.get("run_name") or folder.name)
    run = Run(name, str(folder), settings)
    if str(meta.get("status", "FINISHED")) not in FINISHED:
        run.notes.append(f"{folder}: the run did not finish, and is left out")
        return [run]
    for name, file in _files(folder / "metrics").items():
        metric = metric_name(name)
        for line in read_text(file).splitlines():
            parts = line.split()
            if len(parts) < 2:
                raise ReplabError(f"{file}: '{line[:40]}' is no line 'timestamp value step'")
            run.add(metric, float(parts[2]) if len(parts) > 2 else None, parts[1], str(file))
    return [run]


def _files(folder: Path) -> dict[str, Path]:
    """Name -> file; a name with a slash is one within folders."""
    return {file.relative_to(folder).as_posix(): file for file in sorted(folder.rglob("*")) if file.is_file()}


def _table(path: Path) -> list[Run]:
    runs = []
    for line, row in csv_in_file(path).numbered():
        settings = {name.removeprefix("params."): cell for name, cell in row.items() if name.startswith("params.")}
        run = Run(row.get("tags.mlflow.runName") or row["run_id"], f"{path}, row {line}", settings)
        runs.append(run)
        if row.get("status", "FINISHED") not in FINISHED:
            run.notes.append(f"{path}: row {line}: the run did not finish ({row['status']}), and is left out")
            continue
        for name, cell in row.items():
            if name.startswith("metrics."):
                run.add(metric_name(name.removeprefix("metrics.")), None, cell, f"{path}: row {line}, {name}")
    return runs
