"""claims/NNN.yaml: what a report claims, number by number, and the settings that it states.

A claims file is written before the results, and says of each claim how it will be judged; see `claim_kinds`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field, ValidationError

from replab.errors import ReplabError, unknown
from replab.files import read_yaml
from replab.judging.claim_kinds import (
    KINDS,
    AnyClaim,
    Bound,
    Delta,
    Diverges,
    Equal,
    Level,
    Ordering,
    Setting,
    Tolerance,
    Untested,
)  # fmt: skip
from replab.judging.points import base_of
from replab.spec import Strict

__all__ = [
    "AnyClaim", "Bound", "ClaimsFile", "Delta", "Diverges", "Equal", "Level", "Ordering", "check_claims", "load_claims",
]  # fmt: skip

Model = TypeVar("Model", bound=Strict)


class ClaimsFile(Strict):
    """The whole of claims/NNN.yaml; `tolerances`, by metric, hold for levels without one of their own."""

    report: str
    title: str
    source: str
    tolerances: dict[str, Tolerance] = Field(default={})
    protocol: list[Setting] = Field(default=[])
    claims: list[AnyClaim]
    untested: list[Untested] = Field(default=[])

    @property
    def name(self) -> str:
        """The file's name, for messages."""
        return f"claims/{self.report}.yaml"


def load_claims(path: Path) -> ClaimsFile:
    """The claims in `path`, which is named after its report. Raises ReplabError: file and claim in a line."""
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise ReplabError(f"{path}: expected a mapping with the keys {', '.join(ClaimsFile.model_fields)}")
    header = _checked(str(path), ClaimsFile, content | {"claims": []})
    blocks = content.get("claims")
    if not isinstance(blocks, list):
        raise ReplabError(f"{path}: claims must be a list")
    claims = [_claim(str(path), number, block, header) for number, block in enumerate(blocks, 1)]
    _check_names(path, header, claims)
    return header.model_copy(update={"claims": claims})


def _claim(where: str, number: int, block: Any, header: ClaimsFile) -> AnyClaim:
    if not isinstance(block, dict):
        raise ReplabError(f"{where}: claim {number} must be a mapping, not {block!r}")
    where = f"{where}: claim '{block['id']}'" if "id" in block else f"{where}: claim {number}"
    kind = block.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ReplabError(f"{where}: {unknown('kind', kind, KINDS)}")
    tolerance = header.tolerances.get(base_of(str(block.get("metric"))))
    if kind == "level" and "tolerance" not in block and tolerance is not None:
        block = block | {"tolerance": tolerance.value}
    return _checked(where, KINDS[kind], block)


def _checked(where: str, model: type[Model], block: dict[str, Any]) -> Model:
    try:
        return model.model_validate(block)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise ReplabError(f"{where}: {f'{key}: ' if key else ''}{message}") from error


def _check_names(path: Path, header: ClaimsFile, claims: list[AnyClaim]) -> None:
    if path.stem != header.report:
        raise ReplabError(f"{path}: report '{header.report}' belongs into {header.report}{path.suffix}")
    ids = [entry.id for entry in [*header.protocol, *claims, *header.untested]]
    for id_, count in Counter(ids).items():
        if count > 1:
            raise ReplabError(f"{path}: claim '{id_}': the id is given {count} times")
        if not id_.startswith(f"{header.report}."):
            raise ReplabError(f"{path}: claim '{id_}': an id starts with its report, '{header.report}.'")


def check_claims(claims: ClaimsFile, studies: Mapping[str, Iterable[str]]) -> None:
    """Raises ReplabError for a claim about a study or variant that `studies` (study -> variants) lacks."""
    for claim in claims.claims:
        where = f"{claims.name}: claim '{claim.id}'"
        if claim.study not in studies:
            raise ReplabError(f"{where}: {unknown('study', claim.study, studies)}")
        known = set(studies[claim.study])
        for variant in claim.variants_named():
            if variant not in known:
                raise ReplabError(f"{where}: {unknown('variant', variant, known)}")
