"""The ways to run a variant. The block of its settings that is present decides which.

`runner.py` says what a runner is. A runner is one module of this package and its line in `RUNNERS`. The other modules
are what runners share (`components`, `own_files`, `results`, ...) and parts of one (`lightning_*`, `command_spec`).
"""

from __future__ import annotations

from typing import Any

from replab.blocks import Block
from replab.errors import ReplabError, unknown
from replab.runners import command, fit, lightning, probe, sequences, training
from replab.runners.runner import Runner

RUNNERS: dict[str, Runner] = {
    "training": training,  # what no other one has a key for
    "sequences": sequences,
    "fit": fit,
    "probe": probe,
    "command": command,
    "lightning": lightning,
}


def runner_name(spec: Block) -> str:
    """The name of the runner whose key is in a spec. Raises ReplabError for a `run` that says not what."""
    found = max((name for name in RUNNERS if _has(spec, RUNNERS[name].KEY)), key=lambda name: len(RUNNERS[name].KEY))
    if "run" in spec and not RUNNERS[found].KEY.startswith("run."):
        raise _no_program(spec["run"])
    return found


def runner_of(spec: Block) -> Runner:
    """The runner whose key is in a spec."""
    return RUNNERS[runner_name(spec)]


def _has(spec: Any, key: str) -> bool:
    for part in key.split(".") if key else ():
        if not isinstance(spec, dict) or part not in spec:
            return False
        spec = spec[part]
    return True


def _no_program(run: Any) -> ReplabError:
    """The error for a block `run` that names no program of the user's."""
    kinds = [runner for runner in RUNNERS.values() if runner.KEY.startswith("run.")]
    known = {key for runner in kinds for key in runner.SPEC.model_fields["run"].annotation.model_fields}  # type: ignore
    strange = next((key for key in (run if isinstance(run, dict) else [run]) if key not in known), None)
    if strange is not None:
        return unknown("run: key", strange, known)
    first, *others = [runner.KEY.removeprefix("run.") for runner in kinds]
    return ReplabError(f"run: {first} missing (or {', '.join(others)})")
