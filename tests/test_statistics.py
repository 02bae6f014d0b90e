"""Intervals, tests and planning against scipy, statsmodels, and sums written out."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import integrate, stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower
from statsmodels.stats.weightstats import ttost_paired

from replab.judging.least_runs import least_runs_to_contradict
from replab.judging.planning import seeds_for_half_width, seeds_to_detect, smallest_detectable_effect, t_test_power
from replab.judging.sequential import ONE_LOOK
from replab.judging.skewed_means import inverse, skewed_mean_interval, skewed_mean_p, transformed
from replab.judging.statistics import (
    DRAWS,
    equivalence_p,
    holm,
    prediction_interval,
    sign_flip_floor,
    sign_flip_p,
    spread,
    t_interval,
)

ACCURACIES = np.array([97.28, 97.35, 97.43, 97.1, 97.5, 97.22])


def draws(n: int, seed: int = 0, shift: float = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(shift, 1.0, size=n)


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_t_interval_is_that_of_scipys_one_sample_test(confidence: float) -> None:
    expected = stats.ttest_1samp(ACCURACIES, 0.0).confidence_interval(confidence)
    assert t_interval(ACCURACIES, confidence=confidence) == pytest.approx((expected.low, expected.high))


def test_prediction_interval_holds_the_next_of_simulated_runs_as_often_as_it_says() -> None:
    runs = np.random.default_rng(1).normal(97, 0.2, size=(4000, 6))
    intervals = np.array([prediction_interval(row[:5], confidence=0.9) for row in runs])
    share = np.mean((intervals[:, 0] <= runs[:, 5]) & (runs[:, 5] <= intervals[:, 1]))
    assert share == pytest.approx(0.9, abs=0.015)


def test_prediction_interval_of_three_values_by_hand() -> None:
    low, high = prediction_interval([1.0, 2.0, 3.0], confidence=0.95)
    assert (low, high) == pytest.approx((2 - 4.302653 * math.sqrt(4 / 3), 2 + 4.302653 * math.sqrt(4 / 3)))


def test_equal_values_give_intervals_without_width() -> None:
    same = [0.1] * 4
    assert spread(same) == 0
    for interval in (
        t_interval(same, confidence=0.95),
        prediction_interval(same, confidence=0.95),
    ):
        assert interval == pytest.approx((0.1, 0.1), abs=1e-15)


def test_too_few_values_give_nan_and_not_a_guess() -> None:
    for interval in (
        t_interval([1.0], confidence=0.95),
        prediction_interval([], confidence=0.95),
    ):
        assert np.isnan(interval).all()
    for number in (
        spread([1.0]),
        equivalence_p([1.0], margin=1),
        sign_flip_p([], seed=0),
    ):
        assert math.isnan(number)


def test_a_value_that_is_not_finite_is_refused() -> None:
    for value in (math.nan, math.inf):
        with pytest.raises(ValueError, match="diverged"):
            t_interval([1.0, value], confidence=0.95)


@pytest.mark.parametrize("n", [2, 5, 6, 9, 13])
def test_sign_flip_p_is_scipys_exact_permutation_test(n: int) -> None:
    first, second = draws(n, shift=0.8), draws(n, seed=1)
    expected = stats.permutation_test(
        (first, second),
        lambda a, b, axis: np.mean(a - b, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=np.inf,
    ).pvalue
    assert sign_flip_p(first - second, seed=0) == pytest.approx(expected)


def test_sign_flip_p_of_more_pairs_than_memory_holds_is_that_of_the_normal_limit() -> None:
    differences = np.random.default_rng(3).normal(0.03, 1, size=3_001)
    limit = 2 * stats.norm.sf(abs(differences.sum()) / math.sqrt((differences**2).sum()))
    assert sign_flip_p(differences, seed=0) == pytest.approx(limit, abs=4 * math.sqrt(limit / DRAWS))
    assert sign_flip_p(np.ones(2_000), seed=0) == 1 / (1 + DRAWS)


def test_sign_flip_p_counts_ties_as_a_slow_loop_does() -> None:
    differences = [0.1, 0.2, 0.3, 0.0, -0.1, 0.3]
    flips = itertools.product([-1, 1], repeat=len(differences))
    tenths = [1, 2, 3, 0, -1, 3]
    hits = [abs(sum(s * d for s, d in zip(signs, tenths, strict=True))) >= 8 for signs in flips]
    assert sign_flip_p(differences, seed=0) == np.mean(hits)


def test_five_pairs_cannot_reach_five_percent_and_six_can() -> None:
    assert sign_flip_p([1, 2, 3, 4, 5], seed=0) == sign_flip_floor(5) == 0.0625
    assert sign_flip_p([1, 2, 3, 4, 5, 6], seed=0) == sign_flip_floor(6) == 0.03125
    assert sign_flip_p([0.0] * 6, seed=0) == 1


def test_drawn_flips_agree_with_all_flips_and_depend_on_the_seed() -> None:
    differences = draws(16, shift=0.45)
    signs = np.array(list(itertools.product([-1, 1], repeat=16)))
    exact = np.mean(np.abs(signs @ differences) >= abs(differences.sum()) - 1e-12)
    found = sign_flip_p(differences, seed=0)
    assert found == pytest.approx(exact, abs=0.003)
    assert found == sign_flip_p(differences[::-1], seed=0) != sign_flip_p(differences, seed=1)


def test_a_drawn_p_is_never_zero() -> None:
    assert sign_flip_p(np.ones(40), seed=0) == sign_flip_floor(40) == 1e-5


def test_holm_is_that_of_statsmodels_and_keeps_nan() -> None:
    p = np.array([0.04, 0.001, 0.03, 0.2, 0.03])
    expected = multipletests(p, method="holm")[1]
    np.testing.assert_allclose(holm(p, family=5), expected)
    found = holm([*p[:2], math.nan, *p[2:]], family=5)
    assert math.isnan(found[2])
    np.testing.assert_allclose(np.delete(found, 2), expected)


def test_a_declared_test_without_p_counts_as_one_that_found_nothing() -> None:
    p = [0.01, 0.02]
    np.testing.assert_allclose(holm(p, family=4), multipletests([*p, 1.0, 1.0], method="holm")[1][:2])
    assert len(holm([], family=0)) == 0
    with pytest.raises(ValueError, match="cannot hold"):
        holm(p, family=1)


@pytest.mark.parametrize("margin", [0.1, 0.5, 2.0])
def test_equivalence_p_is_that_of_statsmodels(margin: float) -> None:
    first, second = draws(8, shift=0.2), draws(8, seed=1)
    expected = ttost_paired(first, second, -margin, margin)[0]
    assert equivalence_p(first - second, margin=margin) == pytest.approx(expected)


def test_equivalence_at_five_percent_is_the_ninety_percent_interval_within_the_margin() -> None:
    for seed in range(60):
        values = draws(6, seed=seed)
        low, high = t_interval(values, confidence=0.9)
        assert (equivalence_p(values, margin=1.0) <= 0.05) == (low >= -1 and high <= 1)


def test_equal_differences_are_equivalent_just_inside_the_margin() -> None:
    assert equivalence_p([0.0, 0.0], margin=0.1) == 0
    assert equivalence_p([0.2, 0.2], margin=0.1) == 1


@pytest.mark.parametrize(("effect", "n"), [(0.5, 6), (1.0, 10), (0.2, 200), (-1.0, 10), (3.0, 3)])
def test_power_is_that_of_statsmodels(effect: float, n: int) -> None:
    expected = TTestPower().power(abs(effect), n, 0.05)
    assert t_test_power(effect, n, alpha=0.05) == pytest.approx(expected)


def test_power_without_an_effect_is_alpha_and_far_out_it_is_the_integral() -> None:
    assert t_test_power(0.0, 6, alpha=0.05) == 0.05
    critical, shift = stats.t.ppf(0.975, 1), 8 * math.sqrt(2)
    expected, _ = integrate.quad(
        lambda u: (stats.norm.cdf(shift - critical * u) + stats.norm.cdf(-shift - critical * u)) * stats.chi.pdf(u, 1),
        0,
        np.inf,
    )
    assert t_test_power(8.0, 2, alpha=0.05) == pytest.approx(expected)


@pytest.mark.parametrize("n", [5, 6, 10, 40])
def test_smallest_detectable_effect_is_that_of_statsmodels(n: int) -> None:
    expected = TTestPower().solve_power(nobs=n, alpha=0.01, power=0.8)
    assert smallest_detectable_effect(n, alpha=0.01, power=0.8) == pytest.approx(expected, rel=1e-4)
    assert math.isnan(smallest_detectable_effect(1, alpha=0.01, power=0.8))


def test_the_mean_of_several_runs_is_predicted_more_narrowly() -> None:
    low, high = prediction_interval([1.0, 2.0, 3.0], confidence=0.95, of_runs=4)
    half = 4.302653 * math.sqrt(1 / 3 + 1 / 4)
    assert (low, high) == pytest.approx((2 - half, 2 + half))


def test_without_skewness_the_corrected_test_is_students() -> None:
    values = np.array([-1.0, 0.0, 1.0, 0.5, -0.5]) + 0.7
    assert skewed_mean_p(values) == pytest.approx(stats.ttest_1samp(values, 0.0).pvalue)
    assert skewed_mean_interval(values, confidence=0.95) == pytest.approx(t_interval(values, confidence=0.95))


def test_the_correction_for_skewness_only_makes_p_greater_and_belongs_to_its_interval() -> None:
    random = np.random.default_rng(2)
    for n in (2, 3, 6, 12):
        for values in random.gamma(1.5, size=(50, n)) - 1:
            p = skewed_mean_p(values)
            assert p >= stats.ttest_1samp(values, 0.0).pvalue - 1e-12
            low, high = skewed_mean_interval(values, confidence=0.95)
            assert (p > 0.05) == (low < 0 < high)


def test_the_skewed_mean_is_halls_transformation_written_out() -> None:
    values = np.array([0.1, 0.3, 0.2, 2.5, 0.4, 0.9])
    n, m, s = 6, values.mean(), values.std(ddof=1)
    g = n / ((n - 1) * (n - 2)) * sum(((v - m) / s) ** 3 for v in values)
    hall = math.sqrt(n) * (m / s + g * (m / s) ** 2 / 3 + g**2 * (m / s) ** 3 / 27 + g / (6 * n))
    least = min(abs(hall), math.sqrt(n) * m / s)
    assert skewed_mean_p(values) == pytest.approx(2 * stats.t.sf(least, n - 1))


def test_the_corrected_test_does_not_lose_what_is_plain() -> None:
    """Where Hall's cubic is flat (mean / s at -3 / skewness), ten differences of one sign had p = .01."""
    values = np.array([-1.7, -1.0, -0.5, 0.0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8])
    values = 4.1 + (values - values.mean()) / values.std(ddof=1)
    n, g = 10, float(stats.skew(values, bias=False))
    whole = 4.1 + g * 4.1**2 / 3 + g**2 * 4.1**3 / 27 + g / 60
    assert -1.2 < g < -1.1 and 2 * stats.t.sf(math.sqrt(n) * abs(whole), n - 1) > 0.009
    assert skewed_mean_p(values) < 0.0015


