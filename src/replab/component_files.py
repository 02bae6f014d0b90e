"""The user's own component files, which `components` in params.yaml names, and the folder of that file.

Nothing is imported or run here. The files hold the same dicts as the package's modules (LOSSES, ACTIVATIONS, ...),
whose entries are added to the catalogues. Which files these are is set when params.yaml is read, and holds until
another one is.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from replab.errors import ReplabError

FILES: dict[Path, str] = {}
_FOLDER = [Path()]


def folder() -> Path:
    """The folder of the params.yaml that was read last: what a study runs by, is relative to it."""
    return _FOLDER[0]


def use(root: Path, names: Iterable[str]) -> None:
    """Take the files `names`, relative to `root`, as the user's. Raises ReplabError for one that is not there."""
    FILES.clear()
    _FOLDER[0] = root.resolve()
    for name in names:
        path = (root / name).resolve()
        if path.suffix != ".py" or not path.is_file():
            raise ReplabError(f"components: '{name}' is not a Python file in {root.resolve()}")
        if path in FILES:
            raise ReplabError(f"components: '{name}' is given twice")
        FILES[path] = name
