"""Resolving a study of params.yaml under a profile to one plain spec a variant."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from replab.blocks import Block, merge
from replab.errors import ReplabError, unknown
from replab.params_files import Keys, dotted
from replab.params_models import Params, Study, StudyProfile
from replab.runners import runner_of
from replab.runners.runner import Runner, Work


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

    return checked(runner_of(block).SPEC, block, place).model_dump()


def checked(model: Any, content: Any, place: Callable[[Keys], str]) -> Any:
    """The content as a `model`. Raises ReplabError in one line: the first mistake, and by `place` where it stands."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        message = first["msg"].removeprefix("Value error, ")
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise ReplabError(f"{place(first['loc'])}: {message}{more}") from error
