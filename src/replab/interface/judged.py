"""What `judge` gives: the runs, what they come to as frames, and the report."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from replab.judging.judgement import PART_COLUMNS, STATEMENT_COLUMNS
from replab.report.existing import Existing, answer, write_existing
from replab.report.existing_short import short_html, short_text


@contextmanager
def drawn_as_by_the_command() -> Iterator[None]:
    """Within it matplotlib has the settings with which it starts; those of a notebook come back after it."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rc_file_defaults()
        yield


@dataclass(frozen=True, eq=False, repr=False)
class JudgedResults:
    """Results that were judged. Each frame is a copy, and has the columns of the CSV file that `write` writes of it."""

    _found: Existing
    _words: Callable[[str], str] = str  # how what is read here names options; the files name those of the command

    @property
    def answer(self) -> str:
        """What came out, in a sentence or two."""
        return answer(self._found)

    @property
    def runs(self) -> pd.DataFrame:
        """A row for each run and metric: variant, seed, status, metric, unit, value, ... (runs.csv)."""
        return self._found.runs.copy()

    @property
    def summary(self) -> pd.DataFrame:
        """A row for each variant and metric: n, mean and its interval, median, least, greatest (summary.csv)."""
        return self._found.summary.copy()

    @property
    def comparisons(self) -> pd.DataFrame:
        """A row for each variant and metric against the baseline: difference, low, high, p_holm, luck (against.csv).

        Empty without a baseline.
        """
        return self._found.against.copy()

    @property
    def statements(self) -> pd.DataFrame:
        """A row for each statement and question: sentence, verdict, found, why (the reason), n, ... (statements.csv).

        Empty without claims.
        """
        judged = self._found.judged
        return judged.judgement.statements.copy() if judged else pd.DataFrame(columns=STATEMENT_COLUMNS)

    @property
    def parts(self) -> pd.DataFrame:
        """A row for each part of a statement, with the numbers that its verdict rests on (parts.csv).

        Empty without claims.
        """
        judged = self._found.judged
        return judged.judgement.parts_table.copy() if judged else pd.DataFrame(columns=PART_COLUMNS)

    @property
    def notes(self) -> list[str]:
        """What was guessed, left out or is uneven, a sentence each."""
        return list(map(self._words, self._found.notes))

    def write(self, folder: str | os.PathLike[str] = "judged") -> Path:
        """Write what `replab judge --output FOLDER` writes; the path of its report.md."""
        with drawn_as_by_the_command():
            write_existing(self._found, Path(folder))
        return Path(folder) / "report.md"

    def __repr__(self) -> str:
        return short_text(replace(self._found, notes=self.notes))

    def _repr_html_(self) -> str:
        return short_html(replace(self._found, notes=self.notes))
