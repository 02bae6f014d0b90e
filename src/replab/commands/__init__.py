"""The commands of `replab`, one module each. `add_arguments(parser)` adds options; `run(args)` gives the exit status.

A command's module is imported when it is asked for: `judge` needs neither torch nor a workflow. torch is
imported where something is trained (or timed, by `plan`), and nowhere else.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from replab.errors import ReplabError

COMMANDS = {
    "plan": "replab.commands.plan",
    "train": "replab.commands.train",
    "status": "replab.commands.status",
    "why": "replab.commands.why",
    "report": "replab.commands.report",
    "summary": "replab.commands.summary",
    "seeds": "replab.commands.seeds",
    "diff": "replab.commands.diff",
    "judge": "replab.commands.judge",
    "claims": "replab.commands.claims",
    "generate": "replab.commands.generate",
    "translate": "replab.commands.translate",
    "new": "replab.commands.new",
    "data": "replab.commands.data",
    "load": "replab.commands.load",
    "store": "replab.commands.store",
    "schema": "replab.commands.schema",
}

SMALL = ("filelock", "rich")  # the extra `commands`
TRAINER = (  # of the extra `train`, imported last
    "torch", "pytorch_lightning", "torchmetrics", "jsonargparse", "pooch", "mlxtend", "sklearn", "skimage", "PIL",
    "psutil", "threadpoolctl", "fsspec", "sacrebleu", "num2words",
)  # fmt: skip
OLD_NAMES = {"answers": "summary"}  # still understood


def command(name: str) -> ModuleType:
    """The module of a command. Raises ReplabError where a package lacks that only the trainer needs."""
    try:
        return import_module(COMMANDS[name])
    except ModuleNotFoundError as error:
        if package_of(error) == "replab":
            raise
        raise lacking(name, error) from error


def package_of(error: ModuleNotFoundError) -> str:
    """The package that lacks: of `mlxtend.data`, mlxtend."""
    return (error.name or "").partition(".")[0]


def lacking(name: str, error: ModuleNotFoundError) -> ReplabError:
    """What to install for a command that a package lacks for."""
    package = package_of(error)
    small = " (or '.[commands]', if all your studies are commands)" if package in SMALL else ""
    return ReplabError(f"{name} needs {package}: pip install '.[train]' in replab's folder{small}")
