"""What a user's component file must be like, checked by reading it when params.yaml is read; errors name the line."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from replab import component_files
from replab.catalogue import CATALOGUE_FILES, TABLE_NAMES, names
from replab.codebase import SILENT, forget
from replab.errors import ReplabError
from replab.parsing import PACKAGE, Module, parse, relative
from replab.ranges import CHECKS

# What the engine gives a component, by argument: these need no range.
CONTEXT = {"classes", "fitted_on", "generator", "parameters", "shape", "step", "steps_per_epoch", "vocabularies"}
HARMLESS = {"replab.errors", "replab.ranges"}


def use_components(folder: Path, files: Any) -> None:
    """Make the files' components part of the catalogues. Raises ReplabError for a file that does not hold."""
    forget()
    component_files.use(folder, files if isinstance(files, list) and all(isinstance(f, str) for f in files) else [])
    for file in component_files.FILES:
        check_file(parse(file))
    for kind in CATALOGUE_FILES if component_files.FILES else ():
        known = names(kind)
        twice = next((name for name in known if known.count(name) > 1), None)
        if twice:
            raise ReplabError(f"{', '.join(component_files.FILES.values())}: there is a {kind} '{twice}' already")


def check_file(module: Module) -> None:
    """Raises ReplabError, with file and line, for what replab could not use or would not see."""
    tables = {name: node for name, node in module.definitions.items() if name in TABLE_NAMES}
    if not tables:
        raise ReplabError(f"{relative(module.file)} has no dict of components: {', '.join(TABLE_NAMES)}")
    _check_imports(module)
    for table, node in tables.items():
        for name, function in _entries(module, table, node):
            _check_component(module, f"{TABLE_NAMES[table]} '{name}'", function)


def _fail(module: Module, node: ast.AST, text: str) -> ReplabError:
    return ReplabError(f"{relative(module.file)}:{getattr(node, 'lineno', 1)}: {text}")


def _entries(module: Module, table: str, node: ast.stmt) -> Iterator[tuple[str, ast.stmt]]:
    """The name and the definition of every component in a table."""
    value = getattr(node, "value", None)
    if not isinstance(value, ast.Dict):
        raise _fail(module, node, f'{table} must be a dict written out, such as {table} = {{"mine": mine}}')
    for key, function in zip(value.keys, value.values, strict=True):
        if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
            raise _fail(module, key or value, f"{table}: a component's name must be a text")
        defined = module.definitions.get(function.id) if isinstance(function, ast.Name) else None
        if not isinstance(defined, ast.FunctionDef | ast.ClassDef):
            raise _fail(module, function, f"{table}: '{key.value}' must be a function of this file")
        yield key.value, defined


def _check_component(module: Module, what: str, node: ast.stmt) -> None:
    function = node
    if isinstance(node, ast.ClassDef):
        inits = [item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == "__init__"]
        if not inits:
            raise _fail(module, node, f"{what}: the class has no __init__")
        function = inits[0]
    assert isinstance(function, ast.FunctionDef)
    for argument in [*function.args.posonlyargs, *function.args.args]:
        if argument.annotation and ast.unparse(argument.annotation) in CHECKS:
            raise _fail(module, argument, f"{what}: parameter {argument.arg} belongs behind a * (keyword-only)")
    for argument, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True):
        _check_parameter(module, what, argument, default)


def _check_parameter(module: Module, what: str, argument: ast.arg, default: ast.expr | None) -> None:
    annotation = ast.unparse(argument.annotation) if argument.annotation else ""
    if annotation not in CHECKS and argument.arg not in CONTEXT:
        ranges = ", ".join(CHECKS)
        raise _fail(
            module, argument, f"{what}: parameter {argument.arg} has no range; annotate it with one of {ranges}"
        )
    if default is not None:
        why = "what can move a number stands in params.yaml"
        raise _fail(module, default, f"{what}: parameter {argument.arg} has a default; {why}")


def _check_imports(module: Module) -> None:
    """Every import whose source could move a number unseen is refused: see `codebase.closure`."""
    tree = ast.parse("\n".join(module.lines))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            _check_from(module, node, node in tree.body)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                _refuse_local(module, node, alias.name)
                if alias.name.split(".")[0] == "replab":
                    raise _fail(module, node, "import from replab by name, as in: from replab.nn.losses import focal")


def _check_from(module: Module, node: ast.ImportFrom, at_top: bool) -> None:
    origin = node.module or ""
    if node.level:
        raise _fail(module, node, "a component file cannot import its neighbours: an edit of them would go unseen")
    _refuse_local(module, node, origin)
    if origin.split(".")[0] != "replab" or origin in HARMLESS:
        return
    file = PACKAGE.joinpath(*origin.split(".")[1:]).with_suffix(".py")
    if not file.is_file() or origin in SILENT or not at_top:
        raise _fail(module, node, "import from replab at the top and from the module that defines it: replab.nn.losses")
    for alias in node.names:
        if alias.name not in parse(file).definitions:
            raise _fail(module, node, f"{origin} defines no {alias.name}")


def _refuse_local(module: Module, node: ast.stmt, name: str) -> None:
    first = name.split(".")[0]
    for folder in {module.file.parent, Path.cwd()}:
        if first and ((folder / f"{first}.py").is_file() or (folder / first / "__init__.py").is_file()):
            raise _fail(module, node, f"cannot import {first} from {folder / first}: an edit of it would go unseen")
