"""Source files as they stand, parsed and not imported: definitions, references, places."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from replab import component_files
from replab.errors import ReplabError

PACKAGE = Path(__file__).resolve().parent


def relative(file: Path) -> str:
    """A source file's path as the repository spells it; one of the user's as params.yaml does."""
    if file.is_relative_to(PACKAGE):
        return f"src/replab/{file.relative_to(PACKAGE).as_posix()}"
    return component_files.FILES.get(file, str(file))


@dataclass(frozen=True)
class Module:
    """A parsed module: its lines, its top-level definitions, what it imports by name from replab, and `piece`s.

    tuples: whether names that are assigned together (`A, B = 1, 2`) are among the definitions.
    """

    file: Path
    tuples: bool
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


_seen: dict[Path, tuple[int, int]] = {}
_edits: list[Path] = []


def _stamp(file: Path) -> tuple[int, int]:
    """When the file was changed last, and its size; a stamp that differs from the one seen before counts as an edit."""
    try:
        stat = file.stat()
        stamp = (stat.st_mtime_ns, stat.st_size)
    except OSError as error:
        _edits.append(file)
        raise ReplabError(f"component file {file} cannot be read: {error.strerror}") from error
    if _seen.setdefault(file, stamp) != stamp:
        _seen[file] = stamp
        _edits.append(file)
    return stamp


def edits() -> int:
    """How often a file that had been parsed was seen changed or gone; every such file is looked at now."""
    for file in _seen:
        with suppress(ReplabError):
            _stamp(file)
    return len(_edits)


def parse(file: Path, tuples: bool = False) -> Module:
    """The module in `file`, parsed again whenever the file changes. Raises ReplabError with file and line."""
    return _parse(file, tuples, *_stamp(file))


@cache
def _parse(file: Path, tuples: bool, _mtime: int, _size: int) -> Module:
    try:
        text = file.read_text(encoding="utf-8")
        tree = ast.parse(text)
    except SyntaxError as error:
        raise ReplabError(f"{relative(file)}:{error.lineno}: {error.msg}") from error
    except ValueError as error:  # a UnicodeDecodeError is one; so is a null byte
        raise ReplabError(f"{relative(file)}: not Python in UTF-8: {error}") from error
    definitions: dict[str, ast.stmt] = {}
    imports: dict[str, tuple[str, str]] = {}
    for node in tree.body:
        for name in defined(node, tuples):
            definitions[name] = node
    for item in _statements(tree):  # a function that imports late uses what it imports no less
        if isinstance(item, ast.ImportFrom) and (item.module or "").startswith("replab"):
            imports |= {alias.asname or alias.name: (item.module or "", alias.name) for alias in item.names}
    return Module(file, tuples, tuple(text.split("\n")), definitions, imports, {})


def defined(node: ast.stmt, tuples: bool = False) -> list[str]:
    """The names that a statement defines; with `tuples`, those that are assigned together, too."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    if tuples:
        targets = [name for target in targets for name in getattr(target, "elts", [target])]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """A node and the statements in it, in the order of `ast.walk`, which looks at every expression, too."""
    found = deque([node])
    while found:
        yield (node := found.popleft())
        for block in ("body", "handlers", "orelse", "finalbody", "cases"):
            inner = getattr(node, block, ())
            found.extend(inner if isinstance(inner, list) else ())


def file_of(module: str) -> Path | None:
    """The file of a module of the package; None where there is none."""
    path = PACKAGE.joinpath(*module.split(".")[1:])
    if path.is_dir():
        return path / "__init__.py"
    return path.with_suffix(".py") if path.with_suffix(".py").exists() else None


def definition(module: Module, name: str) -> tuple[Module, ast.stmt]:
    """Where a name that a module uses is defined: there, or where it imports it from."""
    while name not in module.definitions:
        origin, name = module.imports[name]
        file = file_of(origin)
        if file is None:
            raise ReplabError(f"{relative(module.file)} imports {name} from {origin}, which is not there")
        module = parse(file, module.tuples)
    return module, module.definitions[name]


def _references(node: ast.stmt) -> list[str]:
    return sorted({item.id for item in ast.walk(node) if isinstance(item, ast.Name)})


def _code(module: Module, node: ast.stmt) -> str:
    skipped: set[int] = set()
    for item in _statements(node):
        if isinstance(item, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(item, clean=False) is not None:
            docstring = item.body[0]
            skipped |= set(range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1))
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(item.lineno for item in decorators)])
    rows = range(first, (node.end_lineno or first) + 1)
    kept = (module.lines[row - 1].split("  # ")[0].rstrip() for row in rows if row not in skipped)
    return "\n".join(line for line in kept if line.strip() and not line.strip().startswith("#"))
