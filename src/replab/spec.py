"""The models that check params.yaml and the settings of each run, before anything runs.

A study has a `base` and `vary` (axes whose cells are crossed into a matrix) and `variants` (single ones);
each cell or variant states exactly what differs from the base. A resolved spec is a plain dict with every
number in it: it is what is hashed, passed to Snakemake and stored in the record.
"""

from __future__ import annotations

import itertools
import re
from functools import cached_property, reduce
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from replab.blocks import Block, check_component, merge
from replab.catalogue import component
from replab.data_scope import DataScope
from replab.errors import ReplabError, unknown

WORDS = re.compile(r"[a-z0-9][a-z0-9_.\-]*")


class Strict(BaseModel):
    """A block that refuses keys it does not know, with a suggestion; OLD_NAMES are read as the new ones."""

    OLD_NAMES: ClassVar[dict[str, str]] = {}
    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        renamed = {cls.OLD_NAMES.get(key, key): value for key, value in data.items()}
        for key in renamed:
            if key not in cls.model_fields:
                raise unknown("key", key, cls.model_fields)
        for old, new in cls.OLD_NAMES.items():
            if old in data and new in data:
                raise ReplabError(f"'{old}' is the old name of '{new}': give one of them")
        return renamed


class Data(Strict):
    """The data set by name, and how many of its training examples are kept for validation, at which end.

    `train` and `test` keep that many of the first examples that are left (all, where they are not given).
    """

    name: str
    validation: int = Field(ge=0)
    validation_at: Literal["start", "end"] = "start"
    train: int | None = Field(default=None, ge=1)
    test: int | None = Field(default=None, ge=1)


class Batches(Strict):
    """Batches of `size`: `shuffled` visits every example once an epoch (an incomplete last batch is left
    out), `replacement` draws each example anew."""

    name: Literal["shuffled", "replacement"]
    size: int = Field(ge=1)


class Budget(Strict):
    """Either `epochs`, or `steps` with an evaluation every `evaluate_every` steps."""

    epochs: int | None = Field(default=None, ge=1)
    steps: int | None = Field(default=None, ge=1)
    evaluate_every: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _one_of_two(self) -> Budget:
        given = [value is not None for value in (self.epochs, self.steps, self.evaluate_every)]
        if given not in ([True, False, False], [False, True, True]):
            raise ValueError("give either epochs, or steps and evaluate_every")
        if self.steps is not None and self.steps % (self.evaluate_every or 1):
            raise ValueError("steps must be a multiple of evaluate_every")
        return self


def components(*fields: str) -> Any:
    """A validator for fields that each hold a component of the kind that they are named after."""

    def checked(value: Any, info: ValidationInfo) -> Block:
        return check_component(str(info.field_name), value)

    return field_validator(*fields, mode="before")(checked)


class TrainingSpec(Strict):
    """Everything that moves the result of training one replicate, but its seed."""

    data: Data
    input: Block
    model: Block
    loss: Block
    optimizer: Block
    schedule: Block
    regularizers: list[Block] = []
    averaging: Block = {"name": "none"}
    # Left out where there are none, so that the runs from before there were such stay what they are.
    measures: list[Block] = Field(default=[], exclude_if=lambda blocks: not blocks)
    series: Block | None = Field(default=None, exclude_if=lambda block: block is None)
    subset: Block | None = Field(default=None, exclude_if=lambda block: block is None)
    gradient: Literal["sum", "mean"]
    batches: Batches
    budget: Budget
    precision: Literal["float32", "float64", "bf16"]
    strategy: Literal["auto", "loop", "vmap"]

    _components = components("input", "model", "loss", "optimizer", "schedule", "averaging", "series", "subset")

    @model_validator(mode="after")
    def _subset_of_all(self) -> TrainingSpec:
        if self.subset and (self.data.validation or self.data.train or self.batches.name == "shuffled"):
            raise ValueError("subset: needs data.validation 0, no data.train, and batches drawn with replacement")
        return self

    @field_validator("regularizers", "measures", mode="before")
    @classmethod
    def _lists(cls, value: Any, info: Any) -> list[Block]:
        return [check_component(info.field_name[:-1], block) for block in value]


