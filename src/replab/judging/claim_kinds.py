"""The kinds of claims, and the settings, that a report states: the blocks of claims/NNN.yaml.

A claim's kind says what is claimed, and so how it is judged (see `verdicts`); its `mark` says where the claim
comes from: R stated in the report, B the public code that the report was built on, A the author's own code, I
our inference.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, FiniteFloat, PositiveFloat, model_validator

from replab.errors import ReplabError
from replab.judging.points import base_of
from replab.spec import Strict

Mark = Literal["R", "B", "A", "I"]
Pair = tuple[str, str]
Row = Annotated[list[str], Field(min_length=4, max_length=5)]

# The values that a metric can have, by a word of its name; accuracies are in % everywhere.
RANGES = {
    "accuracy": (0.0, 100.0),
    "bleu": (0.0, 100.0),
    "chrf": (0.0, 100.0),
    "perplexity": (1.0, float("inf")),
    "seconds": (0.0, float("inf")),
}


def range_of(metric: str) -> tuple[float, float]:
    """The least and the greatest value that `metric` can have."""
    return next((RANGES[word] for word in base_of(metric).split("_") if word in RANGES), (-float("inf"), float("inf")))


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


class Untested(Strict):
    """A number that the report claims and no study tests yet, and why."""

    id: str
    row: Row
    reason: str = Field(min_length=1)


class Tolerance(Strict):
    """How far a level may be from the claimed one, in the metric's unit, and why just so far."""

    value: PositiveFloat
    reason: str = Field(min_length=1)


class Claim(Strict):
    """What all kinds of claims share.

    `row` is study, variant, metric and value as claims_seeds.csv has them (and its split or condition where
    these four occur twice); None for a claim that the report only implies, or that is in no such table.
    """

    id: str
    row: Row | None = None
    quote: str = ""
    study: str
    kind: str
    metric: str
    mark: Mark
    note: str = ""

    levels: ClassVar[tuple[str, ...]] = ()

    def variants_named(self) -> list[str]:
        """Every variant that the claim speaks of."""
        raise NotImplementedError

    @property
    def report(self) -> str:
        """The report that the claim is taken from: what its id starts with."""
        return self.id.partition(".")[0]

    @model_validator(mode="after")
    def _in_range(self) -> Claim:
        for key in self.levels:
            value = getattr(self, key)
            if value is not None:
                self._check_range(key, value)
        return self

    def _check_range(self, key: str, value: float) -> None:
        low, high = range_of(self.metric)
        if not low <= value <= high:
            raise ReplabError(f"{key} {value:g} is no {self.metric}: it lies in {low:g}..{high:g}")


class SourceValue(Strict):
    """What another source has for a number: a report by its three digits, or any other name."""

    source: str = Field(min_length=1)
    value: FiniteFloat


class Level(Claim):
    """`variant` has `metric` = value ± tolerance; the tolerance is given here or, with a reason, once.

    `values` are what other sources have for the same number; each is judged with the same tolerance.
    """

    kind: Literal["level"]
    variant: str
    value: FiniteFloat
    tolerance: PositiveFloat
    values: list[SourceValue] = Field(default=[])
    levels = ("value",)

    @model_validator(mode="after")
    def _sources(self) -> Level:
        for number, other in enumerate(self.values):
            self._check_range(f"values.{number}.value", other.value)
        names = [self.report, *(other.source for other in self.values)]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ReplabError(f"values: source '{twice}' is given twice (the claim's own is '{self.report}')")
        return self

    def variants_named(self) -> list[str]:
        return [self.variant]


class Bound(Claim):
    """Every one of `variants` has `metric` at least, or at most, a number."""

    kind: Literal["bound"]
    variants: list[str] = Field(min_length=1)
    at_least: FiniteFloat | None = None
    at_most: FiniteFloat | None = None
    levels = ("at_least", "at_most")

    @model_validator(mode="after")
    def _one_bound(self) -> Bound:
        if (self.at_least is None) == (self.at_most is None):
            raise ReplabError("give either at_least or at_most")
        if len(set(self.variants)) < len(self.variants):
            raise ReplabError("variants: one is given twice")
        return self

    def variants_named(self) -> list[str]:
        return self.variants


class Paired(Claim):
    """A claim about pairs of variants, trained with the same seeds."""

    pairs: list[Pair] = Field(min_length=1)

    @model_validator(mode="after")
    def _two_variants(self) -> Paired:
        for first, second in self.pairs:
            if first == second:
                raise ReplabError(f"pairs: '{first}' is compared with itself")
        if len({frozenset(pair) for pair in self.pairs}) < len(self.pairs):
            raise ReplabError("pairs: one is given twice")
        return self

    def variants_named(self) -> list[str]:
        return [variant for pair in self.pairs for variant in pair]


class Ordering(Paired):
    """In every pair [better, worse] the first is better; within ±smallest_meaningful it does not matter."""

    kind: Literal["ordering"]
    higher_is_better: bool
    smallest_meaningful: PositiveFloat


class Equal(Paired):
    """In every pair the two differ by less than `margin`."""

    kind: Literal["equal"]
    margin: PositiveFloat


class Delta(Claim):
    """`metric` of `variant` minus that of `baseline` = value ± tolerance."""

    kind: Literal["delta"]
    variant: str
    baseline: str
    value: FiniteFloat
    tolerance: PositiveFloat

    @model_validator(mode="after")
    def _a_difference(self) -> Delta:
        if self.variant == self.baseline:
            raise ReplabError(f"'{self.variant}' is compared with itself")
        if self.value == 0:
            raise ReplabError("a difference of 0 has no direction: claim it as kind equal, with a margin")
        low, high = range_of(self.metric)
        if abs(self.value) > high - low:
            raise ReplabError(f"value {self.value:g} is no difference of {self.metric}: it lies in {low:g}..{high:g}")
        return self

    def variants_named(self) -> list[str]:
        return [self.variant, self.baseline]


class Diverges(Claim):
    """Every run of `variants` diverges: its objective stops being finite."""

    kind: Literal["diverges"]
    variants: list[str] = Field(min_length=1)

    def variants_named(self) -> list[str]:
        return self.variants


AnyClaim = Level | Bound | Ordering | Delta | Equal | Diverges
KINDS: dict[str, type[AnyClaim]] = {
    "level": Level, "bound": Bound, "ordering": Ordering, "delta": Delta, "equal": Equal,
    "diverges": Diverges,
}  # fmt: skip
