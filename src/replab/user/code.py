"""Runs the user's component files: the functions behind their names, with errors that name the file and line."""

from __future__ import annotations
import __future__

import functools
import sys
import traceback
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from replab import catalogue, component_files
from replab.errors import ReplabError
from replab.files import version


def user_function(kind: str, name: str) -> Callable[..., Any]:
    """The user's component of this name. Raises ReplabError where there is none."""
    found = catalogue.component(kind, name)
    if found.file not in component_files.FILES:
        raise ReplabError(f"{kind} '{name}' is listed in {found.place}, but not loaded")
    module = _load(found.file, component_files.FILES[found.file], version(found.file))
    return _placed(getattr(module, found.function), f"{kind} '{name}'", found.file, returns_losses=kind == "loss")


@cache
def _load(file: Path, shown: str, _version: tuple[int, ...]) -> ModuleType:
    """The module of a file. Annotations stay texts, as the package's do: a parameter's range is its name."""
    module = ModuleType(f"replab_components_{file.stem}")
    module.__file__ = str(file)
    sys.modules[module.__name__] = module
    try:
        text = file.read_text(encoding="utf-8")
        exec(compile(text, str(file), "exec", flags=__future__.annotations.compiler_flag), module.__dict__)
    except Exception as error:
        raise ReplabError(_text(error, file, shown, "the file cannot be loaded")) from error
    for name, item in list(vars(module).items()):
        if isinstance(item, type) and issubclass(item, nn.Module) and item.__module__ == module.__name__:
            item.forward = _placed(item.forward, f"class {name}", file)  # type: ignore[method-assign]
    return module


def _placed(function: Callable[..., Any], what: str, file: Path, returns_losses: bool = False) -> Callable[..., Any]:
    """`function`, whose errors become ReplabErrors that say where in the file they come from."""
    shown = component_files.FILES.get(file, str(file))

    @functools.wraps(function)
    def call(*args: Any, **parameters: Any) -> Any:
        try:
            result = function(*args, **parameters)
        except ReplabError:
            raise
        except Exception as error:
            raise ReplabError(_text(error, file, shown, what)) from error
        if returns_losses and getattr(result, "shape", None) != args[1].shape:
            line = function.__code__.co_firstlineno
            raise ReplabError(f"{shown}:{line}: {what} must return one loss a sample, {_shapes(result, args[1])}")
        return result

    return call


def _shapes(result: Any, targets: Any) -> str:
    found = list(result.shape) if hasattr(result, "shape") else type(result).__name__
    return f"of shape {list(targets.shape)}, not {found}"


def _text(error: Exception, file: Path, shown: str, what: str) -> str:
    """`my.py:12: loss 'mine': ZeroDivisionError: division by zero`, at the innermost line of the file."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
    place = f"{shown}:{lines[-1]}" if lines else shown
    return f"{place}: {what}: {type(error).__name__}: {' '.join(str(error).split())}"
