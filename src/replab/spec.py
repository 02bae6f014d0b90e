"""The models that check the settings of a run, before anything runs: one for each engine of replab.

A resolved spec is a plain dict with every number in it: it is what is hashed, passed to Snakemake and stored in the
record. What params.yaml says of studies and profiles is checked by `params_models`.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from replab.blocks import Block, check_component
from replab.catalogue import component
from replab.errors import ReplabError, unknown


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
