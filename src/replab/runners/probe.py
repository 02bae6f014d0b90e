"""Measurements without training: `training.probes`, and `training.probes_on_data` where a data set is named."""

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
ON_DATA = [("training/probes_on_data.py", "measure_on_data")]


def code(spec: Block) -> dict[str, str]:
    """The source of the probe."""
    return code_of(spec, ON_DATA if "data" in spec else ROOTS)


def cost(spec: Block) -> Work:
    """Seconds go with the probe."""
    return Work(sha256_of_json(spec), sha256_of_json({"probe": name_of(spec["probe"])}))


def timed(variant: Variant, root: Path, limit: float) -> tuple[float, int]:
    """One measurement."""
    from replab.runners.calibration import of_probe

    return of_probe(variant, root)


def run(spec: Block, seeds: list[int], place: Place) -> Iterator[Finished]:
    """One measurement a seed."""
    from replab.data import load
    from replab.training.probes import measure
    from replab.training.probes_on_data import measure_on_data

    if "data" not in spec:
        return map(Finished, measure(spec["probe"], seeds))
    dataset = load(spec["data"]["name"], place.data_root)
    return map(Finished, measure_on_data(ProbeSpec.model_validate(spec), seeds, dataset))
