"""A printed number as a part of a reading, and how near is near enough."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import FiniteFloat, field_validator, model_validator

from replab.data_scope import DataScope
from replab.errors import ReplabError
from replab.judging.part_block import PartBlock
from replab.judging.scales import Printed, check_printed, printed, scale_of
from replab.spec import Strict

LARGEST_FACTOR = 2.0


class Resolution(Strict):
    """How near a number must be for what the report reads into it: in the metric's unit, or as a factor; and why."""

    value: FiniteFloat | None = None
    factor: FiniteFloat | None = None
    reason: str

    @model_validator(mode="after")
    def _one_positive(self) -> Resolution:
        if (self.value is None) == (self.factor is None):
            raise ReplabError("give either value (in the metric's unit) or factor")
        if self.value is not None and self.value <= 0:
            raise ReplabError(f"a resolution of {self.value:g} must be greater than 0")
        if self.factor is not None and not 1 < self.factor <= LARGEST_FACTOR:
            raise ReplabError(f"factor {self.factor:g}: it must be above 1, and at most {LARGEST_FACTOR:g}")
        if not self.reason.strip():
            raise ReplabError("reason: say why you chose this resolution")
        return self

    def check(self, number: Printed, metric: str, difference: bool) -> None:
        """Raises ReplabError where it is wider than the number's own range."""
        scale = scale_of(metric)
        if self.factor is not None and (difference or scale.name != "log"):
            raise ReplabError(f"resolution: a factor is for losses, norms and times; {metric} needs a value")
        if self.value is None:
            return
        limit = abs(number.value) if scale.name == "log" or difference else scale.high - scale.low
        if self.value >= limit > 0:
            raise ReplabError(f"resolution: {self.value:g} is not below the range of {number.text} ({limit:g})")


class Number(PartBlock):
    """`variant` has `metric` = value, as printed from one run, or as the mean of `of_runs`.

    With `minus` it is the difference to that variant, with the same seed.
    """

    SILENT_IN = (DataScope.SAMPLE, DataScope.OTHER)
    PLURAL = "printed numbers"

    kind: Literal["number"]
    variant: str
    metric: str
    value: str
    of_runs: int = 1
    resolution: Resolution | None = None
    minus: str | None = None

    @field_validator("value", mode="before")
    @classmethod
    def _in_quotes(cls, value: Any) -> Any:
        if not isinstance(value, str):
            raise ReplabError(f'put it in quotes, with the digits that are printed: "{value}"')
        return value

    @model_validator(mode="after")
    def _possible(self) -> Number:
        if self.of_runs < 1:
            raise ReplabError(f"of_runs {self.of_runs}: a number needs at least one run")
        if self.minus == self.variant:
            raise ReplabError(f"'{self.variant}' is compared with itself")
        check_printed(self.printed, self.metric, difference=self.minus is not None)
        if self.resolution is not None:
            self.resolution.check(self.printed, self.metric, self.minus is not None)
        return self

    @property
    def printed(self) -> Printed:
        """The number with the width of its last digit."""
        return printed(self.value)

    def variants_named(self) -> list[str]:
        return [self.variant] if self.minus is None else [self.variant, self.minus]

    def compared(self) -> list[tuple[str, ...]]:
        return [tuple(self.variants_named())]

    @property
    def waits(self) -> bool:
        return False
