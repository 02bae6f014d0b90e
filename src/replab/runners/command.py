"""A command of the user's, run once a seed in a process of its own."""

from __future__ import annotations

import resource
import shlex
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from replab.blocks import Block
from replab.component_files import folder
from replab.errors import ReplabError
from replab.files import sha256_of_json, write_json
from replab.runners import own_files, process
from replab.runners.command_spec import CommandSpec, filled, words_of
from replab.runners.results import read_results
from replab.runners.runner import Failed, Finished, Place, Work, one_by_one
from replab.runners.slots import device
from replab.spec import Strict
from replab.training.outcomes import Outcome

if TYPE_CHECKING:
    from replab.params import Variant

KEY = "run.command"
SPEC: type[Strict] = CommandSpec
COUNTED = ("command", "metrics", "shell", "units")


def counted(spec: Block) -> Block:
    """The command and its settings. Files count by their content; the timeout and the way to resume do not count."""
    return {"run": {key: spec["run"][key] for key in COUNTED}, "settings": spec["settings"]}


def code(spec: Block) -> dict[str, str]:
    """File -> checksum, of the declared files and the lock. Raises ReplabError for a script that is not declared."""
    found = _code_files(spec)
    return own_files.checksums(found)


def places(spec: Block) -> dict[str, str]:
    """The declared files."""
    return {f"file {name}": name for name in sorted(_code_files(spec))}


def data_sets(spec: Block) -> list[str]:
    """None of replab's."""
    return []


def data(spec: Block, root: Path) -> dict[str, Any] | None:
    """The checksums of the declared data files, and of all of them."""
    return own_files.data_of(spec["run"]["data"], "run.data")


def unseen(spec: Block) -> list[str]:
    """Imports of files that are not declared, and packages without a lock."""
    files = own_files.undeclared(_code_files(spec), folder())
    found = [f"`{file}` imports `{other}`, which `files` does not declare." for file, other in files]
    if spec["run"]["environment"] is None:
        found.append("The versions of the installed packages: `environment` names no lock file.")
    return found


def cost(spec: Block) -> Work:
    """Seconds go with the command; the closest runs are those with other settings."""
    return Work(sha256_of_json(counted(spec)), sha256_of_json(spec["run"]["command"]))


def timed(variant: Variant, root: Path, limit: float) -> tuple[float, int]:
    """A command can do anything: it is not tried out."""
    raise ReplabError("a command is timed by its first run")


def run(spec: Block, seeds: list[int], place: Place) -> Iterator[Finished | Failed]:
    """Run the command for each seed."""
    checked = CommandSpec.model_validate(spec)
    return one_by_one(seeds, place, lambda seed: _run_one(checked, seed, place))


def _run_one(spec: CommandSpec, seed: int, place: Place) -> Outcome:
    identity, root = place.identities[seed], place.store.root.absolute()
    out, log = root / "outputs" / identity, root / "logs" / f"{identity}.log"
    given = {"seed": seed, "out": out, "settings": out / "settings.json"}
    values, started = spec.settings | given, time.perf_counter()
    going_on = spec.run.resume if spec.run.resume and Path(filled(spec.run.resume.when, values)).exists() else None
    if not going_on:
        shutil.rmtree(out, ignore_errors=True)
    write_json(out / "settings.json", spec.settings | {"seed": seed})
    words = words_of(spec, values, going_on.add if going_on else "")
    lock = root / "locks" / f"{identity}.command.lock"
    process.call(words, folder(), log, lock, spec.run.timeout, {"PYTHONUNBUFFERED": "1"})
    metrics, curves, diverged = read_results(Path(filled(spec.run.metrics, values)), spec.run.units)
    if not place.keep_weights:
        shutil.rmtree(out, ignore_errors=True)
    return Outcome(seed, metrics, curves, diverged, _cost(time.perf_counter() - started))


def _cost(seconds: float) -> dict[str, Any]:
    """The peak memory is that of the largest process that this one has waited for."""
    return {
        "train_seconds": round(seconds, 3),
        "parameters": 0,
        "peak_memory_bytes": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024,
        "replicates": 1,
        "strategy": "command",
        "device": device(),
    }


def _code_files(spec: Block) -> dict[str, Path]:
    """The declared files and the lock. Raises ReplabError for a file in the command that is not declared."""
    block, here = spec["run"], folder()
    found = own_files.matching(here, block["files"], "run.files")
    if block["environment"] is not None:
        found |= own_files.matching(here, [block["environment"]], "run.environment")
    declared = set(found.values()) | set(own_files.matching(here, block["data"], "run.data").values())
    words = shlex.split(block["command"])
    modules = [words[number + 1] for number, word in enumerate(words[:-1]) if word == "-m"]
    for word in [*words, *(module.replace(".", "/") + ".py" for module in modules)]:
        path = here / word
        if path.is_file() and path.is_relative_to(here) and path not in declared:
            raise ReplabError(f"run.files does not declare {word}, which the command runs: add it to files (or data)")
    return found
