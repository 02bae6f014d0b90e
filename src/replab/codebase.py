"""The source of what a run is built from, read without importing it.

A run's identity contains the text of the functions that its numbers come from: each component named in its
spec, the engine, and whatever these refer to inside replab. Comments, docstrings and blank lines do not
count, so explaining a formula better trains nothing again. Parsing takes milliseconds; importing torch does not.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from replab import component_files
from replab.catalogue import TABLE_NAMES, TABLES, component
from replab.files import sha256_of_json
from replab.parsing import PACKAGE, Module, defined, definition, edits, file_of, parse, relative

# Modules that cannot move a number: what they decide is in the resolved spec, which is hashed itself, or is
# only said, kept or looked up (weights by a checksum that stands with the backbone).
SILENT = {
    "replab.blocks",
    "replab.catalogue",
    "replab.codebase",
    "replab.errors",
    "replab.files",
    "replab.building",
    "replab.nn.backbones.weights",
    "replab.parsing",
    "replab.ranges",
    "replab.spec",
    "replab.training.checkpoints",
    "replab.user.code",
    "replab.component_files",
}


def closure(roots: list[tuple[Path, str]], tuples: bool = False) -> dict[str, str]:
    """`file:name` -> source text of the roots and of what they refer to by its name inside replab.

    Constants that are assigned together (`A, B = 1, 2`) count with `tuples` only: pictures see them. Identities do not,
    since they did not from the first on; tests/test_identity.py lets no more of these into what identities see.
    """
    texts: dict[str, str] = {}
    queue, known = [(file.resolve(), name) for file, name in roots], edits()
    while queue:
        found, following = _step(*queue.pop(), known, tuples)
        if not found.keys() <= texts.keys():
            texts |= found
            queue += following
    return texts


@cache
def _step(file: Path, name: str, _edits: int, tuples: bool) -> tuple[dict[str, str], list[tuple[Path, str]]]:
    """The texts that a definition adds, and where it goes on; worked out once, until a file changes."""
    module, node = definition(parse(file, tuples), name)
    own = defined(node, tuples)
    text, references = module.piece(own[0])
    texts = {f"{relative(module.file)}:{'/'.join(own)}": text}
    if module.file in component_files.FILES:
        texts[f"{relative(module.file)}:(top level)"] = _top_level(module)
    return texts, [(module.file, other) for other in references if _counts(module, other)]


def _counts(module: Module, name: str) -> bool:
    if name in module.definitions:
        return not _is_table(module, name)
    origin = module.imports.get(name)
    if origin is None or origin[0] in SILENT:
        return False
    file = file_of(origin[0])
    if file is None:
        return False
    target = parse(file, module.tuples)
    return origin[1] in target.definitions or origin[1] in target.imports


def _is_table(module: Module, name: str) -> bool:
    return name in TABLE_NAMES if module.file in component_files.FILES else (relative(module.file), name) in TABLES


def _top_level(module: Module) -> str:
    """What a user's file does besides defining names: imports and loose statements, which may move any number."""
    defined = {node.lineno for node in module.definitions.values()}
    body = ast.parse("\n".join(module.lines)).body
    loose = [node for node in body if node.lineno not in defined and not _is_text(node)]
    return "\n".join("\n".join(module.lines[node.lineno - 1 : node.end_lineno]) for node in loose)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def parts(components: list[tuple[str, str]], engine: list[tuple[str, str]]) -> dict[str, str]:
    """`file:name` -> sha256 of its text, for all that a run is built from.

    `components` are (kind, name), `engine` has the (file, name) of the functions of the package that compute the run.
    """
    return dict(_parts(tuple(components), tuple(engine)))


@cache
def _parts(components: tuple[tuple[str, str], ...], engine: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Worked out once, until `forget`: many variants are built from the same parts."""
    roots = [(PACKAGE / file, name) for file, name in engine]
    for kind, name in components:
        found = component(kind, name)
        roots.append((found.file, found.function))
    return {key: sha256_of_json(text) for key, text in sorted(closure(roots).items())}


def forget() -> None:
    """Read the sources anew from now on, where they have changed."""
    component.cache_clear()
    _parts.cache_clear()
