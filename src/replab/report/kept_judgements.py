"""What was judged before is not judged again: each study's report needs its verdicts, and the profile's page needs all.

A judgement is kept in the store as JSON, beside the study's pictures (`kept_pictures`), under a key: a hash of the
claims, the runs, what else `judge` is told, all modules that judge, and the versions of the packages that they use.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from functools import cache
from importlib.metadata import version
from typing import Any

import pandas as pd

from replab.files import sha256_of, sha256_of_json
from replab.judging.judgement import Judgement, judge
from replab.judging.questions import StudyClaims
from replab.parsing import PACKAGE
from replab.report.frames import runs_frame
from replab.report.kept_pictures import kept
from replab.report.study import StudyResult

PACKAGES = ("numpy", "pandas", "pydantic", "scipy")
FOLDERS = ("", "judging/")  # of the package: what judges, and what that imports


def judgement_of(result: StudyResult) -> Judgement:
    """The verdicts on what is said of the study: those that are kept, or new ones, which are kept then."""
    runs, told = runs_frame(result), (result.scope, result.interim_analyses, result.paired)
    if result.pictures is None:
        return judge(result.claims, runs, *told)

    def make() -> dict[str, bytes]:
        return {"json": as_json(judge(result.claims, runs, *told)).encode()}

    key = sha256_of_json([_source(), _said(result.claims), _content(runs), *told])
    return from_json(kept(result.pictures / "judgement", key, ["json"], make, durable=True)["json"])


def as_json(judgement: Judgement) -> str:
    """Frame -> its index and columns, with their types."""
    frames = {one.name: getattr(judgement, one.name) for one in fields(judgement)}
    return json.dumps({name: _as_lists(frame) for name, frame in frames.items()})


def from_json(text: str | bytes) -> Judgement:
    """The judgement that `as_json` was given."""
    return Judgement(**{name: _as_frame(*content) for name, content in json.loads(text).items()})


def _as_lists(frame: pd.DataFrame) -> list[Any]:
    plain = {str(name): [None if value is pd.NA else value for value in own.tolist()] for name, own in frame.items()}
    return [frame.index.tolist(), {name: [str(frame[name].dtype), values] for name, values in plain.items()}]


def _as_frame(index: list[int], columns: dict[str, list[Any]]) -> pd.DataFrame:
    rows = pd.Index(index, dtype=int)
    found = {name: pd.Series(values, index=rows, dtype=dtype) for name, (dtype, values) in columns.items()}
    return pd.DataFrame(found, index=rows)


def _said(claims: StudyClaims) -> list[Any]:
    """All that the claims have; dicts in no order, which differs from process to process."""
    entries = [[role, entry.model_dump_json()] for role, entry in claims.entries]
    return [claims.report, claims.study, entries, dict(claims.families), claims.not_run, dict(claims.names)]


def _content(runs: pd.DataFrame) -> list[Any]:
    rows = pd.util.hash_pandas_object(runs, index=False).to_numpy()
    return [list(runs.columns), len(runs), hashlib.sha256(rows.tobytes()).hexdigest()]


@cache
def _source() -> list[Any]:
    """The hashes of the modules, and the versions of the packages."""
    files = sorted(path for folder in FOLDERS for path in (PACKAGE / folder).glob("*.py"))
    return [*map(sha256_of, files), *map(version, PACKAGES)]
