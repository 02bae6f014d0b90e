"""Runs without seeds: Welch's test and what stands beside it, against scipy, statsmodels, and counting by hand."""

from __future__ import annotations

import importlib.util
import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.power import TTestIndPower
from statsmodels.stats.weightstats import ttost_ind

from replab.__main__ import main
from replab.judging.baseline_comparisons import against
from replab.judging.comparison_words import words
from replab.judging.comparisons import identical_columns, not_worse_columns, ranking_columns, same_columns
from replab.judging.further_differences import FurtherDifference
from replab.judging.inference import seeds_for_mean
from replab.judging.numbers import number_columns, seeds_for_number
from replab.judging.part_kinds import Resolution
from replab.judging.scales import printed
from replab.judging.two_samples import (
    MeanDifference,
    common_language_interval,
    from_moments,
    mean_difference,
    moments,
    permutation_p,
)
from replab.judging.values import Seen
from replab.report.dot_rows import values_of
from replab.report.frames import finished_values, runs_frame, summary_frame
from replab.report.html import profile_html
from replab.report.kept_judgements import judgement_of
from replab.report.profile_pages import report_parts
from synthetic import SEEDS, made_claims, made_file, made_result, made_statement
from test_comparisons import verdict

FIRST = np.array([92.1, 91.8, 92.4, 92.0, 91.7])
SECOND = np.array([90.2, 90.9, 89.8, 90.4, 90.1, 90.6, 89.9])
SKEWED = np.array([90.0, 90.1, 90.0, 90.2, 93.5])


