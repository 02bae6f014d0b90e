"""Fits without steps: `training.fits`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from replab.blocks import Block
from replab.files import sha256_of_json
from replab.runners.components import code_of, counted, data, data_sets, name_of, places, sizes_of, unseen
from replab.runners.runner import Finished, Place, Work
from replab.spec import FitSpec, Strict

if TYPE_CHECKING:
    from replab.params import Variant

__all__ = ["KEY", "SPEC", "code", "cost", "counted", "data", "data_sets", "places", "run", "timed", "unseen"]

KEY = "solver"
SPEC: type[Strict] = FitSpec
ROOTS = [("training/fits.py", "fit")]


def code(spec: Block) -> dict[str, str]:
    """The source of the fit and the components."""
    return code_of(spec, ROOTS)


def cost(spec: Block) -> Work:
    """Seconds go with the data, the model's sizes and the solver."""
    near = {"model": sizes_of(spec["model"]), "data": spec["data"]["name"], "solver": name_of(spec["solver"])}
    return Work(sha256_of_json(spec), sha256_of_json(near | {"precision": spec["precision"]}))


def timed(variant: Variant, root: Path, limit: float) -> tuple[float, int]:
    """One fit to random data of the right shape."""
    from replab.runners.calibration import of_fit

    return of_fit(variant, root)


def run(spec: Block, seeds: list[int], place: Place) -> Iterator[Finished]:
    """One fit a seed."""
    from replab.data import load
    from replab.training.fits import fit

    return map(Finished, fit(FitSpec.model_validate(spec), seeds, load(spec["data"]["name"], place.data_root)))
