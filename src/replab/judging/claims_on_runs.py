"""Claims held against runs that exist: the study that they speak of, its names, and the units of both.

Whether a number is a percentage or a fraction is never guessed: where claims and runs look unlike, it is asked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import pandas as pd

from replab.errors import ReplabError, unknown
from replab.judging.claims_file import ClaimsFile
from replab.judging.event_parts import OneBound
from replab.judging.loading import check_metrics, check_studies
from replab.judging.part_kinds import Event, NotWorse, Number, Ranking
from replab.judging.questions import claims_about
from replab.judging.scales import scale_of
from replab.metric_words import direction, without_step

REMEDY = "--unit {}=fraction"
FAR = 10.0  # runs that are further from a claim than by this factor are nearer to a hundred times the claim


def study_named(file: ClaimsFile, asked: str, path: Path) -> str:
    """The study whose statements are judged: the one `asked` for, or the only one. Raises ReplabError."""
    studies = file.studies()
    if not studies:
        raise ReplabError(f"{path}: it has no statement to judge")
    if asked and asked not in studies:
        raise unknown(f"{path}: study", asked, studies)
    if not asked and len(studies) > 1:
        raise ReplabError(f"{path}: it has several studies; say --study, one of {', '.join(studies)}")
    return asked or studies[0]


def check_names(file: ClaimsFile, study: str, runs: pd.DataFrame, path: Path, partial: bool) -> None:
    """Raises ReplabError for a variant or metric that the runs lack; with `partial`, only if they lack all variants."""
    about = claims_about(file, study)
    known = list(dict.fromkeys(runs["variant"]))
    allowed = {name: claims_about(file, name).variants + list(file.names.get(name, {})) for name in file.studies()}
    lenient = partial and bool(set(known) & set(about.variants))
    allowed[study] = known + (allowed[study] if lenient else [])
    try:
        check_studies(file, allowed, str(path))
    except ReplabError as error:
        raise ReplabError(f"{error}\n--partial judges the other statements, and makes these NOT TESTED") from error
    check_metrics(file, {study: set(runs["metric"].map(without_step))}, str(path))


def on_scale(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs with fractions of 1 where a metric's name says so. Raises ReplabError: values that it cannot have.

    The values are finite, or NaN.
    """
    tables = []
    for metric, own in runs.groupby("metric", sort=False):
        scale = scale_of(str(metric))
        if scale.high == 1 and set(own["unit"]) == {"%"}:
            own = own.assign(value=own["value"] / 100, unit="")
        outside = own[(own["value"] < scale.low) | (own["value"] > scale.high)]
        if len(outside):
            value = outside["value"].iloc[0]
            raise ReplabError(f"{metric}: {value:g} is not possible: it must be from {scale.low:g} to {scale.high:g}")
        tables.append(own)
    return pd.concat(tables).sort_index()


def check_units(
    file: ClaimsFile, study: str, runs: pd.DataFrame, sure: Collection[str], path: Path, remedy: str = REMEDY
) -> None:
    """Raises ReplabError where claims and runs differ as fractions and percentages do, in metrics that are not `sure`.

    `remedy` says what turns fractions into percentages.

    A claim is suspect that is at most 1 where the runs, in %, are more than ten times as large; and one above 1 where
    the runs are at most 1 (also in %, as where fractions were taken as percentages), and are less than a tenth of it.
    """
    done = runs[runs["status"] == "done"]
    middle = {metric: (own["value"].median(), own["unit"].iloc[0]) for metric, own in done.groupby("metric")}
    for id_, metric, claimed in _claimed(file, study):
        if without_step(metric) in sure or metric not in middle or claimed <= 0:
            continue
        ours, unit = middle[metric]
        small = unit == "%" and claimed <= 1 and ours > FAR * claimed
        large = unit in ("", "%") and 1 < claimed <= 100 and 0 <= ours <= 1 and claimed > FAR * max(ours, 0.1)
        if small or large:
            runs_text = f"{ours:.4g} {unit}".strip()
            base = without_step(metric)
            way = "write the claims in percent" if small else f"the runs are fractions: say {remedy.format(base)}"
            raise ReplabError(
                f"{path}: '{id_}' claims {claimed:g} for {metric}, but the runs have {runs_text}: "
                f"fraction or percent?\nEither {way}, or say --units-agree {base}"
            )


def turned_round(file: ClaimsFile, study: str) -> list[str]:
    """A line for each metric whose `higher_is_better` contradicts its name."""
    asked = [question.asked for question in claims_about(file, study).questions()]
    said = dict.fromkeys((part.metric, part.higher_is_better) for part in asked if isinstance(part, Ranking | NotWorse))
    return [
        f"{metric}: higher_is_better: {str(higher).lower()}? By its name, {'less' if higher else 'more'} is better."
        for metric, higher in said
        if direction(metric) == (-1 if higher else 1)
    ]


def _claimed(file: ClaimsFile, study: str) -> Iterator[tuple[str, str, float]]:
    """(id, metric, number) of all numbers and bounds about the study."""
    for question in claims_about(file, study).questions():
        part = question.asked
        if isinstance(part, Number) and part.minus is None:
            yield question.id, part.metric, part.printed.value
        elif isinstance(part, OneBound):
            yield question.id, part.metric, part.bound
        elif isinstance(part, Event) and part.event != "diverges":
            value = part.event.equals if part.event.equals is not None else part.event.bound
            yield question.id, part.event.metric, float(value)
