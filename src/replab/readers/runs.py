"""What every reader gives: runs with their points, and how cells of text become numbers."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from replab.errors import ReplabError
from replab.files import flat

DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+")
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
EXCELS_FIRST_LINE = re.compile(r"\A\"?sep=[,;\t]\"?\r?\n", re.IGNORECASE)
NOT_FINITE = {"nan": math.nan, "inf": math.inf, "infinity": math.inf, "-inf": -math.inf, "-infinity": -math.inf}
VARIANTS = ("variant", "method", "model", "model_name", "config", "arm", "algorithm", "group")
SEEDS = ("seed", "random_seed", "random_state", "seed_everything", "rng_seed", "args.seed")
FOLDS = ("fold", "split", "cv_fold", "cv")
STEP_NAMES = ("step", "global_step", "_step", "Step", "epoch", "iteration", "iter")


@dataclass(frozen=True)
class Point:
    """One value of one metric; `step` is None where the log has none."""

    metric: str
    step: float | None
    value: float


@dataclass
class Run:
    """One run of a log: `name` is its path or label, `settings` what the log says of it.

    `points` are in the order in which they were written; `units` has those that the format itself fixes
    ("fraction", "%"); `notes` are things that a reader of the result should know.
    """

    name: str
    source: str
    settings: dict[str, str] = field(default_factory=dict)
    points: list[Point] = field(default_factory=list)
    units: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, metric: str, step: float | None, cell: str, where: str) -> None:
        """Add the value in a cell, unless it is empty. Raises ReplabError, as `number` does."""
        value = number(cell, where)
        if value is not None:
            self.points.append(Point(metric, step, value))


def metric_name(name: str) -> str:
    """The name in letters, digits and underscores: `val/acc` is val_acc, `precision@1` is precision_1."""
    return re.sub(r"\W+", "_", name.strip()).strip("_")


def number(text: str, where: str) -> float | None:
    """The number in a cell; None where it is empty. Raises ReplabError: `where` says which cell it is."""
    cell = text.strip()
    if not cell:
        return None
    if cell.lower() in NOT_FINITE:
        return NOT_FINITE[cell.lower()]
    if NUMBER.fullmatch(cell):
        return float(cell)
    if DECIMAL_COMMA.fullmatch(cell):
        raise ReplabError(f"{where}: '{cell}' has a comma: decimal or thousands? Write the numbers as 0.95 and 1234")
    raise ReplabError(f"{where}: '{cell}' is no number")


def is_number(text: str) -> bool:
    """Whether a cell holds a number, one with a comma included."""
    cell = text.strip()
    return bool(NUMBER.fullmatch(cell) or DECIMAL_COMMA.fullmatch(cell)) or cell.lower() in NOT_FINITE


def read_text(path: Path) -> str:
    """The text of a file, without a byte order mark. Raises ReplabError."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ReplabError(f"{path}: it is not UTF-8 text ({error.reason}); save it as UTF-8") from error
    except OSError as error:
        raise ReplabError(f"cannot read {path}: {error.strerror or error}") from error


def first_line(path: Path) -> str:
    """The header of a table, by which a reader recognises it; of any other file whatever its first line holds."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        return file.readline()


def csv_rows(path: Path) -> tuple[list[str], list[list[str]]]:
    """The header and the rows of a table whose cells are apart by commas, semicolons or tabs. Raises ReplabError.

    A first line `sep=;`, as Excel reads it, is no part of the table.
    """
    text = EXCELS_FIRST_LINE.sub("", read_text(path))
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=lambda mark: first.count(mark))
    try:
        rows = [
            row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(map(str.strip, row))
        ]
    except csv.Error as error:
        raise ReplabError(f"{path}: it is no CSV table: {error}") from error
    if len(rows) < 2:
        raise ReplabError(f"{path}: it has no row below a header")
    header = [cell.strip() for cell in rows[0]]
    check_table(path, header, rows[1:])
    return header, rows[1:]


def check_table(path: object, header: list[str], rows: list[list[str]]) -> None:
    """Raises ReplabError where two columns have one name, or a row has not a cell for each."""
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise ReplabError(f"{path}: the column '{twice[0]}' is there twice")
    for line, row in enumerate(rows, 2):
        if len(row) != len(header):
            raise ReplabError(f"{path}: row {line} has {len(row)} cells, the header {len(header)}")


def check_metrics(path: object, names: Iterable[str]) -> None:
    """Raises ReplabError where two columns become one metric, as `val/acc` and `val_acc` do."""
    known: dict[str, str] = {}
    for name in names:
        other = known.setdefault(metric_name(name), name)
        if other != name:
            raise ReplabError(
                f"{path}: the columns '{other}' and '{name}' are both called {metric_name(name)} here: rename one"
            )


def texts(content: dict[str, Any]) -> dict[str, str]:
    """Settings as text, nested ones under dotted keys; lists are left out."""
    settings = {key: value for key, value in flat(content).items() if not isinstance(value, list)}
    return {key: "" if value is None else str(value) for key, value in settings.items()}


def is_plain_number(value: object) -> bool:
    """Whether a value of JSON or YAML is a number (true and false are none)."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def first_of(names: Iterable[str], wanted: Iterable[str]) -> str:
    """The first wanted name that is there, whatever its case; "" where none is."""
    known = {name.lower(): name for name in names}
    return next((known[name.lower()] for name in wanted if name.lower() in known), "")
