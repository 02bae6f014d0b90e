"""The whole way from runs to words: frames of a few runs, readings, families, looks, scopes, sentences."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from replab.errors import ReplabError
from replab.judging import comparison_words, sentences, verdicts
from replab.judging.claims_file import ClaimsFile
from replab.judging.families import with_corrected_p
from replab.judging.judgement import PART_COLUMNS, STATEMENT_COLUMNS, Judgement, judge
from replab.judging.part_kinds import KINDS
from replab.judging.questions import StudyClaims, claims_about
from replab.judging.verdict_names import DataScope
from replab.judging.verdicts import combined, deciding
from replab.judging.words import confidence_text, gap, like

TEN = [96.20, 96.31, 96.35, 96.28, 96.45, 96.53, 96.40, 96.37, 96.33, 96.29]
HALF = {"value": 0.5, "reason": "half of the gap"}


def frame(metric: str = "test_accuracy", unit: str = "%", study: str = "s", **values: Any) -> pd.DataFrame:
    """Finished runs, one a value; None is a diverged run."""
    rows = [
        {
            "study": study, "variant": variant, "seed": seed, "identity": f"{study}-{variant}-{seed}",
            "metric": metric, "status": "diverged" if value is None else "done", "unit": unit, "value": value,
        }
        for variant, numbers in values.items()
        for seed, value in enumerate(numbers)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["study", "variant", "seed", "identity", "status", "metric", "unit", "value"])


def number(value: str = "96.39", **changes: Any) -> dict[str, Any]:
    part = {"kind": "number", "variant": "a", "metric": "test_accuracy", "value": value, "resolution": HALF}
    return part | changes


def ranking(*pairs: tuple[str, str], **changes: Any) -> dict[str, Any]:
    part = {"kind": "ranking", "pairs": pairs or [("a", "b")], "metric": "test_accuracy", "higher_is_better": True}
    return part | changes


def statement(*parts: dict[str, Any], id: str = "009.a", **changes: Any) -> dict[str, Any]:
    reading = {"name": "ours", "mark": "R", "setting": "As stated.", "study": "s", "parts": list(parts)}
    block = {"id": id, "rows": [], "sentence": "It is so.", "quote": "so", "place": "here", "readings": [reading]}
    return block | changes


def asked(*statements: dict[str, Any], hypotheses: Any = (), study: str = "s") -> StudyClaims:
    content = {"report": "009", "title": "t", "source": "s", "statements": list(statements)}
    return claims_about(ClaimsFile.model_validate(content | {"hypotheses": list(hypotheses)}), study)


def only(judged: Judgement) -> dict[str, Any]:
    [row] = judged.statements.to_dict("records")
    return row


def test_the_frames_have_the_columns_that_they_promise() -> None:
    judged = judge(asked(statement(number())), frame(a=TEN))
    assert list(judged.parts_table) == PART_COLUMNS and list(judged.statements) == STATEMENT_COLUMNS
    assert list(judged.parts) == [*PART_COLUMNS, "paired"]
    empty = judge(StudyClaims("009", "s"), frame(a=TEN))
    assert empty.parts.empty and list(empty.parts_table) == PART_COLUMNS and list(empty.statements) == STATEMENT_COLUMNS


def test_every_kind_of_part_has_a_verdict_words_and_a_name_for_many() -> None:
    assert set(verdicts.BY_KIND) == set(KINDS)
    assert {**comparison_words.BY_KIND, **sentences.MODULES}.keys() == KINDS.keys()
    assert all(model.PLURAL for model in KINDS.values())


def test_a_printed_number_in_words() -> None:
    row = only(judge(asked(statement(number())), frame(a=TEN)))
    assert row["verdict"] == "REPLICATED" and row["found"] == "Our 10 runs give 96.20 to 96.53 %."
    assert (
        row["why"]
        == "With a probability of 95 %, one more run falls within 96.12 to 96.57 %: the printed 96.39 % lies inside."
    )


def test_a_printed_number_whose_rounding_alone_lies_inside_in_words() -> None:
    row = only(judge(asked(statement(number("97"))), frame(a=TEN)))
    assert row["why"].endswith(
        "one more run falls within 96.1 to 96.6 %: that agrees with the printed 97 %, which by rounding stands for "
        "96.5 to 97.5."
    )


def test_runs_that_are_not_normal_in_words() -> None:
    values = [96.1, 96.11, 96.12, 96.13, 96.11, 96.12, 96.1, 96.13, 96.12, 96.9]
    part = number("96.39", resolution={"value": 0.45, "reason": "r"})
    row = only(judge(asked(statement(part)), frame(a=values)))
    assert row["verdict"] == "INCONCLUSIVE"
    assert row["why"] == (
        "With a probability of 81.8 %, one more run falls within 96.10 to 96.90 % (by rank, as the runs are not "
        "normally distributed): the printed 96.39 % lies inside. But that probability is below 95 %. With a normal "
        "distribution the 95 % interval would be 95.51 to 96.79 %, too wide for a verdict: it must not "
        "reach further than 0.45 points to each side."
    )


def test_xor_in_words() -> None:
    losses = [0.0] * 52 + [10.8] * 48
    part = number("0.0", metric="test_loss", resolution={"value": 0.05, "reason": "r"})
    row = only(judge(asked(statement(part)), frame("test_loss", "nats", a=losses)))
    assert row["verdict"] == "DEPENDS ON THE SEED"
    assert row["found"] == "52 of 100 runs end at 0.0 nats, 48 at 10.8 nats."
    assert "52 of 100 runs come near the printed 0.0 nats" in row["why"]


def test_each_part_has_its_own_verdict_and_one_that_diverged_does_not_sink_the_others() -> None:
    runs = frame(a=TEN, b=[value - 1 for value in TEN], c=[None] * 10)
    judged = judge(asked(statement(ranking(("a", "b"), ("a", "c")), ranking(("b", "a")))), runs)
    assert list(judged.parts["verdict"]) == ["REPLICATED", "REPLICATED", "CONTRADICTED"]
    row = only(judged)
    assert row["verdict"] == "CONTRADICTED" and row["found"].startswith(
        "Of the 3 parts 2 hold and 1 is contradicted. The one that is contradicted: with b, the test accuracy is"
    )
    assert (row["n_parts"], row["n_parts_replicated"]) == (3, 2)


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        (["REPLICATED", "REPLICATED"], "REPLICATED"),
        (["REPLICATED", "CONTRADICTED", "INCONCLUSIVE"], "CONTRADICTED"),
        (["REPLICATED", "DEPENDS ON THE SEED", "INCONCLUSIVE"], "DEPENDS ON THE SEED"),
        (["REPLICATED", "INCONCLUSIVE"], "INCONCLUSIVE"),
        (["REPLICATED", "NOT TESTED"], "INCONCLUSIVE"),
        (["NOT TESTED", "NOT TESTED"], "NOT TESTED"),
    ],
)
def test_a_statement_is_as_good_as_its_parts(parts: list[str], whole: str) -> None:
    assert combined(parts) == combined(parts[::-1]) == whole


def test_generally_needs_so_many_parts_as_it_says() -> None:
    hold, denied, open_ = "REPLICATED", "CONTRADICTED", "INCONCLUSIVE"
    assert combined([hold, hold, hold, denied], needs=3) == hold
    assert combined([hold, denied, denied, hold], needs=3) == denied
    assert combined([hold, hold, denied, open_], needs=3) == open_
    few = statement(ranking(("a", "b"), ("c", "b")))
    few["readings"][0]["needs"] = 1
    judged = judge(asked(few), frame(a=[value + 1 for value in TEN], b=TEN, c=[value - 1 for value in TEN]))
    assert only(judged)["verdict"] == "REPLICATED" and "1 holds and 1 is contradicted" in only(judged)["found"]
    few["readings"][0]["needs"] = 2
    with pytest.raises(ValueError, match="needs 2: of 2 parts at least 1 must hold"):
        asked(few)


def test_a_statement_hangs_on_a_part_whatever_its_parts_are() -> None:
    parts = pd.DataFrame({"verdict": ["DEPENDS ON THE SEED", "CONTRADICTED"], "p_holm": [float("nan"), 0.01]})
    assert combined(parts["verdict"], needs=1) == "INCONCLUSIVE" and deciding(parts, "INCONCLUSIVE") == 0


def with_readings(*blocks: dict[str, Any]) -> dict[str, Any]:
    common = {"mark": "A", "study": "s", "parts": [number()]}
    return statement(readings=[common | block for block in blocks])


def test_the_primary_reading_decides_and_the_other_is_a_sentence() -> None:
    other = {"name": "averaged", "setting": "The gradient is averaged.", "parts": [number(variant="b")]}
    claims = asked(with_readings({"name": "summed", "primary": True, "setting": "Summed."}, other))
    judged = judge(claims, frame(a=[value - 5 for value in TEN], b=TEN))
    row = only(judged)
    assert row["verdict"] == "CONTRADICTED"
    assert row["other_readings"].startswith(
        "Another reading: the gradient is averaged. In this reading the statement holds. Our 10 runs give"
    )
    assert list(judged.parts["verdict"]) == ["CONTRADICTED", "REPLICATED"]


def test_a_reading_in_another_study_has_parts_there_and_no_statement() -> None:
    there = {"name": "b", "setting": "Elsewhere.", "study": "t"}
    block = with_readings({"name": "a", "primary": True, "setting": "Here."}, there)
    judged = judge(asked(block, study="t"), frame(a=TEN, study="t"))
    assert len(judged.parts) == 1 and not len(judged.statements)


def test_what_is_not_comparable_is_shown_and_not_judged() -> None:
    claims = asked(statement(number("50"), not_comparable="The width is unknown."))
    judged = judge(claims, frame(a=TEN))
    row, [part] = only(judged), judged.parts.to_dict("records")
    assert part["p_holm"] <= 0.05 and part["reason"].endswith("the printed 50 % lies outside (p = 0.00098).")
    assert row["verdict"] == "NOT COMPARABLE" and row["why"] == "It cannot be compared: the width is unknown."
    assert claims.families == {}


def test_of_what_is_not_comparable_a_part_is_shown_without_a_verdict() -> None:
    runs = frame(a=TEN, b=[value - 1 for value in TEN])
    claims = asked(statement(ranking(("a", "b")), ranking(("b", "a")), not_comparable="The width is unknown."))
    row = only(judge(claims, runs))
    assert row["found"].startswith("One of 2 parts: with b, the test accuracy is")
    assert "contradicted" not in row["found"]


def hypothesis(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"id": "009.h", "sentence": "s", "reason": "r", "study": "s", "parts": list(parts)}


def test_hypotheses_have_words_and_a_family_of_their_own() -> None:
    runs = frame(a=TEN, b=[value - 1 for value in TEN])
    for pairs, verdict in ((("a", "b"), "SUPPORTED"), (("b", "a"), "REFUTED")):
        row = only(judge(asked(hypotheses=[hypothesis(ranking(pairs))]), runs))
        assert (row["verdict"], row["role"]) == (verdict, "hypothesis")
    row = only(judge(asked(hypotheses=[hypothesis(ranking(("a", "b")))]), frame(a=TEN[:2], b=TEN[1:3])))
    assert row["verdict"] == "OPEN"


def test_holms_correction_counts_what_is_declared_and_each_family_by_itself() -> None:
    p = [0.04, 0.001, 0.03, 0.2]
    rows = [{"family": "number", "family_size": 6, "primary": True, "counted": True, "p_value": value} for value in p]
    rows[3] = rows[3] | {"p_value": 0.001}  # the test of another statement, once more
    rows.append({"family": "ranking", "family_size": 1, "primary": True, "counted": True, "p_value": 0.04})
    rows.append({"family": "number", "family_size": 6, "primary": False, "counted": False, "p_value": 0.01})
    rows.append({"family": "", "family_size": 1, "primary": True, "counted": True, "p_value": np.nan})
    frame = pd.DataFrame(rows).assign(test=["a", "b", "c", "b", "a", "d", "e"])
    found = with_corrected_p(frame)["p_holm"]
    np.testing.assert_allclose(found[:3], multipletests([*p[:3], 1.0, 1.0, 1.0], method="holm")[1][:3])
    assert found[3] == found[1]
    assert found[4] == 0.04 and found[5] == pytest.approx(0.06) and np.isnan(found[6])


def test_a_test_counts_once_and_a_one_sided_one_turned_round_is_another() -> None:
    margin = {"value": 0.5, "reason": "r"}
    part = {"kind": "not_worse", "metric": "test_accuracy", "higher_is_better": True, "margin": margin}
    one, other = (part | {"pairs": [pair]} for pair in (("a", "b"), ("b", "a")))
    runs = frame(a=[value + 1 for value in TEN], b=TEN)
    twice = asked(statement(ranking(), one), statement(other, id="009.b"))
    assert twice.families == {"ranking": 1, "not_worse": 2}
    assert list(judge(twice, runs).parts["verdict"]) == ["REPLICATED", "REPLICATED", "CONTRADICTED"]
    same = asked(statement(ranking()), statement(ranking(says="once more"), id="009.b"))
    assert same.families == {"ranking": 1} and judge(same, runs).parts["p_holm"].nunique() == 1


def test_a_study_can_be_judged_alone_since_the_family_is_what_the_file_declares() -> None:
    elsewhere = statement(number("1.0", resolution=HALF), id="009.b")
    elsewhere["readings"][0]["study"] = "t"
    judged = judge(asked(statement(number("90.0")), elsewhere), frame(a=TEN))
    assert judged.parts["p_holm"].iloc[0] == pytest.approx(2 * judged.parts["p_value"].iloc[0])


def test_seeds_between_two_looks_move_no_test_but_count_for_numbers() -> None:
    runs = frame(a=TEN, b=[value - 0.05 - 0.01 * seed for seed, value in enumerate(TEN)])
    parts = judge(asked(statement(ranking(), number())), runs, looks=(8, 12)).parts
    assert list(parts["n"]) == [8, 10]
    assert "2 seeds more must wait for the next interim analysis, at 12." in parts["reason"].iloc[0]


@pytest.mark.parametrize(
    ("scope", "number_verdict", "ranking_verdict"),
    [
        (DataScope.ORIGINAL, "REPLICATED", "REPLICATED"),
        (DataScope.SAMPLE, "NOT TESTED", "INCONCLUSIVE"),
        (DataScope.OTHER, "NOT TESTED", "GENERALISES"),
    ],
)
def test_other_data_say_less(scope: DataScope, number_verdict: str, ranking_verdict: str) -> None:
    runs = frame(a=TEN, b=[value - 1 for value in TEN])
    statements = judge(asked(statement(number()), statement(ranking(), id="009.b")), runs, scope).statements
    assert list(statements["verdict"]) == [number_verdict, ranking_verdict]
    turned = judge(asked(statement(ranking(("b", "a")))), runs, scope).statements["verdict"].iloc[0]
    assert turned == {DataScope.ORIGINAL: "CONTRADICTED", DataScope.SAMPLE: "INCONCLUSIVE"}.get(
        scope, "DOES NOT GENERALISE"
    )


@pytest.mark.parametrize(
    ("scope", "anywhere", "here"),
    [(DataScope.ORIGINAL, "REPLICATED", "REPLICATED"), (DataScope.OTHER, "GENERALISES", "NOT TESTED")],
)
def test_a_bound_that_is_a_level_of_the_data_is_not_tested_on_others(
    scope: DataScope, anywhere: str, here: str
) -> None:
    runs = frame(a=TEN)
    bound = {"kind": "bound", "variants": ["a"], "metric": "test_accuracy", "at_least": 90, "about": "mean"}
    specific = statement(bound | {"data_specific": True}, id="009.b")
    judged = judge(asked(statement(bound), specific), runs, scope)
    assert list(judged.statements["verdict"]) == list(judged.parts["verdict"]) == [anywhere, here]
    if scope == DataScope.OTHER:
        assert "other data than the report's" in judged.statements["why"].iloc[1]


def test_without_runs_the_reason_is_said() -> None:
    row = only(judge(asked(statement(number())), frame(b=TEN)))
    assert row["verdict"] == "NOT TESTED" and row["why"] == "No finished run of a in s."


def test_runs_without_a_seed_in_common_are_counted() -> None:
    runs = frame(a=TEN, b=TEN[:8])
    row = only(judge(asked(statement(ranking())), runs.assign(seed=range(len(runs)))))
    assert (row["verdict"], row["found"]) == (
        "NOT TESTED", "10 and 8 runs have finished, and no two have a seed in common.",
    )  # fmt: skip
    same = {"kind": "same", "pairs": [("a", "b")], "metric": "test_accuracy", "margin": HALF}
    row = only(judge(asked(statement(same)), frame(a=[None] * 2, b=[None] * 2)))
    assert (row["found"], row["why"]) == ("No run has finished.", "4 runs diverged.")


def test_a_study_that_cannot_be_run_says_why() -> None:
    content = {"report": "009", "title": "t", "source": "s", "statements": [statement(number())]}
    content["not_run"] = [{"studies": ["s"], "reason": "The files could not be had."}]
    row = only(judge(claims_about(ClaimsFile.model_validate(content), "s"), frame(b=TEN)))
    assert (row["verdict"], row["why"]) == ("NOT TESTED", "The files could not be had.")


def test_a_metric_that_no_run_records_is_refused() -> None:
    with pytest.raises(ReplabError, match="metric 'test_acuracy' unknown; did you mean 'test_accuracy'"):
        judge(asked(statement(number(metric="test_acuracy"))), frame(a=TEN))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda runs: runs.drop(columns="identity"), "lacks the column identity"),
        (lambda runs: pd.concat([runs, runs.assign(identity="other")]), "records of different identity"),
        (lambda runs: pd.concat([runs, runs.assign(value=1.0)]), "a metric has two values"),
        (lambda runs: runs.assign(unit="fraction"), "claims about accuracy are in %"),
    ],
)
def test_runs_that_are_mixed_up_are_refused(change: Any, message: str) -> None:
    with pytest.raises(ReplabError, match=message):
        judge(asked(statement(number())), change(frame(a=TEN)))


def test_decided_parts_need_no_more_seeds_and_open_ones_say_how_many() -> None:
    wide = number(resolution={"value": 0.2, "reason": "r"})
    parts = judge(asked(statement(number(), wide)), frame(a=TEN)).parts
    assert pd.isna(parts["seeds_needed"].iloc[0]) and parts["seeds_needed"].iloc[1] > 10
    guess = f"Judging by the spread of these 10 runs, about {parts['seeds_needed'].iloc[1]} seeds would be enough."
    assert guess in parts["reason"].iloc[1]


def test_how_many_seeds_would_do_is_a_guess_and_of_a_mean_of_several_runs_none() -> None:
    tight = {"value": 0.02, "reason": "r"}
    parts = judge(asked(statement(number(resolution=tight), number(resolution=tight, of_runs=5))), frame(a=TEN)).parts
    assert parts["seeds_needed"].isna().all()
    one, several = parts["reason"]
    assert "Judging by the spread of these 10 runs, more seeds would not make it narrow enough." in one
    assert "How many seeds would be enough is not computed for a mean of several runs." in several


def test_a_sentence_has_no_variant_id_and_ends_with_a_stop() -> None:
    runs = frame(tanh_hinge=TEN, tanh_focal=[value - 1 for value in TEN])
    same = {"kind": "same", "pairs": [("tanh_hinge", "tanh_focal")], "metric": "test_accuracy"}
    parts = [
        number(variant="tanh_hinge"),
        number("12.0", variant="tanh_hinge"),
        ranking(("tanh_hinge", "tanh_focal")),
        same | {"margin": {"value": 0.1, "reason": "r"}},
        same | {"identical": True},
        {"kind": "bound", "variants": ["tanh_hinge"], "metric": "test_accuracy", "at_least": 90, "about": "mean"},
        {"kind": "bound", "variants": ["tanh_hinge"], "metric": "test_accuracy", "at_least": 90, "about": "runs"},
        {"kind": "event", "variants": ["tanh_hinge"], "event": "diverges", "claimed": "never"},
    ]
    judged = judge(asked(statement(*parts)), runs)
    for reason in judged.parts["reason"]:
        assert "_" not in reason and reason.endswith(".") and not re.search(r"nan|None\b(?! of)|\.\.|  ", reason), (
            reason
        )


def test_numbers_are_shown_with_the_digits_that_are_printed() -> None:
    assert like(96.2049, "96.39") == "96.20" and like(0.0004, "0.53") == "0.0004"
    assert like(0.53, "5.3e-1", "nats") == "0.53 nats" and confidence_text(0.9996) == "99.96"
    assert [gap(value, "%") for value in (1.0, 1.5, 10)] == ["1 point", "1.5 points", "10 points"]


def test_no_step_of_judging_looks_back() -> None:
    """The order of the modules is that of the flow: none imports one that comes after it."""
    order = ["scales", "part_kinds", "claims_entries", "claims_file", "questions", "values", "inference", "families",
             "verdicts", "sentences", "judgement"]  # fmt: skip
    folder = Path(__file__).parents[1] / "src/replab/judging"
    for place, name in enumerate(order):
        text = (folder / f"{name}.py").read_text(encoding="utf-8")
        imported = re.findall(r"^\s*from replab\.judging\.(\w+) import", text, flags=re.MULTILINE)
        assert not set(imported) & set(order[place + 1 :]), name
