"""A store that colleagues share: records go to a remote folder and come from there, each of them verified.

A remote is what fsspec can open: a folder, `s3://bucket/folder`, `ssh://host/folder`. It has the layout of a store.
What is there already is never changed, so that a push or a pull that was interrupted is simply repeated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import fsspec

from replab.errors import ReplabError
from replab.store import LONGEST, Store, record_of

# A write there is whole or not there by itself, and folders need not be made. Elsewhere a record gets its name last.
OBJECT_STORES = {"s3", "gs", "gcs", "abfs", "az"}
EXTRAS = {"s3", "ssh"}  # protocols that an extra of this package, of the same name, brings
# sshfs would trust any server. An empty tuple is asyncssh's word for ~/.ssh/known_hosts.
OPTIONS: dict[str, dict[str, object]] = {"ssh": {"known_hosts": ()}}
RECORD = re.compile(r"runs/([0-9a-f]{2})/(\1[0-9a-f]{62})\.json")
AT_ONCE = 32  # records in memory


@dataclass
class Moved:
    """What a push or a pull did: how many records went, how many were there already, and why others did not go."""

    went: int = 0
    there: int = 0
    refused: dict[str, str] = field(default_factory=dict)


class Remote:
    """Records at an address. Raises ReplabError where it cannot be opened or does not exist."""

    def __init__(self, address: str) -> None:
        if not address.strip():
            raise ReplabError("the address of a remote must not be empty")
        self.shown = re.sub(r"(://[^/:@]*):[^/@]*@", r"\1:***@", address)  # without a password
        self._protocol = address.partition("://")[0]
        with self._reached():
            self.files, root = fsspec.url_to_fs(address, **OPTIONS.get(self._protocol, {}))
            self.root = root.rstrip("/")
            kinds = self.files.protocol
            self.is_objects = bool(OBJECT_STORES & set([kinds] if isinstance(kinds, str) else kinds))
            self.files.invalidate_cache()

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """Every kind of remote has errors of its own; all become one line."""
        try:
            yield
        except ReplabError:
            raise
        except ImportError as error:
            hint = f"pip install '.[{self._protocol}]' in replab's folder" if self._protocol in EXTRAS else error
            raise ReplabError(f"{self.shown} needs a further package: {hint}") from error
        except FileNotFoundError as error:
            raise ReplabError(f"{self.shown} does not exist; make the folder or the bucket first") from error
        except PermissionError as error:
            raise ReplabError(f"no right to use {self.shown}: {_line(error)}") from error
        except Exception as error:
            raise ReplabError(f"cannot use {self.shown}: {_line(error)}") from error

    def sizes(self) -> dict[str, int]:
        """identity -> bytes of each record there. Other files are left out."""
        with self._reached():
            found = self._found()
            prefix = len(self.root) + 1
            matches = {path: RECORD.fullmatch(path[prefix:]) for path in found}
            return {match[2]: found[path]["size"] or 0 for path, match in matches.items() if match}

    def _found(self) -> dict[str, dict[str, int]]:
        folder = f"{self.root}/runs"
        if self.is_objects:
            self.files.ls(self.root.partition("/")[0])  # raises where the bucket is not there
            return dict(self.files.find(folder, detail=True))
        if folder not in {entry.rstrip("/") for entry in self.files.ls(self.root, detail=False)}:
            return {}
        return dict(self.files.find(folder, detail=True, on_error="raise"))

    def read(self, identities: list[str]) -> dict[str, bytes | Exception]:
        """identity -> what its file holds, or why it cannot be read."""
        with self._reached():
            contents = self.files.cat_ranges([self._path(name) for name in identities], None, None, on_error="return")
            return dict(zip(identities, contents, strict=True))

    def write(self, contents: dict[str, bytes]) -> None:
        """Put the contents of records by identity, each whole or not at all."""
        with self._reached():
            if self.is_objects:
                self.files.pipe({self._path(name): content for name, content in contents.items()})
                return
            for name, content in contents.items():
                self._write_file(self._path(name), content)

    def _write_file(self, path: str, content: bytes) -> None:
        folder = path.rpartition("/")[0]
        part = f"{folder}/.{uuid4().hex}.part"
        self.files.makedirs(folder, exist_ok=True)
        try:
            self.files.pipe_file(part, content)
            self.files.mv(part, path)
        except BaseException:
            if self.files.exists(part):
                self.files.rm_file(part)
            raise

    def _path(self, identity: str) -> str:
        return f"{self.root}/runs/{identity[:2]}/{identity}.json"


def push(store: Store, remote: Remote) -> Moved:
    """Copy the store's records that the remote lacks."""
    mine, there = store.identities(), remote.sizes()
    moved = Moved(there=sum(name in there for name in mine))
    for names in _batches([name for name in mine if name not in there]):
        contents: dict[str, bytes] = {}
        for name in names:
            with _refusing(moved, name):
                contents[name] = _read(store, name)
        remote.write(contents)
        moved.went += len(contents)
    return moved


def _read(store: Store, name: str) -> bytes:
    try:
        content = store.record_path(name).read_bytes()
    except OSError as error:
        raise ReplabError(f"cannot be read: {error.strerror}") from error
    _verified(name, content)
    return content


def _batches(names: list[str]) -> Iterator[list[str]]:
    yield from (names[start : start + AT_ONCE] for start in range(0, len(names), AT_ONCE))


def pull(store: Store, remote: Remote) -> Moved:
    """Copy the remote's records that the store lacks."""
    mine, sizes = set(store.identities()), remote.sizes()
    moved = Moved(there=sum(name in mine for name in sizes))
    wanted = [name for name in sorted(sizes) if name not in mine]
    for name in wanted:
        if sizes[name] > LONGEST:
            moved.refused[name] = f"has {sizes[name]:,} bytes, a record has {LONGEST:,} at most"
    for names in _batches([name for name in wanted if name not in moved.refused]):
        _take(store, remote.read(names).items(), moved)
    return moved


def _take(store: Store, contents: Iterable[tuple[str, bytes | Exception]], moved: Moved) -> None:
    for name, content in contents:
        if isinstance(content, Exception):
            moved.refused[name] = f"cannot be read: {_line(content)}"
            continue
        with _refusing(moved, name):
            record = _verified(name, content)
            store.put(record)
            moved.went += 1


def _verified(name: str, content: bytes) -> dict[str, object]:
    """The record that a file holds. Raises ReplabError where it is not the whole record of the run `name`."""
    record = record_of(content)
    if record["identity"] != name:
        raise ReplabError(f"it is the record of {record['identity'][:12]}")
    return record


@contextmanager
def _refusing(moved: Moved, name: str) -> Iterator[None]:
    try:
        yield
    except ReplabError as error:
        moved.refused[name] = str(error)


def _line(error: Exception) -> str:
    """The first line of an error's message, or its kind where it has none."""
    return next(iter(str(error).splitlines()), "") or type(error).__name__
