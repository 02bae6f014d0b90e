"""Reading params.yaml, and resolving a study under a profile to one plain spec a variant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from replab.errors import ReplabError, unknown
from replab.spec import Block, Params, ProbeSpec, Study, StudyProfile, TrainingSpec, merge

EXPONENT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+")


@dataclass(frozen=True)
class Variant:
    """One row of a study's table: `spec` is resolved and plain, `differences` is what params.yaml says of it."""

    study: str
    name: str
    spec: Block
    differences: Block
    seeds: tuple[int, ...]

    @property
    def engine(self) -> str:
        """Which engine runs it: `training`, or `probe` for a measurement without training."""
        return "probe" if "probe" in self.spec else "training"


def load_params(path: Path) -> Params:
    """params.yaml, checked. Raises ReplabError in one line with the key's path, and a suggestion."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ReplabError(f"cannot read {path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ReplabError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    return check_params(content, path.name)


def check_params(content: Any, where: str = "params.yaml") -> Params:
    """Check the content of a params file; every variant of every study and profile is resolved once."""
    if not isinstance(content, dict):
        raise ReplabError(f"{where}: expected profile, profiles and studies, found {type(content).__name__}")
    params: Params = _checked(Params, _numbers(content), where)
    for profile in params.profiles:
        for study in studies_of(params, profile):
            resolve(params, study, profile)
    return params


def resolve(params: Params, study_name: str, profile: str) -> list[Variant]:
    """The variants of a study under a profile, in the order of params.yaml.

    Raises ReplabError for an unknown study or profile, and for a spec that does not hold, key named.
    """
    study = _lookup("study", params.studies, study_name)
    seeds = tuple(_profile(study, profile).seeds or _lookup("profile", params.profiles, profile).seeds)
    base = merge(study.base, _profile(study, profile).base)
    overrides = study.overrides() or {"base": {}}
    return [
        Variant(study_name, name, _spec(merge(base, block), f"studies.{study_name}, variant {name}"), block, seeds)
        for name, block in overrides.items()
    ]


def studies_of(params: Params, profile: str) -> list[str]:
    """The studies that a profile runs."""
    _lookup("profile", params.profiles, profile)
    return [name for name, study in params.studies.items() if not _profile(study, profile).skip]


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
    model = ProbeSpec if "probe" in block else TrainingSpec
    return _checked(model, block, where).model_dump()


def _numbers(tree: Any) -> Any:
    """1e-4 as a number: YAML 1.1 reads it as text, YAML 1.2 (which DVC writes) does not."""
    if isinstance(tree, dict):
        return {key: _numbers(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_numbers(value) for value in tree]
    return float(tree) if isinstance(tree, str) and EXPONENT.fullmatch(tree) else tree


def _checked(model: Any, content: Any, where: str) -> Any:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise ReplabError(f"{where}: {path + ': ' if path else ''}{message}{more}") from error
