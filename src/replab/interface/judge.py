"""`judge`: results that exist become verdicts, without params.yaml, torch, Snakemake or a store."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pandas as pd

from replab.data_scope import DataScope
from replab.errors import ReplabError, named, shortened, unknown
from replab.interface.arguments import speaking_python
from replab.interface.claims import Said, Source, judge_claims, read_for_claims
from replab.interface.judged import JudgedResults, drawn_as_by_the_command
from replab.judging.baseline_comparisons import AGAINST_COLUMNS, against, summary
from replab.judging.scales import scale_of
from replab.readers.asked import BEST, LAST, Asked
from replab.readers.runs import metric_name
from replab.readers.tidy import tidy
from replab.report.existing import Existing

Place = str | os.PathLike[str]
PLACE = (str, os.PathLike)
Names = str | Iterable[str] | None
UNTITLED = "Results that exist"


@speaking_python
def judge(
    results: pd.DataFrame | Place | Iterable[Place],
    *,
    claims: Place | None = None,
    study: str = "",
    partial: bool = False,
    data: str = DataScope.ORIGINAL,
    units_agree: Names = (),
    baseline: str | None = "",
    metric: Names = (),
    variant_from: Names = "",
    seed_from: Names = "",
    pick: str | int = LAST,
    unit: Mapping[str, str] | Names = (),
    resumed: bool = False,
    unseeded: bool = False,
    format: str = "",
) -> JudgedResults:
    """Judge results that exist: the statements of a claims file, or every variant against a baseline.

    `results` is a DataFrame (tidy: variant, seed, metric, value; or wide: a column for each metric), or files and
    folders of any logger that replab reads. A frame is not changed. It is read as the file that its `to_csv` writes.
    The other arguments have the names and the meaning of the options of `replab judge`. `unit` may be a mapping,
    `{"test_acc": "fraction"}`. Raises ReplabError, in one or two lines, where something is wrong or can be meant in two
    ways.
    """
    asked = Asked(
        metrics=tuple(dict.fromkeys(map(_metric, _names(metric)))),
        variant_from=",".join(_names(variant_from)),
        seed_from=",".join(_names(seed_from)),
        pick=_pick(str(pick)),
        units=_units(unit),
        resumed=resumed,
        unseeded=unseeded,
        study="results",
    )
    if data not in {*DataScope}:
        raise unknown("--data", data, DataScope)
    source, baseline = Source(_places(results), format), "" if baseline is None else str(baseline)
    paired = not unseeded
    if claims is None:
        _refuse_without_claims(study=study, partial=partial, units_agree=units_agree, data=data != DataScope.ORIGINAL)
        found, verdicts = tidy(source.read(asked), asked), None
    else:
        said = Said(Path(claims), study, partial, DataScope(data), _names(units_agree))
        file, found = read_for_claims(source, said, asked)
        with drawn_as_by_the_command():
            verdicts = judge_claims(said, file, found, paired)
    runs = found.runs
    _check_baseline(baseline, list(dict.fromkeys(runs["variant"])), needed=verdicts is None)
    compared = against(runs, baseline, paired) if baseline else pd.DataFrame(columns=AGAINST_COLUMNS)
    title = verdicts.file.title if verdicts else UNTITLED
    notes = [*found.notes, *_impossible(runs), *(_not_compared(runs, compared, baseline) if baseline else ())]
    return JudgedResults(Existing(title, runs, summary(runs), compared, baseline, notes, verdicts, paired))


def _places(results: pd.DataFrame | Place | Iterable[Place]) -> list[Path | pd.DataFrame]:
    """Files and folders, or the frame. Raises ReplabError for anything else."""
    if isinstance(results, pd.DataFrame):
        return [results]
    if isinstance(results, PLACE):
        return [Path(results)]
    several = list(results) if isinstance(results, Iterable) and not isinstance(results, Mapping) else []
    if not several or not all(isinstance(place, PLACE) for place in several):
        kind = f"{type(results).__module__.partition('.')[0]}.{type(results).__name__}".removeprefix("builtins.")
        raise ReplabError(f"results must be a DataFrame of pandas, a path or several paths, not {kind}")
    return [Path(place) for place in several]


def _names(given: Names) -> tuple[str, ...]:
    """One name, several, or none."""
    if given is None:
        return ()
    if not isinstance(given, Iterable):
        raise ReplabError(f"{given!r} is neither a name nor a list of names")
    return (given,) if isinstance(given, str) else tuple(map(str, given))


def _pick(pick: str) -> str:
    if pick not in (LAST, BEST) and not pick.isdecimal():
        raise ReplabError(f"--pick must be last, best or a step, not '{pick}'")
    return pick


def _units(given: Mapping[str, str] | Names) -> dict[str, str]:
    """Metric -> unit; "" -> that of all shares."""
    texts = [f"{name}={unit}" for name, unit in given.items()] if isinstance(given, Mapping) else _names(given)
    units = {}
    for text in texts:
        name, _, unit = text.rpartition("=")
        if not unit or (not name and unit not in ("fraction", "percent")):
            raise ReplabError(f"--unit must be METRIC=UNIT, fraction or percent, not '{text}'")
        units[metric_name(name)] = unit
    return units


def _metric(text: str) -> str:
    """`val/acc@100` as the frame names it; a metric such as `precision@1` must be written precision_1."""
    name, at, step = text.partition("@")
    if at and not step.isdecimal():
        raise ReplabError(f"--metric '{text}': write a step after @")
    return metric_name(name) + at + step


def _refuse_without_claims(**given: object) -> None:
    for option, value in given.items():
        if value:
            raise ReplabError(f"--{option.replace('_', '-')} is only for claims: say --claims FILE, too")


def _impossible(runs: pd.DataFrame) -> Iterator[str]:
    """A line for each share with a value that no share has."""
    for metric, own in runs.groupby("metric", sort=False):
        scale = scale_of(str(metric))
        outside = own.loc[(own["value"] < scale.low) | (own["value"] > scale.high), "value"]
        if scale.name == "logit" and len(outside):
            said = f"{metric}: {len(outside)} of {len(own)} values, such as {outside.iloc[0]:g}, do not lie in"
            yield f"{said} {scale.low:g} to {scale.high:g}. If it marks a run that failed, write inf: it has diverged."


def _not_compared(runs: pd.DataFrame, compared: pd.DataFrame, baseline: str) -> list[str]:
    """A line for each metric without a comparison, where there are variants to compare."""
    metrics = dict.fromkeys(runs["metric"]) if runs["variant"].nunique() > 1 else ()
    lacking = [metric for metric in metrics if metric not in set(compared["metric"])]
    return [f"{name}: nothing is compared, for {baseline} or all other variants have no value." for name in lacking]


def _check_baseline(baseline: str, variants: list[str], needed: bool) -> None:
    if baseline and baseline not in variants:
        raise unknown("baseline", baseline, variants)
    if needed and not baseline and len(variants) > 1:
        shown = shortened(named(variants), 10)
        raise ReplabError(f"say --baseline: the variant that the others are compared with; there are {shown}")
