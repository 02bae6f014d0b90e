"""A table of text, as `csv_table` reads it: from a file, or from a DataFrame.

A DataFrame is what its `to_csv` writes, so that a frame and the file of it give the same runs.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from replab.errors import ReplabError
from replab.readers.runs import SEEDS, check_table, csv_rows

if TYPE_CHECKING:
    import pandas as pd

FRAME = "DataFrame"  # what messages and the column `source` call it


@dataclass(frozen=True)
class Table:
    """A header, and rows with a cell for each of its names.

    `source` is the file (of a frame: `FRAME`). `first` is the number of the first row: 2 in a file, as an editor counts
    them below the header; 0 in a frame, as `iloc` does.
    """

    source: str
    header: list[str]
    rows: list[list[str]]
    first: int = 2

    @property
    def name(self) -> str:
        """The name of the file, without its folder."""
        return Path(self.source).name

    @property
    def stem(self) -> str:
        """The name of the file, without its ending."""
        return Path(self.source).stem

    def numbered(self) -> Iterator[tuple[int, dict[str, str]]]:
        """The number of each row, and its cells by the names of their columns."""
        for number, cells in enumerate(self.rows, self.first):
            yield number, dict(zip(self.header, cells, strict=True))


def csv_in_file(path: Path) -> Table:
    """The table in a CSV file. Raises ReplabError."""
    return Table(str(path), *csv_rows(path))


def table_of_frame(frame: pd.DataFrame, source: str = FRAME, first: int = 0) -> Table:
    """The table in a frame, which `source` names; an index with names counts as columns. Raises ReplabError."""
    if frame.columns.nlevels == 2:
        frame = _with_seeds_in_rows(frame)
    if frame.columns.nlevels > 1:
        raise ReplabError(f"{source}: its columns have {frame.columns.nlevels} levels: give them one name each")
    if str(frame.columns.name).lower() in SEEDS:  # as frame.pivot(index="variant", columns="seed") has them
        frame = frame.rename(columns=lambda name: f"seed {name}" if str(name).isdecimal() else name)
    if any(name is not None for name in frame.index.names):
        try:
            frame = frame.reset_index()
        except ValueError as error:
            raise ReplabError(f"{source}: its index and its columns: {error}") from error
    header = [str(name).strip() for name in frame.columns]
    if frame.empty:
        raise ReplabError(f"{source}: it has no row")
    rows = list(csv.reader(io.StringIO(frame.to_csv(index=False, header=False), newline="")))
    check_table(source, header, rows)
    return Table(source, header, rows, first)


def _with_seeds_in_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """A row for each seed of what `frame.pivot(index="variant", columns="seed")` has as metrics above seeds."""
    import pandas as pd

    for place, level in enumerate(frame.columns.names):
        if str(level).lower() in SEEDS:
            parts = {seed: frame.xs(seed, axis=1, level=place) for seed in frame.columns.unique(place)}
            return pd.concat(parts, names=[level]).dropna(how="all")
    return frame