def drawn(n: int, m: int, gain: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    return generator.normal(gain, 1, n), generator.normal(0, 3, m)


@pytest.mark.parametrize("sizes", [(3, 3), (5, 12), (30, 4)])
def test_without_the_skewness_it_is_the_test_of_scipy(sizes: tuple[int, int]) -> None:
    first, second = drawn(*sizes, 1.0)
    plain = from_moments(moments(first), moments(second))
    expected = stats.ttest_ind(first, second, equal_var=False)
    assert plain.p() == pytest.approx(expected.pvalue) and plain.degrees == pytest.approx(expected.df)
    ends = expected.confidence_interval(0.95)
    assert plain.interval(0.95) == pytest.approx((ends.low, ends.high)) == plain.welch_interval(0.95)
    assert plain.p(0.5) == pytest.approx(stats.ttest_ind(first - 0.5, second, equal_var=False).pvalue)


def test_the_correction_is_the_cubic_of_zhou_and_dinh() -> None:
    found = mean_difference(SKEWED, SECOND)
    squares = [np.var(x, ddof=1) / len(x) for x in (SKEWED, SECOND)]
    thirds = [np.sum((x - x.mean()) ** 3) / ((len(x) - 1) * (len(x) - 2)) / len(x) for x in (SKEWED, SECOND)]
    a = (thirds[0] - thirds[1]) / sum(squares) ** 1.5
    assert found.skewness == pytest.approx(a) and a > 0
    t = -0.8 / a  # on this side it takes away from Welch's; from -1.5 / a on it is straight
    at = SKEWED.mean() - SECOND.mean() - t * math.sqrt(sum(squares))
    cubic = t + a * t**2 / 3 + a**2 * t**3 / 27 + a / 6
    assert found.p(at) == pytest.approx(2 * stats.t.sf(abs(cubic), found.degrees))
    assert found.p(at) > stats.ttest_ind(SKEWED - at, SECOND, equal_var=False).pvalue


@pytest.mark.parametrize("seed", range(40))
def test_the_interval_has_what_the_test_does_not_refuse(seed: int) -> None:
    generator = np.random.default_rng(seed)
    first, second = (generator.exponential(1, generator.integers(2, 9)) ** generator.choice([1, 3]) for _ in range(2))
    at = float(generator.normal(0, 3))
    found = mean_difference(first, second)
    low, high = found.interval(0.95)
    plain = from_moments(moments(first), moments(second))
    assert found.p(at) >= plain.p(at) - 1e-12  # the correction only takes away
    assert low <= plain.interval(0.95)[0] + 1e-9 and plain.interval(0.95)[1] <= high + 1e-9
    assert found.p(low) >= 0.05 - 1e-9 and found.p(high) >= 0.05 - 1e-9
    assert min(found.p(low), found.p(high)) == pytest.approx(0.05)
    for value in (at, *generator.uniform(2 * low - high, 2 * high - low, 5)):
        assert (found.p(value) > 0.05) == (low <= value <= high)


def test_two_runs_of_one_have_one_degree_of_freedom() -> None:
    assert mean_difference(FIRST[:2], SECOND).degrees == 1
    assert mean_difference(FIRST[:3], SECOND).degrees > 2


@pytest.mark.parametrize("draw", ["normal", "exponential"])
def test_equal_means_are_seldom_called_different(draw: str) -> None:
    """At 3 and 10 runs, 5 and 5, and 2 and 10: of 1,000 reports at most 9 % (5 % and what 1,000 leave open)."""
    generator = np.random.default_rng(1)
    for n, m in ((3, 10), (5, 5), (2, 10)):
        samples = [(getattr(generator, draw)(size=n), getattr(generator, draw)(size=m)) for _ in range(1000)]
        less = 1.0 if draw == "exponential" else 0.0
        wrong = np.mean([mean_difference(x - less, y - less).p() <= 0.05 for x, y in samples])
        assert wrong < (0.065 if draw == "normal" else 0.09)


def test_the_permutation_test_is_counted_by_hand() -> None:
    first, second = np.array([1.0, 2.5, 3.0]), np.array([2.0, 4.0, 5.5, 6.0])
    pooled, ts = [*first, *second], []
    for places in itertools.combinations(range(7), 3):
        x = np.array([pooled[p] for p in places])
        y = np.array([value for p, value in enumerate(pooled) if p not in places])
        ts.append((x.mean() - y.mean()) / math.sqrt(x.var(ddof=1) / 3 + y.var(ddof=1) / 4))
    below = np.mean(np.array(ts) <= ts[0] + 1e-12)
    assert permutation_p(first, second, seed=0) == pytest.approx(min(1.0, 2 * min(below, np.mean(ts >= ts[0] - 1e-12))))
    assert permutation_p(np.ones(4), np.zeros(4), seed=0) == pytest.approx(2 / 70)
    assert permutation_p(np.ones(4), np.ones(4), seed=0) == 1
    assert math.isnan(permutation_p(np.ones(1), second, seed=0))
    many = drawn(20, 20, 2.0)
    assert permutation_p(*many, seed=0) == permutation_p(*many, seed=0) != permutation_p(*many, seed=1)


@pytest.mark.parametrize("k", [0, 7, 20, 30])
def test_the_share_of_all_pairs_has_its_interval(k: int) -> None:
    low, high = common_language_interval(k / 30, (5, 6))
    assert (low == 0) == (k == 0) and (high == 1) == (k == 30) and low <= k / 30 <= high
    for q in {low, high} - {0.0, 1.0}:
        variance = q * (1 - q) * (1 + 4.5 * ((1 - q) / (2 - q) + q / (1 + q))) / 30
        assert abs(k / 30 - q) == pytest.approx(stats.norm.ppf(0.975) * math.sqrt(variance))
    assert all(map(math.isnan, common_language_interval(0.5, (0, 3))))


def test_a_ranking_without_pairs() -> None:
    found = ranking_columns(Seen.unpaired(FIRST, SECOND), 1)
    assert found["estimate"] == pytest.approx(FIRST.mean() - SECOND.mean())
    assert (found["n"], found["pair_share_k"], found["pair_share_n"]) == (5, 35, 35)
    assert found["p_value"] == mean_difference(FIRST, SECOND).p() and found["p_check"] == pytest.approx(2 / 792)
    assert verdict("ranking", found) == "REPLICATED"
    assert verdict("ranking", ranking_columns(Seen.unpaired(SECOND, FIRST), 1)) == "CONTRADICTED"
    assert verdict("ranking", ranking_columns(Seen.unpaired(FIRST[:1], SECOND), 1)) == "INCONCLUSIVE"
    assert verdict("ranking", ranking_columns(Seen.unpaired(FIRST[:0], SECOND), 1)) == "NOT TESTED"


def test_runs_that_all_agree_are_judged_by_permutations() -> None:
    found = ranking_columns(Seen.unpaired(np.ones(5), np.zeros(5)), 1)
    assert found["p_value"] == found["p_check"] == pytest.approx(2 / 252)
    assert ranking_columns(Seen.unpaired(np.ones(3), np.zeros(3)), 1)["p_value"] == pytest.approx(0.1)


def test_where_all_of_one_diverged_the_share_of_pairs_decides() -> None:
    seen = Seen.unpaired(FIRST, SECOND[:0], won=25, ended_of_each=(5, 5), finished=(5, 0))
    found = ranking_columns(seen, 1)
    assert (found["route"], found["n"], found["pair_share_k"], found["k"]) == ("pairs", 0, 25, 25)
    assert found["share_low"] == common_language_interval(1.0, (5, 5), confidence=0.9)[0] > 0.5
    assert verdict("ranking", found) == "REPLICATED"
    one = Seen.unpaired(FIRST[:1], SECOND[:0], won=10, ended_of_each=(10, 10), finished=(1, 0))
    lucky = ranking_columns(one, 1)  # nine and ten diverged: one run more that finished shows nothing
    assert (lucky["pair_share_k"], lucky["pair_share_n"]) == (10, 100) and verdict("ranking", lucky) == "INCONCLUSIVE"
    few = ranking_columns(Seen.unpaired(FIRST[:1], SECOND[:0], won=1, ended_of_each=(1, 1), finished=(1, 0)), 1)
    assert verdict("ranking", few) == "INCONCLUSIVE"
    row = found | {"kind": "ranking", "called": ["tanh", "ReLU"], "paired": False, "finished": (5, 0), "n_diverged": 5}
    said, why = words(row)
    assert said == "5 of tanh and 0 of ReLU finished; 5 runs diverged." and "in 25 of 25 pairs of a run of each" in why


@pytest.mark.parametrize("margin", [0.5, 1.0, 4.0])
def test_a_margin_without_pairs_is_that_of_statsmodels(margin: float) -> None:
    near = FIRST - 1.5
    expected = ttost_ind(near, SECOND, -margin, margin, usevar="unequal")[0]
    found = same_columns(Seen.unpaired(near, SECOND), margin)
    if found["inside"]:
        assert found["p_value"] == pytest.approx(expected)
        assert (found["p_value"] <= 0.05) == (-margin < found["low"] and found["high"] < margin)
    one = not_worse_columns(Seen.unpaired(near, SECOND), 1, margin)
    shifted = stats.ttest_ind(near + margin, SECOND, equal_var=False, alternative="greater").pvalue
    assert one["p_value"] == pytest.approx(shifted)
    other = not_worse_columns(Seen.unpaired(SECOND, near), -1, margin)  # less is better, and the second is compared
    assert other["p_value"] == pytest.approx(shifted)


def test_what_needs_a_partner_is_not_tested() -> None:
    found = identical_columns(Seen(FIRST), Seen.unpaired(FIRST, SECOND))
    assert found["route"] == "nothing" and "no run has a partner" in found["missing"]
    assert identical_columns(Seen(np.ones(3)), Seen.unpaired(np.ones(3), np.ones(4)))["inside"]


def test_the_runs_needed_are_those_of_statsmodels() -> None:
    seen = Seen.unpaired(np.array([0.0, 1, 2, 3]), np.array([0.5, 1.5, 2.5, 3.5]))
    needed = seeds_for_mean(seen, 0.0, 1)["seeds_needed"]
    expected = TTestIndPower().solve_power(0.5 / np.std([0, 1, 2, 3], ddof=1), power=0.8, alpha=0.05)
    assert needed == math.ceil(expected)


def difference_columns(seen: Seen, text: str) -> dict[str, Any]:
    further, resolution = FurtherDifference(seen), Resolution(value=1.5, reason="made up")
    columns = number_columns(further, printed(text), resolution)
    return columns | {"seeds_needed": seeds_for_number(further, printed(text), resolution, columns, 1)}


def number_verdict(found: dict[str, Any]) -> str:
    return verdict("number", found)


def test_a_printed_difference_is_where_one_more_run_of_each_may_fall() -> None:
    first, second = FIRST, SECOND
    found = difference_columns(Seen.unpaired(first, second), "1.9")
    parts = [x.var(ddof=1) * (1 + 1 / len(x)) for x in (first, second)]
    nu = sum(parts) ** 2 / sum(p**2 / (len(x) - 1) for p, x in zip(parts, (first, second), strict=True))
    half = stats.t.ppf(0.975, nu) * math.sqrt(sum(parts))
    middle = first.mean() - second.mean()
    assert (found["low"], found["high"]) == pytest.approx((middle - half, middle + half))
    assert number_verdict(found) == "REPLICATED" and found["route"] == "normal"
    many = [np.concatenate([x, x + 0.01, x - 0.01]) for x in (first, second)]
    far = difference_columns(Seen.unpaired(*many), "9")
    assert number_verdict(far) == "CONTRADICTED" and far["p_value"] >= 2.0**-15
    few = difference_columns(Seen.unpaired(first, second), "9")
    assert number_verdict(few) == "INCONCLUSIVE" and few["seeds_needed"] >= 7
    by_rank = difference_columns(Seen.unpaired(np.array([*[90.0] * 8, 99.0]), second), "3.1")
    assert by_rank["route"] == "ranks" and by_rank["confidence"] == pytest.approx(0.8 * 0.75)
    assert (by_rank["low"], by_rank["high"]) == pytest.approx((90 - 90.9, 99 - 89.8))
    assert difference_columns(Seen.unpaired(first[:1], second), "2")["route"] == "single"


def test_a_further_difference_covers_95_percent() -> None:
    generator, hits = np.random.default_rng(3), 0
    for _ in range(2000):
        x, y = generator.normal(1, 1, 6), generator.normal(0, 3, 9)
        low, high = from_moments(moments(x[:5]), moments(y[:8]), further=1).welch_interval(0.95)
        hits += low <= x[5] - y[8] <= high
    assert 0.935 < hits / 2000 < 0.965


def table(folder: Path, first: np.ndarray, second: np.ndarray) -> Path:
    rows = [("fast", value) for value in first] + [("slow", value) for value in second]
    path = folder / "runs.csv"
    pd.DataFrame(rows, columns=["variant", "test_accuracy"]).to_csv(path, index=False)
    return path


CLAIMS = """\
report: paper
title: Fast and slow
source: a paper
resolutions: {test_accuracy: {value: 1.6, reason: made up}}
statements:
""" + "".join(f"""\
  - {{id: paper.{name}, sentence: "It is {name}.", quote: q, place: p, rows: [], readings: [
     {{name: said, mark: R, setting: As printed., study: paper, parts: [{{metric: test_accuracy, {part}}}]}}]}}
""" for name, part in {
    "ranking": "kind: ranking, pairs: [[fast, slow]], higher_is_better: true",
    "same": "kind: same, pairs: [[fast, slow]], margin: {value: 0.1, reason: made up}",
    "identical": "kind: same, pairs: [[fast, slow]], identical: true",
    "not_worse": "kind: not_worse, pairs: [[fast, slow]], higher_is_better: true, margin: {value: 0.1, reason: m}",
    "difference": 'kind: number, variant: fast, minus: slow, value: "1.7"',
}.items())  # fmt: skip


def test_the_baseline_and_the_claims_have_one_test_and_say_that_nothing_is_paired(tmp_path: Path, capsys: Any) -> None:
    runs, claims = table(tmp_path, FIRST, SECOND), tmp_path / "paper.yaml"
    claims.write_text(CLAIMS)
    arguments = ["judge", str(runs), "--unseeded", "--claims", str(claims), "--baseline", "slow"]
    assert main([*arguments, "--output", str(tmp_path / "out")]) == 0
    row = pd.read_csv(tmp_path / "out/against.csv").iloc[0]
    parts = pd.read_csv(tmp_path / "out/parts.csv").set_index("id")
    ranking = parts.loc["paper.ranking"]
    for name in ("p_value", "low", "high", "p_check"):
        assert row[name] == pytest.approx(ranking[name], rel=1e-5)
    assert (row["n"], row["n_baseline"], row["paired"]) == (5, 7, False)
    assert parts["verdict"].to_dict() == {
        "paper.ranking": "REPLICATED", "paper.same": "CONTRADICTED", "paper.identical": "NOT TESTED",
        "paper.not_worse": "REPLICATED", "paper.difference": "REPLICATED",
    }  # fmt: skip
    assert all(
        "not paired" in parts.loc[f"paper.{n}", "method"] for n in ("ranking", "same", "not_worse", "difference")
    )
    assert "no run has a partner" in parts.loc["paper.identical", "reason"]
    assert "on average of 5 and 7 runs, not paired" in ranking["reason"] and "35 of all 35 pairs" in ranking["reason"]
    text = (tmp_path / "out/report.md").read_text()
    assert "5 and 7 runs, not paired, show it" in text and "paired by seed. p and" not in text
    assert text.count("No comparison is paired by seed") == 2
    page = (tmp_path / "out/index.html").read_text()
    assert "0 seeds" not in page


def test_dots_are_of_all_pairs_where_the_study_says_that_nothing_is_paired() -> None:
    result = made_result(paired=False)  # though there are seeds in common
    parts = judgement_of(result).parts
    compared = parts[parts["id"] == "000.order"]
    assert len(compared) == 2 and not compared["paired"].any()
    done = finished_values(runs_frame(result), "seed")
    values = [values_of(row, done) for row in compared.to_dict("records")]
    assert [len(own) for own in values] == [len(SEEDS) ** 2] * 2
    by_seed = judgement_of(made_result()).parts.query("id == '000.order'")
    assert [len(values_of(row, done)) for row in by_seed.to_dict("records")] == [len(SEEDS)] * 2
    assert values[0].mean() == pytest.approx(compared["estimate"].iloc[0])
    assert parts.loc[parts["id"] == "000.relu", "paired"].all()


def test_the_page_asks_for_runs_of_each_where_nothing_is_paired_and_all_runs_agree() -> None:
    part = {
        "kind": "number", "variant": "relu", "minus": "tanh", "metric": "test_accuracy", "value": "7.0",
        "resolution": {"value": 0.5, "reason": "made up"},
    }  # fmt: skip
    claims = made_claims(statements=[made_statement("gap", "Relu is 7 points better.", part)])
    records = {run: record for run, record in made_result().records.items() if run[1] < 5}
    for variant, value in {"relu": 93.0, "tanh": 90.0}.items():
        for seed in range(5):
            run = records[variant, seed]
            metrics = run["metrics"] | {"test_accuracy": {"value": value, "unit": "%"}}
            records[variant, seed] = {**run, "metrics": metrics}
    for paired, needed in ((True, "7 seeds"), (False, "7 runs of each")):
        result = made_result(claims=claims, records=records, paired=paired)
        judgement = judgement_of(result)
        assert judgement.parts["method"].tolist()[0] == "all runs are equal"
        summary = summary_frame(result, judgement.parts)
        judged = {result.name: judgement}
        parts = report_parts([result], judged, {"000": made_file()}, {})
        text = profile_html([result], {result.name: summary}, judged, parts)
        assert needed in text


def test_one_run_says_nothing_and_an_undecided_one_says_how_many_would(tmp_path: Path) -> None:
    runs = pd.read_csv(table(tmp_path, np.array([90.7, 91.0, 90.1]), SECOND)).rename(columns={"test_accuracy": "value"})
    runs = runs.assign(metric="m", unit="", status="done", seed=range(len(runs)))
    found = against(runs, "slow", paired=False).iloc[0]
    assert found["luck"].startswith("It can be: 3 and 7 runs, not paired, do not show it; about ")
    assert found["luck"].endswith("runs of each would be needed.") and found["p_holm"] > 0.05
    one = against(runs.iloc[2:], "slow", paired=False).iloc[0]
    assert one["luck"] == "Not known: 1 and 7 runs, not paired, do not say it."


def test_a_run_that_is_there_twice_is_named(tmp_path: Path, capsys: Any) -> None:
    text = "variant,loss,acc\n" + "".join(
        f"{a},{v},{100 - v}\n" for a in "xy" for v in (1.25, 2.5, 1.25 if a == "x" else 3)
    )
    (tmp_path / "runs.csv").write_text(text)
    assert (
        main(["judge", str(tmp_path / "runs.csv"), "--unseeded", "--baseline", "x", "--output", str(tmp_path / "o")])
        == 0
    )
    assert "x: 2 of 3 runs have the same values in all metrics" in capsys.readouterr().out


def test_a_diverged_run_without_a_seed_is_named_by_its_place(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "runs.csv").write_text("variant,loss\nx,1\nx,nan\ny,3\ny,4\n")
    assert (
        main(["judge", str(tmp_path / "runs.csv"), "--unseeded", "--baseline", "x", "--output", str(tmp_path / "o")])
        == 0
    )
    assert "counted as diverged (x, run 2)" in capsys.readouterr().out


def test_no_seed_in_common_points_to_unseeded(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "runs.csv").write_text("variant,seed,loss\nx,1,2\nx,2,3\ny,3,4\ny,4,5\n")
    assert main(["judge", str(tmp_path / "runs.csv"), "--baseline", "x", "--output", str(tmp_path / "o")]) == 0
    assert "have no seed in common: --unseeded compares them as independent runs" in capsys.readouterr().out


def test_the_simulated_tests_are_these() -> None:
    path = Path(__file__).parents[1] / "benchmarks/unpaired_error_rates.py"
    spec = importlib.util.spec_from_file_location("unpaired_error_rates", path)
    assert spec and spec.loader
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    program.check_tests(np.random.default_rng(5))
    rows = path.with_suffix(".md").read_text(encoding="utf-8").splitlines()
    for name, (n, m) in itertools.product(program.CASES, program.SIZES):
        assert any(row.startswith(f"| {name} | {n}, {m} | ") for row in rows)


def test_a_difference_without_an_error_is_certain() -> None:
    certain = MeanDifference(1.0, 0.0, 3.0)
    assert (certain.p(), certain.p(1.0), certain.above_p(0.5), certain.above_p(1.0)) == (0.0, 1.0, 0.0, 1.0)
