"""`judge(..., claims=...)`: the claims file, the runs that its statements need, and the verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from replab.data_scope import DataScope
from replab.errors import ReplabError, unknown
from replab.judging.check import unedited
from replab.judging.claims_file import ClaimsFile
from replab.judging.claims_on_runs import check_names, check_units, on_scale, study_named, turned_round
from replab.judging.loading import load_claims
from replab.judging.questions import claims_about
from replab.judging.words import count
from replab.readers import read_runs
from replab.readers.asked import Asked
from replab.readers.runs import metric_name
from replab.readers.tidy import Results, tidy
from replab.report.existing_claims import Judged, judged

if TYPE_CHECKING:
    import pandas as pd

    from replab.readers.runs import Run


@dataclass(frozen=True)
class Source:
    """Where the runs are, and the reader's name ("": guessed)."""

    places: Sequence[Path | pd.DataFrame]
    form: str = ""

    def read(self, asked: Asked) -> list[Run]:
        """The runs, as the readers give them. Raises ReplabError."""
        return read_runs(self.places, asked, self.form)


@dataclass(frozen=True)
class Said:
    """What the user says of the claims: the file, which study, and how its runs and names agree with it."""

    path: Path
    study: str
    partial: bool
    scope: DataScope
    units_agree: Sequence[str]


def read_for_claims(source: Source, said: Said, asked: Asked) -> tuple[ClaimsFile, Results]:
    """The claims file, and the runs with the metrics that it names; both are held against each other."""
    if not said.path.is_file():
        raise ReplabError(f"--claims {said.path}: there is no such file")
    file = load_claims(said.path, any_name=True)
    study = study_named(file, said.study, said.path)
    metrics = claims_about(file, study).metrics
    asked = replace(asked, study=study, metrics=tuple(dict.fromkeys([*metrics, *asked.metrics])) if metrics else ())
    found = tidy(_read(source, said.path, asked), asked)
    check_names(file, study, found.runs, said.path, said.partial)
    runs = on_scale(found.runs)
    check_units(file, study, runs, {metric_name(metric) for metric in said.units_agree}, said.path)
    own = [*unedited(said.path), *turned_round(file, study), *_left_out(file, study, set(runs["variant"]))]
    return file, Results(runs, [*found.notes, *own])


def judge_claims(said: Said, file: ClaimsFile, found: Results, paired: bool) -> Judged:
    """The verdicts on what the file says of the runs, which are paired by seed or not."""
    return judged(file, study_named(file, said.study, said.path), found.runs, said.scope, paired)


def _read(source: Source, claims: Path, asked: Asked) -> list[Run]:
    """The runs. Raises ReplabError with all metrics that there are, where they lack one that the claims name."""
    try:
        runs, error = source.read(asked), None
    except ReplabError as found:
        runs, error = [], found
    known = {point.metric for run in runs for point in run.points}
    lacking = [name for name in asked.names if name not in known]
    if not lacking:
        return runs
    try:
        every = source.read(replace(asked, metrics=()))
    except ReplabError:
        every = []
    known |= {point.metric for run in every for point in run.points}
    lacking = [name for name in lacking if name not in known]
    if known and lacking:
        raise unknown(f"{claims}: metric", lacking[0], known)
    if error:
        raise error
    return runs


def _left_out(file: ClaimsFile, study: str, variants: set[str]) -> list[str]:
    """What is not judged, or without runs, in sentences."""
    about = claims_about(file, study)
    without = [name for name in about.variants if name not in variants]
    others = len(list(file.entries())) - len(list(about.homes()))
    notes = [f"There are no runs of {', '.join(without)}: what is said of them is not tested."] if without else []
    about_others = f"{count(others, 'statement')} {'is' if others == 1 else 'are'} about other studies"
    return notes + ([f"{about_others}, and not judged here."] if others else [])
