"""What the report is told about a study: its settings, its runs, and what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, wraps
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from replab.errors import unknown
from replab.judging.metrics_by_data import with_metrics_by_data
from replab.judging.questions import StudyClaims
from replab.judging.verdict_names import DataScope

Record = Mapping[str, Any]
Made = TypeVar("Made")
SHORT = 12
MOST_PLAIN = 500  # runs: the records of more are compressed, which makes them a tenth as large


@dataclass(frozen=True, eq=False)
class StudyResult:
    """One study of one profile, ready to be reported.

    name, profile: as in params.yaml; scope: what the profile's data let runs say about the claims.
    report: the source of the claims, such as "003"; title, question: one line each.
    settings: the study's base, a dict a row with `setting`, `value` and `mark`, its provenance.
    variants: their names, in the order of every table; differences: per variant, what differs from the base.
    records: the run records by (variant, seed), as they are stored; missing: (variant, seed, reason) of the runs that
    have none.
    claims: what the report says about this study; primary: the metrics of the main table, in order.
    baseline: the variant that the others are compared with ("": none).
    axes: one setting, or two, along which the means are drawn as well.
    interim_analyses: the numbers of seeds at which verdicts may be formed (empty: at those that there are).
    data: the manifest of each data set that it reads; weights_of: where the weights of a run lie, by its identity,
    if the study keeps them; pictures: the folder of pictures and verdicts that were made before, if any are kept;
    notes: findings in markdown, written by a person; unseen: what runs may depend on and their identities do not see,
    a sentence each; paired: whether runs with one seed make a pair.
    """

    name: str
    profile: str
    scope: DataScope
    report: str
    title: str
    question: str
    settings: list[dict[str, Any]]
    variants: list[str]
    differences: dict[str, dict[str, Any]]
    records: dict[tuple[str, int], Record]
    missing: list[tuple[str, int, str]] = field(default_factory=list)
    claims: StudyClaims = field(default_factory=lambda: StudyClaims("", ""))
    primary: list[str] = field(default_factory=lambda: ["test_accuracy"])
    baseline: str = ""
    axes: tuple[str, ...] = ()
    interim_analyses: tuple[int, ...] = ()
    data: list[dict[str, Any]] = field(default_factory=list)
    weights_of: Callable[[str], Path] | None = None
    pictures: Path | None = None
    notes: str = ""
    unseen: list[str] = field(default_factory=list)
    paired: bool = True

    def __post_init__(self) -> None:
        named = {variant for variant, _ in self.records} | {variant for variant, *_ in self.missing}
        for variant in sorted(named - set(self.variants)):
            raise unknown(f"{self.name}: variant", variant, self.variants)

    @property
    def watermark(self) -> str:
        """What every heading says of runs that are not on the report's data: `SAMPLE`, or `on cifar10`."""
        return {DataScope.ORIGINAL: "", DataScope.SAMPLE: "SAMPLE", DataScope.OTHER: f"on {self.profile}"}[self.scope]

    @property
    def records_file(self) -> str:
        """The name of the file with the run records."""
        return "records.jsonl" if len(self.records) <= MOST_PLAIN else "records.jsonl.gz"

    def runs(self) -> Iterator[tuple[str, int, Record]]:
        """(variant, seed, record) in the order of the variants, then of the seeds."""
        for variant, runs in self._by_variant.items():
            for seed, run in runs.items():
                yield variant, seed, run

    def runs_of(self, variant: str, status: str) -> list[tuple[int, Record]]:
        """(seed, record) of the variant's runs that ended with `status`, by seed."""
        return [(seed, run) for seed, run in self._by_variant.get(variant, {}).items() if run["status"] == status]

    @cached_property
    def _by_variant(self) -> dict[str, dict[int, Record]]:
        """variant -> seed -> record, in order."""
        found: dict[str, dict[int, Record]] = {variant: {} for variant in self.variants}
        for variant, seed in sorted(self.records):
            found[variant][seed] = with_metrics_by_data(self.records[variant, seed])
        return found

    def missing_of(self, variant: str) -> list[tuple[int, str]]:
        """(seed, reason) of the variant's runs that have no record, by seed."""
        return sorted((seed, reason) for name, seed, reason in self.missing if name == variant)


def short(identity: str) -> str:
    """The identity as tables show it."""
    return identity[:SHORT]


def once(make: Callable[[StudyResult], Made]) -> Callable[[StudyResult], Made]:
    """`make`, which is called once a result: whoever gets a frame must not change it."""
    kept: WeakKeyDictionary[StudyResult, Made] = WeakKeyDictionary()

    @wraps(make)
    def made(result: StudyResult) -> Made:
        if result not in kept:
            kept[result] = make(result)
        return kept[result]

    return made
