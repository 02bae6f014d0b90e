"""params.yaml and the files of studies that it includes, read as one tree that knows where each setting stands."""

from __future__ import annotations

import contextlib
import glob
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from replab.errors import ReplabError
from replab.files import line_in_yaml, read_yaml, version

Keys = Sequence[str | int]


@dataclass(frozen=True)
class ParamsFiles:
    """What the files say together, and where it stands: `studies` gives the file of each study that is included.

    `root` is params.yaml. `on_disk` is False for content that no file has yet: it has no lines. `versions` are those of
    the files when they were read.
    """

    content: Any
    root: Path = Path("params.yaml")
    studies: dict[str, Path] = field(default_factory=dict)
    on_disk: bool = False
    versions: dict[Path, tuple[int, ...]] = field(default_factory=dict)

    def are_unchanged(self) -> bool:
        """Whether the files are still those that were read."""
        with contextlib.suppress(ReplabError):
            read = [self.root, *included(self.root, self.content.get("include") or [])]
            return self.versions == {file: version(file) for file in read}
        return False

    def place(self, keys: Keys, said: str | None = None) -> str:
        """Where the setting under `keys` stands: `studies/004-xor.yaml:17: xor_bits.base`.

        `said` takes the place of the dotted key.
        """
        file, inner = self.root, keys
        if len(keys) > 1 and keys[0] == "studies" and keys[1] in self.studies:
            file, inner = self.studies[str(keys[1])], keys[1:]
        line = line_in_yaml(file, inner) if self.on_disk else 0
        where = file.relative_to(self.root.parent).as_posix() + (f":{line}" if line else "")
        return ": ".join(part for part in (where, dotted(inner) if said is None else said) if part)


def read_params(path: Path) -> ParamsFiles:
    """params.yaml with the studies of the files that its key `include` names, in the order of their names.

    Raises ReplabError for a file that cannot be read, for an `include` without a file, and for a study in two files.
    """
    versions = {path: version(path)}
    content = read_yaml(path)
    if not isinstance(content, dict) or "include" not in content:
        return ParamsFiles(content, path, on_disk=True, versions=versions)
    own = content.get("studies") or {}
    studies: dict[Any, Any] = dict(own) if isinstance(own, dict) else {}
    files: dict[str, Path] = {}
    for file in included(path, content["include"]):
        versions[file] = version(file)
        for name, study in _studies_in(file).items():
            if name in studies:
                other = files.get(name, path)
                raise ReplabError(f"{file}: there is a study '{name}' already, in {other}")
            studies[name], files[name] = study, file
    return ParamsFiles(content | {"studies": studies}, path, files, on_disk=True, versions=versions)


def included(path: Path, patterns: Any) -> list[Path]:
    """The files that `include` names, as paths or patterns relative to params.yaml, which is `path`.

    Each is named once. Raises ReplabError for a pattern that no file matches.
    """
    if not isinstance(patterns, list) or not all(isinstance(pattern, str) for pattern in patterns):
        raise ReplabError(f"{path}: include: expected a list of files, such as [studies/*.yaml]")
    found: dict[Path, None] = {}
    for pattern in patterns:
        files = _matching(path.parent, pattern)
        if not files:
            raise ReplabError(f"{path}: include: there is no file '{pattern}' in {path.parent.resolve()}")
        found |= dict.fromkeys(files)
    return list(found)


def _matching(folder: Path, pattern: str) -> list[Path]:
    parts = Path(pattern).parts
    if not parts or Path(pattern).is_absolute() or ".." in parts:
        raise ReplabError(f"include: '{pattern}' must be a path in the folder of params.yaml")
    names: Iterable[str] = sorted(glob.glob(pattern, root_dir=folder))
    return [folder / name for name in names if not (folder / name).is_dir()]


def _studies_in(file: Path) -> dict[str, Any]:
    content = read_yaml(file) or {}
    if not isinstance(content, dict):
        raise ReplabError(f"{file}: expected studies by their names, found {type(content).__name__}")
    if strange := [name for name in content if not isinstance(name, str)]:
        raise ReplabError(f"{file}: the name of a study must be a text, not {strange[0]!r}: put it in quotes")
    return content


def dotted(keys: Keys) -> str:
    """The keys as one: `optimizer.lr`."""
    return ".".join(map(str, keys))
