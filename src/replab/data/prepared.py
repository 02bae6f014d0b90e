"""The prepared form of a data set: its arrays as .npy files, and a manifest, under `<root>/prepared/<name>/`.

The manifest depends on the data alone, not on when, where or from which mirror they came. It is written last:
a folder without one is not prepared.
"""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from replab.data.dataset import Arrays, DataSet, Source
from replab.data.derived import Derived
from replab.data.sources import discard_parts, fetch, locked
from replab.data.texts import TextData, TextSource, text_data
from replab.errors import ReplabError
from replab.files import read_json, replacing, sha256_of, sha256_of_json, write_json


def folder_of(source: Source, root: Path) -> Path:
    """Where the prepared form of `source` lies."""
    return root / "prepared" / source.name


def prepare(source: Source, root: Path) -> dict[str, Any]:
    """Fetch what is missing, decode it, write the prepared form; its manifest. An intact one stays.

    Raises ReplabError where a file cannot be had, read or written.
    """
    if not _is_intact(source, root):  # before the lock: an intact one may lie where nothing can be written
        with locked(source.name, root):
            if not _is_intact(source, root):
                _build(source, root)
    return read_manifest(source, root)


def _build(source: Source, root: Path) -> None:
    arrays, folder = source.decode(source, _inputs(source, root)), folder_of(source, root)
    source.check(arrays)
    (folder / "manifest.json").unlink(missing_ok=True)
    discard_parts(folder)
    for name in source.array_shapes:
        _write_array(folder / f"{name}.npy", arrays[name])
    measured = _measured(source, folder)
    if measured["sha256"] != (source.sha256 or measured["sha256"]):
        what = f"decoded arrays have sha256 {measured['sha256']}, expected {source.sha256}"
        raise ReplabError(f"{source.name}: {what}; origin: {source.origin}")
    write_json(folder / "manifest.json", _described(source) | measured)


def _inputs(source: Source, root: Path) -> dict[str, Path]:
    """The files that `source` is decoded from: its raw ones, or the arrays that it is derived from, by name."""
    if not isinstance(source, Derived):
        return fetch(source, root)
    prepare(source.parent, root)
    return {name: folder_of(source.parent, root) / f"{name}.npy" for name in source.parent.array_shapes}


def read_manifest(source: Source, root: Path) -> dict[str, Any]:
    """The manifest of a prepared data set. Raises ReplabError, with the command that helps, without one."""
    path = folder_of(source, root) / "manifest.json"
    if not path.is_file():
        raise ReplabError(f"{source.name} is not prepared under {root}: run {_command(source, root)}")
    content = read_json(path)
    if not _is_manifest(content):
        raise ReplabError(f"{path} is damaged: run {_command(source, root)}")
    if content["sha256"] != (source.sha256 or content["sha256"]):
        raise ReplabError(f"{path} is of other data than {source.name}: run {_command(source, root)}")
    return content


def _is_manifest(content: Any) -> bool:
    if not isinstance(content, dict) or not isinstance(content.get("arrays"), dict):
        return False
    return "sha256" in content and all(isinstance(entry, dict) for entry in content["arrays"].values())


def load(source: Source, root: Path) -> DataSet:
    """The prepared data set in memory. Raises ReplabError where it is not prepared or damaged, and for a text.

    Shapes, types and the range of labels are checked; `verify` checks every byte.
    """
    if isinstance(source, TextSource):
        raise ReplabError(f"data set '{source.name}' is a text, not examples with labels")
    arrays, sha256 = _arrays(source, root)
    return DataSet(name=source.name, **arrays, classes=source.classes, sha256=sha256, sample=source.sample)


def load_text(source: Source, root: Path) -> TextData:
    """The prepared text in memory. Raises ReplabError where it is not prepared or damaged, and for no text."""
    if not isinstance(source, TextSource):
        raise ReplabError(f"data set '{source.name}' is no text")
    return text_data(source, *_arrays(source, root))


def _arrays(source: Source, root: Path) -> tuple[Arrays, str]:
    """The prepared arrays, checked, and the identity of the data."""
    manifest, folder = read_manifest(source, root), folder_of(source, root)
    arrays: Arrays = {}
    for name in source.array_shapes:
        try:
            arrays[name] = np.load(folder / f"{name}.npy", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            path = folder / f"{name}.npy"
            if isinstance(error, OSError) and error.errno not in {None, errno.ENOENT}:
                raise ReplabError(f"cannot read {path}: {error.strerror}") from error
            raise ReplabError(f"{path} is damaged ({error}): run {_command(source, root)}") from error
    source.check(arrays)
    return arrays, str(manifest["sha256"])


def verify(source: Source, root: Path) -> dict[str, Any]:
    """The manifest, if every array is as it states. Raises ReplabError that names the first that is not."""
    manifest, folder = read_manifest(source, root), folder_of(source, root)
    found = _measured(source, folder)
    for name, entry in found["arrays"].items():
        stated = manifest["arrays"].get(name, {}).get("sha256")
        if entry["sha256"] != stated:
            raise ReplabError(
                f"{folder / name} has changed: sha256 {entry['sha256']}, expected {stated}\n"
                f"Run {_command(source, root)}"
            )
    if not manifest.items() >= found.items():
        raise ReplabError(f"{folder / 'manifest.json'} is damaged: run {_command(source, root)}")
    return manifest


def _is_intact(source: Source, root: Path) -> bool:
    try:
        manifest = verify(source, root)
    except ReplabError:
        return False
    return manifest.items() >= _described(source).items()


def _command(source: Source, root: Path) -> str:
    return f"`replab data prepare {source.name} --root {root}`"


def _described(source: Source) -> dict[str, Any]:
    """The part of the manifest that is known before the data are."""
    return {
        "name": source.name,
        "title": source.title,
        "source": source.origin,
        "licence": source.licence,
        "citation": source.citation,
        "classes": list(source.classes),
        "sample": source.sample,
        "note": source.note,
        "raw": {file.name: {file.algorithm: file.checksum, "bytes": file.bytes} for file in source.files},
    } | ({"recipe": source.recipe()} if isinstance(source, Derived) else {})


def _measured(source: Source, folder: Path) -> dict[str, Any]:
    """The part of the manifest that is computed from the written arrays."""
    arrays = {}
    for name in source.array_shapes:
        path = folder / f"{name}.npy"
        try:
            array = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise ReplabError(f"{path} is damaged: {error}") from error
        arrays[path.name] = {"sha256": sha256_of(path), "shape": list(array.shape), "dtype": str(array.dtype)}
    return {"arrays": arrays, "sha256": _identity(source, arrays, root=folder.parents[1])}


def _identity(source: Source, arrays: dict[str, dict[str, Any]], root: Path) -> str:
    """The hash of the arrays' bytes; of features, whose last bits depend on the processor, that of their recipe."""
    if isinstance(source, Derived) and source.dtype != "uint8":
        return sha256_of_json({"parent": read_manifest(source.parent, root)["sha256"], "recipe": source.recipe()})
    return sha256_of_json({name: entry["sha256"] for name, entry in arrays.items()})


def _write_array(path: Path, array: NDArray[Any]) -> None:
    """Write a .npy file, atomically. Not by np.save: where the disk is full, it does not say so."""
    contiguous = np.ascontiguousarray(array)
    with replacing(path) as file:
        np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(contiguous))
        file.write(contiguous.data)
