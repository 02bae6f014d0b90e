"""Comparisons of two variants as parts of a reading: an order, "the same", "not worse"."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, FiniteFloat, field_validator, model_validator

from replab.errors import ReplabError
from replab.judging.part_block import PartBlock
from replab.spec import Strict

Pair = tuple[str, str]


class Margin(Strict):
    """Within what two variants count as the same, in the metric's unit, and why."""

    value: FiniteFloat = Field(gt=0)
    reason: str = Field(min_length=1)


class OfPairs(PartBlock):
    """One metric of two variants, pair by pair; each pair is judged by itself."""

    pairs: list[Pair] = Field(min_length=1)
    metric: str

    @field_validator("pairs")
    @classmethod
    def _each_once(cls, pairs: list[Pair]) -> list[Pair]:
        for first, second in pairs:
            if first == second:
                raise ReplabError(f"'{first}' is compared with itself")
        if len({frozenset(pair) for pair in pairs}) < len(pairs):
            raise ReplabError("one is given twice")
        return pairs

    def variants_named(self) -> list[str]:
        return [variant for pair in self.pairs for variant in pair]

    def compared(self) -> list[tuple[str, ...]]:
        return [tuple(pair) for pair in self.pairs]


class Ranking(OfPairs):
    """In every pair [better, worse] the first is better in the mean."""

    SILENT_IN = ()
    PLURAL = "rankings"

    kind: Literal["ranking"]
    higher_is_better: bool


class Same(OfPairs):
    """In every pair the two differ by less than the margin; `identical`: by a theorem, every run is the same."""

    PLURAL = "claims of equality"

    kind: Literal["same"]
    margin: Margin | None = None
    identical: bool = False

    @model_validator(mode="after")
    def _margin_or_theorem(self) -> Same:
        if (self.margin is None) == (not self.identical):
            raise ReplabError("give either a margin with its reason, or identical: true")
        return self

    @property
    def has_p(self) -> bool:
        return not self.identical

    @property
    def waits(self) -> bool:
        return True


class NotWorse(OfPairs):
    """In every pair [first, second] the first is not worse in the mean than the second, by more than the margin."""

    PLURAL = "claims of not being worse"

    kind: Literal["not_worse"]
    higher_is_better: bool
    margin: Margin
