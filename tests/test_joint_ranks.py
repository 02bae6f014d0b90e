"""The printed numbers of a report together, on made-up numbers; and of what kind the statements are that hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from replab.judging.joint_ranks import LEAST_SETS, joint_ranks, sensitivity, uniform_p
from replab.judging.judgement import PRINTED_COLUMNS, judge
from replab.judging.numbers import rank_among
from replab.judging.scales import printed
from replab.report.frames import runs_frame, summary_frame
from replab.report.html import profile_html
from replab.report.joint_table import joint
from replab.report.kept_judgements import judgement_of
from replab.report.profile_head import division_sentence, kind_of
from replab.report.profile_pages import profile_page, report_parts
from synthetic import STUDY, made_claims, made_file, made_result


def row(variant: str, rank: float, **changes: Any) -> dict[str, Any]:
    """A number printed as 90.0 whose interval is 89 to 91, at half of its resolution; each variant has its own runs."""
    seed = sum(variant.encode())
    shared = {"report": "009", "id": variant, "study": "s", "variants": variant, "metric": "test_accuracy", "unit": "%"}
    runs = {"n": 10, "estimate": 90 + seed / 1e4, "runs_low": 89.2, "runs_high": 90.8, "low": 89.0, "high": 91.0}
    said = {"verdict": "REPLICATED", "claimed": 90.0, "half": 0.05, "inside": True, "width": 0.5, "rank": rank}
    return shared | runs | said | changes


def rows(*ranks: float, **changes: Any) -> pd.DataFrame:
    return pd.DataFrame([row(chr(97 + place), rank, **changes) for place, rank in enumerate(ranks)])


def test_a_rank_is_the_centre_of_its_share_of_0_to_1() -> None:
    runs = np.array([1.0, 2.0, 3.0])
    assert [rank_among(runs, printed(text)) for text in ("0.5", "1.5", "2.5", "3.5")] == [0.125, 0.375, 0.625, 0.875]
    assert rank_among(runs, printed("2.0")) == 0.5  # between the places below and above the run that is equal
    assert rank_among(np.array([1.96, 2.04, 3.0]), printed("2.0")) == (0 + 2 / 2 + 0.5) / 4  # both are printed so


def test_ranks_of_honest_numbers_are_uniform() -> None:
    rng = np.random.default_rng(0)
    ranks = [rank_among(rng.normal(size=10), printed(f"{rng.normal():.6f}")) for _ in range(4000)]
    counts = np.bincount(np.round(np.array(ranks) * 11 - 0.5).astype(int), minlength=11)
    assert counts.min() > 280 and counts.max() < 450  # 364 of each of 11, give or take five standard deviations


def test_uniform_ranks_pass_and_ranks_at_one_end_do_not() -> None:
    spread = [0.05, 0.25, 0.45, 0.65, 0.85, 0.95]
    [honest] = joint_ranks(rows(*spread))
    assert honest.p_holm > 0.5 and honest.mean_rank == pytest.approx(np.mean(spread)) and honest.sets == 6
    [shifted] = joint_ranks(rows(0.03, 0.04, 0.02, 0.05, 0.05, 0.42))
    assert shifted.p_holm < 0.01 and shifted.inside == 6
    said = joint(rows(0.03, 0.04, 0.02, 0.05, 0.05, 0.42))
    assert "lie at the low end of our runs" in said.findings[0]
    assert joint(rows(*spread)).findings == ["In no group does anything speak against uniform ranks."]


def test_p_is_the_one_of_kolmogorov_and_smirnov() -> None:
    """With one value at u the distance is max(u, 1 - u), and P(D >= d) = 2 (1 - d) for d above a half."""
    assert uniform_p(np.array([0.1])) == pytest.approx(0.2)


def test_p_is_corrected_for_the_number_of_groups() -> None:
    low = (0.03, 0.04, 0.02, 0.05, 0.05, 0.42)
    both = pd.concat([rows(*low), rows(*np.linspace(0.1, 0.9, 6), metric="val_accuracy")])
    found = {group.metric: group for group in joint_ranks(both)}
    assert found["test_accuracy"].p_holm == pytest.approx(2 * found["test_accuracy"].p_value)
    assert "In the other group nothing speaks against uniform ranks." in joint(both).findings


def test_numbers_from_the_same_runs_have_one_rank_the_one_of_the_last_step() -> None:
    curve = [row("a", rank, metric=f"test_accuracy@{step}") for rank, step in ((0.1, 50), (0.2, 500), (0.3, 100))]
    twice = [row("b", 0.6), row("b", 0.9, claimed=90.5)]
    alike = [row("c", 0.5, estimate=90.0), row("d", 0.4, estimate=90.0)]  # two names of the same runs
    others = [row("e", 0.7), row("f", 0.8)]
    [group] = joint_ranks(pd.DataFrame([*curve, *twice, *alike, *others]))
    assert (group.numbers, group.sets) == (9, 5)
    assert group.mean_rank == pytest.approx(np.mean([0.2, 0.6, 0.5, 0.7, 0.8]))


def test_small_groups_and_numbers_that_are_not_judged_are_left_out() -> None:
    assert joint_ranks(rows(*[0.5] * (LEAST_SETS - 1))) == []
    assert joint_ranks(rows(*[0.5] * 9, verdict="NOT COMPARABLE")) == []
    assert joint_ranks(rows(*[float("nan")] * 9)) == []
    assert joint_ranks(pd.DataFrame(columns=PRINTED_COLUMNS)) == []
    assert joint(pd.DataFrame(columns=PRINTED_COLUMNS)).markdown == ""


def test_rivals_are_the_numbers_of_other_settings_that_lie_in_the_same_interval() -> None:
    near, far = (
        row("y", 0.5, claimed=90.9, verdict="INCONCLUSIVE"),
        row("z", 0.5, claimed=92.0, verdict="NOT COMPARABLE"),
    )
    [group] = joint_ranks(pd.DataFrame([*rows(0.1, 0.3, 0.5, 0.7).to_dict("records"), near, far]))
    assert (group.passing, group.rivals) == (4 * (3 + 1), 4 * (3 + 2))
    edge = row("y", 0.5, claimed=91.04, verdict="INCONCLUSIVE")  # its printed digits reach the interval
    [group] = joint_ranks(pd.DataFrame([*rows(0.1, 0.3, 0.5, 0.7).to_dict("records"), edge]))
    assert group.passing == 4 * (3 + 1)


def test_verdicts_at_half_and_at_double_of_the_resolution() -> None:
    replicated = [
        row("a", 0.5, width=0.4),
        row("b", 0.5, width=0.5),
        row("c", 0.5, width=0.9),
        row("d", 0.5, width=0.0),
    ]
    open_ = {"verdict": "INCONCLUSIVE"}
    wide = [row("e", 0.5, width=1.9, **open_), row("f", 0.5, width=2.1, **open_)]
    outside = [row("g", 0.5, width=1.5, inside=False, **open_), row("h", 0.5, width=1.5, verdict="NOT COMPARABLE")]
    found = sensitivity(pd.DataFrame([*replicated, *wide, *outside]))
    assert (found.replicated, found.at_half, found.more_at_double) == (3, 2, 1)


def test_a_judgement_has_the_printed_numbers_with_rank_and_width() -> None:
    judged = judgement_of(made_result())
    assert list(judged.printed) == PRINTED_COLUMNS and list(judged.printed["id"]) == ["000.relu", "000.tanh"]
    own = judged.printed.set_index("id").loc["000.relu"]
    part = judged.parts.set_index("id").loc["000.relu"]
    assert own["width"] == pytest.approx((part["high"] - part["low"]) / 2 / 0.5)
    values = runs_frame(made_result()).query("variant == 'relu' and metric == 'test_accuracy'")["value"]
    assert own["rank"] == rank_among(values.to_numpy(dtype=float), printed("93.1"))


def test_a_claim_without_runs_has_no_rank() -> None:
    judged = judge(made_claims(), runs_frame(made_result(records={})))
    assert judged.printed["rank"].isna().all() and not judged.printed["inside"].any()


PARTS = {"center": "mean", "method": "", "n": 8, "runs_low": 1.0, "runs_high": 2.0}


@pytest.mark.parametrize(
    "changes, kind",
    [
        ([{"kind": "number"}], "number"),
        ([{"kind": "ranking"}, {"kind": "number"}], "number"),
        ([{"kind": "bound", "center": "share"}], "event"),
        ([{"kind": "bound"}], "comparison"),
        ([{"kind": "number", "n": 1, "method": "does not depend on the seed"}], "same"),
        ([{"kind": "event", "center": "share", "runs_high": 1.0}], "same"),
        ([{"kind": "event", "center": "share", "runs_high": 1.0}, {"kind": "event", "center": "share"}], "event"),
        ([{"kind": "number", "n": 1, "runs_high": 1.0}], "number"),  # a single run shows no spread
    ],
)
def test_of_what_kind_a_statement_is(changes: list[dict[str, Any]], kind: str) -> None:
    assert kind_of([PARTS | change for change in changes]) == kind


def test_the_kinds_of_what_holds_are_counted_each_statement_once() -> None:
    judged = judgement_of(made_result())
    holds = judged.statements[judged.statements["verdict"] == "REPLICATED"]
    said = division_sentence(judged.statements, judged.parts)
    assert f"Of the {len(holds)} REPLICATED statement" in said and sum(
        map(int, [word for word in said.split() if word.isdigit()])
    ) == 2 * len(holds)
    assert division_sentence(holds[:0], judged.parts) == ""


def test_the_page_of_a_profile_has_the_table_of_printed_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    result, file = made_result(), made_file()
    judged = replace(judgement_of(result), printed=rows(0.03, 0.04, 0.02, 0.05, 0.05, 0.42))
    parts = report_parts([result], {STUDY: judged}, {"000": file}, {})
    page = profile_page([result], {STUDY: judged}, parts)
    assert "## The printed numbers together" in page
    assert "| Report 009, test accuracy | 6 | 6 | 6 | 0.10 |" in page and "30 of 30 (100 %)" in page
    assert (
        "With half of the declared resolution, 6 of them would still be REPLICATED. With double of it, 0 more would be."
        in page
    )
    html = profile_html([result], {STUDY: summary_frame(result, judged.parts)}, {STUDY: judged}, parts)
    assert "The printed numbers together" in html and "30 of 30 (100 %)" in html
