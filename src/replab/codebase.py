"""The source of what a run is built from, read without importing it.

A run's identity contains the text of the functions that its numbers come from: each component named in its
spec, the engine, and whatever these refer to inside replab. Comments, docstrings and blank lines do not
count, so explaining a formula better trains nothing again. Parsing takes milliseconds; importing torch does not.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from replab.errors import ReplabError, unknown
from replab.files import sha256_of_json
from replab.ranges import CHECKS
from replab.user import files as user_files

PACKAGE = Path(__file__).resolve().parent

CATALOGUE_FILES = {
    "averaging": ("nn/averagings.py", "AVERAGINGS"),
    "activation": ("nn/activations.py", "ACTIVATIONS"),
    "initializer": ("nn/initializers.py", "INITIALIZERS"),
    "input": ("nn/inputs.py", "INPUTS"),
    "loss": ("nn/losses.py", "LOSSES"),
    "model": ("nn/models/__init__.py", "MODELS"),
    "optimizer": ("nn/optimizers.py", "OPTIMIZERS"),
    "probe": ("probes/__init__.py", "PROBES"),
    "regularizer": ("nn/regularizers.py", "REGULARIZERS"),
    "schedule": ("nn/schedules.py", "SCHEDULES"),
}

TABLES = {(f"src/replab/{file}", table) for file, table in CATALOGUE_FILES.values()}
TABLE_NAMES = {table: kind for kind, (_, table) in CATALOGUE_FILES.items()}

# What a run's numbers are computed by, besides the components that its spec names.
ENGINE = {
    "training": [("training/engine.py", "train_group")],
    "probe": [("training/probes.py", "measure")],
}

# Modules that cannot move a number: what they decide is in the resolved spec, which is hashed itself, or is
# only said, kept or looked up.
SILENT = {
    "replab.codebase",
    "replab.errors",
    "replab.files",
    "replab.nn",
    "replab.ranges",
    "replab.spec",
    "replab.training.checkpoints",
    "replab.user.code",
    "replab.user.files",
}


@dataclass(frozen=True)
class Component:
    """Where a component stands and what it takes: `parameters` maps a name to its range (see `ranges`)."""

    kind: str
    name: str
    file: Path
    line: int
    function: str
    parameters: dict[str, str]

    @property
    def place(self) -> str:
        """`file:line`, relative to the folder that holds the package's src folder."""
        return f"{relative(self.file)}:{self.line}"


def relative(file: Path) -> str:
    """A source file's path as the repository spells it; one of the user's as params.yaml does."""
    if file.is_relative_to(PACKAGE):
        return f"src/replab/{file.relative_to(PACKAGE).as_posix()}"
    return user_files.FILES.get(file, str(file))


@dataclass(frozen=True)
class Module:
    """A parsed module: its lines, its top-level definitions, what it imports by name from replab, and `piece`s."""

    file: Path
    lines: tuple[str, ...]
    definitions: dict[str, ast.stmt]
    imports: dict[str, tuple[str, str]]
    pieces: dict[str, tuple[str, list[str]]]

    def piece(self, name: str) -> tuple[str, list[str]]:
        """The text of a definition and the names that it refers to, worked out once."""
        if name not in self.pieces:
            node = self.definitions[name]
            self.pieces[name] = (_code(self, node), _references(node))
        return self.pieces[name]


def parse(file: Path) -> Module:
    """The module in `file`, parsed again whenever the file changes. Raises ReplabError with file and line."""
    try:
        stat = file.stat()
    except OSError as error:
        raise ReplabError(f"component file {file} cannot be read: {error.strerror}") from error
    return _parse(file, stat.st_mtime_ns, stat.st_size)


@cache
def _parse(file: Path, _mtime: int, _size: int) -> Module:
    text = file.read_text(encoding="utf-8")
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise ReplabError(f"{relative(file)}:{error.lineno}: {error.msg}") from error
    definitions: dict[str, ast.stmt] = {}
    imports: dict[str, tuple[str, str]] = {}
    for node in tree.body:
        for name in _defined(node):
            definitions[name] = node
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("replab"):
            imports |= {alias.asname or alias.name: (node.module or "", alias.name) for alias in node.names}
    return Module(file, tuple(text.splitlines()), definitions, imports, {})


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _file_of(module: str) -> Path | None:
    path = PACKAGE.joinpath(*module.split(".")[1:])
    if path.is_dir():
        return path / "__init__.py"
    return path.with_suffix(".py") if path.with_suffix(".py").exists() else None


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
    for file in user_files.FILES:
        module = parse(file)
        value = getattr(module.definitions.get(CATALOGUE_FILES[kind][1]), "value", None)
        found += [(module, value)] if isinstance(value, ast.Dict) else []
    return found


