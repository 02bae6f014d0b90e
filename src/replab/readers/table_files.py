"""Files that hold one table: CSV, JSON (objects in a list, or one in each line), and a sheet of Excel."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from replab.errors import ReplabError
from replab.readers.runs import read_text, texts
from replab.readers.tables import Table, csv_in_file, table_of_frame

UNPACKED_BYTES = 500_000_000
"""A workbook is an archive: one that unpacks to more than this is refused."""


def table_in_file(path: Path) -> Table:
    """The table in a file, which its ending says how to read. Raises ReplabError."""
    return READ[path.suffix.lower()](path)


def holds_table(path: Path) -> bool:
    """Whether the file's ending is that of a table; a JSON file must begin with a list, too."""
    ending = path.suffix.lower()
    return ending in READ and path.is_file() and (ending != ".json" or _begins_with_a_list(path))


def _begins_with_a_list(path: Path) -> bool:
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        return file.read(100).lstrip().startswith("[")


def _json_list(path: Path) -> Table:
    content = _parsed(read_text(path), path, "")
    return _of_objects(path, list(enumerate(content, 1)) if isinstance(content, list) else [], "entry")


def _json_lines(path: Path) -> Table:
    lines = enumerate(read_text(path).split("\n"), 1)
    objects = [(number, _parsed(line, path, f"line {number}: ")) for number, line in lines if line.strip()]
    return _of_objects(path, objects, "line")


def _parsed(text: str, path: Path, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ReplabError(f"{path}: {where}it is no JSON ({error})") from error


def _of_objects(path: Path, objects: list[tuple[int, Any]], called: str) -> Table:
    """A row for each object: keys within keys joined by dots, without lists; what an object lacks is empty."""
    for number, content in objects:
        if not isinstance(content, dict):
            raise ReplabError(
                f'{path}: {called} {number} is no object, such as {{"variant": "A", "seed": 0, "acc": 91.5}}'
            )
    if not objects:
        raise ReplabError(f"{path}: it holds no run")
    found = [texts(content) for _, content in objects]
    header = list(dict.fromkeys(name for row in found for name in row))
    return Table(str(path), header, [[row.get(name, "") for name in header] for row in found], first=1)


def _excel(path: Path) -> Table:
    try:
        import openpyxl  # noqa: F401
        import pandas as pd
    except ImportError as error:
        raise ReplabError(
            f"{path}: to read it, `pip install '.[excel]'` in replab's folder; or save it as CSV"
        ) from error
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        options: Any = {"sheet_name": None, "engine": "openpyxl", "keep_default_na": False, "na_values": [""]}
        sheets = pd.read_excel(path, **options) if unpacked <= UNPACKED_BYTES else {}
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise ReplabError(f"{path}: it is no workbook of Excel ({error})") from error
    if unpacked > UNPACKED_BYTES:
        raise ReplabError(f"{path}: it unpacks to more than {UNPACKED_BYTES // 1_000_000} MB")
    rows = {str(name): sheet.dropna(how="all") for name, sheet in sheets.items()}
    filled = {name: sheet for name, sheet in rows.items() if not sheet.empty}
    if len(filled) != 1:
        names = f"{len(filled)} sheets with rows ({', '.join(filled)})" if filled else "no row below a header"
        raise ReplabError(f"{path}: it has {names}; save the one with the runs as a file of its own")
    (frame,) = filled.values()
    return table_of_frame(frame, str(path), first=2)


READ: dict[str, Callable[[Path], Table]] = {
    ".csv": csv_in_file,
    ".tsv": csv_in_file,
    ".json": _json_list,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".xlsx": _excel,
}
