"""What params.yaml says of a LightningModule of the user's: its class, its arguments, its data and its Trainer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field, field_validator

from replab.blocks import Block
from replab.errors import ReplabError
from replab.spec import Strict

OWN = ("logger", "default_root_dir", "enable_checkpointing", "enable_progress_bar", "enable_model_summary")
LENGTHS = ("max_epochs", "max_steps")
ONE = (None, 1, "1", "auto", [0])


class UserClass(Strict):
    """A class as `package.module.Class`, and what it is made with, as LightningCLI has it."""

    class_path: str = Field(pattern=r"^\w+(\.\w+)+$")
    init_args: dict[str, Any] = Field(default={})


class Lightning(Strict):
    """`lightning` is a LightningModule, `data` a LightningDataModule, `trainer` the arguments of Trainer.

    `files` are patterns of data files that the classes read; `environment` is a lock file. `units` has the unit of
    a metric; `fraction` turns it into percent. `timeout` is in seconds: what a seed's training and its test may take.
    """

    lightning: UserClass
    data: UserClass | None = None
    trainer: dict[str, Any]
    files: list[str] = Field(default=[])
    environment: str | None = None
    units: dict[str, str] = Field(default={})
    timeout: float | None = Field(default=None, gt=0)

    @field_validator("lightning", "data", mode="before")
    @classmethod
    def _by_name(cls, value: Any) -> Any:
        """A text stands for the class alone; a block says which class it is about."""
        if isinstance(value, dict) and "init_args" in value and "class_path" not in value:
            raise ReplabError("class_path missing: the base must say {class_path: package.Class, init_args: {...}}")
        return {"class_path": value} if isinstance(value, str) else value

    @field_validator("trainer")
    @classmethod
    def _trainer(cls, trainer: Block) -> Block:
        for name in sorted(trainer.keys() & set(OWN)):
            raise ReplabError(f"{name} is replab's own: it keeps the logs and the checkpoints of a run")
        if all(trainer.get(name) is None for name in LENGTHS):
            raise ReplabError("how long? give max_epochs or max_steps")
        if trainer.get("devices") not in ONE or trainer.get("num_nodes") not in (None, 1):
            raise ReplabError("a run has one device; replab runs several variants beside each other")
        return trainer


class LightningSpec(Strict):
    """A LightningModule of the user's, and how it is trained."""

    run: Lightning


def class_paths(block: Any) -> Iterator[str]:
    """Every `class_path` in a block: the module, the data, and what their arguments or the Trainer's name."""
    for key, value in block.items() if isinstance(block, dict) else enumerate(block) if isinstance(block, list) else ():
        if key == "class_path" and isinstance(value, str):
            yield value
        else:
            yield from class_paths(value)