def names(kind: str) -> list[str]:
    """The names that the catalogues of `kind` know."""
    return [str(key.value) for _, table in _catalogues(kind) for key in table.keys if isinstance(key, ast.Constant)]


def component(kind: str, name: str) -> Component:
    """The component that `name` stands for. Raises ReplabError for an unknown name, with a suggestion."""
    for module, table in _catalogues(kind):
        for key, value in zip(table.keys, table.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == name and isinstance(value, ast.Name):
                found, node = _definition(module, value.id)
                return Component(kind, name, found.file, node.lineno, _defined(node)[0], _parameters(node))
    raise unknown(kind, name, names(kind))


def _definition(module: Module, name: str) -> tuple[Module, ast.stmt]:
    while name not in module.definitions:
        origin, name = module.imports[name]
        file = _file_of(origin)
        if file is None:
            raise ReplabError(f"{relative(module.file)} imports {name} from {origin}, which is not there")
        module = parse(file)
    return module, module.definitions[name]


def _parameters(node: ast.stmt) -> dict[str, str]:
    if isinstance(node, ast.ClassDef):
        node = next(item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == "__init__")
    assert isinstance(node, ast.FunctionDef)
    ranges = {arg.arg: ast.unparse(arg.annotation) for arg in node.args.kwonlyargs if arg.annotation}
    return {name: annotation for name, annotation in ranges.items() if annotation in CHECKS}


def closure(roots: list[tuple[Path, str]]) -> dict[str, str]:
    """`file:name` -> source text of the roots and of everything inside replab that they refer to."""
    texts: dict[str, str] = {}
    queue = list(roots)
    while queue:
        file, name = queue.pop()
        module, node = _definition(parse(file), name)
        key = f"{relative(module.file)}:{'/'.join(_defined(node))}"
        if key in texts:
            continue
        texts[key], references = module.piece(_defined(node)[0])
        if module.file in user_files.FILES:
            texts[f"{relative(module.file)}:(top level)"] = _top_level(module)
        queue += [(module.file, other) for other in references if _counts(module, other)]
    return texts


def _counts(module: Module, name: str) -> bool:
    if name in module.definitions:
        return not _is_table(module, name)
    origin = module.imports.get(name)
    if origin is None or origin[0] in SILENT:
        return False
    file = _file_of(origin[0])
    if file is None:
        return False
    target = parse(file)
    return origin[1] in target.definitions or origin[1] in target.imports


def _is_table(module: Module, name: str) -> bool:
    return name in TABLE_NAMES if module.file in user_files.FILES else (relative(module.file), name) in TABLES


def _references(node: ast.stmt) -> list[str]:
    return sorted({item.id for item in ast.walk(node) if isinstance(item, ast.Name)})


def _code(module: Module, node: ast.stmt) -> str:
    skipped: set[int] = set()
    for item in ast.walk(node):
        if isinstance(item, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(item, clean=False) is not None:
            docstring = item.body[0]
            skipped |= set(range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1))
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(item.lineno for item in decorators)])
    rows = range(first, (node.end_lineno or first) + 1)
    kept = (module.lines[row - 1].split("  # ")[0].rstrip() for row in rows if row not in skipped)
    return "\n".join(line for line in kept if line.strip() and not line.strip().startswith("#"))


def _top_level(module: Module) -> str:
    """What a user's file does besides defining names: imports and loose statements, which may move any number."""
    defined = {node.lineno for node in module.definitions.values()}
    body = ast.parse("\n".join(module.lines)).body
    loose = [node for node in body if node.lineno not in defined and not _is_text(node)]
    return "\n".join("\n".join(module.lines[node.lineno - 1 : node.end_lineno]) for node in loose)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def parts(components: list[tuple[str, str]], engine: str) -> dict[str, str]:
    """`file:name` -> sha256 of its text, for all that a run with these (kind, name) components is built from."""
    roots = [(PACKAGE / file, name) for file, name in ENGINE[engine]]
    for kind, name in components:
        found = component(kind, name)
        roots.append((found.file, found.function))
    return {key: sha256_of_json(text) for key, text in sorted(closure(roots).items())}
