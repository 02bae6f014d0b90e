"""`replab judge --claims`: the claims file, the runs that its statements need, and the verdicts."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from replab.errors import ReplabError, unknown
from replab.judging.claims_file import ClaimsFile
from replab.judging.claims_on_runs import check_names, check_units, on_scale, study_named, turned_round
from replab.judging.loading import load_claims
from replab.judging.questions import claims_about
from replab.readers import read_runs
from replab.readers.asked import Asked
from replab.readers.runs import metric_name
from replab.readers.tidy import Results, tidy
from replab.report.existing_claims import Judged, judged

if TYPE_CHECKING:
    from replab.readers.runs import Run


def read_for_claims(args: argparse.Namespace, asked: Asked) -> tuple[ClaimsFile, Results]:
    """The claims file, and the runs with the metrics that it names; both are held against each other."""
    if not args.claims.is_file():
        raise ReplabError(f"--claims {args.claims}: there is no such file")
    file = load_claims(args.claims, any_name=True)
    study = study_named(file, args.study, args.claims)
    metrics = claims_about(file, study).metrics
    asked = replace(asked, study=study, metrics=tuple(dict.fromkeys([*metrics, *asked.metrics])) if metrics else ())
    found = tidy(_read(args, asked), asked)
    check_names(file, study, found.runs, args.claims, args.partial)
    runs = on_scale(found.runs)
    check_units(file, study, runs, {metric_name(metric) for metric in args.units_agree}, args.claims)
    return file, Results(
        runs, [*found.notes, *turned_round(file, study), *_left_out(file, study, set(runs["variant"]))]
    )


def judge_claims(args: argparse.Namespace, file: ClaimsFile, found: Results) -> Judged:
    """The verdicts on what the file says of the runs."""
    return judged(file, study_named(file, args.study, args.claims), found.runs, args.data, not args.unseeded)


def _read(args: argparse.Namespace, asked: Asked) -> list[Run]:
    """The runs. Raises ReplabError with all metrics that there are, where they lack one that the claims name."""
    try:
        runs, error = read_runs(args.results, asked, args.format), None
    except ReplabError as found:
        runs, error = [], found
    known = {point.metric for run in runs for point in run.points}
    lacking = [name for name in asked.names if name not in known]
    if not lacking:
        return runs
    try:
        every = read_runs(args.results, replace(asked, metrics=()), args.format)
    except ReplabError:
        every = []
    known |= {point.metric for run in every for point in run.points}
    lacking = [name for name in lacking if name not in known]
    if known and lacking:
        raise unknown(f"{args.claims}: metric", lacking[0], known)
    if error:
        raise error
    return runs


def _left_out(file: ClaimsFile, study: str, variants: set[str]) -> list[str]:
    """What is not judged, or without runs, in sentences."""
    about = claims_about(file, study)
    without = [name for name in about.variants if name not in variants]
    others = len(list(file.entries())) - len(list(about.homes()))
    notes = [f"There are no runs of {', '.join(without)}: what is said of them is not tested."] if without else []
    return notes + ([f"{others} statements are about other studies, and are not judged here."] if others else [])
