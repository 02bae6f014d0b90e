"""Pictures that were drawn before, with the same content, are not drawn again: drawing is most of a report's time.

A picture is kept in the store, beside the records, under a key: a hash of all that its drawing function is given, of
the source of that function and of what it uses, and of the versions of the packages that draw. Another key, another
drawing. Of each picture the last one is kept. Removing the folder `pictures` of a store costs time, and nothing else.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from replab.codebase import closure
from replab.errors import ReplabError
from replab.files import sha256_of_json, write_bytes
from replab.parsing import PACKAGE
from replab.report.frames import curves_frame
from replab.report.picture_files import saved
from replab.report.records import records_text
from replab.report.study import StudyResult

PACKAGES = ("matplotlib", "numpy", "pandas", "pillow")
# What every picture may use besides its drawing function, and what `closure` does not follow.
SHARED = [("report/picture_files.py", "saved"), ("report/frames.py", "curves_frame"), ("blocks.py", "settings_in")]
DRAWN_OF_A_RESULT = ("name", "profile", "scope", "title", "variants", "differences", "primary")
Contents = dict[str, bytes]


def drawn_or_kept(result: StudyResult, name: str, draw: partial[Any], kinds: Iterable[str]) -> Contents:
    """Kind of file -> the picture, where it is kept in all `kinds`; else as it is drawn now, which is kept then."""
    make = partial(saved, result, draw, kinds)
    return make() if result.pictures is None else kept(result.pictures / name, key_of(result, draw), kinds, make)


def kept(folder: Path, key: str, kinds: Iterable[str], make: Callable[[], Contents], durable: bool = False) -> Contents:
    """Kind of file -> what the folder has under the key in all `kinds`; else what `make` gives, which is kept alone.

    One that is not `durable` may be damaged where the power fails within seconds.
    """
    with suppress(OSError):  # one is not there, or another process removed it
        return {kind: (folder / f"{key}.{kind}").read_bytes() for kind in kinds}
    contents = make()
    with suppress(ReplabError, OSError):  # a store that may be read only
        _keep(folder, key, contents, durable)
    return contents


def _keep(folder: Path, key: str, contents: Contents, durable: bool) -> None:
    for kind, content in contents.items():
        write_bytes(folder / f"{key}.{kind}", content, durable)
    for path in folder.glob("*.*"):
        if path.stem != key and not path.name.startswith("."):
            path.unlink(missing_ok=True)


def key_of(result: StudyResult, draw: partial[Any]) -> str:
    """The key of a picture: of its content, and of what draws it."""
    content = _content([*draw.args, draw.keywords], result)
    return sha256_of_json([_code(Path(inspect.getfile(draw.func)), draw.func.__name__), result.watermark, content])


def read_sources(modules: Iterable[ModuleType]) -> None:
    """Parse the source of the drawing functions of `modules` now, for copies of this process."""
    for module in modules:
        for name in (name for name in vars(module) if name.startswith("draw")):
            _code(Path(inspect.getfile(module)), name)


@cache
def _code(file: Path, function: str) -> str:
    """The hash of the source of a drawing function and of what it uses, and of the packages."""
    shared = [(PACKAGE / path, name) for path, name in SHARED]
    return sha256_of_json(
        [closure([(file, function), *shared], tuples=True), [version(package) for package in PACKAGES]]
    )


def _content(argument: Any, result: StudyResult) -> Any:
    """An argument of a drawing function as JSON, or a hash of it. Raises TypeError for one whose content is unknown."""
    if argument is result:
        own = [getattr(result, name) for name in DRAWN_OF_A_RESULT]
        return [own, hashlib.sha256(records_text(result).encode()).hexdigest()]
    if argument is curves_frame(result):
        return "curves"  # of these records, by the source that `SHARED` names
    if isinstance(argument, pd.DataFrame):
        return [list(argument.columns), argument.to_csv()]
    if isinstance(argument, np.ndarray):
        return [str(argument.dtype), list(argument.shape), hashlib.sha256(argument.tobytes()).hexdigest()]
    if is_dataclass(argument):
        return [_content(getattr(argument, field.name), result) for field in fields(argument)]
    if isinstance(argument, Mapping):
        return [[_content(part, result) for part in item] for item in argument.items()]
    if isinstance(argument, list | tuple):
        return [_content(item, result) for item in argument]
    if argument is None or isinstance(argument, str | int | float):
        return repr(argument)
    raise TypeError(f"a picture is drawn from a {type(argument).__name__}, whose content has no key")
