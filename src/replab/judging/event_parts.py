"""Bounds, and what happens in single runs, as parts of a reading."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, FiniteFloat, field_validator, model_validator

from replab.data_scope import DataScope
from replab.errors import ReplabError, unknown
from replab.judging.part_block import PartBlock
from replab.judging.scales import printed, scale_of
from replab.spec import Strict


class OneBound(Strict):
    """Either at_least or at_most."""

    metric: str
    at_least: FiniteFloat | None = None
    at_most: FiniteFloat | None = None

    @property
    def bound(self) -> float:
        """The number."""
        found = self.at_least if self.at_least is not None else self.at_most
        assert found is not None
        return found


def check_bound(block: Any) -> None:
    """Raises ReplabError where not just one of at_least and at_most is given, or the metric cannot reach it."""
    given = [key for key in ("at_least", "at_most", "equals") if getattr(block, key, None) is not None]
    if len(given) != 1:
        raise ReplabError("give one of at_least and at_most" + (", equals" if hasattr(block, "equals") else ""))
    value, scale = float(getattr(block, given[0])), scale_of(block.metric)
    if not scale.low <= value <= scale.high:
        raise ReplabError(
            f"{given[0]} {value:g} is not possible for {block.metric}: it must be from {scale.low:g} to {scale.high:g}"
        )


class Bound(PartBlock, OneBound):
    """Each of `variants` has `metric` at least, or at most, a number: in the mean, or in its single runs.

    `data_specific`: the number is a level of the report's data, such as half way to its baseline. Then runs on other
    data say nothing about it.
    """

    PLURAL = "bounds"

    kind: Literal["bound"]
    variants: list[str] = Field(min_length=1)
    about: Literal["mean", "runs"]
    data_specific: bool = False

    @model_validator(mode="after")
    def _one_bound(self) -> Bound:
        check_bound(self)
        return self

    def variants_named(self) -> list[str]:
        return self.variants

    def is_tested_in(self, scope: DataScope) -> bool:
        return super().is_tested_in(scope) and not (self.data_specific and scope == DataScope.OTHER)

    @property
    def about_runs(self) -> bool:
        return self.about == "runs"


class Reaches(OneBound):
    """That a run's metric is at least, at most, or (to the printed digits, in quotes) equal to a number."""

    equals: FiniteFloat | str | None = None

    @model_validator(mode="after")
    def _one(self) -> Reaches:
        if isinstance(self.equals, str):
            printed(self.equals)
        check_bound(self)
        return self

    def shows(self, value: float) -> bool:
        """Whether a run with this value shows it."""
        if self.at_least is not None:
            return value >= self.at_least
        if self.at_most is not None:
            return value <= self.at_most
        if isinstance(self.equals, str):
            return printed(self.equals).holds(value)
        assert self.equals is not None
        return abs(value - self.equals) <= 1e-9 * max(1.0, abs(self.equals))


class Event(PartBlock):
    """What happens in every run of each of `variants`, in most of them (`often`), or in none."""

    PLURAL = "events"

    kind: Literal["event"]
    variants: list[str] = Field(min_length=1)
    event: Literal["diverges"] | Reaches
    claimed: Literal["happens", "often", "never"]

    @field_validator("event", mode="before")
    @classmethod
    def _known(cls, event: Any) -> Any:
        if event != "diverges" and not isinstance(event, dict | Reaches):
            raise unknown("event", event, ["diverges"])
        return Reaches.model_validate(event) if isinstance(event, dict) else event

    def variants_named(self) -> list[str]:
        return self.variants

    def metrics_named(self) -> list[str]:
        return [] if self.event == "diverges" else [self.event.metric]

    @property
    def about_runs(self) -> bool:
        return True
