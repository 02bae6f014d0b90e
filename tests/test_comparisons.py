"""Rankings, bounds, "the same" and events: against scipy, statsmodels, and shares counted by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import ttost_paired

from replab.judging import event_words
from replab.judging.comparison_reasons import exact_check
from replab.judging.comparison_words import words
from replab.judging.comparisons import (
    bound_columns,
    identical_columns,
    not_worse_columns,
    ranking_columns,
    same_columns,
)
from replab.judging.events import (
    as_share,
    event_columns,
    seeds_for_event,
    share_interval,
    shown_by_diverged,
    wilson_interval,
)
from replab.judging.inference import seeds_for_mean
from replab.judging.part_kinds import Event, Reaches
from replab.judging.sequential import ONE_LOOK, Look
from replab.judging.skewed_means import skewed_mean_interval, skewed_mean_p
from replab.judging.statistics import beyond_p
from replab.judging.values import Seen
from replab.judging.verdicts import verdict_of
from replab.judging.words import possible

GAPS = np.array([0.3, 0.2, 0.4, 0.3, 0.1, 0.3, 0.2, 0.4, 0.5, -0.1])


def seen(values: Any = (), diverged: int = 0, lost: int = 0, won: int = 0, **changes: Any) -> Seen:
    names = frozenset(("a", seed) for seed in range(100, 100 + diverged))
    what: dict[str, Any] = {
        "values": np.asarray(values, float), "look": ONE_LOOK, "waiting": 0, "diverged": names, "lost": lost,
        "won": won, "unfinished": 0, "missing": "", "constant": False,
    }  # fmt: skip
    return Seen(**(what | changes))


def verdict(kind: str, columns: dict[str, Any], family: int = 1, **changes: Any) -> str:
    whole = {"kind": kind, "side": 1, "claimed": 0.0, "p_value": math.nan, "asked": None} | columns | changes
    return verdict_of(whole | {"p_holm": min(1.0, family * whole["p_value"])})


def test_a_ranking_is_the_corrected_t_test_with_the_sign_flip_test_beside_it() -> None:
    found = ranking_columns(seen(GAPS), 1)
    assert found["p_value"] == skewed_mean_p(GAPS) >= stats.ttest_1samp(GAPS, 0).pvalue
    assert (found["low"], found["high"]) == skewed_mean_interval(GAPS, confidence=0.95)
    exact = stats.permutation_test((GAPS,), np.mean, permutation_type="samples", n_resamples=np.inf).pvalue
    assert found["p_check"] == pytest.approx(exact)
    assert (found["pair_share_k"], found["pair_share_n"]) == (9, 10)


def test_the_check_speaks_of_one_comparison_and_decides_nothing() -> None:
    said = exact_check(0.098, 0.02)
    assert said.startswith(
        " The exact sign-flip test alone finds an effect at the 5 % level: p = 0.02; the test above has p = 0.098"
    )
    assert "finds no effect" in exact_check(0.00049, 0.073) and "decide" not in said
    assert exact_check(0.04, 0.02) == exact_check(0.5, 0.6) == exact_check(0.04, np.nan) == ""


def test_a_ranking_holds_is_turned_round_or_open() -> None:
    assert verdict("ranking", ranking_columns(seen(GAPS), 1)) == "REPLICATED"
    assert verdict("ranking", ranking_columns(seen(GAPS), -1)) == "CONTRADICTED"
    assert verdict("ranking", ranking_columns(seen(GAPS[:3]), 1), family=20) == "INCONCLUSIVE"
    assert verdict("ranking", ranking_columns(seen(GAPS[:1]), 1)) == "INCONCLUSIVE"
    assert verdict("ranking", ranking_columns(seen(), 1)) == "NOT TESTED"


def test_a_pair_of_which_one_run_diverged_is_won_by_the_other() -> None:
    found = ranking_columns(seen([0.2], diverged=5, won=5), 1)
    assert (found["route"], found["pair_share_k"], found["pair_share_n"]) == ("pairs", 6, 6)
    assert verdict("ranking", found) == "REPLICATED"
    assert verdict("ranking", ranking_columns(seen([], diverged=6, lost=6), 1)) == "CONTRADICTED"
    assert verdict("ranking", ranking_columns(seen([], diverged=6, lost=3, won=3), 1)) == "INCONCLUSIVE"
    said, _ = words(found | {"kind": "ranking", "called": ["tanh", "ReLU"], "paired": True})
    assert said == "In 5 of 6 pairs of runs tanh finished and ReLU diverged. In one pair both finished."


@pytest.mark.parametrize("side", [1, -1])
def test_of_one_finished_run_each_none_diverged(side: int) -> None:
    found = ranking_columns(seen([0.2]), side)
    assert verdict("ranking", found) == "INCONCLUSIVE"
    said = words(found | {"kind": "ranking", "called": ["tanh", "ReLU"], "paired": True})
    assert said == ("There is one run of each.", "One run does not show how much runs differ.")
    assert verdict("ranking", ranking_columns(seen([], diverged=2, won=2), 1)) == "INCONCLUSIVE"


def test_not_worse_is_one_sided() -> None:
    """A mean that is better by any amount holds; what "the same" would deny."""
    better = seen(GAPS + 5.0)
    assert verdict("not_worse", not_worse_columns(better, 1, 0.3)) == "REPLICATED"
    assert verdict("not_worse", not_worse_columns(better, -1, 0.3)) == "CONTRADICTED"
    near = not_worse_columns(seen(GAPS - GAPS.mean()), 1, 0.02)
    assert near["inside"] and verdict("not_worse", near) == "INCONCLUSIVE"
    values = GAPS - 0.1
    expected = stats.ttest_1samp(values, -0.5, alternative="greater").pvalue
    assert not_worse_columns(seen(values), 1, 0.5)["p_value"] == pytest.approx(expected)
    assert not_worse_columns(seen(-values), -1, 0.5)["p_value"] == pytest.approx(expected)


def test_pairs_that_all_differ_by_the_same_need_enough_signs() -> None:
    """All signs agree with probability 2 / 2^n: six pairs for .05, and eleven for one of 48 comparisons."""
    three = seen(np.ones(3))
    assert [seeds_for_mean(three, 0.0, family)["seeds_needed"] for family in (1, 48)] == [6, 11]
    assert seeds_for_mean(seen(np.ones(3), look=Look((3, 5), 0)), 0.0, 1)["seeds_needed"] is None


def test_looks_make_the_interval_wider_and_p_greater() -> None:
    look = Look((10, 20), 1)
    once, twice = ranking_columns(seen(GAPS), 1), ranking_columns(seen(GAPS, look=look), 1)
    assert twice["confidence"] > once["confidence"] and twice["p_value"] > once["p_value"]
    assert twice["low"] < once["low"]


def test_a_bound_has_no_p_below_that_of_runs_in_two_clusters() -> None:
    found = bound_columns(seen(97 + GAPS[:6]), 95.0)
    assert found["p_value"] == 2 / 2**6
    assert verdict("bound", found, claimed=95.0) == "REPLICATED"
    assert verdict("bound", found, claimed=95.0, family=2) == "INCONCLUSIVE"
    assert verdict("bound", bound_columns(seen(97 + GAPS), 99.0), claimed=99.0) == "CONTRADICTED"


def test_what_does_not_depend_on_the_seed_needs_no_test() -> None:
    found = bound_columns(seen([0.5, 0.5], constant=True), 0.4)
    assert math.isnan(found["p_value"]) and verdict("bound", found, claimed=0.4) == "REPLICATED"
    assert verdict("bound", found, claimed=0.6) == "CONTRADICTED"


def test_the_same_is_two_one_sided_tests() -> None:
    first, second = GAPS + 1, np.ones(10)
    found = same_columns(seen(GAPS), 0.5)
    assert found["p_value"] == pytest.approx(ttost_paired(first, second, -0.5, 0.5)[0])
    assert verdict("same", found) == "REPLICATED"
    beyond = same_columns(seen(GAPS), 0.05)
    expected = stats.ttest_1samp(GAPS, 0.05, alternative="greater").pvalue
    assert beyond["p_value"] == pytest.approx(2 * expected) == beyond_p(GAPS, 0.05)
    assert verdict("same", beyond) == "CONTRADICTED" and verdict("same", beyond, family=100) == "INCONCLUSIVE"
    assert verdict("same", same_columns(seen(GAPS), 0.3)) == "INCONCLUSIVE"


def test_a_theorem_is_seen_in_every_run_or_is_none() -> None:
    first = seen(90 + GAPS)
    assert verdict("same", identical_columns(first, seen(np.full(10, 1e-9)))) == "REPLICATED"
    assert verdict("same", identical_columns(first, seen([0.0] * 9 + [0.1]))) == "CONTRADICTED"


@pytest.mark.parametrize(("k", "n"), [(0, 10), (3, 10), (10, 10), (52, 100), (59, 59)])
def test_the_exact_interval_is_that_of_statsmodels_and_so_is_wilsons(k: int, n: int) -> None:
    assert share_interval(k, n) == pytest.approx(proportion_confint(k, n, alpha=0.1, method="beta"), nan_ok=True)
    assert wilson_interval(k, n) == pytest.approx(proportion_confint(k, n, method="wilson"), abs=1e-9)


def event(claimed: str = "happens", what: Any = "diverges") -> Event:
    return Event.model_validate({"kind": "event", "variants": ["a"], "event": what, "claimed": claimed})


@pytest.mark.parametrize(
    ("k", "n", "claimed", "expected"),
    [
        (0, 59, "happens", "CONTRADICTED"),
        (0, 58, "happens", "INCONCLUSIVE"),
        (59, 59, "never", "CONTRADICTED"),
        (5, 5, "happens", "REPLICATED"),
        (4, 4, "happens", "INCONCLUSIVE"),
        (0, 5, "never", "REPLICATED"),
        (52, 100, "happens", "DEPENDS ON THE SEED"),
        (52, 100, "never", "DEPENDS ON THE SEED"),
        (1, 10, "happens", "INCONCLUSIVE"),
        (3, 10, "happens", "DEPENDS ON THE SEED"),
        (0, 0, "happens", "NOT TESTED"),
        (8, 10, "often", "INCONCLUSIVE"),
        (9, 10, "often", "REPLICATED"),
        (0, 5, "often", "CONTRADICTED"),
        (0, 4, "often", "INCONCLUSIVE"),
    ],
)
def test_an_event_is_judged_by_how_many_runs_show_it(k: int, n: int, claimed: str, expected: str) -> None:
    assert verdict("event", as_share(k, n), asked=event(claimed)) == expected


def test_59_runs_without_an_event_and_5_with_it_are_the_least_that_decide() -> None:
    assert seeds_for_event(0, 3, "happens") == 59 and seeds_for_event(3, 3, "happens") == 5
    assert seeds_for_event(0, 3, "never") == 5 == seeds_for_event(0, 3, "often")


def test_a_run_that_diverged_has_the_worst_accuracy_and_the_worst_loss() -> None:
    low = Reaches(metric="test_accuracy", at_most=20)
    assert shown_by_diverged(low) and not shown_by_diverged(Reaches(metric="test_accuracy", at_least=20))
    assert shown_by_diverged(Reaches(metric="train_loss", at_least=5))
    found = event_columns(seen([15.0, 90.0], diverged=3), event(what={"metric": "test_accuracy", "at_most": 20}))
    assert (found["k"], found["n"]) == (4, 5)
    assert event_columns(seen([15.0, 90.0], diverged=3), event())["k"] == 3


def test_an_event_may_be_a_number_as_it_is_printed() -> None:
    assert Reaches(metric="train_loss", equals="0.00").shows(0.004)
    assert not Reaches(metric="train_loss", equals="0.00").shows(0.006)
    assert Reaches(metric="train_loss", equals=0).shows(0.0)


@pytest.mark.parametrize(
    "called, begins, ends",
    [
        (
            ["scaled pixels", "HOG"],
            "With scaled pixels, the test accuracy is 2 points above that with HOG, on",
            "2 seeds.",
        ),
        (["softmax with a penalty", "abs-max"], "For softmax with a penalty, the test accuracy is", "for abs-max, on"),
        (["tanh", "tanh with dropout"], "For tanh, the test accuracy is", "that for tanh with dropout, on"),
    ],
)
def test_no_sentence_says_with_twice(called: list[str], begins: str, ends: str) -> None:
    columns = ranking_columns(seen([1.9, 2.1]), 1)
    row = columns | {"kind": "ranking", "called": called, "metric": "test_accuracy", "unit": "%", "route": "constant"}
    row["paired"] = True
    found, _ = words(row)
    assert found.startswith(begins) and ends in found


LOW = {"metric": "test_accuracy", "at_most": 20}


@pytest.mark.parametrize(
    ("k", "n", "what", "said"),
    [
        (0, 60, LOW, "The test accuracy is at most 20 % in none of 60 runs."),
        (7, 60, LOW, "In 7 of 60 runs the test accuracy is at most 20 %."),
        (60, 60, LOW, "In all 60 runs the test accuracy is at most 20 %."),
        (0, 1, LOW, "It is not so in the only run that the test accuracy is at most 20 %."),
        (0, 9, "diverges", "None of 9 runs diverged."),
        (0, 1, "diverges", "The only run did not diverge."),
        (1, 1, "diverges", "The only run diverged."),
    ],
)
def test_how_many_runs_show_it_in_words(k: int, n: int, what: Any, said: str) -> None:
    row = as_share(k, n) | {"asked": event(what=what), "unit": "%", "criterion": "REPLICATED", "route": "share"}
    assert event_words.words(row)[0] == said


def test_no_sentence_speaks_of_differences_that_percentages_cannot_have() -> None:
    assert possible(-852.8, 215.7, "test_accuracy", difference=True) == (-100.0, 100.0)
    assert possible(-0.5, 215.7, "test_accuracy", difference=True) == (-0.5, 100.0)
    assert possible(-46.0, 184.8, "test_bleu", difference=True) == (-46.0, 100.0)
    assert possible(-6.5, 103.0, "test_bleu", difference=False) == (0.0, 100.0)
    assert possible(-3.0, 3.0, "dead_fraction", difference=True) == (-1.0, 1.0)
    assert possible(-852.8, 215.7, "relative_error", difference=True) == (-852.8, 215.7)
    assert possible(-852.8, 215.7, "accuracy_difference", difference=False) == (-852.8, 215.7)
    assert math.isnan(possible(math.nan, math.nan, "test_accuracy", difference=True)[0])
