"""Pictures along the settings that a study declares, and the confusion matrices of runs that collapsed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from replab.blocks import settings_in
from replab.judging.verdict_names import DataScope
from replab.report import heat_maps, sweeps
from replab.report.figures import drawings
from replab.report.frames import summary_frame
from replab.report.kept_judgements import judgement_of
from replab.report.settings import in_order, setting_words
from replab.report.study import StudyResult
from synthetic import made_record

POWER = "regularizers.0.power"


def made(metrics: dict[str, dict[str, float]], specs: dict[str, Any], **changes: Any) -> StudyResult:
    """A study of one metric or more; variant -> metric -> value, and two seeds at the value and 2 above it."""
    records = {}
    for variant, own in metrics.items():
        for seed in (0, 1):
            values = {name: {"value": value + 2 * seed, "unit": "%"} for name, value in own.items()}
            records[variant, seed] = made_record("relu", seed) | {
                "identity": f"{variant}{seed}",
                "spec": specs[variant],
                "metrics": values,
            }
    head = ("made_up", "full", DataScope.ORIGINAL, "999", "t", "q", [])
    result = StudyResult(*head, list(metrics), {}, records, primary=list(next(iter(metrics.values()))))
    return replace(result, **changes)


def penalties() -> StudyResult:
    """Powers 2, 1 and 4 at two strengths, where the accuracy is 10 power + strength, and one without a penalty."""
    specs: dict[str, Any] = {"none": {"model": {"name": "mlp"}, "regularizers": []}}
    for strength in (0.5, 3.0):
        for power in (2.0, 1.0, 4.0):
            penalty = {"name": "lp", "strength": strength, "power": power}
            specs[f"p_{power}_{strength}"] = {"model": {"name": "mlp"}, "regularizers": [penalty]}
    metrics = {
        name: {"test_accuracy": 10 * s["regularizers"][0]["power"] + s["regularizers"][0]["strength"]}
        if s["regularizers"]
        else {"test_accuracy": 5.0}
        for name, s in specs.items()
    }
    return made(metrics, specs, axes=(POWER,))


def rows_of(result: StudyResult) -> pd.DataFrame:
    summary = summary_frame(result, judgement_of(result).parts)
    return summary[summary["metric"] == "test_accuracy"]


def test_the_settings_of_a_block_are_its_numbers_and_words_by_dotted_key() -> None:
    block = {"a": {"name": "x", "on": True}, "b": [{"p": 2}, 3], "none": None}
    assert dict(settings_in(block)) == {"a.name": "x", "b.0.p": 2.0, "b.1": 3.0}
    assert in_order([3, "b", 1, "a", 3, "b"]) == [1, 3, "b", "a"]


def test_a_line_joins_what_differs_in_the_number_alone_and_is_named_by_the_rest() -> None:
    result = penalties()
    lines, without = sweeps.lines_of(result, rows_of(result), POWER)
    found = {line.name: [(x, row["mean"]) for x, row in line.points] for line in lines}
    assert found == {
        "strength 0.5": [(1, 11.5), (2, 21.5), (4, 41.5)],
        "strength 3": [(1, 14.0), (2, 24.0), (4, 44.0)],
    }
    assert [(row["variant"], row["mean"]) for row in without] == [("none", 6.0)]


def test_the_picture_has_every_mean_its_interval_and_what_is_claimed() -> None:
    result, rows = penalties(), rows_of(penalties())
    rows.loc[rows["variant"] == "p_2.0_3.0", "claimed"] = 26.0
    place = sweeps.draw(result, rows, POWER).axes[0]
    drawn = {line.get_label(): line.get_xydata().tolist() for line in place.lines}
    assert drawn["printed in the report"] == [[2, 26]] and set(drawn["none"][0]) == {0.0, 6.0}
    means = {container.get_label(): container.lines[0].get_ydata().tolist() for container in place.containers}
    assert means == {"strength 0.5": [11.5, 21.5, 41.5], "strength 3": [14, 24, 44]}
    low, high = place.containers[0].lines[2][0].get_segments()[0][:, 1]
    row = rows[rows["variant"] == "p_1.0_0.5"].iloc[0]
    assert (low, high) == pytest.approx((row["ci_low"], row["ci_high"]))
    assert [text.get_text() for text in place.get_xticklabels()] == ["1", "2", "4"]
    assert place.get_xlabel() == "regularizers power" and place.get_xscale() == "linear"


def test_an_axis_names_the_component_that_a_setting_belongs_to() -> None:
    found = [setting_words(key) for key in ("optimizer.lr", "regularizers.0.strength", "settings.gamma", "epochs")]
    assert found == ["learning rate", "strength of the penalty", "gamma", "epochs"]


def test_numbers_that_are_near_to_each_other_are_written_once() -> None:
    numbers = [-1e-3, -1e-8, 1e-10, 1e-8, 1e-3]
    assert sweeps._ticks(numbers, False) == (numbers, ["-0.001", "-1e-08", "", "", "0.001"])
    assert sweeps._ticks(numbers[2:], True)[1] == ["1e-10", "1e-08", "0.001"]


def test_a_study_s_axes_decide_which_pictures_there_are() -> None:
    result = penalties()
    summary = summary_frame(result, judgement_of(result).parts)
    assert "by_test_accuracy" in drawings(result, summary, judgement_of(result))
    two = set(drawings(replace(result, axes=("regularizers.0.name", POWER)), summary, judgement_of(result)))
    assert "grid_test_accuracy" in two and "by_test_accuracy" not in two
    assert not {"grid_test_accuracy", "by_test_accuracy"} & set(
        drawings(replace(result, axes=()), summary, judgement_of(result))
    )


def test_a_heat_map_may_have_words_along_an_axis_and_leaves_out_who_has_no_such_setting() -> None:
    specs = {f"{name}_{p}": {"normalizer": {"name": name}, "wd": p} for name in ("soft_max", "abs") for p in (1.0, 2.0)}
    specs["other"] = {"normalizer": {"name": "abs"}}
    result = made({name: {"test_accuracy": float(i)} for i, name in enumerate(specs)}, specs)
    place = heat_maps.draw_heat_map(result, rows_of(result), ("normalizer.name", "wd")).axes[0]
    texts = {text.get_position(): text.get_text().partition("\n")[0] for text in place.texts}
    assert texts == {(0, 0): "1.00", (1, 0): "2.00", (0, 1): "3.00", (1, 1): "4.00"}
    assert [label.get_text() for label in place.get_yticklabels()] == ["soft max", "abs"]


def test_confusions_are_of_collapsed_runs_that_recorded_them_and_of_one_sound_one() -> None:
    shares = {"no_series": 99.0, "sound": 12.0, "fallen": 60.0, "also_sound": 20.0, "deeper": 97.0}
    result = made(
        {name: {"test_predicted_class_share": share} for name, share in shares.items()},
        {name: {"model": {"name": "mlp"}} for name in shares},
    )
    counts = {name: list(range(number, number + 9)) for number, name in enumerate(shares) if name != "no_series"}
    records = {
        (name, seed): run | ({"series": {"test_confusion": counts[name]}} if name in counts else {})
        for (name, seed), run in result.records.items()
    }
    result = replace(result, records=records)
    summary = summary_frame(result, judgement_of(result).parts)
    figure = drawings(result, summary, judgement_of(result))["confusions"]()
    shown = {place.get_title(): place.images[0].get_array() for place in figure.axes if place.get_title()}
    assert list(shown) == ["sound, seed 0", "deeper, seed 0", "fallen, seed 0"]
    expected = np.array(counts["deeper"]).reshape(3, 3)
    np.testing.assert_allclose(shown["deeper, seed 0"], 100 * expected / expected.sum(1, keepdims=True))
    sound = summary[summary["variant"].isin(["sound", "also_sound"])]
    assert "confusions" not in drawings(result, sound, judgement_of(result))


def test_variants_that_are_named_after_the_number_are_joined_by_what_stands_before_it() -> None:
    """So flags count, which are no settings, and lines of long specs have short names."""
    specs = {f"{stem}_{n}": {"count": n, "fixed": stem == "b_c"} for stem in ("a", "b_c") for n in (20, 5)}
    result = made({name: {"test_accuracy": spec["count"]} for name, spec in specs.items()}, specs, axes=("count",))
    lines, _ = sweeps.lines_of(result, rows_of(result), "count")
    assert {line.name: [x for x, _ in line.points] for line in lines} == {"a": [5, 20], "b c": [5, 20]}
