"""Reading params.yaml, and resolving a study under a profile to one plain spec a variant."""

from __future__ import annotations

import contextlib
import itertools
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from replab import component_files
from replab.blocks import Block, merge, settings_in
from replab.data import DATASETS
from replab.errors import ReplabError, unknown
from replab.params_files import Keys, ParamsFiles, dotted, read_params
from replab.params_models import Params, Study, StudyProfile
from replab.runners import runner_of
from replab.runners.runner import Runner, Work
from replab.user.checks import use_components

_REMEMBERED: dict[Path, tuple[ParamsFiles, Params]] = {}  # params.yaml -> the files that were checked, what they say
EXPONENT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+")


@dataclass(frozen=True)
class Variant:
    """One row of a study's table: `spec` is resolved and plain, `differences` is what params.yaml says of it."""

    study: str
    name: str
    spec: Block
    differences: Block
    seeds: tuple[int, ...]

    @cached_property
    def runner(self) -> Runner:
        """What runs it."""
        return runner_of(self.spec)

    @cached_property
    def work(self) -> Work:
        """What the seconds of its runs go with."""
        return self.runner.cost(self.spec)


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
    params: Params = _checked(Params, _numbers(content, files), files.place)
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


def resolve(params: Params, study_name: str, profile: str) -> list[Variant]:
    """The variants of a study under a profile, in the order of params.yaml; worked out once.

    Raises ReplabError for an unknown study or profile, for a spec that does not hold, key named, and for interim
    analyses that do not start with the seeds.
    """
    key = study_name, profile
    if key not in params.resolved:
        params.resolved[key] = _resolved(params, study_name, profile)
    return list(params.resolved[key])


def _resolved(params: Params, study_name: str, profile: str) -> list[Variant]:
    study = _lookup("study", params.studies, study_name)
    seeds = tuple(_profile(study, profile).seeds or _lookup("profile", params.profiles, profile).seeds)
    analyses = interim_analyses_of(params, study_name, profile)
    if analyses and analyses[0] != len(seeds):
        raise ReplabError(
            f"studies.{study_name}.profiles.{profile}: {len(seeds)} seeds, but the first interim analysis is at "
            f"{analyses[0]}"
        )
    base = merge(study.base, _profile(study, profile).base)
    substitutes = params.profiles[profile].substitutes
    overrides = _overrides(study, study_name, profile)
    return [
        Variant(
            study_name,
            name,
            _spec(_with_data(merge(base, block), substitutes), f"studies.{study_name}, variant {name}"),
            _with_data(block, substitutes),
            seeds,
        )
        for name, block in overrides.items()
    ]


def _overrides(study: Study, study_name: str, profile: str) -> dict[str, Block]:
    """variant -> what differs from the base, under the profile. Raises ReplabError where it changes an unknown one."""
    overrides = study.overrides() or {"base": {}}
    for name, block in _profile(study, profile).variants.items():
        if name not in overrides:
            raise ReplabError(f"studies.{study_name}.profiles.{profile}: {unknown('variant', name, overrides)}")
        overrides[name] = merge(overrides[name], block)
    return overrides


def _with_data(block: Block, substitutes: dict[str, str]) -> Block:
    """`block` with the data set that stands in for its own."""
    data = block.get("data")
    name = data.get("name") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(name, str) or name not in substitutes:
        return block
    return block | {"data": data | {"name": substitutes[name]}}


def interim_analyses_of(params: Params, study_name: str, profile: str) -> tuple[int, ...]:
    """The numbers of seeds at which verdicts on a study may be formed; () where it has its seeds and no more."""
    study = _lookup("study", params.studies, study_name)
    return tuple(_profile(study, profile).interim_analyses)


def studies_of(params: Params, profile: str) -> list[str]:
    """The studies that a profile runs: those that it names, of its reports, that do not skip it."""
    asked = _lookup("profile", params.profiles, profile)
    return [
        name
        for name, study in params.studies.items()
        if not _profile(study, profile).skip
        and (not asked.reports or study.report in asked.reports)
        and (not asked.studies or name in asked.studies)
    ]


def select(variants: Iterable[Variant], names: Iterable[str]) -> list[Variant]:
    """The variants of these names, all where none is given. Raises ReplabError for an unknown one."""
    table = {variant.name: variant for variant in variants}
    return [_lookup("variant", table, name) for name in names] or list(table.values())


_NOTHING = StudyProfile()


def _profile(study: Study, profile: str) -> StudyProfile:
    return study.profiles.get(profile, _NOTHING)


def _lookup(kind: str, table: dict[str, Any], name: str) -> Any:
    if name not in table:
        raise unknown(kind, name, table)
    return table[name]


def _spec(block: Block, where: str) -> Block:
    def place(keys: Keys) -> str:
        return f"{where}: {dotted(keys)}" if keys else where

    return _checked(runner_of(block).SPEC, block, place).model_dump()


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


def _checked(model: Any, content: Any, place: Callable[[Keys], str]) -> Any:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        message = first["msg"].removeprefix("Value error, ")
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise ReplabError(f"{place(first['loc'])}: {message}{more}") from error
