"""claims/NNN.yaml as it is written, the whole of it."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from replab.judging.claims_entries import Hypothesis, Setting, Statement, Text, Untested
from replab.judging.part_kinds import Resolution
from replab.spec import Strict


class NotRun(Strict):
    """Studies that cannot be run, and why: the reason that their statements are not tested."""

    studies: list[str] = Field(min_length=1)
    reason: Text


class ClaimsFile(Strict):
    """The whole of claims/NNN.yaml; `resolutions`, by metric, hold for numbers without one of their own.

    `names`: study -> variant -> what sentences call it; `known`: what was known of the runs when this was written, for
    the readers of its page.
    """

    report: str
    title: str
    source: str
    known: Text = ""
    resolutions: dict[str, Resolution] = Field(default={})
    protocol: list[Setting] = Field(default=[])
    statements: list[Statement]
    hypotheses: list[Hypothesis] = Field(default=[])
    untested: list[Untested] = Field(default=[])
    not_run: list[NotRun] = Field(default=[])
    names: dict[str, dict[str, Text]] = Field(default={})

    def why_not_run(self, study: str) -> str:
        """Why the study has no runs ("": nothing is known to be in the way)."""
        return next((entry.reason for entry in self.not_run if study in entry.studies), "")

    @property
    def name(self) -> str:
        """The file's name, for messages."""
        return f"claims/{self.report}.yaml"

    def entries(self) -> Iterator[tuple[str, Statement | Hypothesis]]:
        """(role, entry) of all statements, then of all hypotheses."""
        yield from (("statement", entry) for entry in self.statements)
        yield from (("hypothesis", entry) for entry in self.hypotheses)

    def studies(self) -> list[str]:
        """The studies that its readings are about, each once."""
        return list(dict.fromkeys(reading.study for _, entry in self.entries() for reading in entry.readings))

    def studies_of_statements(self) -> set[str]:
        """The studies that test what the report itself says: a study of a hypothesis alone is not among them."""
        return {reading.study for statement in self.statements for reading in statement.readings}

    def rows(self) -> list[list[str]]:
        """Every row of claims_seeds.csv that something here holds."""
        settings = [setting.row for setting in self.protocol if setting.row is not None]
        stated = [row for statement in self.statements for row in statement.rows]
        return settings + stated + [row for entry in self.untested for row in entry.rows]
