"""The user's own component files: those that `components` in params.yaml names. Nothing is imported or run here.

They hold the same dicts as the package's modules (LOSSES, ACTIVATIONS, ...), whose entries are added to the
catalogues. Which files these are is set when params.yaml is read, and holds until another one is.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from replab.errors import ReplabError

FILES: dict[Path, str] = {}


def use(folder: Path, names: Iterable[str]) -> None:
    """Take the files `names`, relative to `folder`, as the user's. Raises ReplabError for one that is not there."""
    FILES.clear()
    for name in names:
        path = (folder / name).resolve()
        if path.suffix != ".py" or not path.is_file():
            raise ReplabError(f"components: '{name}' is no Python file under {folder.resolve()}")
        if path in FILES:
            raise ReplabError(f"components: '{name}' is given twice")
        FILES[path] = name
