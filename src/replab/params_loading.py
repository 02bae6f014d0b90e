"""Reading params.yaml, and checking every variant of every study and profile before anything runs."""

from __future__ import annotations

import contextlib
import itertools
import math
import re
from pathlib import Path
from typing import Any

from replab import component_files
from replab.blocks import settings_in
from replab.data import DATASETS
from replab.errors import ReplabError, unknown
from replab.params import Variant, checked, resolve, studies_of
from replab.params_files import Keys, ParamsFiles, read_params
from replab.params_models import Params
from replab.user.checks import use_components

_REMEMBERED: dict[Path, tuple[ParamsFiles, Params]] = {}  # params.yaml -> the files that were checked, what they say
EXPONENT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+")


def load_params(path: Path) -> Params:
    """params.yaml and what it includes, checked. Raises ReplabError in one line: file, line, key, and a suggestion."""
    known = _REMEMBERED.get(path.resolve())
    if known is None or not known[0].are_unchanged():
        return _check(read_params(path))
    component_files.use(path.parent, [])  # another params.yaml may have been read since
    return known[1]


def remember(path: Path) -> None:
    """Check the files now, once for all copies of this process: `load_params` knows them while they say the same.

    The source of all that the variants are built from is parsed as well.

    Not where they are wrong, or name components of one's own, whose code can change: then each copy checks them.
    """
    with contextlib.suppress(ReplabError, OSError):
        files = read_params(path)
        if isinstance(files.content, dict) and not files.content.get("components"):
            _REMEMBERED[path.resolve()] = files, _check(files)
            for variant in itertools.chain(*_REMEMBERED[path.resolve()][1].resolved.values()):
                variant.runner.code(variant.spec)


def check_params(content: Any, root: Path = Path("params.yaml")) -> Params:
    """The content of a params file, checked as if it stood in the file `root`, with every study in it."""
    return _check(ParamsFiles(content, root))


def _check(files: ParamsFiles) -> Params:
    """Every variant of every study and profile is resolved once.

    From then on its `components`, relative to the folder of params.yaml, are part of the catalogues.
    """
    content = files.content
    if not isinstance(content, dict):
        raise ReplabError(f"{files.root.name}: expected profile, profiles and studies, found {type(content).__name__}")
    use_components(files.root.parent, content.get("components") or [])
    params: Params = checked(Params, _numbers(content, files), files.place)
    for profile in params.profiles:
        _check_substitutes(params.profiles[profile].substitutes, files, ["profiles", profile, "substitutes"])
        for study in studies_of(params, profile):
            try:
                _check_axes(study, params.studies[study].axes, resolve(params, study, profile))
            except ReplabError as error:
                raise ReplabError(files.place(["studies", study], str(error))) from error
    return params


def _check_substitutes(substitutes: dict[str, str], files: ParamsFiles, keys: Keys) -> None:
    """Raises ReplabError for a data set, or one in its place, that does not exist."""
    for name in itertools.chain(*substitutes.items()):
        if name not in DATASETS:
            raise ReplabError(f"{files.place(keys)}: {unknown('data set', name, DATASETS)}")


def _check_axes(study: str, axes: list[str], variants: list[Variant]) -> None:
    """Raises ReplabError for an axis that no variant has."""
    known = {key for variant in variants for key, _ in settings_in(variant.spec)} if axes else set()
    for key in axes:
        if key not in known:
            raise ReplabError(f"studies.{study}: {unknown('axis', key, known)}")


def _numbers(tree: Any, files: ParamsFiles, keys: tuple[str | int, ...] = ()) -> Any:
    """1e-4 as a number: YAML 1.1 reads it as text, YAML 1.2 (which DVC writes) does not.

    Raises ReplabError for a number that is not finite: no setting can be, and JSON has none.
    """
    if isinstance(tree, dict):
        return {key: _numbers(value, files, (*keys, key)) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_numbers(value, files, (*keys, place)) for place, value in enumerate(tree)]
    number = float(tree) if isinstance(tree, str) and EXPONENT.fullmatch(tree) else tree
    if isinstance(number, float) and not math.isfinite(number):
        raise ReplabError(f"{files.place(keys)}: {tree} is not finite")
    return number
