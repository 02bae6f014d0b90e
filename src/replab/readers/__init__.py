"""Reads results that exist: files that common loggers wrote become one tidy frame (see `tidy`).

`READERS` has a module a format: `recognises(path)` says whether a file is of its kind, `read(path, asked)` gives its
runs. The first that recognises a file reads it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from replab.errors import ReplabError, unknown
from replab.readers import (
    csv_table,
    dvc_metrics,
    huggingface,
    keras_csv,
    lightning_csv,
    lm_eval,
    mlflow_runs,
    tensorboard_events,
    wandb_export,
)
from replab.readers.asked import Asked
from replab.readers.runs import Run

if TYPE_CHECKING:
    import pandas as pd

READERS: dict[str, ModuleType] = {
    "tensorboard": tensorboard_events,
    "lightning": lightning_csv,
    "mlflow": mlflow_runs,
    "huggingface": huggingface,
    "dvc": dvc_metrics,
    "lm_eval": lm_eval,
    "wandb": wandb_export,
    "keras": keras_csv,
    "csv": csv_table,
}
PLAIN = "csv"  # in a folder, where many tables may be something else, it reads only files that were named


def read_runs(sources: Iterable[Path | pd.DataFrame], asked: Asked, form: str = "") -> list[Run]:
    """The runs in files, folders and frames; `form` names the reader (guessed otherwise). Raises ReplabError."""
    if form and form not in READERS:
        raise unknown("format", form, READERS)
    runs = [run for source in sources for run in _read(source, asked, form)]
    if not runs:
        raise ReplabError("the results hold no run")
    return runs


def _read(source: Path | pd.DataFrame, asked: Asked, form: str) -> list[Run]:
    if isinstance(source, Path):
        return _read_path(source, asked, form)
    if form not in ("", PLAIN):
        raise ReplabError(f"--format {form} is for files: a DataFrame is read as a table")
    return csv_table.read_frame(source, asked)


def _read_path(path: Path, asked: Asked, form: str) -> list[Run]:
    if not path.exists():
        raise ReplabError(f"{path} does not exist")
    if path.is_file():
        name = form or _form_of(path)
        if not name:
            raise ReplabError(f"{path}: no reader knows this file; formats: {', '.join(READERS)}")
        return _read_file(path, asked, name)
    files = sorted(file for file in path.rglob("*") if file.is_file())
    forms = {file: name for file in files if (name := _form_of(file, [form] if form else READERS))}
    special = {file: name for file, name in forms.items() if name != PLAIN}
    chosen = special or forms
    if not chosen:
        raise ReplabError(f"{path}: no file in it is known to a reader; formats: {', '.join(READERS)}")
    kinds = set(chosen.values())
    if len(kinds) > 1:
        raise ReplabError(f"{path}: it holds logs of several kinds: say --format, one of {', '.join(sorted(kinds))}")
    runs = []
    for file, name in chosen.items():
        for run in _read_file(file, asked, name):
            place = file.parent.as_posix() + "/" if name == PLAIN else ""
            run.name = _within(place + run.name, path)
            runs.append(run)
    return runs


def _read_file(path: Path, asked: Asked, name: str) -> list[Run]:
    """The runs of a file. Raises ReplabError, too, where it has another structure than such files have."""
    try:
        return list(READERS[name].read(path, asked))
    except ReplabError:
        raise
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise ReplabError(
            f"{path}: it is not built as files of {name} are ({type(error).__name__}: {error})"
        ) from error


def _within(name: str, root: Path) -> str:
    """The name of a run, below the folder that the user named."""
    return name.removeprefix(root.as_posix()).strip("/") or name


def _form_of(path: Path, names: Iterable[str] = READERS) -> str:
    return next((name for name in names if READERS[name].recognises(path)), "")
