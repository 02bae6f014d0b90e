"""Step 0 of judging: what the claims ask of the runs of a study, part by part.

A reading asks one thing a part; a ranking or "the same" one a pair; a bound or an event one a variant.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from replab.judging.claims_entries import Hypothesis, Reading, Statement
from replab.judging.claims_file import ClaimsFile
from replab.judging.part_kinds import AnyPart, Ranking, Same

STATEMENT, HYPOTHESIS = "statement", "hypothesis"


@dataclass(frozen=True)
class Question:
    """One part of one reading: `variants` is one, or [better, worse], [variant, minus] of two with the same seeds.

    `family` names those with whose p values its own is corrected ("": it has none).
    """

    id: str
    role: str
    study: str
    reading: str
    primary: bool
    mark: str
    asked: AnyPart
    variants: tuple[str, ...]
    family: str

    @property
    def test(self) -> str:
        """What two questions share that are one test: the study, the variants, and all that is asked but its name.

        A two-sided test of a pair is also that of the pair turned round.
        """
        asked = self.asked.model_dump_json(exclude={"says", "pairs", "variants"})
        variants = sorted(self.variants) if isinstance(self.asked, Ranking | Same) else self.variants
        return json.dumps([self.study, variants, asked])

    @property
    def metric(self) -> str:
        """The metric that it is about ("" where runs diverge or not)."""
        return next(iter(self.asked.metrics_named()), "")


@dataclass(frozen=True)
class StudyClaims:
    """What a report says of one study: entries with a reading there, as (role, entry), and how large families are.

    `not_run` says why the study cannot be run, where that is known; `names` are what sentences call its variants.
    """

    report: str
    study: str
    entries: tuple[tuple[str, Statement | Hypothesis], ...] = ()
    families: Mapping[str, int] = field(default_factory=dict)
    not_run: str = ""
    names: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def metrics(self) -> list[str]:
        """The metrics that the parts about this study name, each once."""
        named = [metric for question in self.questions() for metric in question.asked.metrics_named()]
        return list(dict.fromkeys(named))

    @property
    def variants(self) -> list[str]:
        """The variants that they name, each once."""
        return list(dict.fromkeys(name for question in self.questions() for name in question.variants))

    def questions(self) -> Iterator[Question]:
        """Every part about this study, in the order of the file."""
        for role, entry in self.entries:
            for reading in entry.readings:
                if reading.study == self.study:
                    yield from questions_of(role, entry, reading)

    def homes(self) -> Iterator[tuple[str, Statement | Hypothesis]]:
        """The entries whose primary reading is about this study: their verdicts are given here."""
        yield from (pair for pair in self.entries if pair[1].primary.study == self.study)


def claims_about(file: ClaimsFile, study: str) -> StudyClaims:
    """What the report says of a study."""
    own = [pair for pair in file.entries() if any(reading.study == study for reading in pair[1].readings)]
    names = file.names.get(study, {})
    return StudyClaims(file.report, study, tuple(own), family_sizes(file), file.why_not_run(study), names)


def family_sizes(file: ClaimsFile) -> dict[str, int]:
    """How many p values Holm's correction counts in each family: those that the report's file declares.

    Only primary readings count, and no statement that is not comparable: nothing else can become a verdict. A test that
    several statements rest on counts once.
    """
    asked = (
        question
        for role, entry in file.entries()
        if not entry.not_comparable
        for question in questions_of(role, entry, entry.primary)
    )
    return dict(Counter(family for family, _ in {(question.family, question.test) for question in asked} if family))


def questions_of(role: str, entry: Statement | Hypothesis, reading: Reading) -> Iterator[Question]:
    """The questions of one reading."""
    for part in reading.parts:
        family = _family(role, part)
        for variants in part.compared():
            yield Question(
                entry.id, role, reading.study, reading.name, reading.primary, reading.mark, part, variants, family
            )


def _family(role: str, part: AnyPart) -> str:
    """Numbers, rankings, bounds and "the same" of a report are a family each; its hypotheses are one together."""
    if not part.has_p:
        return ""
    return HYPOTHESIS if role == HYPOTHESIS else part.kind
