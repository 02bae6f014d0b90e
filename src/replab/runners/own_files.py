"""Files of the user's that a run depends on: their checksums, and the Python files that they import beside them."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from replab import component_files
from replab.errors import ReplabError
from replab.files import sha256_of, sha256_of_json, version


def matching(folder: Path, patterns: Iterable[str], key: str) -> dict[str, Path]:
    """Path as it is written -> file, of all that the patterns match. Raises ReplabError for one that matches none."""
    found: dict[str, Path] = {}
    for pattern in patterns:
        root, relative = (Path("/"), pattern.lstrip("/")) if pattern.startswith("/") else (folder, pattern)
        if not relative.strip("./"):
            raise ReplabError(f"{key}: '{pattern}' names no file")
        files = sorted(path for path in root.glob(relative) if path.is_file() and "__pycache__" not in path.parts)
        if not files:
            raise ReplabError(f"{key}: '{pattern}' matches no file in {folder}")
        found |= {shown(path, folder): path for path in files}
    return found


def data_of(patterns: list[str], key: str) -> dict[str, Any] | None:
    """The checksums of the files that the patterns under `key` match, and of all of them; None without patterns."""
    if not patterns:
        return None
    files = checksums(matching(component_files.folder(), patterns, key))
    return {"name": "files", "sha256": sha256_of_json(files), "files": files}


def shown(path: Path, folder: Path) -> str:
    """A file's path, relative to the study's folder where it lies there."""
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()


def checksums(files: dict[str, Path]) -> dict[str, str]:
    """Path -> sha256 of the content."""
    return {name: checksum(path) for name, path in sorted(files.items())}


def checksum(path: Path) -> str:
    """The sha256 of a file's content, worked out again when the file changes."""
    return _checksum(path, version(path))


@cache
def _checksum(path: Path, _version: tuple[int, ...]) -> str:
    return sha256_of(path)


def undeclared(files: dict[str, Path], folder: Path) -> list[tuple[str, str]]:
    """(file, what it imports) of the Python files beside them that no pattern declares, imports of imports too."""
    known, queue, found = set(files.values()), [path for path in files.values() if path.suffix == ".py"], []
    while queue:
        path = queue.pop(0)
        for other in _imports(path, folder):
            if other not in known:
                known.add(other)
                queue.append(other)
                found.append((shown(path, folder), shown(other, folder)))
    return found


def nodes_of(path: Path) -> Iterator[ast.AST]:
    """All nodes of a Python file; none of one that cannot be parsed."""
    with contextlib.suppress(SyntaxError, UnicodeDecodeError):
        yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def _imports(path: Path, folder: Path) -> Iterator[Path]:
    """The files beside a script, or in the study's folder or its src, that its import statements mean."""
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from files_of(alias.name.split("."), [path.parent, folder, folder / "src"])
        elif isinstance(node, ast.ImportFrom):
            up = path.parents[node.level - 1 : node.level] if node.level else [path.parent, folder, folder / "src"]
            parts = (node.module or "").split(".") if node.module else []
            yield from files_of(parts, up)
            for alias in node.names:
                yield from files_of([*parts, alias.name], up)


def files_of(parts: list[str], roots: Iterable[Path]) -> Iterator[Path]:
    """The file of a module, and the __init__.py of each package that it lies in."""
    for root in roots:
        base = root.joinpath(*parts)
        own = [base.with_suffix(".py"), base / "__init__.py"] if parts else []
        around = [root.joinpath(*parts[:end]) / "__init__.py" for end in range(1, len(parts))]
        if any(path.is_file() for path in own):
            yield from (path.resolve() for path in [*own, *around] if path.is_file())
            return