class ProbeSpec(Strict):
    """A measurement without training: its metrics come from one call of a probe.

    A probe that names `draw` measures on training images of `data`, as a model would see them through `input`.
    """

    # Left out where there are none, so that the runs from before there were such stay what they are.
    data: Data | None = Field(default=None, exclude_if=lambda data: data is None)
    input: Block | None = Field(default=None, exclude_if=lambda block: block is None)
    probe: Block

    _components = components("input", "probe")

    @model_validator(mode="after")
    def _data_where_it_draws(self) -> ProbeSpec:
        name = self.probe["name"]
        draws = "draw" in component("probe", name).context
        if {self.data is not None, self.input is not None} != {draws}:
            raise ValueError(f"probe '{name}' " + ("needs data and input" if draws else "takes neither data nor input"))
        return self


class FitSpec(Strict):
    """A fit without steps: the model chooses its centres and the like, and the solver gives its linear read-out."""

    data: Data
    input: Block
    model: Block
    solver: Block
    precision: Literal["float32", "float64"]

    _components = components("input", "model", "solver")

    @field_validator("model")
    @classmethod
    def _nothing_else_is_trained(cls, model: Block) -> Block:
        for key, value in model.items():
            if key.startswith("train_") and value is True:
                raise ReplabError(f"model '{model['name']}': {key} must be false: a solver gives the read-out alone")
        return model


class Text(Strict):
    """A text by name."""

    name: str


class Epochs(Strict):
    """So many passes through the training text.

    After each of the steps `running_at`, the running train perplexity of its epoch becomes a metric of its own.
    """

    epochs: int = Field(ge=1)
    running_at: list[int] = []


class SequenceSpec(Strict):
    """Everything that moves the result of training a network on sequences, but its seed.

    A step's objective is the sum of its nats divided by its sequences (`per_sequence`) or by its tokens (`per_token`);
    its gradient is scaled down to the norm `clip` where it is longer, all parameters together (null: never).
    """

    data: Text
    sequences: Block
    network: Block
    optimizer: Block
    schedule: Block
    gradient: Literal["per_sequence", "per_token"]
    clip: float | None = Field(gt=0)
    budget: Epochs
    precision: Literal["float32", "bf16"]

    _components = components("sequences", "network", "optimizer", "schedule")


class StudyProfile(Strict):
    """What a profile changes in a study: overrides of the base and of variants, its seeds, or leaving it out.

    `interim_analyses` are the numbers of seeds at which verdicts may be formed, that of `seeds` first (see
    `judging/sequential.py`). `looks` is their old name.
    """

    OLD_NAMES = {"looks": "interim_analyses"}

    base: Block = {}
    variants: dict[str, Block] = {}
    seeds: list[int] | None = None
    interim_analyses: list[int] = []
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
    profiles: dict[str, StudyProfile] = {}
    base: Block
    vary: list[dict[str, Block]] = []
    variants: dict[str, Block] = {}

    def overrides(self) -> dict[str, Block]:
        """variant -> what differs from the base: the crossed axes first, then the single variants."""
        cells: dict[str, Block] = {}
        for labels in itertools.product(*(axis for axis in self.vary)) if self.vary else ():
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

    OLD_NAMES = {"stand_ins": "substitutes", "carries_over": "generalisation"}

    sample: bool
    generalisation: bool = False
    reports: list[str] = []
    studies: list[str] = []
    seeds: list[int]
    variants_per_job: int = Field(ge=1)
    substitutes: dict[str, str] = {}

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

    components: list[str] = []
    include: list[str] = []
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
        for name in [*self.studies, *(v for study in self.studies.values() for v in study.overrides())]:
            if not WORDS.fullmatch(name):
                raise ReplabError(f"'{name}' is no name: lower-case letters, digits, '_', '.', '-'")
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