def test_the_transformation_rises_without_a_jump_and_its_inverse_takes_it_back() -> None:
    ratios = np.linspace(-6, 6, 4001)
    for skewness in (-2.5, -0.3, 0.0, 0.4, 2.5):
        found = np.array([transformed(ratio, skewness, 8) for ratio in ratios])
        slopes = np.diff(found) / np.diff(ratios)
        assert (slopes > 0.249).all() and np.abs(np.diff(slopes)).max() < 0.15
        np.testing.assert_allclose([inverse(end, skewness, 8) for end in found], ratios, atol=1e-9)


def test_the_runs_that_can_contradict_are_the_first_whose_least_p_is_low_enough() -> None:
    for family in (1, 4, 16, 60, 400):
        expected = next(n for n in range(7, 99) if family / 2**n <= 0.05)
        assert least_runs_to_contradict(family, alpha=0.05) == expected


def test_seeds_to_detect_is_that_of_statsmodels_but_never_below_three() -> None:
    expected = math.ceil(TTestPower().solve_power(effect_size=0.5, alpha=0.05 / 3, power=0.8))
    assert seeds_to_detect(0.5, ONE_LOOK, alpha=0.05, power=0.8, multiplier=3) == expected
    assert seeds_to_detect(-0.5, ONE_LOOK, alpha=0.05, power=0.8, multiplier=3) == expected
    for huge in (1e12, -1e200, math.inf):
        assert seeds_to_detect(huge, ONE_LOOK, alpha=0.05, power=0.8, multiplier=4) == 3
    assert seeds_to_detect(0.0, ONE_LOOK, alpha=0.05, power=0.8, multiplier=1) is None


def test_seeds_for_half_width_is_the_first_n_that_is_narrow_enough() -> None:
    n = seeds_for_half_width(0.2, 0.1, ONE_LOOK, confidence=0.95)
    assert n is not None
    widths = [stats.t.ppf(0.975, k - 1) * 0.2 / math.sqrt(k) for k in (n - 1, n)]
    assert widths[1] <= 0.1 < widths[0]
    assert seeds_for_half_width(0.2, 0.0, ONE_LOOK, confidence=0.95) is None
    assert seeds_for_half_width(0.0, 0.1, ONE_LOOK, confidence=0.95) == 2
