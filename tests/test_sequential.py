"""Looks: levels against published ones and against simulated paths, and verdicts that keep to them."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from scipy import stats

from replab.errors import ReplabError
from replab.judging.judgement import judge
from replab.judging.planning import seeds_for_half_width, seeds_to_detect
from replab.judging.sequential import ONE_LOOK, Look, levels, look_at, spent
from replab.judging.skewed_means import skewed_mean_interval, skewed_mean_p
from replab.more_seeds import extended, load_more_seeds, save_more_seeds, with_seeds
from replab.params import interim_analyses_of, resolve
from replab.params_loading import check_params
from test_judgement import asked, frame, number, ranking, statement
from tiny import params

ROOT = Path(__file__).parents[1]

# Bounds for a two-sided .05 at equal steps: Reboussin, DeMets, Kim & Lan 2000, Controlled Clinical Trials 21:190.
PUBLISHED = {
    2: [2.963, 1.969],
    3: [3.710, 2.511, 1.993],
    4: [4.333, 2.963, 2.359, 2.014],
    5: [4.877, 3.357, 2.680, 2.290, 2.031],
}


@pytest.mark.parametrize("looks", PUBLISHED, ids=str)
def test_levels_are_the_published_ones(looks: int) -> None:
    bounds = stats.norm.isf(levels(tuple(range(10, 10 * looks + 1, 10)), 0.025))
    np.testing.assert_allclose(bounds, PUBLISHED[looks], atol=0.0015)


def test_all_of_alpha_is_spent_at_the_end_and_next_to_nothing_early() -> None:
    assert spent(0.025, 1.0) == pytest.approx(0.025)
    shares = [spent(0.025, t) for t in (0.25, 0.5, 0.75, 1.0)]
    assert shares == sorted(shares) and shares[0] < 1e-4
    assert levels((20,), 0.025)[0] == pytest.approx(0.025)


@pytest.mark.parametrize("sizes", [(6, 10, 15, 20), (10, 15, 20), (8, 9, 30)], ids=str)
def test_simulated_paths_cross_as_often_as_alpha_says(sizes: tuple[int, ...]) -> None:
    draws = np.random.default_rng(4).standard_normal((200_000, sizes[-1])).astype(np.float32)
    sums = draws.cumsum(1)[:, np.array(sizes) - 1] / np.sqrt(sizes)
    crossed = (sums >= stats.norm.isf(levels(sizes, 0.05))).any(1).mean()
    assert crossed == pytest.approx(0.05, abs=3.5 * math.sqrt(0.05 * 0.95 / 200_000))


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_corrected_p_is_the_alpha_whose_level_it_reaches(number: int) -> None:
    look = Look((10, 15, 20), number)
    for alpha in (0.0008, 0.0125, 0.025, 0.05, 0.3):
        assert look.corrected(look.level(alpha), sides=2) == pytest.approx(alpha, rel=0.01)
        assert look.corrected(look.level(2 * alpha) / 2, sides=1) == pytest.approx(alpha, rel=0.01)
    several = [look.corrected(p, sides=2) for p in np.linspace(0.0001, 1, 50)]
    assert several == sorted(several) and several[-1] == 1
    assert all(corrected >= p for corrected, p in zip(several, np.linspace(0.0001, 1, 50), strict=True))


def test_one_look_changes_nothing() -> None:
    assert ONE_LOOK.level(0.05) == 0.05 and ONE_LOOK.corrected(0.03, sides=2) == 0.03
    assert look_at((), 12) == ONE_LOOK


def test_the_last_look_that_is_reached_counts() -> None:
    numbers = [look_at((6, 10, 15), n).number for n in (0, 5, 6, 9, 10, 15, 40)]
    assert numbers == [0, 0, 1, 1, 2, 3, 3]
    assert look_at((6, 10), 3).level(0.05) == 0 and [later.size for later in look_at((6, 10, 15), 7).later] == [10, 15]


LOOKS = (6, 10, 15)
TEN = [0.3, 0.2, 0.4, 0.3, 0.1, 0.3, 0.2, 0.4, 0.5, 0.3]
SAME = {"kind": "same", "pairs": [("a", "b")], "metric": "test_accuracy", "margin": {"value": 1.0, "reason": "r"}}


def part(differences: list[float], asks: dict[str, Any], looks: tuple[int, ...] = LOOKS) -> dict[str, Any]:
    """The only part of a statement about a and b, which differ by `differences`."""
    runs = frame(a=[90 + difference for difference in differences], b=[90.0] * len(differences))
    [row] = judge(asked(statement(asks)), runs, looks=looks).parts.to_dict("records")
    return row


def test_what_comes_between_two_looks_moves_no_verdict() -> None:
    six = part(TEN[:6], ranking())
    for wild in ([9.0], [-9.0], [9.0, -40.0, 3.0]):
        more = part([*TEN[:6], *wild], ranking())
        for column in ("n", "estimate", "low", "high", "p_value", "verdict"):
            assert more[column] == six[column], column
        assert f"{len(wild)} seed{'s' if len(wild) > 1 else ''} more must wait" in more["reason"]


def test_what_comes_after_the_last_look_moves_no_comparison() -> None:
    fifteen = [*TEN, *TEN[:5]]
    last, more = part(fifteen, ranking()), part([*fifteen, -40.0, 3.0], ranking())
    for column in ("n", "estimate", "low", "high", "p_value", "verdict"):
        assert more[column] == last[column], column
    words = "2 seeds more came after the last interim analysis, for printed numbers and events only."
    assert words in more["reason"] and words not in last["reason"]
    assert part([*fifteen, 3.0], number("90.0"))["n"] == 16


def test_a_seed_that_diverged_has_reached_a_look_too() -> None:
    """With ten seeds, two of them lost, the look at ten is reached, and all eight pairs count."""
    runs = frame(a=[90 + difference for difference in TEN[:8]] + [None, None], b=[90.0] * 10)
    [row] = judge(asked(statement(ranking())), runs, looks=LOOKS).parts.to_dict("records")
    assert row["n"] == 8 and "must wait" not in row["reason"]
    early = frame(a=[None, None, *(90 + difference for difference in TEN[:8])], b=[90.0] * 10)
    [same] = judge(asked(statement(ranking())), early.iloc[:-1], looks=LOOKS).parts.to_dict("records")
    lost = frame(a=[None] * 15, b=[90.0] * 15)
    [none] = judge(asked(statement(ranking())), lost, looks=LOOKS).parts.to_dict("records")
    assert none["n"] == 0 and none["seeds_needed"] is None
    assert same["n"] == 4 and "3 seeds more must wait for the next interim analysis, at 10" in same["reason"]


def test_before_the_first_look_no_test_is_made() -> None:
    for asks in (ranking(), SAME):
        row = part(TEN[:5], asks)
        assert (row["verdict"], row["n"], row["seeds_needed"]) == ("NOT TESTED", 0, 6)
        assert row["reason"] == "5 seeds so far, and the first interim analysis is at 6."
    assert part(TEN[:5], number("90.0"))["n"] == 5  # a printed number is no test that looks could bias


@pytest.mark.parametrize(("n", "place"), [(6, 1), (10, 2)])
def test_intervals_and_p_values_are_those_of_the_look(n: int, place: int) -> None:
    row, look = part(TEN[:n], ranking()), Look(LOOKS, place)
    values = np.array(TEN[:n])
    assert row["p_value"] == pytest.approx(look.corrected(skewed_mean_p(values), sides=2), rel=1e-6)
    assert row["confidence"] == pytest.approx(1 - look.level(0.05)) and row["confidence"] > 0.95
    assert (row["low"], row["high"]) == pytest.approx(skewed_mean_interval(values, confidence=1 - look.level(0.05)))
    assert "corrected for 3 interim analyses" in row["reason"]
    assert part(TEN[:n], SAME)["confidence"] == pytest.approx(1 - look.level(0.1))


def test_equal_differences_are_corrected_for_the_looks_too() -> None:
    runs = frame(a=[90.5 + seed for seed in range(6)], b=[90.0 + seed for seed in range(6)])
    once, first = (judge(asked(statement(ranking())), runs, looks=looks).parts.iloc[0] for looks in ((), LOOKS))
    assert once["p_value"] == pytest.approx(2 / 2**6) and once["verdict"] == "REPLICATED"
    assert first["p_value"] == pytest.approx(Look(LOOKS, 1).corrected(2 / 2**6, sides=2)) and first["p_value"] > 0.05
    assert first["verdict"] == "INCONCLUSIVE"


def test_a_difference_that_one_look_would_establish_waits_for_the_next() -> None:
    small = [0.2, 0.05, 0.3, 0.25, 0.1, 0.2, 0.3, 0.1, 0.2, 0.3]
    once, first, second = part(small[:6], ranking(), ()), part(small[:6], ranking()), part(small, ranking())
    assert [row["verdict"] for row in (once, first, second)] == ["REPLICATED", "INCONCLUSIVE", "REPLICATED"]
    assert first["seeds_needed"] == 10


@pytest.mark.parametrize("half_width", [1.6, 1.0, 0.6, 0.41, 0.1])
def test_planned_seeds_are_the_first_look_whose_interval_is_narrow_enough(half_width: float) -> None:
    look = look_at((6, 10, 15, 30), 6)
    widths = {n: stats.t.ppf(1 - levels(look.sizes, 0.025)[k], n - 1) / math.sqrt(n) for k, n in enumerate(look.sizes)}
    fitting = [n for n, width in widths.items() if n > 6 and width <= half_width]
    assert seeds_for_half_width(1.0, half_width, look, confidence=0.95) == (fitting[0] if fitting else None)


def test_planned_seeds_to_detect_are_a_look_to_come() -> None:
    look = look_at((6, 10, 20), 6)
    for huge in (1e8, 1e12, 1e200, math.inf):  # where scipy's noncentral F is NaN, or a square overflows
        assert seeds_to_detect(huge, look, alpha=0.05, power=0.8, multiplier=1) == 10
    assert seeds_to_detect(1.0, look, alpha=0.05, power=0.8, multiplier=1) == 20
    assert seeds_to_detect(0.0, look, alpha=0.05, power=0.8, multiplier=1) is None


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("error_rates", ROOT / "benchmarks/error_rates.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_benchmark_computes_what_replab_does(benchmark: ModuleType) -> None:
    benchmark.check_tests(np.random.default_rng(3))


def test_simulated_reports_are_not_wronged_more_often_than_promised(benchmark: ModuleType) -> None:
    random, reports = np.random.default_rng(1), 1000
    limit = 5 + 3.5 * math.sqrt(0.05 * 0.95 / reports) * 100
    numbers = benchmark.number_row("normal", 10, reports, random)
    assert float(numbers[2]) <= limit and float(numbers[8]) > 30  # the power against six
    for plan in ((10,), (8, 10, 12)):
        rankings, bounds, _, power = [
            float(cell or "nan") for cell in benchmark.test_row("normal", plan, reports, random)[2:]
        ]
        assert rankings <= limit and bounds <= limit and power > 10


def tree(**profile: Any) -> dict[str, Any]:
    return params(profiles={"sample": profile})


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        ({"interim_analyses": [2]}, "two or more growing numbers"),
        ({"interim_analyses": [4, 2]}, "two or more growing numbers"),
        ({"interim_analyses": [2, 2]}, "two or more growing numbers"),
        ({"interim_analyses": [1, 2]}, "from 2 on"),
        ({"interim_analyses": [3, 6]}, "2 seeds, but the first interim analysis is at 3"),
        ({"seeds": [4, 5, 6], "interim_analyses": [2, 6]}, "3 seeds, but the first interim analysis is at 2"),
    ],
)
def test_looks_that_do_not_hold_are_refused(profile: dict[str, Any], message: str) -> None:
    with pytest.raises(ReplabError, match=message):
        check_params(tree(**profile))


def test_a_variant_gets_the_next_integers() -> None:
    checked = check_params(tree(seeds=[3, 1], interim_analyses=[2, 4, 6]))
    variants = resolve(checked, "tiny", "sample")
    assert with_seeds(variants[0], 4).seeds == (3, 1, 4, 5) and with_seeds(variants[0], 1).seeds == (3, 1)
    looks = interim_analyses_of(checked, "tiny", "sample")
    more = extended(variants, {"fast": 6}, looks)
    assert [len(variant.seeds) for variant in more] == [2, 6]
    with pytest.raises(ReplabError, match="'fats' unknown; did you mean 'fast'"):
        extended(variants, {"fats": 6}, looks)
    assert len(extended(variants, {"fast": 7}, looks)[1].seeds) == 7
    with pytest.raises(ReplabError, match="fast has 5 seeds; its study's interim analyses: 2, 4, 6, or more than that"):
        extended(variants, {"fast": 5}, looks)
    with pytest.raises(ReplabError, match="fast has 5 seeds; its study's interim analyses: none declared"):
        extended(variants, {"fast": 5}, ())


def test_the_seeds_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    path, more = tmp_path / "claims/seeds.yaml", {"full": {"tiny": {"plain": 10, "fast": 15}}}
    assert load_more_seeds(path) == {}
    save_more_seeds(path, more)
    assert load_more_seeds(path) == more and path.read_text().startswith("# Written by")
    for wrong in (
        "full: 3",
        "full: {tiny: {plain: many}}",
        "full: {tiny: {plain: true}}",
        "- 1",
        "a: {b: {c: 1, c: 2}}",
    ):
        path.write_text(wrong)
        with pytest.raises(ReplabError, match=r"seeds\.yaml"):
            load_more_seeds(path)
