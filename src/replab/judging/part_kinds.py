"""What a report can say of one thing: a number, a ranking, a bound, "the same", an event. Each is a part of a reading.

Every part is a criterion: it names the variants, the metric, and what would show that it holds (see `verdicts`). A kind
of part is a model here, with its name in AnyPart and its line in KINDS; its test in `inference._columns`; its line in
`verdicts.BY_KIND`; what is claimed, in `sentences.claimed_text`; what was found, in `comparison_words.BY_KIND`.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, FiniteFloat, field_validator, model_validator

from replab.data_scope import DataScope
from replab.errors import ReplabError, unknown
from replab.judging.scales import Printed, check_printed, printed, scale_of
from replab.spec import Strict

Pair = tuple[str, str]
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
            raise ReplabError(f"a resolution of {self.value:g} is none: it is greater than 0")
        if self.factor is not None and not 1 < self.factor <= LARGEST_FACTOR:
            raise ReplabError(f"factor {self.factor:g}: it is above 1, and at most {LARGEST_FACTOR:g}")
        if not self.reason.strip():
            raise ReplabError("reason: why just so near")
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
            raise ReplabError(f"resolution: {self.value:g} is larger than the range of {number.text} ({limit:g})")


class Margin(Strict):
    """Within what two variants count as the same, in the metric's unit, and why."""

    value: FiniteFloat = Field(gt=0)
    reason: str = Field(min_length=1)


class PartBlock(Strict):
    """What all parts share. `says` names the part in a few plain words, such as "at step 400".

    SILENT_IN: the scopes whose runs say nothing about such a part. PLURAL: what a sentence calls many of them.
    """

    SILENT_IN: ClassVar[tuple[DataScope, ...]] = (DataScope.SAMPLE,)
    PLURAL: ClassVar[str]

    kind: str
    says: str = ""

    def variants_named(self) -> list[str]:
        """Every variant that the part speaks of."""
        raise NotImplementedError

    def compared(self) -> list[tuple[str, ...]]:
        """What is judged by itself, a row each: single variants, or pairs of two."""
        return [(variant,) for variant in self.variants_named()]

    @property
    def about_runs(self) -> bool:
        """Whether it is about what happens in single runs: there is no p value then."""
        return False

    @property
    def has_p(self) -> bool:
        """Whether it has a p value, which is corrected with those of its family."""
        return not self.about_runs

    @property
    def waits(self) -> bool:
        """Whether it is judged at interim analyses alone, where the study declares some."""
        return self.has_p

    def metrics_named(self) -> list[str]:
        """Every metric that it speaks of."""
        return [getattr(self, "metric")]  # noqa: B009


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
            raise ReplabError(f"of_runs {self.of_runs}: a number is of at least one run")
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


def check_pairs(pairs: list[Pair]) -> list[Pair]:
    """The pairs. Raises ReplabError where one is given twice, or compares a variant with itself."""
    for first, second in pairs:
        if first == second:
            raise ReplabError(f"'{first}' is compared with itself")
    if len({frozenset(pair) for pair in pairs}) < len(pairs):
        raise ReplabError("one is given twice")
    return pairs


class Ranking(PartBlock):
    """In every pair [better, worse] the first is better in the mean; each pair is judged by itself."""

    SILENT_IN = ()
    PLURAL = "rankings"

    kind: Literal["ranking"]
    pairs: list[Pair] = Field(min_length=1)
    metric: str
    higher_is_better: bool
    _pairs = field_validator("pairs")(check_pairs)

    def variants_named(self) -> list[str]:
        return [variant for pair in self.pairs for variant in pair]

    def compared(self) -> list[tuple[str, ...]]:
        return [tuple(pair) for pair in self.pairs]


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
        raise ReplabError(f"{given[0]} {value:g} is no {block.metric}: it lies in {scale.low:g}..{scale.high:g}")


class Bound(PartBlock, OneBound):
    """Each of `variants` has `metric` at least, or at most, a number: in the mean, or in its single runs."""

    PLURAL = "bounds"

    kind: Literal["bound"]
    variants: list[str] = Field(min_length=1)
    about: Literal["mean", "runs"]

    @model_validator(mode="after")
    def _one_bound(self) -> Bound:
        check_bound(self)
        return self

    def variants_named(self) -> list[str]:
        return self.variants

    @property
    def about_runs(self) -> bool:
        return self.about == "runs"


class Same(PartBlock):
    """In every pair the two differ by less than the margin; `identical`: by a theorem, every run is the same."""

    PLURAL = "claims of equality"

    kind: Literal["same"]
    pairs: list[Pair] = Field(min_length=1)
    metric: str
    margin: Margin | None = None
    identical: bool = False
    _pairs = field_validator("pairs")(check_pairs)

    @model_validator(mode="after")
    def _margin_or_theorem(self) -> Same:
        if (self.margin is None) == (not self.identical):
            raise ReplabError("give either a margin with its reason, or identical: true")
        return self

    def variants_named(self) -> list[str]:
        return [variant for pair in self.pairs for variant in pair]

    def compared(self) -> list[tuple[str, ...]]:
        return [tuple(pair) for pair in self.pairs]

    @property
    def has_p(self) -> bool:
        return not self.identical

    @property
    def waits(self) -> bool:
        return True


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
    """What happens in every run of each of `variants`, or in none."""

    PLURAL = "events"

    kind: Literal["event"]
    variants: list[str] = Field(min_length=1)
    event: Literal["diverges"] | Reaches
    claimed: Literal["happens", "never"]

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


AnyPart = Annotated[Number | Ranking | Bound | Same | Event, Field(discriminator="kind")]
KINDS: dict[str, type[PartBlock]] = {
    "number": Number, "ranking": Ranking, "bound": Bound, "same": Same, "event": Event,
}  # fmt: skip


def is_tested(kind: str, scope: DataScope) -> bool:
    """Whether runs in this scope say anything about a part of this kind."""
    return scope not in KINDS[kind].SILENT_IN
