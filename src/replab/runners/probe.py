"""Measurements without training: `training.probes`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from replab.blocks import Block
from replab.files import sha256_of_json
from replab.runners.components import code_of, counted, data, data_sets, name_of, places, unseen
from replab.runners.runner import Finished, Place, Work
from replab.spec import ProbeSpec, Strict

if TYPE_CHECKING:
    from replab.params import Variant

__all__ = ["KEY", "SPEC", "code", "cost", "counted", "data", "data_sets", "places", "run", "timed", "unseen"]

KEY = "probe"
SPEC: type[Strict] = ProbeSpec
ROOTS = [("training/probes.py", "measure")]


def code(spec: Block) -> dict[str, str]:
    """The source of the probe."""
    return code_of(spec, ROOTS)


def cost(spec: Block) -> Work:
    """Seconds go with the probe."""
    return Work(sha256_of_json(spec), sha256_of_json({"probe": name_of(spec["probe"])}))


def timed(variant: Variant, root: Path, limit: float) -> tuple[float, int]:
    """One measurement."""
    from replab.runners.calibration import of_probe

    return of_probe(variant)


def run(spec: Block, seeds: list[int], place: Place) -> Iterator[Finished]:
    """One measurement a seed."""
    from replab.training.probes import measure

    return map(Finished, measure(spec["probe"], seeds))
