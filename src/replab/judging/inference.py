"""Step 2 of judging: tests each part, or estimates it. It gives numbers, an interval and p; no verdict yet.

The frame has one row for each part. Its columns are `judgement.PART_COLUMNS`, and those that only a verdict and its
sentence need (`route`, `inside`, `narrow`, `apart`, `p_check`, `groups`, ...; see `numbers`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from replab.judging.comparisons import (
    bound_columns,
    identical_columns,
    not_worse_columns,
    ranking_columns,
    same_columns,
)
from replab.judging.events import event_columns, keeping_columns, seeds_for_event
from replab.judging.further_differences import FurtherDifference
from replab.judging.further_runs import FurtherRun
from replab.judging.least_runs import ALPHA
from replab.judging.mean_tests import mean_test
from replab.judging.nearness import reach
from replab.judging.numbers import Further, number_columns, seeds_for_number
from replab.judging.part_kinds import Bound, Event, NotWorse, Number, Ranking, Same
from replab.judging.planning import seeds_for_half_width, seeds_to_detect
from replab.judging.questions import Question
from replab.judging.runs_table import Runs, check_metric, unit_of
from replab.judging.scales import PLAIN, scale_of
from replab.judging.sequential import Sizes
from replab.judging.statistics import finite
from replab.judging.values import Seen, seen
from replab.judging.words import names_text

POWER = 0.8


def part_row(question: Question, runs: Runs, looks: Sizes, families: Mapping[str, int]) -> dict[str, Any]:
    """The row of one part; `runs` as `runs_table.checked` gives them. Raises ReplabError for an unknown metric."""
    part, metric = question.asked, question.metric
    check_metric(runs, question.study, metric)
    found = seen(runs, question.study, metric, question.variants, looks if part.waits else ())
    family = families.get(question.family, 1)
    unit = unit_of(runs, question.study, metric) if metric else ""
    row = {
        "id": question.id,
        "role": question.role,
        "study": question.study,
        "reading": question.reading,
        "primary": question.primary,
        "mark": question.mark,
        "kind": part.kind,
        "says": part.says,
        "metric": metric,
        "unit": unit,
        "variants": names_text(question.variants),
        "family": question.family,
        "test": question.test,
        "family_size": family,
        "n": found.count,
        "n_diverged": len(found.diverged),
        "finished": found.finished,
        "unfinished": found.unfinished,
        "waiting": found.waiting,
        "missing": found.missing,
        "look": found.look,
        "paired": found.paired,
        "side": 0,
        "asked": part,
    }
    return row | _columns(question, runs, found, family)


def _columns(question: Question, runs: Runs, found: Seen, family: int) -> dict[str, Any]:
    match question.asked:
        case Number() as part:
            return _number(part, found, family)
        case Ranking() as part:
            side = 1 if part.higher_is_better else -1
            return ranking_columns(found, side) | {"claimed": 0.0} | seeds_for_mean(found, 0.0, family)
        case Bound() as part:
            return _bound(part, found, family)
        case Same() as part if part.margin is not None:
            return same_columns(found, part.margin.value) | _seeds_within(found, part.margin.value) | {"claimed": 0.0}
        case Same():
            first = seen(runs, question.study, question.metric, question.variants[:1])
            return identical_columns(first, found) | {"claimed": 0.0}
        case NotWorse() as part:
            side = 1 if part.higher_is_better else -1
            columns = not_worse_columns(found, side, part.margin.value)
            return columns | _seeds_within(found, part.margin.value, side) | {"claimed": 0.0}
        case Event() as part:
            columns = event_columns(found, part)
            return columns | {"seeds_needed": seeds_for_event(columns["k"], columns["n"], part.claimed)}


def _number(part: Number, found: Seen, family: int) -> dict[str, Any]:
    assert part.resolution is not None
    further, asked = _further(part, found), (part.printed, part.resolution)
    columns = number_columns(further, *asked)
    needed = seeds_for_number(further, *asked, columns, family)
    return columns | {"claimed": part.printed.value, "resolution": reach(*asked), "seeds_needed": needed}


def _further(part: Number, found: Seen) -> Further:
    """A difference of two variants has no ends, and stays on its own scale."""
    if not found.paired:
        return FurtherDifference(found, part.of_runs)
    scale = scale_of(part.metric) if part.minus is None else PLAIN
    return FurtherRun(finite(found.values), scale, part.of_runs, len(found.diverged), found.constant)


def _bound(part: Bound, found: Seen, family: int) -> dict[str, Any]:
    side, bound = (1, part.at_least) if part.at_least is not None else (-1, part.at_most)
    assert bound is not None
    if part.about_runs:
        columns = keeping_columns(found, lambda value: (value - bound) * side >= 0)
        needed = seeds_for_event(columns["k"], columns["n"], "happens")
        return columns | {"claimed": bound, "side": side, "seeds_needed": needed}
    needed = _enough_signs(seeds_for_mean(found, bound, family)["seeds_needed"], found, family)
    return bound_columns(found, bound) | {"claimed": bound, "side": side, "seeds_needed": needed}


def seeds_for_mean(found: Seen, reference: float, family: int) -> dict[str, Any]:
    """The seeds that show the difference seen with a probability of 80 %, after the family's correction."""
    if found.count < 2:
        return {"seeds_needed": _next_look(found)}
    test = mean_test(found)
    shift, deviation = float(found.values.mean()) - reference, test.deviation
    effect = shift / deviation if deviation > 0 else math.copysign(math.inf, shift) if shift else 0.0
    needed = seeds_to_detect(
        effect, found.look, alpha=ALPHA, power=POWER, multiplier=family, degrees_a_run=test.degrees_a_run
    )
    more = _more(needed, found)
    return {"seeds_needed": more if deviation > 0 else _enough_signs(more, found, family)}


def _enough_signs(needed: int | None, found: Seen, family: int) -> int | None:
    """At least so many that p may be significant where all signs agree, 2 / 2^n; None beyond the last analysis."""
    if needed is None:
        return None
    least = max(needed, math.ceil(math.log2(2 * family / ALPHA)))
    last = found.look.sizes[-1] if found.look.sizes else least
    return least if least <= last else None


def _seeds_within(found: Seen, margin: float, side: int = 0) -> dict[str, Any]:
    """The seeds whose interval is narrow enough to lie within the margin, or wholly beyond it.

    With a side, the margin is on the other one alone.
    """
    if found.count < 2:
        return {"seeds_needed": _next_look(found)}
    test = mean_test(found)
    mean = float(np.mean(found.values))
    room = abs(margin + side * mean) if side else abs(margin - abs(mean))
    needed = seeds_for_half_width(
        test.deviation, room, found.look, confidence=1 - 2 * ALPHA, degrees_a_run=test.degrees_a_run
    )
    return {"seeds_needed": _more(needed, found)}


def _next_look(found: Seen) -> int | None:
    return found.look.later[0].size if found.look.later else None


def _more(needed: int | None, found: Seen) -> int | None:
    return None if needed is None else max(needed, found.count + 1)
