"""The folder that a report on results that exist is written to: no file of the user's is lost in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from replab.errors import ReplabError

MACHINE_READABLE = "Machine-readable: ["  # every report.md says so, and no other file does


def check_sources(folder: Path, names: Iterable[str], sources: Iterable[str]) -> None:
    """Raises ReplabError where a file that would be written is one that was read."""
    read = {Path(source).resolve() for source in sources_of(sources)}
    for name in names:
        if (folder / name).resolve() in read:
            raise ReplabError(f"{folder / name} was read, and would be overwritten: name another folder (--output)")


def sources_of(sources: Iterable[str]) -> set[str]:
    """The files and folders of runs, without the numbers of rows."""
    return {re.sub(r", row \d+$", "", source) for source in sources}


def check_folder(folder: Path, texts: Mapping[str, str], pictures: Iterable[str]) -> None:
    """Raises ReplabError where a file that would be written over is none of an earlier call.

    An earlier call has left a report.md with links to its tables; where it was interrupted, tables that begin as ours.
    """
    foreign = _foreign(folder, texts, pictures)
    if foreign:
        raise ReplabError(f"{folder / foreign} exists, and replab did not write it: name another folder (--output)")


def _foreign(folder: Path, texts: Mapping[str, str], pictures: Iterable[str]) -> str:
    if (folder / "report.md").is_file():
        return "" if MACHINE_READABLE in _text(folder / "report.md") else "report.md"
    tables = [name for name in texts if (folder / name).is_file()]
    for name in tables:
        if _text(folder / name).partition("\n")[0] != texts[name].partition("\n")[0]:
            return name
    pages = ("index.html", *(f"figures/{name}" for name in pictures))
    return "" if tables else next((name for name in pages if (folder / name).is_file()), "")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
