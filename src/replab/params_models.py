"""The models that check params.yaml and the files of studies that it includes, before anything runs.

A study has a `base` and `vary` (axes whose cells are crossed into a matrix) and `variants` (single ones);
each cell or variant states exactly what differs from the base. What a run's own settings must be is in `spec`.
"""

from __future__ import annotations

import itertools
import re
from functools import cached_property, reduce
from typing import Any, ClassVar

from pydantic import Field, field_validator, model_validator

from replab.blocks import Block, merge
from replab.data_scope import DataScope
from replab.errors import ReplabError, unknown
from replab.spec import Strict

WORDS = re.compile(r"[a-z0-9][a-z0-9_.\-]*")


class StudyProfile(Strict):
    """What a profile changes in a study: overrides of the base and of variants, its seeds, or leaving it out.

    `interim_analyses` are the numbers of seeds at which verdicts may be formed, that of `seeds` first (see
    `judging/sequential.py`). `looks` is their old name.
    """

    OLD_NAMES: ClassVar[dict[str, str]] = {"looks": "interim_analyses"}

    base: Block = Field(default={})
    variants: dict[str, Block] = Field(default={})
    seeds: list[int] | None = None
    interim_analyses: list[int] = Field(default=[])
    skip: bool = False

    @field_validator("seeds")
    @classmethod
    def _seeds(cls, seeds: list[int] | None) -> list[int] | None:
        return seeds if seeds is None else check_seeds(seeds)

    @field_validator("interim_analyses")
    @classmethod
    def _growing(cls, sizes: list[int]) -> list[int]:
        if sizes and (len(sizes) < 2 or sizes[0] < 2 or sizes != sorted(set(sizes))):
            raise ValueError(
                "interim_analyses are two or more growing numbers of seeds, from 2 on, such as [10, 15, 20]"
            )
        return sizes


class Study(Strict):
    """One table of variants: a base, what varies, and what a profile changes.

    `baseline` names the variant that the report compares every other one with ("": none). `axes` is the dotted key of
    a number, such as `optimizer.lr`, against which the means are drawn, or two keys, of a heat map.
    """

    report: str
    title: str
    question: str
    metrics: list[str] = Field(min_length=1)
    baseline: str = ""
    axes: list[str] = Field(default=[], max_length=2)
    keep_weights: bool = False
    profiles: dict[str, StudyProfile] = Field(default={})
    base: Block
    vary: list[dict[str, Block]] = Field(default=[])
    variants: dict[str, Block] = Field(default={})

    def overrides(self) -> dict[str, Block]:
        """variant -> what differs from the base: the crossed axes first, then the single variants."""
        cells: dict[str, Block] = {}
        for labels in itertools.product(*self.vary) if self.vary else ():
            name, blocks = "_".join(labels), [axis[label] for axis, label in zip(self.vary, labels, strict=True)]
            if name in cells:
                raise ReplabError(f"variant '{name}' is declared twice: vary joins its names by _")
            cells[name] = reduce(merge, blocks)
        twice = sorted(set(cells) & set(self.variants))
        if twice:
            raise ReplabError(f"variant '{twice[0]}' is declared twice: in vary and in variants")
        return cells | self.variants


class Profile(Strict):
    """How much of everything: the seeds, how many variants share one job, and which data stand in for others.

    substitutes: the data set that a study or variant names -> the one that it gets under this profile.
    sample: little data stand in, so no number is judged. generalisation: other data stand in, in earnest: the question
    is whether claims generalise to them. reports: those whose studies it runs (empty: all). studies: those that it
    runs, by name (empty: all).
    """

    OLD_NAMES: ClassVar[dict[str, str]] = {"stand_ins": "substitutes", "carries_over": "generalisation"}

    sample: bool
    generalisation: bool = False
    reports: list[str] = Field(default=[])
    studies: list[str] = Field(default=[])
    seeds: list[int]
    variants_per_job: int = Field(ge=1)
    substitutes: dict[str, str] = Field(default={})

    @model_validator(mode="after")
    def _one_scope(self) -> Profile:
        if self.sample and self.generalisation:
            raise ValueError("either sample or generalisation: a sample decides nothing, on whatever data")
        return self

    @property
    def scope(self) -> DataScope:
        """What its runs can say about the claims."""
        return DataScope.SAMPLE if self.sample else DataScope.OTHER if self.generalisation else DataScope.ORIGINAL

    @field_validator("seeds")
    @classmethod
    def _seeds(cls, seeds: list[int]) -> list[int]:
        return check_seeds(seeds)


def check_seeds(seeds: list[int]) -> list[int]:
    """The seeds, if there are some and none twice or negative."""
    if not seeds:
        raise ValueError("no seeds given")
    twice = sorted({seed for seed in seeds if seeds.count(seed) > 1})
    if twice:
        raise ValueError(f"seed {twice[0]} given twice")
    if min(seeds) < 0:
        raise ValueError(f"seed {min(seeds)} is negative")
    return seeds


class Params(Strict):
    """The whole of params.yaml, and of the files of studies that it includes.

    components: files with components of the user's own. include: files (or patterns, such as studies/*.yaml) that hold
    further studies by their names.
    """

    components: list[str] = Field(default=[])
    include: list[str] = Field(default=[])
    profile: str
    profiles: dict[str, Profile]
    studies: dict[str, Study]

    @cached_property
    def resolved(self) -> dict[tuple[str, str], list[Any]]:
        """(study, profile) -> its variants, as far as `params.resolve` has worked them out."""
        return {}

    @model_validator(mode="after")
    def _names(self) -> Params:
        known = set(self.profiles)
        for profile in [self.profile, *(p for study in self.studies.values() for p in study.profiles)]:
            if profile not in known:
                raise unknown("profile", profile, known)
        for name in [*self.profiles, *self.studies, *(v for study in self.studies.values() for v in study.overrides())]:
            if not WORDS.fullmatch(name):
                raise ReplabError(f"'{name}' is not a valid name: use lower-case letters, digits, '_', '.', '-'")
        reports = {study.report for study in self.studies.values()}
        for report in itertools.chain(*(profile.reports for profile in self.profiles.values())):
            if report not in reports:
                raise unknown("report", report, reports)
        for name in itertools.chain(*(profile.studies for profile in self.profiles.values())):
            if name not in self.studies:
                raise unknown("study", name, self.studies)
        for study in self.studies.values():
            if study.baseline and study.baseline not in study.overrides():
                raise unknown("baseline", study.baseline, study.overrides())
        return self
