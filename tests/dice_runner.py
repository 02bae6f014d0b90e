"""A seventh runner, in one file: throws dice and says the mean. `test_runners.py` takes it through all commands."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from replab.blocks import Block
from replab.files import sha256_of, sha256_of_json
from replab.runners.runner import Finished, Place, Work
from replab.spec import Strict
from replab.training.outcomes import Outcome

if TYPE_CHECKING:
    from replab.params import Variant


class Dice(Strict):
    """How many dice, and their sides."""

    count: int = Field(ge=1)
    sides: int = Field(ge=2)


class DiceSpec(Strict):
    """All that a variant says."""

    dice: Dice


KEY = "dice"
SPEC: type[Strict] = DiceSpec


def counted(spec: Block) -> Block:
    """All of it."""
    return spec


def code(spec: Block) -> dict[str, str]:
    """This file."""
    return {"dice_runner.py": sha256_of(Path(__file__))}


def places(spec: Block) -> dict[str, str]:
    """Where it stands."""
    return {"runner dice": "dice_runner.py:1"}


def data_sets(spec: Block) -> list[str]:
    """None."""
    return []


def data(spec: Block, root: Path) -> dict[str, Any] | None:
    """None."""
    return None


def unseen(spec: Block) -> list[str]:
    """Nothing."""
    return []


def cost(spec: Block) -> Work:
    """Seconds go with the number of dice."""
    return Work(sha256_of_json(spec), KEY, spec["dice"]["count"])


def timed(variant: Variant, root: Path, limit: float) -> tuple[float, int]:
    """About a microsecond a die."""
    return 1e-6, 0


def run(spec: Block, seeds: list[int], place: Place) -> Iterator[Finished]:
    """The mean of the dice, a seed after the other."""
    for seed in seeds:
        throw = random.Random(seed)
        mean = (
            sum(throw.randint(1, spec["dice"]["sides"]) for _ in range(spec["dice"]["count"])) / spec["dice"]["count"]
        )
        spent = {"train_seconds": 0.0, "parameters": 0, "peak_memory_bytes": 0, "replicates": 1}
        metrics = {"mean_pips": {"value": mean, "unit": "pips"}}
        yield Finished(Outcome(seed, metrics, {}, None, spent | {"strategy": "dice", "device": "cpu"}))
