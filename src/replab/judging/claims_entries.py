"""What a claims file has one by one: statements of a report with their readings, our hypotheses, what is untested.

A statement is one thing that the report says. It has one reading or more: settings under which it can be meant, each
with its provenance (`mark`: R stated in the report, B the public code that it was built on, A the author's own code,
I our inference). The verdict is that of the primary reading, declared here. Hypotheses are our own questions.
"""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from replab.errors import ReplabError
from replab.judging.part_kinds import AnyPart
from replab.judging.words import count
from replab.spec import Strict

Mark = Literal["R", "B", "A", "I"]
AfterResults = Literal["statement", "reading"]
Row = Annotated[list[str], Field(min_length=4, max_length=5)]
Text = Annotated[str, Field(min_length=1, pattern=r"\S")]
CHINESE = re.compile(r"[一-鿿]")


class Setting(Strict):
    """A setting of the report, and the row of claims_seeds.csv that it comes from (None: no row).

    `setting` is the dotted key of params.yaml that it sets, such as optimizer.lr ("": none).
    """

    id: str
    row: Row | None
    value: str | int | float
    mark: Mark
    setting: str = ""
    note: str = ""


class Said(Strict):
    """One thing that the report says: in plain words, in its own, and where it stands.

    `rows` are those of claims_seeds.csv, in a project that has one.
    """

    id: str
    rows: list[Row] = Field(default=[])
    sentence: Text
    quote: Text
    translation: str = ""
    place: Text


class Untested(Said):
    """What no study tests, and why."""

    reason: Text


class Reading(Strict):
    """Settings under which a statement can be meant, the study that has them, and what is asked of its runs.

    All parts must hold, or so many of them as it `needs` (where a report says "generally").
    """

    name: Text
    primary: bool = False
    mark: Mark = "I"
    setting: Text
    study: str
    parts: list[AnyPart] = Field(min_length=1)
    needs: int | None = None

    @model_validator(mode="after")
    def _as_many_as_there_are(self) -> Reading:
        asked = sum(len(part.compared()) for part in self.parts)
        if self.needs is not None and not 1 <= self.needs < asked:
            raise ReplabError(
                f"needs {self.needs}: of {count(asked, 'part')} at least 1 must hold; without `needs`, all"
            )
        return self


class Statement(Said):
    """What the report says, and how it can be meant.

    `after_results`, where runs that it rests on were known: `statement`, when it was written; `reading`, when what it
    is read as, its criterion, or whether it can be compared was changed. `needs_no_run`, where mathematics or
    arithmetic decides it: how. Reports mark and count both.
    """

    not_comparable: str = ""
    after_results: AfterResults | None = None
    needs_no_run: str = ""
    note: str = ""
    readings: list[Reading] = Field(min_length=1)

    @field_validator("readings")
    @classmethod
    def _one_primary(cls, readings: list[Reading]) -> list[Reading]:
        if len(readings) == 1:
            return [readings[0].model_copy(update={"primary": True})]
        primary = [reading.name for reading in readings if reading.primary]
        if len(primary) != 1:
            found = f"'{primary[0]}' and '{primary[1]}' are both primary" if primary else "none is primary"
            raise ReplabError(f"{found}: just one reading has primary: true")
        names = [reading.name for reading in readings]
        if len(set(names)) < len(names):
            raise ReplabError("two have the same name")
        return readings

    @model_validator(mode="after")
    def _translated(self) -> Statement:
        if CHINESE.search(self.quote) and not self.translation.strip():
            raise ReplabError("translation: the quote is not in English")
        return self

    @property
    def primary(self) -> Reading:
        """The reading whose verdict is the statement's."""
        return next(reading for reading in self.readings if reading.primary)


class Hypothesis(Strict):
    """A question of our own, and why we ask it; it is never counted among what a report says."""

    id: str
    sentence: Text
    reason: Text
    study: str
    parts: list[AnyPart] = Field(min_length=1)
    note: str = ""
    # What only a report's statement can have.
    quote: ClassVar[str] = ""
    translation: ClassVar[str] = ""
    place: ClassVar[str] = ""
    not_comparable: ClassVar[str] = ""
    after_results: ClassVar[AfterResults | None] = None
    needs_no_run: ClassVar[str] = ""

    @property
    def primary(self) -> Reading:
        """Its only reading, under the settings of its study."""
        return Reading(name="ours", primary=True, mark="I", setting="Ours.", study=self.study, parts=self.parts)

    @property
    def readings(self) -> list[Reading]:
        """The one."""
        return [self.primary]
