"""Printed numbers: could one more run have printed them? Against scipy, and ranks counted by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import special, stats

from replab.errors import ReplabError
from replab.judging.further_runs import FurtherRun
from replab.judging.numbers import number_columns
from replab.judging.part_kinds import Resolution
from replab.judging.scales import PLAIN, check_printed, lower_is_better, printed, scale_of
from replab.judging.verdicts import verdict_of
from replab.metric_words import ABOVE_ONE, ANY_SHARE, CHANGES, COSTS, FRACTIONS, GAINS, SHARES, SIZES, direction

ACCURACY, LOSS = scale_of("test_accuracy"), scale_of("train_loss")
TEN = np.array([96.20, 96.31, 96.35, 96.28, 96.45, 96.53, 96.40, 96.37, 96.33, 96.29])
HALF = Resolution(value=0.5, reason="half of the gap")


def columns(values: Any, text: str, resolution: Resolution = HALF, **changes: Any) -> dict[str, Any]:
    further = FurtherRun(np.asarray(values, float), **{"scale": ACCURACY} | changes)
    return number_columns(further, printed(text), resolution)


def verdict(values: Any, text: str, resolution: Resolution = HALF, family: int = 1, **changes: Any) -> str:
    row = {"kind": "number", "inside": False, "narrow": False, "apart": False, "p_value": math.nan}
    row |= columns(values, text, resolution, **changes)
    return verdict_of(row | {"p_holm": min(1.0, family * row["p_value"])})


def test_the_interval_is_that_of_one_more_run_on_the_logit_scale() -> None:
    logits = special.logit(TEN / 100)
    reach = stats.t.ppf(0.975, 9) * logits.std(ddof=1) * math.sqrt(1 + 1 / 10)
    expected = 100 * special.expit([logits.mean() - reach, logits.mean() + reach])
    found = columns(TEN, "96.39")
    assert (found["low"], found["high"]) == pytest.approx(tuple(expected))
    assert found["interval"] == "prediction" and found["estimate"] == pytest.approx(TEN.mean())


def test_the_interval_of_losses_is_on_the_log_scale_and_never_leaves_the_positive_numbers() -> None:
    losses = np.array([0.02, 0.5, 0.1, 0.04, 0.25])
    found = columns(losses, "0.10", Resolution(factor=1.5, reason="r"), scale=LOSS)
    reach = stats.t.ppf(0.975, 4) * np.log(losses).std(ddof=1) * math.sqrt(1.2)
    assert found["low"] == pytest.approx(math.exp(np.log(losses).mean() - reach))
    assert found["low"] > 0 and found["inside"] and not found["narrow"]


def test_a_number_inside_a_narrow_interval_is_replicated_and_in_a_wide_one_it_is_not() -> None:
    assert verdict(TEN, "96.39") == "REPLICATED"
    assert verdict(TEN, "96.39", Resolution(value=0.1, reason="r")) == "INCONCLUSIVE"


def test_the_printed_digits_are_an_interval_too() -> None:
    high = columns(TEN, "96.39")["high"]
    assert not columns(TEN, f"{high + 0.02:.2f}")["inside"] and columns(TEN, "97")["inside"]


def test_a_number_far_outside_is_contradicted_but_not_among_too_many_nor_with_six_runs() -> None:
    assert verdict(TEN, "97.5", family=16) == "CONTRADICTED"
    assert verdict(TEN, "97.5", family=60) == "INCONCLUSIVE"  # 60 / 2^10 is above .05
    assert verdict(TEN[:6], "97.5") == "INCONCLUSIVE"


def test_p_is_the_distance_at_two_thirds_read_as_t_and_at_least_two_to_the_minus_n() -> None:
    mean, width = TEN.mean(), 1.5 * TEN.std(ddof=1) * math.sqrt(1.1)
    assert FurtherRun(TEN, PLAIN).p(printed("96.600")) == pytest.approx(
        2 * stats.t.sf((96.5995 - mean) / width, 9), rel=1e-6
    )
    assert FurtherRun(TEN, PLAIN).p(printed("80.0")) == 2**-10
    assert FurtherRun(TEN, PLAIN).p(printed("96.4")) == 1 and FurtherRun(TEN[:6], PLAIN).p(printed("80.0")) == 1


def test_a_number_near_a_run_is_not_contradicted() -> None:
    """The runs lie so close that the number is far outside, by less than a tenth of what matters."""
    values = 96.40 + 0.001 * np.arange(10)
    assert columns(values, "96.43")["inside"] is False
    assert verdict(values, "96.43") == "INCONCLUSIVE" and verdict(values, "96.53") == "CONTRADICTED"


def test_more_runs_never_take_a_contradiction_away() -> None:
    for shift in (0.5, 1.0, 2.0):
        said = [verdict(np.resize(TEN, n), f"{97 + shift:.2f}", family=16) for n in (10, 20, 50, 100, 1000)]
        assert said == sorted(said, key=["INCONCLUSIVE", "CONTRADICTED"].index)


def test_the_mean_of_several_runs_is_predicted_as_a_mean() -> None:
    found = columns(TEN, "96.39", of_runs=10)
    reach = stats.t.ppf(0.975, 9) * TEN.std(ddof=1) * math.sqrt(0.2)
    assert (found["low"], found["high"]) == pytest.approx((TEN.mean() - reach, TEN.mean() + reach))


def test_runs_that_are_not_normal_are_judged_by_their_ranks() -> None:
    values = np.array([96.1, 96.11, 96.12, 96.13, 96.11, 96.12, 96.1, 96.13, 96.12, 96.9])
    found = columns(values, "96.39")
    assert found["route"] == "ranks" and (found["low"], found["high"]) == (96.1, 96.9)
    assert found["confidence"] == pytest.approx(9 / 11) and found["center"] == "median"


def test_runs_that_are_not_normal_do_not_replicate_what_normal_ones_would_not() -> None:
    """Ten runs by rank hold one more with 82 % only: the interval of 95 % must be narrow, too."""
    values = np.array([96.1, 96.11, 96.12, 96.13, 96.11, 96.12, 96.1, 96.13, 96.12, 96.9])
    normal = FurtherRun(values, ACCURACY).interval("normal")[:2]
    half = (normal[1] - normal[0]) / 2
    tight, loose = (Resolution(value=value, reason="r") for value in (half - 0.01, half + 0.01))
    assert tight.value > (96.9 - 96.1) / 2, "the interval by rank is narrow enough"
    assert columns(values, "96.39", tight)["wide"] == normal and verdict(values, "96.39", tight) == "INCONCLUSIVE"
    assert "wide" not in columns(values, "96.39", loose) and verdict(values, "96.39", loose) == "REPLICATED"


def test_runs_at_an_end_of_the_scale_are_as_wide_as_in_their_own_unit() -> None:
    values = np.array([98.0] * 4 + [98.5] * 5 + [100.0])
    low, high, _ = FurtherRun(values, ACCURACY).interval("normal")
    reach = stats.t.ppf(0.975, 9) * values.std(ddof=1) * math.sqrt(1.1)
    assert (low, high) == (pytest.approx(values.mean() - reach), min(100.0, values.mean() + reach))


def test_the_range_of_n_runs_holds_the_next_as_often_as_the_rank_says() -> None:
    random = np.random.default_rng(0)
    draws = random.exponential(size=(20_000, 11)) ** 3
    inside = (draws[:, :10].min(1) <= draws[:, 10]) & (draws[:, 10] <= draws[:, :10].max(1))
    assert inside.mean() == pytest.approx(9 / 11, abs=0.01)


@pytest.mark.parametrize(("n", "left_out"), [(10, 0), (78, 0), (79, 1), (100, 1), (118, 1), (119, 2), (400, 9)])
def test_many_runs_leave_out_so_many_at_each_end_as_still_hold_the_next(n: int, left_out: int) -> None:
    """Else more seeds would make the interval wider, and REPLICATED easier."""
    values = 90 + np.linspace(0, 1, n) ** 9
    found = columns(values, "90.5")
    assert found["route"] == "ranks" and found["low"] == values[left_out] and found["high"] == values[-1 - left_out]
    assert found["confidence"] == pytest.approx((n - 1 - 2 * left_out) / (n + 1))
    assert n < 79 or found["confidence"] >= 0.95 > (n - 3 - 2 * left_out) / (n + 1)


def test_a_number_among_the_runs_is_not_contradicted_where_the_interval_leaves_it_out() -> None:
    values = 90 + np.linspace(0, 1, 400) ** 9
    found = columns(values, "90.95")
    assert found["low"] < found["high"] < 90.945 and not found["inside"] and not found["apart"]


XOR = np.array([0.0] * 52 + [10.8] * 48)


def test_runs_in_clusters_are_counted_and_the_mean_is_not_shown() -> None:
    found = columns(XOR, "0", Resolution(value=0.05, reason="r"), scale=LOSS)
    assert (found["route"], found["k"], found["n"]) == ("clusters", 52, 100)
    assert found["groups"] == [(52, 0.0, 0.0), (48, 10.8, 10.8)] and found["estimate"] in (0.0, 10.8)
    assert verdict(XOR, "0", Resolution(value=0.05, reason="r"), scale=LOSS) == "DEPENDS ON THE SEED"


def test_a_single_run_far_away_is_no_cluster() -> None:
    values = np.array([0.0] * 9 + [10.8])
    resolution = Resolution(factor=1.5, reason="r")
    assert FurtherRun(values, LOSS).route(resolution) == "ranks"
    assert FurtherRun(np.append(values, 10.8), LOSS).route(resolution) == "clusters"


def test_few_runs_in_clusters_decide_nothing() -> None:
    assert verdict(XOR[48:58], "5.4", Resolution(value=0.05, reason="r"), scale=LOSS) == "INCONCLUSIVE"


def test_what_does_not_depend_on_the_seed_is_one_run() -> None:
    constant = {"constant": True, "scale": PLAIN}
    found = columns([0.529999] * 10, "0.53", Resolution(value=0.1, reason="r"), **constant)
    assert (found["route"], found["n"], found["inside"]) == ("constant", 1, True)
    assert verdict([0.529999] * 2, "0.529999", Resolution(value=0.1, reason="r"), **constant) == "REPLICATED"
    assert verdict([0.529999] * 2, "0.6", Resolution(value=0.1, reason="r"), **constant) == "CONTRADICTED"
    assert verdict([0.529999] * 2, "0.535", Resolution(value=0.1, reason="r"), **constant) == "INCONCLUSIVE"


def test_equal_runs_of_one_variant_are_no_proof_that_all_are_so() -> None:
    assert verdict([10.0] * 3, "10.00") == "REPLICATED"
    assert verdict([10.0] * 3, "19.60") == "INCONCLUSIVE"
    assert verdict([10.0] * 10, "19.60", family=16) == "CONTRADICTED"


def test_runs_that_all_diverged_have_no_number_and_few_of_them_prove_nothing() -> None:
    assert verdict([], "96.39", diverged=10, family=16) == "CONTRADICTED"
    assert verdict([], "96.39", diverged=6) == "INCONCLUSIVE"
    assert verdict(TEN, "96.39", diverged=3) == "REPLICATED"


def test_without_runs_nothing_is_tested_and_one_run_decides_nothing() -> None:
    assert verdict([], "96.39") == "NOT TESTED" and verdict([96.39], "96.39") == "INCONCLUSIVE"


def test_accuracies_of_a_hundred_do_not_break_the_scale() -> None:
    values = [100.0, 100.0, 99.5, 100.0, 99.0, 98.5, 100.0]
    assert FurtherRun(np.array(values), ACCURACY).route(HALF) == "ranks"
    assert verdict(values, "99.7", Resolution(value=1.5, reason="r")) == "REPLICATED"


@pytest.mark.parametrize("metric", ["test_accuracy", "train_loss", "test_perplexity", "half_squared_norm", "score"])
def test_a_scale_takes_values_there_and_back(metric: str) -> None:
    scale = scale_of(metric)
    assert scale.back(float(scale.forward(np.array([1.7]))[0])) == pytest.approx(1.7)


def test_scales_follow_from_names() -> None:
    names = {name: scale_of(name).name for name in ("validation_accuracy@500", "test_bleu", "loss_difference_nats")}
    assert names == {"validation_accuracy@500": "logit", "test_bleu": "logit", "loss_difference_nats": "plain"}
    assert scale_of("small_weights_share").high == 100 and scale_of("correct_fraction").high == 1


def test_the_words_of_metrics_agree() -> None:
    for word in SHARES | FRACTIONS:
        assert scale_of(f"test_{word}@9").name == "logit" and scale_of(f"{word}_gap") == PLAIN
        assert direction(word) == (word not in ANY_SHARE) and lower_is_better(word) is False
    for word in COSTS:
        assert scale_of(word).name == scale_of(f"{word}_of_recall").name == "log" and direction(f"Test_{word}") == -1
    for word in GAINS | {"score", "gap"}:
        assert scale_of(word) == PLAIN and direction(word) == (word in GAINS)
    assert all(scale_of(word).name == "log" and lower_is_better(word) is None for word in SIZES)
    groups = [SHARES, FRACTIONS, COSTS, SIZES, GAINS, CHANGES]
    assert len(set.union(*groups)) == sum(map(len, groups)) and ABOVE_ONE <= COSTS


@pytest.mark.parametrize(("metric", "value"), [("acc", "100.1"), ("f1", "922"), ("test_auc", "-1"), ("nll", "-0.02")])
def test_a_number_that_a_metric_cannot_have_is_refused(metric: str, value: str) -> None:
    with pytest.raises(ReplabError, match="it must be from"):
        check_printed(printed(value), metric)
