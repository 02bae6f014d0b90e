"""Classes of the user's by their names: the files that they come from, found by reading and not by importing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from replab.blocks import Block
from replab.errors import ReplabError, unknown
from replab.runners import own_files
from replab.runners.lightning_spec import class_paths

DYNAMIC = ("import_module", "__import__", "exec", "run_path", "run_module", "spec_from_file_location")


def roots(folder: Path) -> list[Path]:
    """Where modules are looked for: the study's folder, and its src."""
    return [folder, folder / "src"]


def sources(block: Block, folder: Path) -> dict[str, Path]:
    """Path as it is shown -> file: the file of each class that a block names, and what it imports, all the way.

    Raises ReplabError where the class of `lightning` or of `data` does not stand in a file below `folder`.
    """
    found: dict[str, Path] = {}
    for key in ("lightning", "data"):
        if block[key] is not None:
            found |= _of_class(f"run.{key}", block[key]["class_path"], folder)
    for path in class_paths(block):
        found |= {own_files.shown(file, folder): file for file in _files(path.rpartition(".")[0], folder)}
    more = [other for _, other in own_files.undeclared(found, folder)]
    return found | {name: folder / name for name in more}


def not_followed(files: dict[str, Path]) -> list[str]:
    """Where the files import by a name that is known only as they run, a sentence each."""
    return [
        f"`{name}:{line}` calls `{function}`: what it loads cannot be followed."
        for name, path in files.items()
        if path.suffix == ".py"
        for line, function in _dynamic(path)
    ]


def _of_class(key: str, class_path: str, folder: Path) -> dict[str, Path]:
    module, _, name = class_path.rpartition(".")
    files = _files(module, folder)
    if not files:
        known = {path.stem for root in roots(folder) for path in root.glob("*.py")}
        known |= {path.parent.name for root in roots(folder) for path in root.glob("*/__init__.py")}
        raise unknown(f"{key}: module (a file in {folder} or its src)", module, known)
    names = _names(files[0], own_files.shown(files[0], folder))
    if name not in names and "*" not in names:
        raise unknown(f"{key}: {own_files.shown(files[0], folder)}: class", name, names)
    return {own_files.shown(file, folder): file for file in files}


def _files(module: str, folder: Path) -> list[Path]:
    """The module's file and the __init__.py around it; [] where it is none of the user's."""
    return list(own_files.files_of(module.split("."), roots(folder))) if module else []


def _names(path: Path, shown: str) -> set[str]:
    """The names of classes that a file defines or imports at its top; `*` where it imports all of another."""
    try:
        body = ast.parse(path.read_text(encoding="utf-8")).body
    except SyntaxError as error:
        raise ReplabError(f"{shown}:{error.lineno}: {error.msg}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ReplabError(f"{shown} cannot be read: {error}") from error
    classes = {node.name for node in body if isinstance(node, ast.ClassDef)}
    return classes | {a.asname or a.name for node in body if isinstance(node, ast.ImportFrom) for a in node.names}


def _dynamic(path: Path) -> Iterator[tuple[int, str]]:
    for node in own_files.nodes_of(path):
        if isinstance(node, ast.Call):
            called = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
            if called in DYNAMIC:
                yield node.lineno, str(called)
