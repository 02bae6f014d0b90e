"""The components by kind and name, found by reading the tables of the package and of the user's files."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from replab import component_files
from replab.errors import ReplabError, unknown
from replab.parsing import PACKAGE, Module, defined, definition, parse, relative
from replab.ranges import CHECKS

CATALOGUE_FILES = {
    "averaging": ("nn/averagings.py", "AVERAGINGS"),
    "activation": ("nn/activations.py", "ACTIVATIONS"),
    "backbone": ("nn/backbones/__init__.py", "BACKBONES"),
    "centers": ("nn/centers.py", "CENTERS"),
    "initializer": ("nn/initializers.py", "INITIALIZERS"),
    "input": ("nn/inputs.py", "INPUTS"),
    "loss": ("nn/losses.py", "LOSSES"),
    "measure": ("nn/measures.py", "MEASURES"),
    "model": ("nn/models/__init__.py", "MODELS"),
    "network": ("nn/networks/__init__.py", "NETWORKS"),
    "normalizer": ("nn/normalizers.py", "NORMALIZERS"),
    "optimizer": ("nn/optimizers.py", "OPTIMIZERS"),
    "pooling": ("nn/pooling.py", "POOLINGS"),
    "probe": ("probes/__init__.py", "PROBES"),
    "radial": ("nn/radials.py", "RADIALS"),
    "regularizer": ("nn/regularizers.py", "REGULARIZERS"),
    "schedule": ("nn/schedules.py", "SCHEDULES"),
    "sequences": ("nn/sequences.py", "SEQUENCES"),
    "series": ("nn/series.py", "SERIES"),
    "solver": ("nn/solvers.py", "SOLVERS"),
    "subset": ("nn/subsets.py", "SUBSETS"),
    "widths": ("nn/widths.py", "WIDTHS"),
}

TABLES = {(f"src/replab/{file}", table) for file, table in CATALOGUE_FILES.values()}
TABLE_NAMES = {table: kind for kind, (_, table) in CATALOGUE_FILES.items()}


@dataclass(frozen=True)
class Component:
    """Where a component stands and what it takes: `parameters` maps a name to its range (see `ranges`).

    `context` are its other arguments, which are given by who builds or calls it.
    """

    kind: str
    name: str
    file: Path
    line: int
    function: str
    parameters: dict[str, str]
    context: frozenset[str]

    @property
    def place(self) -> str:
        """`file:line`, relative to the folder that holds the package's src folder."""
        return f"{relative(self.file)}:{self.line}"


def _catalogue(kind: str) -> tuple[Module, ast.Dict]:
    file, table = CATALOGUE_FILES[kind]
    module = parse(PACKAGE / file)
    value = getattr(module.definitions.get(table), "value", None)
    if not isinstance(value, ast.Dict):
        raise ReplabError(f"{relative(module.file)} has no dict {table}")
    return module, value


def _catalogues(kind: str) -> list[tuple[Module, ast.Dict]]:
    """The package's catalogue of `kind`, then those in the user's files."""
    found = [_catalogue(kind)]
    for file in component_files.FILES:
        module = parse(file)
        value = getattr(module.definitions.get(CATALOGUE_FILES[kind][1]), "value", None)
        found += [(module, value)] if isinstance(value, ast.Dict) else []
    return found


def names(kind: str) -> list[str]:
    """The names that the catalogues of `kind` know."""
    return [str(key.value) for _, table in _catalogues(kind) for key in table.keys if isinstance(key, ast.Constant)]


@cache
def component(kind: str, name: str) -> Component:
    """The component that `name` stands for. Raises ReplabError for an unknown name, with a suggestion.

    It is looked up once; `use_components` forgets it, since the sources may be others when params.yaml is read again.
    """
    for module, table in _catalogues(kind):
        for key, value in zip(table.keys, table.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == name and isinstance(value, ast.Name):
                found, node = definition(module, value.id)
                arguments, parameters = _arguments(node), _parameters(node)
                context = frozenset(arguments) - parameters.keys()
                return Component(kind, name, found.file, node.lineno, defined(node)[0], parameters, context)
    raise unknown(kind, name, names(kind))


def _parameters(node: ast.stmt) -> dict[str, str]:
    ranges = {arg.arg: ast.unparse(arg.annotation) for arg in _signature(node).kwonlyargs if arg.annotation}
    return {name: annotation for name, annotation in ranges.items() if annotation in CHECKS}


def _arguments(node: ast.stmt) -> list[str]:
    """The names of all arguments."""
    signature = _signature(node)
    return [arg.arg for arg in (*signature.posonlyargs, *signature.args, *signature.kwonlyargs)]


def _signature(node: ast.stmt) -> ast.arguments:
    if isinstance(node, ast.ClassDef):
        node = next(item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == "__init__")
    assert isinstance(node, ast.FunctionDef)
    return node.args
