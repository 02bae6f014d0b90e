"""Reads claims/NNN.yaml and checks it against the studies that there are: one clear line where it is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from replab.errors import ReplabError, unknown
from replab.files import read_yaml, version
from replab.judging.claims_entries import Hypothesis, Statement
from replab.judging.claims_file import ClaimsFile
from replab.judging.part_kinds import KINDS
from replab.metric_words import without_step
from replab.spec import Strict

Model = TypeVar("Model", bound=Strict)
Resolutions = Mapping[str, Any]
HINTS = {
    "pairs": "write a list of pairs, such as [[better, worse]]",
    "margin": "write {value: 1, reason: why so much}",
    "higher_is_better": "write true or false: whether more of the metric is better",
    "mark": "write R (the report says it), B (the code below it), A (the author's own code) or I (our inference)",
}
EMPTY = ("string_pattern_mismatch", "string_too_short")
OWN = ("value_error", "greater_than")  # errors whose own message is clear


def load_claims(path: Path, any_name: bool = False) -> ClaimsFile:
    """The claims in `path`, which is named after its report but for `any_name`.

    A file that has not changed is read once a process. Raises ReplabError: file and statement in a line.
    """
    return _load(path, any_name, version(path))


@cache
def _load(path: Path, any_name: bool, _version: tuple[int, ...]) -> ClaimsFile:
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise ReplabError(f"{path}: expected a mapping with the keys {', '.join(ClaimsFile.model_fields)}")
    header = _checked(str(path), ClaimsFile, content | {"statements": [], "hypotheses": []})
    resolutions = content.get("resolutions") or {}
    statements = [_entry(path, Statement, block, resolutions) for block in _list(path, content, "statements")]
    hypotheses = [_entry(path, Hypothesis, block, resolutions) for block in _list(path, content, "hypotheses")]
    file = header.model_copy(update={"statements": statements, "hypotheses": hypotheses})
    if path.stem != file.report and not any_name:
        raise ReplabError(f"{path}: report '{file.report}' must be in a file named {file.report}{path.suffix}")
    _check_ids(path, file)
    return file


def _list(path: Path, content: dict[str, Any], key: str) -> list[Any]:
    if key == "statements" and key not in content:
        raise ReplabError(f"{path}: it has no statements")
    blocks = content.get(key) or []
    if not isinstance(blocks, list):
        raise ReplabError(f"{path}: {key} must be a list")
    return blocks


def _entry(path: Path, model: type[Model], block: Any, resolutions: Resolutions) -> Model:
    noun = model.__name__.lower()
    if not isinstance(block, dict) or not isinstance(block.get("id"), str):
        raise ReplabError(f"{path}: every {noun} is a mapping with an id, not {str(block)[:60]!r}")
    where = f"{path}: {noun} '{block['id']}'"
    if "parts" in block:
        block = block | {"parts": _parts(where, block["parts"], resolutions)}
    if "readings" in block:
        block = block | {"readings": _readings(where, block["readings"], resolutions)}
    return _checked(where, model, block)


def _readings(where: str, blocks: Any, resolutions: Resolutions) -> Any:
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise ReplabError(f"{where}: readings must be a list of mappings")
    found = []
    for block in blocks:
        named = f"{where}: reading '{block.get('name')}'"
        if not block.get("parts"):
            raise ReplabError(f"{named}: it has no criterion: add parts")
        found.append(block | {"parts": _parts(named, block["parts"], resolutions)})
    return found


def _parts(where: str, blocks: Any, resolutions: Resolutions) -> Any:
    """The parts, each checked by itself, with the resolution that the file has for its metric."""
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise ReplabError(f"{where}: parts must be a list of mappings")
    found = []
    for place, block in enumerate(blocks, 1):
        kind = block.get("kind")
        if not isinstance(kind, str) or kind not in KINDS:
            raise ReplabError(f"{where}: part {place}: {unknown('kind', kind, KINDS)}")
        if kind == "number" and "resolution" not in block:
            metric = without_step(str(block.get("metric")))
            if metric not in resolutions:
                raise ReplabError(f"{where}: part {place}: no resolution, and the file has none for {metric}")
            block = block | {"resolution": resolutions[metric]}
        found.append(_checked(f"{where}: part {place}", KINDS[kind], block).model_dump())
    return found


def _checked(where: str, model: type[Model], block: dict[str, Any]) -> Model:
    try:
        return model.model_validate(block)
    except ValidationError as error:
        first = error.errors()[0]
        loc = [str(part) for part in first["loc"]]
        known = next((part for part in loc if part in HINTS), "")
        message = first["msg"].removeprefix("Value error, ")
        if first["type"] in EMPTY:
            message = "it must not be empty"
        elif known and first["type"] not in OWN:
            loc, message = loc[: loc.index(known) + 1], HINTS[known]
        raise ReplabError(f"{': '.join(filter(None, [where, '.'.join(loc), message]))}") from error


def _check_ids(path: Path, file: ClaimsFile) -> None:
    ids = [setting.id for setting in file.protocol] + [entry.id for entry in file.untested]
    ids += [entry.id for _, entry in file.entries()]
    for id_, count in Counter(ids).items():
        if count > 1:
            raise ReplabError(f"{path}: '{id_}': the id is given {count} times")
        if not id_.startswith(f"{file.report}."):
            raise ReplabError(f"{path}: '{id_}': an id starts with its report, '{file.report}.'")


def check_studies(claims: ClaimsFile, studies: Mapping[str, Iterable[str]], path: str = "") -> None:
    """Raises ReplabError for a reading of a study or variant that `studies` (study -> variants) lacks, or its name.

    `path` is where the claims stand, for messages (claims/NNN.yaml).
    """
    path = path or claims.name
    for study, names in claims.names.items():
        if study not in studies:
            raise ReplabError(f"{path}: names: {unknown('study', study, studies)}")
        for variant in names:
            if variant not in studies[study]:
                raise ReplabError(f"{path}: names: {study}: {unknown('variant', variant, studies[study])}")
    for role, entry in claims.entries():
        for reading in entry.readings:
            where = f"{path}: {role} '{entry.id}'"
            if reading.study not in studies:
                raise ReplabError(f"{where}: {unknown('study', reading.study, studies)}")
            known = set(studies[reading.study])
            for variant in (name for part in reading.parts for name in part.variants_named()):
                if variant not in known:
                    raise ReplabError(f"{where}: {reading.study}: {unknown('variant', variant, known)}")


def check_metrics(claims: ClaimsFile, recorded: Mapping[str, Iterable[str]], path: str = "") -> None:
    """Raises ReplabError for a metric that no run of its study records; `recorded`: study -> metrics, where known."""
    for role, entry in claims.entries():
        for reading in entry.readings:
            known = set(recorded.get(reading.study, ()))
            for metric in (name for part in reading.parts for name in part.metrics_named()):
                if known and without_step(metric) not in known:
                    where = f"{path or claims.name}: {role} '{entry.id}': {reading.study}"
                    raise ReplabError(f"{where}: {unknown('metric', without_step(metric), known)}")
