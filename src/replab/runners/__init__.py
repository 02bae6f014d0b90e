"""The ways to run a variant. The block in params.yaml that is present decides which."""

from __future__ import annotations

from replab.blocks import Block
from replab.errors import ReplabError, unknown
from replab.runners import command, fit, lightning, probe, sequences, training
from replab.runners.command_spec import Command
from replab.runners.lightning_spec import Lightning
from replab.runners.runner import Runner

RUNNERS: dict[str, Runner] = {
    "probe": probe,
    "fit": fit,
    "sequences": sequences,
    "command": command,
    "lightning": lightning,
    "training": training,  # the last one: its specs have no key of their own
}

KNOWN = Command.model_fields | Lightning.model_fields


def runner_name(spec: Block) -> str:
    """The name of the runner whose key is in a spec. Raises ReplabError for a `run` that says not what."""
    if "run" in spec and not (_has(spec, command.KEY) or _has(spec, lightning.KEY)):
        keys, known = list(spec["run"]) if isinstance(spec["run"], dict) else [spec["run"]], KNOWN
        strange = next((key for key in keys if key not in known), "")
        raise unknown("run: key", strange, known) if strange else ReplabError("run: command missing (or lightning)")
    return next(name for name, runner in RUNNERS.items() if _has(spec, runner.KEY))


def runner_of(spec: Block) -> Runner:
    """The runner whose key is in a spec."""
    return RUNNERS[runner_name(spec)]


def _has(spec: Block, key: str) -> bool:
    for part in key.split(".") if key else ():
        if not isinstance(spec, dict) or part not in spec:
            return False
        spec = spec[part]
    return True
