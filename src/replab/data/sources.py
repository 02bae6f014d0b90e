"""Get a data set's raw files, each verified by its checksum, from the first place that has it.

Order: the cache `<root>/raw/<name>/`, `REPLAB_MIRROR` (a folder or http(s) URL laid out as `<name>/<file>`),
the official URL and its known mirrors, then the data set's archive, itself looked for in the same order.
"""

from __future__ import annotations

import hashlib
import sys
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from gzip import BadGzipFile
from pathlib import Path

import filelock

from replab.data.dataset import RawFile, Source
from replab.data.transfer import CHUNK_BYTES, Unavailable, bring, incoming_of, places, shown
from replab.errors import ReplabError
from replab.files import replacing


@contextmanager
def locked(name: str, root: Path) -> Iterator[None]:
    """Hold a data set's files under `root` against other processes; disk errors become ReplabErrors."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(root / f".{name}.lock")
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            print(f"{name}: waiting for another process that fetches or prepares it", file=sys.stderr)
            lock.acquire()
        try:
            yield
        finally:
            lock.release()
    except OSError as error:
        raise ReplabError(f"cannot use {error.filename or root}: {error.strerror or error}") from error


def fetch(source: Source, root: Path) -> dict[str, Path]:
    """The verified path of each raw file of `source`, by name. The caller holds the lock.

    Raises ReplabError, with every place that was tried, where a file is nowhere to be had.
    """
    folder = root / "raw" / source.name
    discard_parts(folder)
    found: dict[str, Path] = {}
    lacking: dict[RawFile, str] = {}
    for file in source.files:
        try:
            found[file.name] = _find(file, source, folder)
        except Unavailable as error:
            lacking[file] = str(error)
            if source.archive is None:
                break
    return found | _from_archive(source, lacking, folder) if lacking else found


def discard_parts(folder: Path) -> None:
    """Remove what a killed process had begun to write in `folder`. The caller holds the lock."""
    for part in folder.rglob(".*.part"):
        part.unlink(missing_ok=True)


def _find(file: RawFile, source: Source, folder: Path) -> Path:
    """The file's verified path in the cache. Raises Unavailable with what each place answered."""
    path = folder / file.name
    refusals: list[str] = []
    mismatches: list[str] = []
    for place, candidate in _candidates(file, source, folder, refusals):
        mismatch = _accept(candidate, path, file)
        if mismatch is None:
            for line in mismatches:
                print(f"{source.name}: {line}; replaced by a good copy", file=sys.stderr)
            return path
        mismatches.append(f"{shown(place)}: {mismatch}")
    raise Unavailable("; ".join([*mismatches, *refusals]))


def _candidates(file: RawFile, source: Source, folder: Path, refusals: list[str]) -> Iterator[tuple[str, Path]]:
    """Each place that has the file, with its copy here; what the others answer goes to `refusals`."""
    path = folder / file.name
    incoming = incoming_of(path)
    if path.exists():
        yield str(path), path
    for place in places(source.name, file.name, file.urls):
        try:
            bring(place, incoming, file.bytes)
        except Unavailable as error:
            refusals.append(f"{shown(place)}: {error}")
        else:
            yield place, incoming


def _accept(candidate: Path, path: Path, file: RawFile) -> str | None:
    """Move `candidate` to `path` where its checksum is right; otherwise set it aside, and say so."""
    with candidate.open("rb") as content:
        found = hashlib.file_digest(content, lambda: hashlib.new(file.algorithm, usedforsecurity=False)).hexdigest()
    if found == file.checksum:
        candidate.replace(path)
        return None
    aside = path.with_name(f"{path.name}.bad-checksum")
    candidate.replace(aside)
    return f"{file.algorithm} {found}, expected {file.checksum}, set aside as {aside}"


def _from_archive(source: Source, lacking: dict[RawFile, str], folder: Path) -> dict[str, Path]:
    """The `lacking` files out of the data set's archive. Raises ReplabError with every place's answer."""
    files, answers = list(lacking), [next(iter(lacking.values()))]
    if source.archive is not None:
        try:
            return _extract(_find(source.archive, source, folder), files, folder)
        except Unavailable as error:
            answers.append(str(error))
    name, more = files[0].name, f" (and {len(files) - 1} more)" if len(files) > 1 else ""
    raise ReplabError(
        f"{source.name}: cannot get {name}{more}: {'; '.join(filter(None, answers)) or 'no place is known'}\n"
        f"Set REPLAB_MIRROR to a folder or URL that has {source.name}/{name}, or put the file into {folder}."
    )


def _extract(archive: Path, files: Sequence[RawFile], folder: Path) -> dict[str, Path]:
    """Take just `files` out of a tar archive, by their exact member names, each verified.

    A member is written under our own name for it, whatever paths or links the archive holds besides.
    """
    wanted = {file.member: file for file in files}
    found: dict[str, Path] = {}
    try:
        with tarfile.open(archive, "r:*") as tar:
            for member in tar:
                if member.isreg() and member.name in wanted:
                    file = wanted.pop(member.name)
                    found[file.name] = _extract_one(tar, member, file, folder)
                if not wanted:
                    return found
    except (tarfile.TarError, EOFError, zlib.error, BadGzipFile) as error:
        raise ReplabError(f"{archive} is not a whole tar archive: {error}") from error
    raise ReplabError(f"{archive} does not hold {', '.join(wanted)}")


def _extract_one(tar: tarfile.TarFile, member: tarfile.TarInfo, file: RawFile, folder: Path) -> Path:
    path = folder / file.name
    incoming = incoming_of(path)
    if member.size != file.bytes:
        raise ReplabError(f"{member.name} has {member.size} bytes in its archive, expected {file.bytes}")
    content = tar.extractfile(member)
    assert content is not None  # a regular file has content
    with content, replacing(incoming) as target:
        while chunk := content.read(CHUNK_BYTES):
            target.write(chunk)
    if mismatch := _accept(incoming, path, file):
        raise ReplabError(f"{member.name} in its archive: {mismatch}")
    return path
