"""Verdicts on frames that can be checked by hand, or against scipy and statsmodels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower
from statsmodels.stats.weightstats import ttost_paired

from replab.errors import ReplabError
from replab.judging.claim_kinds import Bound, Delta, Diverges, Equal, Level, Ordering
from replab.judging.claims import load_claims
from replab.judging.scopes import VERDICTS, Scope
from replab.judging.sentences import confidence_text
from replab.judging.verdicts import COLUMNS, judge

SHARED: dict[str, Any] = {"row": None, "quote": "", "study": "s", "mark": "R"}
THREE = [97.2, 97.3, 97.4]
TEN = [0.3, 0.2, 0.4, 0.3, 0.1, 0.3, 0.2, 0.4, 0.5, 0.3]
NOISE = np.array([0.01, -0.02, 0.015, -0.01, 0.02, -0.015, 0.01, -0.01, 0.005, -0.005])


def frame(
    metric: str = "test_accuracy", unit: str = "%", seeds: Sequence[int] | None = None, **values: Any
) -> pd.DataFrame:
    """Finished runs, one a value; None is a diverged run."""
    rows = [
        {
            "study": "s", "variant": variant, "seed": seed, "identity": f"{variant}-{seed}", "metric": metric,
            "status": "diverged" if value is None else "done", "unit": unit, "value": value,
        }
        for variant, numbers in values.items()
        for seed, value in zip(seeds or range(len(numbers)), numbers, strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["study", "variant", "seed", "identity", "status", "metric", "unit", "value"])


def level(value: float, tolerance: float = 0.3, variant: str = "a", id: str = "000.level") -> Level:
    claim = {"id": id, "kind": "level", "metric": "test_accuracy", "variant": variant, "value": value}
    return Level.model_validate(SHARED | claim | {"tolerance": tolerance})


def ordering(*pairs: tuple[str, str], smallest: float = 0.05, id: str = "000.order", **changes: Any) -> Ordering:
    claim = {"id": id, "kind": "ordering", "metric": "test_accuracy", "higher_is_better": True} | changes
    return Ordering.model_validate(SHARED | claim | {"pairs": pairs, "smallest_meaningful": smallest})


def delta(value: float, tolerance: float) -> Delta:
    claim = {"id": "000.delta", "kind": "delta", "metric": "test_accuracy", "variant": "a", "baseline": "b"}
    return Delta.model_validate(SHARED | claim | {"value": value, "tolerance": tolerance})


def equal(margin: float, *pairs: tuple[str, str], id: str = "000.equal") -> Equal:
    claim = {"id": id, "kind": "equal", "metric": "test_accuracy", "margin": margin}
    return Equal.model_validate(SHARED | claim | {"pairs": pairs or [("a", "b")]})


def bound(*variants: str, **limit: float) -> Bound:
    claim = {"id": "000.bound", "kind": "bound", "metric": "test_accuracy", "variants": list(variants)}
    return Bound.model_validate(SHARED | claim | limit)


def only(verdicts: pd.DataFrame) -> pd.Series:
    """The row of the single claim."""
    whole = verdicts[verdicts["part"] == ""]
    assert len(whole) == 1
    return whole.iloc[0]


def verdict(claim: Any, runs: pd.DataFrame) -> str:
    return str(only(judge([claim], runs))["verdict"])


def above(differences: Sequence[float | None], base: float = 90.0) -> dict[str, Any]:
    """Values of a and b that differ by `differences`."""
    return {"a": [None if d is None else base + d for d in differences], "b": [base] * len(differences)}


@pytest.mark.parametrize(
    ("value", "tolerance", "expected"),
    [
        (97.28, 0.3, "REPLICATED"),
        (98.0, 0.3, "CONTRADICTED"),
        (97.5, 0.2, "INCONCLUSIVE"),
        (97.3, 0.2, "INCONCLUSIVE"),
        (97.3, 0.249, "REPLICATED"),
    ],
)
def test_a_level_is_judged_by_its_whole_interval(value: float, tolerance: float, expected: str) -> None:
    row = only(judge([level(value, tolerance)], frame(a=THREE)))
    assert row["verdict"] == expected
    half = 4.302653 * 0.1 / math.sqrt(3)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((97.3 - half, 97.3 + half))
    assert (row["estimate"], row["difference"]) == pytest.approx((97.3, 97.3 - value))
    assert (row["n"], row["n_diverged"], row["confidence"]) == (3, 0, 0.95)
    assert math.isnan(row["p_value"]) and math.isnan(row["p_holm"])


def test_a_level_says_whether_one_run_could_show_it() -> None:
    lucky = only(judge([level(97.7, 0.1)], frame(a=THREE)))
    assert lucky["verdict"] == "CONTRADICTED"
    assert lucky["single_run_low"] < 97.7 < lucky["single_run_high"] and "One run alone may well" in lucky["reason"]
    far = only(judge([level(99, 0.1)], frame(a=THREE)))
    assert far["single_run_high"] < 99 and "One run alone would hardly" in far["reason"]


def test_the_seeds_that_an_open_level_needs_would_decide_it() -> None:
    row = only(judge([level(97.3, 0.2)], frame(a=THREE)))
    widths = {n: stats.t.ppf(0.975, n - 1) * 0.1 / math.sqrt(n) for n in range(2, 9)}
    assert row["seeds_needed"] == min(n for n, width in widths.items() if width <= 0.2)
    assert f"about {row['seeds_needed']} seeds" in row["reason"]


def test_six_pairs_of_one_sign_establish_an_ordering_and_five_cannot() -> None:
    six = only(judge([ordering(("a", "b"))], frame(**above(TEN[:6]))))
    assert (six["verdict"], six["p_value"], six["p_holm"]) == ("REPLICATED", 0.03125, 0.03125)
    assert pd.isna(six["seeds_needed"])
    five = only(judge([ordering(("a", "b"))], frame(**above(TEN[:5]))))
    assert (five["verdict"], five["p_value"], five["seeds_needed"]) == ("INCONCLUSIVE", 0.0625, 6)
    assert "5 seeds cannot give less than p = 0.062" in five["reason"] and math.isnan(five["smallest_detectable"])


@pytest.mark.parametrize(("n", "expected"), [(6, "INCONCLUSIVE"), (7, "REPLICATED")])
def test_two_claims_of_a_study_share_holms_correction(n: int, expected: str) -> None:
    runs = frame(**above(TEN[:n]), c=[80.0] * n)
    both = judge([ordering(("a", "b")), ordering(("b", "c"), id="000.other")], runs)
    assert set(both["verdict"]) == {expected}
    assert both["p_holm"].tolist() == pytest.approx([2 * 2 / 2**n] * 2)
    elsewhere = ordering(("b", "c"), id="000.other").model_copy(update={"study": "t"})
    alone = judge([ordering(("a", "b")), elsewhere], runs)
    assert alone["p_holm"].tolist()[0] == 2 / 2**n


def test_a_declared_claim_without_runs_counts_in_the_correction() -> None:
    claims = [ordering(("a", "b")), ordering(("a", "missing"), id="000.other")]
    found = judge(claims, frame(**above(TEN[:6])))
    assert found["verdict"].tolist() == ["INCONCLUSIVE", "NOT TESTED"]
    assert found["p_holm"].tolist()[0] == 0.0625 and math.isnan(found["p_holm"].tolist()[1])


def test_p_values_are_those_of_scipy_and_statsmodels() -> None:
    random = np.random.default_rng(3)
    runs: dict[str, Any] = {
        name: random.normal(90 + shift, 0.5, 9) for name, shift in zip("abcd", (1.5, 0, 1.0, 0.2), strict=True)
    }
    claims: list[Any] = [
        ordering(("a", "b"), ("c", "d")),
        ordering(("a", "c"), id="000.other"),
        bound("a", at_least=90.0),
    ]
    found = judge(claims, frame(**runs))

    def p_of(first: np.ndarray, second: np.ndarray) -> float:
        test = stats.permutation_test(
            (first, second), lambda x, y: np.mean(x - y), permutation_type="samples", n_resamples=np.inf
        )
        return float(test.pvalue)

    parts = [p_of(runs["a"], runs["b"]), p_of(runs["c"], runs["d"])]
    of_claims = [max(parts), p_of(runs["a"], runs["c"]), p_of(runs["a"], np.full(9, 90.0))]
    whole = found[found["part"] == ""]
    assert whole["p_value"].tolist() == pytest.approx(of_claims)
    assert whole["p_holm"].tolist() == pytest.approx(multipletests(of_claims, method="holm")[1])
    every = multipletests([*parts, *of_claims[1:]], method="holm")[1]
    assert found.loc[found["part"] != "", "p_holm"].tolist() == pytest.approx(every[:2])


def test_a_compound_claim_has_a_row_of_its_own_and_one_a_part() -> None:
    runs = frame(**above(TEN), c=[90.1 + e for e in NOISE])
    found = judge([ordering(("a", "b"), ("c", "b"))], runs)
    assert found["part"].tolist() == ["", "a > b", "c > b"]
    assert found["verdict"].tolist() == ["REPLICATED"] * 3
    assert set(found["claim_id"]) == {"000.order"}
    assert found["statement"][0] == "Better in test accuracy (higher): a than b; c than b."
    assert found["statement"][2] == "Better in test accuracy (higher): c than b."
    assert found["p_value"][0] == found["p_value"].max()


def test_a_part_that_its_claim_establishes_is_established() -> None:
    wide = [0.3, 0.2, 0.4, -0.05, 0.1, 0.3, 0.2, 0.4]
    claims = [ordering(("a", "b"), *((f"c{i}", "b") for i in range(4)))]
    others: dict[str, Any] = {f"c{i}": [90 + d for d in wide] for i in range(4)}
    runs = frame(**above(wide), **others)
    found = judge(claims, runs)
    assert found["p_holm"][0] == 4 / 2**8 and (found["p_holm"][1:] == 5 * 4 / 2**8).all()
    assert set(found["verdict"]) == {"REPLICATED"}
    assert "with the whole claim" in found["reason"][1]


def test_an_ordering_with_parts_established_and_open_is_direction_only() -> None:
    open_part = [90 + d for d in (0.5, -0.3, 0.4, -0.2, 0.6, 0.3, -0.1, 0.2, -0.3, 0.2)]
    found = judge([ordering(("a", "b"), ("c", "b"))], frame(**above(TEN), c=open_part))
    assert found["verdict"].tolist() == ["DIRECTION ONLY", "REPLICATED", "INCONCLUSIVE"]
    assert found["reason"][0].startswith("c > b decides.") and found["seeds_needed"][0] == found["seeds_needed"][2]
    turned = [180 - value for value in open_part]
    found = judge([ordering(("a", "b"), ("c", "b"))], frame(**above(TEN), c=turned))
    assert found["verdict"].tolist() == ["INCONCLUSIVE", "REPLICATED", "INCONCLUSIVE"]


def test_a_claim_with_a_part_on_the_wrong_side_establishes_none_of_its_parts() -> None:
    others: dict[str, Any] = {f"c{i}": [80.0] * 7 for i in range(4)}
    claim = ordering(("b", "a"), *(("a", f"c{i}") for i in range(4)))
    found = judge([claim], frame(**above(TEN[:7]), **others))
    assert found["p_holm"][0] == 2 / 2**7 and (found["p_holm"][1:] == 5 * 2 / 2**7).all()
    assert set(found["verdict"]) == {"INCONCLUSIVE"}


def test_seeds_needed_pays_for_the_other_claims_and_is_more_than_there_are() -> None:
    values = [0.5, -0.3, 0.4, -0.2, 0.6, 0.3, -0.1, 0.2, -0.3, 0.2]
    claims: list[Any] = [ordering(("a", "b")), bound("a", at_least=10)]
    effect = np.mean(values) / np.std(values, ddof=1)
    expected = math.ceil(TTestPower().solve_power(effect_size=effect, alpha=0.025, power=0.8))
    assert judge(claims, frame(**above(values)))["seeds_needed"][0] == expected
    nearly = only(judge(claims[:1], frame(**above([1.0, 1.1, 0.9, 1.0, 1.0, -0.01]))))
    assert (nearly["p_value"], nearly["verdict"], nearly["seeds_needed"]) == (0.0625, "INCONCLUSIVE", 7)


def test_an_ordering_is_contradicted_where_a_part_is_significantly_opposite() -> None:
    found = judge([ordering(("a", "b"), ("b", "c"))], frame(**above(TEN), c=[91.0] * 10))
    assert found["verdict"].tolist() == ["CONTRADICTED", "REPLICATED", "CONTRADICTED"]
    assert "b > c decides" in found["reason"][0] and "the opposite is established" in found["reason"][0]
    assert found["estimate"][0] == found["estimate"][2] == pytest.approx(-1)


def test_the_opposite_is_corrected_over_all_parts_of_the_study() -> None:
    pairs = [("b", "a"), *(("a", f"c{i}") for i in range(4))]
    others: dict[str, Any] = {f"c{i}": [80.0] * 7 for i in range(4)}
    runs = frame(**above(TEN[:7]), **others)
    assert verdict(ordering(pairs[0]), runs) == "CONTRADICTED"
    among_five = judge([ordering(pairs[0]), ordering(*pairs[1:], id="000.more")], runs)
    assert among_five["verdict"][0] == "INCONCLUSIVE"


def test_an_ordering_without_a_difference_that_matters_is_contradicted() -> None:
    row = only(judge([ordering(("a", "b"))], frame(**above(list(NOISE)))))
    assert row["verdict"] == "CONTRADICTED" and "within ±0.05" in row["reason"]
    assert verdict(ordering(("a", "b"), smallest=0.005), frame(**above(list(NOISE)))) == "INCONCLUSIVE"


def test_an_ordering_that_is_established_but_negligible_is_direction_only() -> None:
    row = only(judge([ordering(("a", "b"))], frame(**above([d / 10 for d in TEN]))))
    assert row["p_holm"] < 0.05 and row["verdict"] == "DIRECTION ONLY"


def test_lower_is_better_turns_an_ordering_around() -> None:
    runs = frame(metric="test_loss", unit="nats", a=[0.3 - d for d in TEN], b=[0.3] * 10)
    assert verdict(ordering(("a", "b"), metric="test_loss", higher_is_better=False), runs) == "REPLICATED"
    found = only(judge([ordering(("a", "b"), metric="test_loss")], runs))
    assert found["verdict"] == "CONTRADICTED" and found["unit"] == "nats" and " nats " in found["reason"]


@pytest.mark.parametrize(
    ("value", "tolerance", "expected"),
    [
        (0.3, 0.1, "REPLICATED"),
        (1.0, 0.3, "DIRECTION ONLY"),
        (0.3, 0.01, "DIRECTION ONLY"),
        (-0.3, 0.1, "CONTRADICTED"),
    ],
)
def test_a_delta_needs_its_direction_and_its_size(value: float, tolerance: float, expected: str) -> None:
    row = only(judge([delta(value, tolerance)], frame(**above(TEN))))
    assert row["verdict"] == expected and row["difference"] == pytest.approx(0.3 - value)
    assert pd.isna(row["seeds_needed"]) == (tolerance != 0.01)


def test_a_delta_without_direction_is_contradicted_only_by_its_size() -> None:
    runs = frame(**above(list(NOISE)))
    assert verdict(delta(1.0, 0.3), runs) == "CONTRADICTED"
    assert verdict(delta(0.01, 0.1), runs) == "INCONCLUSIVE"


def test_equality_is_judged_by_statsmodels_tost() -> None:
    random = np.random.default_rng(0)
    first, second = random.normal(90, 0.1, 8), random.normal(90, 0.1, 8)
    for margin in (0.03, 0.08, 0.12, 0.3):
        row = only(judge([equal(margin)], frame(a=first, b=second)))
        p = ttost_paired(first, second, -margin, margin)[0]
        assert row["p_value"] == pytest.approx(p) and (row["verdict"] == "REPLICATED") == (p <= 0.05)
        assert (-margin <= row["ci_low"] and row["ci_high"] <= margin) == (p <= 0.05) and row["confidence"] == 0.9
    assert verdict(equal(0.1), frame(**above(TEN))) == "CONTRADICTED"
    assert verdict(equal(0.1), frame(**above([0.0] * 3))) == "REPLICATED"
    assert verdict(equal(0.1, ("a", "b"), ("c", "b")), frame(**above([0.0] * 3), c=[91, 90, 89])) == "INCONCLUSIVE"


def test_every_variant_has_to_keep_a_bound() -> None:
    high, low = [95 + d for d in TEN], [95 - d for d in TEN]
    near = [95 + d - 0.28 for d in TEN]
    assert verdict(bound("a", "b", at_least=95), frame(a=high, b=high)) == "REPLICATED"
    assert verdict(bound("a", "b", at_least=95), frame(a=high, b=low)) == "CONTRADICTED"
    assert verdict(bound("a", "b", at_least=95), frame(a=high, b=near)) == "DIRECTION ONLY"
    assert verdict(bound("a", at_least=95), frame(a=near)) == "INCONCLUSIVE"
    assert verdict(bound("a", "b", at_most=95), frame(a=low, b=low)) == "REPLICATED"


def test_pairs_are_formed_by_seed_and_not_by_place() -> None:
    base = np.array([90.0, 91, 92, 93, 94, 95])
    first, second = frame(a=base + TEN[:6], seeds=range(6)), frame(b=base[::-1], seeds=range(5, -1, -1))
    row = only(judge([ordering(("a", "b"))], pd.concat([first, second])))
    assert row["verdict"] == "REPLICATED" and row["ci_high"] - row["ci_low"] < 1


def test_runs_without_a_partner_of_the_same_seed_are_left_out_and_named() -> None:
    runs = pd.concat([frame(a=[90.0 + d for d in TEN]), frame(b=[90.0] * 6, seeds=[20, 21, 2, 3, 4, 5])])
    row = only(judge([ordering(("a", "b"))], runs))
    assert row["n"] == 4 and "8 runs without a partner" in row["reason"]


def test_a_diverged_run_is_counted_and_keeps_a_level_from_being_replicated() -> None:
    row = only(judge([level(97.28)], frame(a=[*THREE, None])))
    assert (row["verdict"], row["n"], row["n_diverged"]) == ("INCONCLUSIVE", 3, 1)
    assert row["estimate"] == pytest.approx(97.3) and "1 run diverged" in row["reason"]
    assert verdict(level(98), frame(a=[*THREE, None])) == "CONTRADICTED"


def test_a_diverged_run_weakens_what_is_compared() -> None:
    runs = frame(**above([*TEN, None]))
    row = only(judge([ordering(("a", "b"))], runs))
    assert (row["verdict"], row["n"], row["n_diverged"]) == ("DIRECTION ONLY", 10, 1)
    assert verdict(ordering(("b", "a")), runs) == "INCONCLUSIVE"
    assert verdict(delta(0.3, 0.1), runs) == "DIRECTION ONLY"
    assert verdict(equal(2.0), runs) == verdict(bound("a", at_least=80), runs) == "INCONCLUSIVE"


def test_a_diverged_run_of_two_parts_is_counted_once() -> None:
    found = judge([ordering(("a", "b"), ("a", "c"))], frame(**above([*TEN, None]), c=[80.0] * 11))
    assert found["n_diverged"].tolist() == [1, 1, 1] and found["verdict"][0] == "DIRECTION ONLY"


def test_a_finished_run_whose_value_is_not_finite_counts_as_diverged() -> None:
    for value in (math.nan, math.inf):
        row = only(judge([level(97.28)], frame(a=[*THREE, value])))
        assert (row["verdict"], row["n"], row["n_diverged"]) == ("INCONCLUSIVE", 3, 1)


@pytest.mark.parametrize(("n", "expected"), [(5, "CONTRADICTED"), (4, "NOT TESTED")])
def test_a_level_that_no_run_lives_to_show_is_contradicted_by_five(n: int, expected: str) -> None:
    row = only(judge([level(97.28)], frame(a=[None] * n)))
    assert (row["verdict"], row["n"], row["n_diverged"]) == (expected, 0, n)
    assert f"{n} runs" in row["reason"] and "diverged" in row["reason"]


def test_what_cannot_be_tested_says_why() -> None:
    runs = frame(a=THREE, single=[97.0])
    failed = pd.DataFrame([{"study": "s", "variant": "b", "seed": 0, "status": "failed"}])
    runs = pd.concat([runs, failed], ignore_index=True)
    pair = "1 pair of finished runs with the same seed, and at least 2 are needed."
    misspelt = level(97).model_copy(update={"metric": "acuracy"})
    cases: list[tuple[Any, str]] = [
        (level(97, variant="absent"), "No finished run of absent in s."),
        (level(97, variant="single"), "1 finished run, and at least 2 are needed."),
        (level(97, variant="b"), "No finished run of b in s. 1 run failed or not finished."),
        (ordering(("a", "single")), f"{pair} 2 runs without a partner of the same seed left out."),
        (misspelt, "The runs of a in s record no acuracy, but test_accuracy."),
    ]
    for claim, reason in cases:
        row = only(judge([claim], runs))
        assert (row["verdict"], row["reason"]) == ("NOT TESTED", reason)
    assert only(judge([ordering(("a", "single"))], runs))["seeds_needed"] == 6


def test_a_part_that_was_not_run_leaves_a_compound_claim_untested_unless_it_is_contradicted() -> None:
    assert verdict(ordering(("a", "b"), ("c", "b")), frame(**above(TEN))) == "NOT TESTED"
    assert verdict(ordering(("b", "a"), ("c", "b")), frame(**above(TEN))) == "CONTRADICTED"


def battery() -> tuple[list[Any], pd.DataFrame]:
    """Claims of every kind, and runs in all sorts of states."""
    random = np.random.default_rng(11)
    runs = frame(
        **above(TEN),
        c=[*random.normal(90, 0.5, 9), None],
        d=random.normal(95, 0.1, 10),
        e=[90.01 + e for e in NOISE],
    )
    claims = [
        level(90.3), level(80, id="000.far"), bound("a", "d", at_least=89), delta(0.9, 0.1), equal(0.1),
        equal(0.1, ("e", "b"), id="000.same"), ordering(("a", "b"), ("d", "a")),
        ordering(("b", "a"), id="000.wrong"), ordering(("c", "b"), id="000.noise"),
        ordering(("d", "absent"), id="000.absent"), ordering(("e", "b"), id="000.negligible"),
    ]  # fmt: skip
    return claims, runs


def test_the_battery_meets_every_verdict() -> None:
    assert set(judge(*battery())["verdict"]) == set(VERDICTS[Scope.CLAIMED])


def test_a_sample_never_replicates_and_never_contradicts() -> None:
    claims, runs = battery()
    found = judge(claims, runs, scope=Scope.SAMPLE)
    assert set(found["verdict"]) == {"DIRECTION ONLY", "INCONCLUSIVE", "NOT TESTED"}
    numbers = found[found["kind"].isin(["level", "bound", "equal"])]
    assert set(numbers["verdict"]) == {"NOT TESTED"} and numbers["difference"].isna().all()
    assert numbers["reason"].str.startswith("Sample data: it says nothing about the claimed number.").all()
    whole = found[found["part"] == ""].set_index("claim_id")["verdict"]
    assert whole["000.order"] == "DIRECTION ONLY" and whole["000.wrong"] == "INCONCLUSIVE"


def test_on_other_data_claims_carry_over_or_not_and_numbers_are_not_tested() -> None:
    claims, runs = battery()
    found, expected = judge(claims, runs, scope=Scope.OTHER), judge(claims, runs)
    levels = found["kind"] == "level"
    assert set(found["verdict"]) == set(VERDICTS[Scope.OTHER])
    assert set(found.loc[levels, "verdict"]) == {"NOT TESTED"} and found.loc[levels, "difference"].isna().all()
    called = {"REPLICATED": "CARRIES OVER", "CONTRADICTED": "DOES NOT CARRY OVER"}
    assert (found["verdict"] == expected["verdict"].replace(called))[~levels].all()
    tested = ~levels & (found["verdict"] != "NOT TESTED")
    assert found.loc[tested, "reason"].str.startswith("Other data than the report's.").all()
    pd.testing.assert_series_equal(found["p_holm"], expected["p_holm"])


def test_the_order_of_the_runs_changes_nothing() -> None:
    claims, runs = battery()
    expected = judge(claims, runs)
    for seed in range(3):
        shuffled = runs.sample(frac=1, random_state=seed)
        pd.testing.assert_frame_equal(judge(claims, shuffled), expected)


def test_claims_are_judged_alike_in_any_order() -> None:
    claims, runs = battery()
    expected = judge(claims, runs).sort_values(["claim_id", "part"], ignore_index=True)
    found = judge(claims[::-1], runs).sort_values(["claim_id", "part"], ignore_index=True)
    pd.testing.assert_frame_equal(found, expected)


def test_no_runs_at_all_test_nothing() -> None:
    claims, _ = battery()
    found = judge(claims, frame())
    assert list(found.columns) == COLUMNS and set(found["verdict"]) == {"NOT TESTED"}
    assert len(judge([], frame())) == 0


def test_records_that_are_mixed_up_are_refused() -> None:
    runs = frame(a=THREE)
    other = runs.iloc[:1].assign(identity="old", metric="test_loss", unit="nats")
    with pytest.raises(ReplabError, match="s, a, seed 0: records of different identity"):
        judge([level(97)], pd.concat([runs, other]))
    with pytest.raises(ReplabError, match="a metric has two values"):
        judge([level(97)], pd.concat([runs, runs.iloc[:1]]))
    with pytest.raises(ReplabError, match="lacks the column unit"):
        judge([level(97)], runs.drop(columns="unit"))


def test_units_that_are_mixed_up_are_refused() -> None:
    with pytest.raises(ReplabError, match="recorded in 'fraction'"):
        judge([level(97)], frame(a=[0.97, 0.98], unit="fraction"))
    mixed = frame(a=[1.0], metric="loss", unit="nats"), frame(b=[1.0], metric="loss", unit="bits")
    with pytest.raises(ReplabError, match="several units"):
        judge([level(97)], pd.concat(mixed))


def test_more_than_fifteen_seeds_give_the_same_p_each_time() -> None:
    random = np.random.default_rng(2)
    runs = frame(a=random.normal(90.3, 0.5, 24), b=random.normal(90, 0.5, 24))
    rows = [only(judge([ordering(("a", "b"))], runs)) for _ in range(2)]
    assert 0 < rows[0]["p_value"] == rows[1]["p_value"] < 1


def test_numbers_that_do_not_differ_at_all_are_judged_without_an_error() -> None:
    runs = frame(a=[90.0] * 8, b=[89.0] * 8)
    claims: list[Any] = [
        level(90),
        ordering(("a", "b")),
        delta(1, 0.1),
        equal(0.1, id="000.equal"),
        bound("a", at_least=95),
    ]
    found = judge(claims, runs)
    assert found["verdict"].tolist() == ["REPLICATED"] * 3 + ["CONTRADICTED"] * 2


def test_report_003_reads_as_sentences_with_their_numbers() -> None:
    claims = load_claims(Path(__file__).parents[1] / "claims/003.yaml").claims
    random = np.random.default_rng(0)
    values: dict[tuple[str, str], Any] = {}
    for claim in claims:
        for variant in claim.variants_named():
            center = claim.value if isinstance(claim, Level) else 97.0
            values.setdefault((claim.study, variant), list(random.normal(center, 0.1, 10)))
    frames = [frame(a=run).assign(study=study, variant=name) for (study, name), run in values.items()]
    runs = pd.concat(frames)
    found = judge(claims, runs)
    assert set(found["claim_id"]) == {claim.id for claim in claims}
    assert set(found["verdict"]) <= set(VERDICTS[Scope.CLAIMED])
    assert (found.loc[found["kind"] == "level", "verdict"] == "REPLICATED").all()
    text = pd.concat([found["statement"], found["reason"]])
    assert text.str.match(r"[A-Za-z].*\.$", flags=0).all() and not text.str.contains(r"nan|None|  |\.\.").any()
    assert found["reason"].str.contains(r"\d").all()


def diverges(*variants: str) -> Diverges:
    claim = {"id": "000.diverges", "kind": "diverges", "metric": "test_accuracy", "variants": variants}
    return Diverges.model_validate(SHARED | claim)


@pytest.mark.parametrize(
    ("values", "expected", "words"),
    [
        ([None] * 5, "REPLICATED", "All of 5 runs diverged."),
        ([90, 91, 92, 93, 94], "CONTRADICTED", "None of 5 runs diverged."),
        ([None, 91, None, 93, 94], "INCONCLUSIVE", "2 of 5 runs diverged. It depends on the seed."),
        ([None] * 4, "INCONCLUSIVE", "At least 5 are needed"),
        ([91], "INCONCLUSIVE", "None of 1 run diverged."),
    ],
)
def test_a_claim_that_runs_diverge_counts_them(values: list[float | None], expected: str, words: str) -> None:
    row = judge([diverges("a")], frame(a=values)).iloc[0]
    assert (row["verdict"], row["statement"]) == (expected, "a diverges.") and words in row["reason"]


def test_every_variant_must_diverge_and_a_sample_shows_nothing() -> None:
    runs = frame(a=[None] * 5, b=[None, None, None, None, 90])
    assert verdict(diverges("a", "b"), runs) == "INCONCLUSIVE"
    assert verdict(diverges("a", "c"), runs) == "NOT TESTED"
    row = judge([diverges("a")], runs, scope=Scope.SAMPLE).iloc[0]
    assert row["verdict"] == "NOT TESTED" and row["reason"].endswith("All of 5 runs diverged.")


@pytest.mark.parametrize(
    ("confidence", "text"), [(0.95, "95"), (0.9555, "95.5"), (0.999, "99.9"), (0.99966, "99.97"), (1.0, "100")]
)
def test_a_confidence_is_never_rounded_to_certainty(confidence: float, text: str) -> None:
    assert confidence_text(confidence) == text
