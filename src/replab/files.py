"""Files that are whole or not there: every write goes to a neighbour first and is renamed into place."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import os
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import yaml

from replab.errors import ReplabError

try:
    import fcntl
except ImportError:  # no POSIX: what a killed process had begun to write stays
    fcntl = None  # type: ignore[assignment]

PARTS = ".*.????????.part"


@contextmanager
def replacing(path: Path, durable: bool = True) -> Iterator[BinaryIO]:
    """A binary file that takes `path`'s place when the block ends, and leaves no trace when it raises.

    One that is not `durable` may be damaged where the power fails within seconds; it costs a millisecond less.
    """
    part = lock = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, part = _begun(path)
        lock = os.dup(handle) if fcntl else None
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
        os.chmod(part, 0o644)
        os.replace(part, path)
    except OSError as error:
        raise ReplabError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        if part is not None:
            Path(part).unlink(missing_ok=True)
        if lock is not None:
            os.close(lock)


def _begun(path: Path) -> tuple[int, str]:
    """A new file beside `path`, locked for as long as a descriptor of it is open; see `remove_parts`."""
    while True:
        handle, part = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        with contextlib.suppress(OSError):  # a disk without locks
            if fcntl:
                fcntl.flock(handle, fcntl.LOCK_EX)
        if os.path.exists(part):
            return handle, part
        os.close(handle)  # it was removed before it was locked


def remove_parts(folder: Path) -> None:
    """Remove what killed processes had begun to write below a folder. What a living one writes is locked, and stays."""
    for part in folder.rglob(PARTS) if fcntl else ():
        with contextlib.suppress(OSError), part.open("rb+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            part.unlink()


def write_bytes(path: Path, content: bytes, durable: bool = True) -> None:
    """Write `content` atomically; see `replacing`."""
    with replacing(path, durable) as file:
        file.write(content)


def write_text(path: Path, content: str) -> None:
    """Write `content` as UTF-8, atomically."""
    write_bytes(path, content.encode("utf-8"))


def write_json(path: Path, content: Any) -> None:
    """Write `content` as JSON with sorted keys, atomically; NaN and infinities are refused (write None)."""
    write_text(path, json.dumps(content, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """The JSON content of `path`. Raises ReplabError where it is not JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ReplabError(f"{path} is not JSON: {error}") from error


def read_gzip(path: Path, most: int = -1) -> bytes:
    """What a gzipped file holds, `most` bytes of it at most. Raises ReplabError where it is no whole such file."""
    try:
        with gzip.open(path, "rb") as file:
            return file.read(most)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ReplabError(f"{path} is not a whole gzip file: {error}") from error


# The parser of libyaml is ten times as fast as the one in Python. PyYAML has it wherever it was built with libyaml.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _UniqueKeys(_Loader):  # type: ignore[misc]
    """YAML that refuses a key given twice in one mapping; a key that overrides a merged one (`<<`) is fine."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"key '{key.value}' is given twice", problem_mark=key.start_mark)
            seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def version(path: Path) -> tuple[int, ...]:
    """What changes with a file: when it was written last, its size, and which file it is; () where it is not there."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino


def read_yaml(path: Path) -> Any:
    """The YAML content of `path`. Raises ReplabError where it cannot be read, is not YAML, or has a key twice."""
    try:
        return parse_yaml(path.read_text(encoding="utf-8"), path)
    except OSError as error:
        raise ReplabError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ReplabError(f"{path} is not YAML: {error}") from error


def parse_yaml(text: str, where: Path) -> Any:
    """The content of a text in YAML, which `where` has or will have. Raises ReplabError as `read_yaml` does."""
    try:
        return yaml.load(text, _UniqueKeys)
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise ReplabError(f"{where} is not YAML: {line}{error.problem}") from error
    except yaml.YAMLError as error:
        raise ReplabError(f"{where} is not YAML: {' '.join(str(error).split())}") from error


def line_in_yaml(path: Path, keys: Sequence[str | int]) -> int:
    """The line, from 1 on, of the setting under nested `keys`: that of the innermost one that is there; 0 for none."""
    node, line = yaml.compose(path.read_text(encoding="utf-8"), _Loader), 0
    for key in keys:
        if isinstance(node, yaml.MappingNode):
            found = [(name, value) for name, value in node.value if name.value == str(key)]
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            found = [(node.value[key], node.value[key])]
        else:
            found = []
        if not found:
            break
        [(name, node)] = found[:1]
        line = name.start_mark.line + 1
    return line


def flat(block: dict[str, Any], path: str = "") -> dict[str, Any]:
    """A nested block as one level of dotted keys."""
    level: dict[str, Any] = {}
    for key, value in block.items():
        level |= flat(value, f"{path}{key}.") if isinstance(value, dict) else {f"{path}{key}": value}
    return level


def sha256_of(path: Path) -> str:
    """The hex sha256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_json(content: Any) -> str:
    """The hex sha256 of the canonical JSON form: equal content, equal hash."""
    return hashlib.sha256(_CANONICAL.encode(content).encode("utf-8")).hexdigest()


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)
