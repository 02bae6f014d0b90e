"""The order of the package's modules: a module imports from its own layer and from those below, never in a circle.

Imports under `TYPE_CHECKING` do not count: they are for people and for mypy. Imports inside of functions count.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

PACKAGE = Path("src/replab")
# From the bottom to the top. A package stands for its modules, except for those that are named themselves.
LAYERS = [
    ["errors", "files", "ranges", "valleys", "data_scope", "environment", "component_files", "metric_words"],
    ["parsing", "catalogue", "codebase", "blocks"],
    ["data"],
    ["nn", "probes"],
    ["building", "user", "spec"],
    ["training"],
    ["readers"],
    ["runners"],
    ["params_files", "params_models", "params", "params_loading"],
    ["identity", "record_parts", "store", "remotes", "more_seeds", "project"],
    ["runners.jobs", "explain", "judging"],
    ["report", "assemble"],
    ["interface"],
    ["forecasting"],
    ["fork_client", "commands", "command_line", "fork_copies", "fork_server", "__main__"],
]
# An import upwards that stays, with its reason: what the source of finished runs or of prepared data is, is hashed.
EXCEPTIONS = {
    ("data.backbone_features", "nn"): "features of a backbone are data that a network computes; it is imported late",
}
LEVELS = {name: level for level, names in enumerate(LAYERS) for name in names}


def level_of(module: str) -> int | None:
    """The number of a module's layer, by the longest name that stands for it; None of the package itself."""
    names = module.split(".")
    starts = (".".join(names[:length]) for length in range(len(names), 0, -1))
    return next((LEVELS[start] for start in starts if start in LEVELS), None)


def modules(package: Path) -> dict[str, Path]:
    """`data.texts` -> its file."""
    found = {}
    for file in sorted(package.rglob("*.py")):
        name = ".".join(file.relative_to(package).with_suffix("").parts)
        found[name.removesuffix(".__init__")] = file
    return {name: file for name, file in found.items() if name != "__init__"}


def imports(tree: ast.AST, late: bool = False) -> Iterator[tuple[str, bool]]:
    """(`replab.data.texts`, whether inside of a function) of each import that runs."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from ((name.name, late) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((f"{node.module}.{name.name}", late) for name in node.names)
        else:
            yield from imports(node, late or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)))


def problems(package: Path = PACKAGE) -> list[str]:
    """A line for each module without a layer, each import upwards and each circle."""
    known, found = modules(package), []
    graph: dict[str, set[str]] = {}
    for name, file in known.items():
        level, graph[name] = level_of(name), set()
        if level is None:
            found.append(f"{file}: no layer in workflow/scripts/layers.py")
            continue
        for target, late in imports(ast.parse(file.read_text(encoding="utf-8"))):
            other = _known(target, known)
            if other is None or other == name:
                continue
            if not late:
                graph[name].add(other)
            if (level_of(other) or 0) > level and not _excepted(name, other):
                found.append(f"{file}: imports {other}, which stands above it")
    return found + _circle(graph)


def _known(target: str, known: dict[str, Path]) -> str | None:
    """The module that is imported: `replab.files.write_text` -> `files`."""
    names = target.split(".")
    if names[0] != "replab":
        return None
    starts = (".".join(names[1:length]) for length in range(len(names), 1, -1))
    return next((start for start in starts if start in known), None)


def _excepted(module: str, other: str) -> bool:
    return any(module == one and f"{other}.".startswith(f"{start}.") for one, start in EXCEPTIONS)


def _circle(graph: dict[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [f"{PACKAGE}: imports in a circle: {' <- '.join(error.args[1])}"]
    return []
