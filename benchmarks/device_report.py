"""The page that `device.py` writes: a table a part, written anew after every row, and the tracebacks of failures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from replab.files import write_bytes

WRONG = ("FAILED", "TOO FAR")


class Report:
    """Prints rows as they come, and keeps the whole page in a file where there is one."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.lines: list[str] = []
        self.tracebacks: list[str] = []
        self.wrong = 0

    def begin(self, title: str, columns: Sequence[str]) -> None:
        """Begin a table."""
        self._say(f"\n## {title}\n", _cells(columns), _cells(["---"] * len(columns)))

    def add(self, rows: Iterable[Sequence[str]]) -> None:
        """Rows of the table; a verdict stands in the last column."""
        for row in rows:
            self.wrong += row[-1].startswith(WRONG)
            self._say(_cells(row))

    def failed(self, name: str, what: str, traceback: str) -> None:
        """A row that says what went wrong instead; the traceback comes to the end of the page."""
        if traceback:
            self.tracebacks.append(f"### {name}\n\n```\n{traceback.rstrip()}\n```\n")
        self.add([(name, f"FAILED: {what[:300]}")])

    def end(self, text: str) -> None:
        """The last line."""
        self._say(f"\n{text}")

    def _say(self, *lines: str) -> None:
        print("\n".join(lines), flush=True)
        self.lines += lines
        if self.path is not None:
            failures = ["\n## What failed\n", *self.tracebacks] if self.tracebacks else []
            write_bytes(self.path, "\n".join([*self.lines, *failures, ""]).lstrip().encode())


def _cells(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
