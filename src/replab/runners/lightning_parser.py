"""The classes that a block names, imported; their arguments checked against their signatures by jsonargparse."""

from __future__ import annotations

import copy
import importlib
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytorch_lightning as lightning
from jsonargparse import ArgumentParser

from replab.component_files import folder
from replab.errors import ReplabError, unknown
from replab.runners import own_classes
from replab.runners.lightning_spec import Lightning, UserClass


class Made(NamedTuple):
    """A module, its data (None where it brings its own), and the arguments of its Trainer."""

    module: lightning.LightningModule
    data: lightning.LightningDataModule | None
    trainer: dict[str, Any]


class Parsed:
    """The arguments of a run, checked. Raises ReplabError in one line for a class or an argument that does not hold."""

    def __init__(self, spec: Lightning, files: Mapping[str, Path]) -> None:
        self.spec = spec
        _forget(files)
        for root in reversed(own_classes.roots(folder())):
            sys.path[:] = [str(root), *(path for path in sys.path if path != str(root))]
        self.parser = ArgumentParser(exit_on_error=False)
        values: dict[str, Any] = {"run": {}}
        self._add(values, "lightning", spec.lightning, lightning.LightningModule)
        if spec.data is not None:
            self._add(values, "data", spec.data, lightning.LightningDataModule)
        self.parser.add_class_arguments(lightning.Trainer, "run.trainer", fail_untyped=False, instantiate=False)
        self._check_names("run.trainer", spec.trainer)
        values["run"]["trainer"] = spec.trainer
        try:
            self.config = self.parser.parse_object(copy.deepcopy(values))  # which changes what it is given
        except Exception as error:  # jsonargparse raises what argparse and the types raise
            raise ReplabError(_one_line(str(error))) from error

    def _add(self, values: dict[str, Any], key: str, asked: UserClass, base: type) -> None:
        found = _imported(f"run.{key}", asked.class_path)
        if not (isinstance(found, type) and issubclass(found, base)):
            raise ReplabError(f"run.{key}: {asked.class_path} is no pytorch_lightning.{base.__name__}")
        self.parser.add_class_arguments(found, f"run.{key}.init_args", fail_untyped=False)
        self._check_names(f"run.{key}.init_args", asked.init_args)
        values["run"][key] = {"init_args": asked.init_args}

    def _check_names(self, key: str, given: Mapping[str, Any]) -> None:
        prefix = f"{key}."
        known = {one.dest.removeprefix(prefix) for one in self.parser._actions if one.dest.startswith(prefix)}
        for name in given:
            if name not in known:
                raise unknown(f"{key}: argument", name, known)

    def instantiate(self) -> Made:
        """New objects; the seed must be set before."""
        made = self.parser.instantiate(self.config.clone()).run
        data = made.data.init_args if self.spec.data is not None else None
        asked = {name: made.trainer[name] for name in self.spec.trainer}
        return Made(made.lightning.init_args, data, asked)


def _forget(files: Mapping[str, Path]) -> None:
    """Import the user's files as they are now, as their checksums say, and not what had their names before."""
    for root in own_classes.roots(folder()):
        for path in files.values():
            if path.is_relative_to(root):
                name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
                if name not in sys.stdlib_module_names:
                    sys.modules.pop(name, None)
    importlib.invalidate_caches()


def _imported(key: str, class_path: str) -> Any:
    module, _, name = class_path.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ReplabError(f"{key}: {class_path} cannot be imported: {error}") from error


def _one_line(text: str) -> str:
    """jsonargparse's message as one line: the key, what was expected, what was found."""
    lines = [line.strip(" -") for line in text.splitlines() if line.strip()]
    kept = [
        line for line in lines if not line.startswith(("Does not validate", "Subtypes", "Errors:", "Given value type"))
    ]
    line = re.sub(r"<class '([\w.]+)'>", r"\1", "; ".join(dict.fromkeys(kept)))
    return re.sub(r'^Parser key "([^"]+)":;', r"\1:", line)[:400]
