"""A LightningModule of the user's, trained by Lightning's Trainer, one seed after the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from replab.blocks import Block
from replab.component_files import folder
from replab.errors import ReplabError
from replab.files import sha256_of_json
from replab.runners import own_classes, own_files
from replab.runners.lightning_spec import LightningSpec
from replab.runners.runner import Failed, Finished, Place, Work, one_by_one
from replab.spec import Strict

if TYPE_CHECKING:
    from replab.params import Variant

KEY = "run.lightning"
SPEC: type[Strict] = LightningSpec
DEVICES = ("accelerator", "devices", "num_nodes")  # always one; which one is in the record


def counted(spec: Block) -> Block:
    """The classes, their arguments and the Trainer's. Files count by their content.

    The kind of device and the timeout do not count.
    """
    run = {key: spec["run"][key] for key in ("lightning", "data", "units")}
    trainer = {key: value for key, value in spec["run"]["trainer"].items() if key not in DEVICES}
    return {"run": run | {"trainer": trainer}}


def code(spec: Block) -> dict[str, str]:
    """File -> checksum, of the files of the classes, of all that they import beside them, and of the lock."""
    return own_files.checksums(_code_files(spec))


def places(spec: Block) -> dict[str, str]:
    """These files."""
    return {f"file {name}": name for name in sorted(_code_files(spec))}


def data_sets(spec: Block) -> list[str]:
    """None of replab's."""
    return []


def data(spec: Block, root: Path) -> dict[str, Any] | None:
    """The checksums of the declared data files, and of all of them."""
    return own_files.data_of(spec["run"]["files"], "run.files")


def unseen(spec: Block) -> list[str]:
    """Imports that cannot be followed, data files that are not declared, and packages without a lock."""
    found = own_classes.not_followed(_code_files(spec))
    if not spec["run"]["files"]:
        found.append("The data that the classes read: `files` declares none.")
    if spec["run"]["environment"] is None:
        found.append("The versions of the installed packages: `environment` names no lock file.")
    return found


def cost(spec: Block) -> Work:
    """Seconds go with all that counts; the closest runs are those of the same classes."""
    run = spec["run"]
    near = [run["lightning"]["class_path"], (run["data"] or {}).get("class_path")]
    return Work(sha256_of_json(counted(spec)), sha256_of_json(near))


def timed(variant: Variant, root: Path, limit: float) -> tuple[float, int]:
    """A class of the user's can do anything: it is not tried out."""
    raise ReplabError("a LightningModule is timed by its first run")


def run(spec: Block, seeds: list[int], place: Place) -> Iterator[Finished | Failed]:
    """Train each seed. Raises ReplabError for arguments that do not hold."""
    from replab.runners.lightning_run import Training

    training = Training(LightningSpec.model_validate(spec).run, _code_files(spec), place)
    return one_by_one(seeds, place, training.run)


def _code_files(spec: Block) -> dict[str, Path]:
    block = spec["run"]
    found = own_classes.sources(block, folder())
    if block["environment"] is not None:
        found |= own_files.matching(folder(), [block["environment"]], "run.environment")
    return found
