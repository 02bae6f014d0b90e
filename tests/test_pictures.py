"""Pictures of weights and heat maps: what is drawn is the numbers, and the same every time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.container import ErrorbarContainer

from replab.judging.verdict_names import DataScope
from replab.report import forests, heat_maps, learning_curves, weight_pictures
from replab.report.figures import curve_metrics, drawings, picture_words
from replab.report.frames import summary_frame
from replab.report.kept_judgements import judgement_of
from replab.report.picture_files import KINDS, saved
from replab.report.study import StudyResult
from replab.report.tables import main_table
from synthetic import made_record, made_result

LRS, STRENGTHS = (0.001, 0.01), (0.0, 5.0, 50.0)


def grid(**changes: Any) -> StudyResult:
    """A study of two learning rates by three strengths, two seeds each; accuracies are 10 lr + strength + seed."""
    records = {}
    for lr in LRS:
        for strength in STRENGTHS:
            spec = {"optimizer": {"name": "sgd", "lr": lr}, "regularizers": [{"name": "l2", "strength": strength}]}
            for seed in (0, 1):
                value = {"value": 1000 * lr + strength + seed, "unit": "%"}
                one = made_record("relu", seed) | {"spec": spec, "metrics": {"validation_accuracy": value}}
                records[f"lr_{lr}_reg_{strength}", seed] = one
    shared: dict[str, Any] = {"title": "t", "question": "q", "settings": [], "differences": {}}
    variants = list(dict.fromkeys(variant for variant, _ in records))
    result = StudyResult("grid", "full", DataScope.ORIGINAL, "001", variants=variants, records=records, **shared)
    return replace(result, primary=["validation_accuracy"], **changes)


def rows_of(result: StudyResult) -> pd.DataFrame:
    summary = summary_frame(result, judgement_of(result).parts)
    return summary[summary["metric"] == "validation_accuracy"]


def test_a_grid_is_found_by_the_two_numbers_that_vary() -> None:
    assert heat_maps.grid_keys(grid()) == ("optimizer.lr", "regularizers.0.strength")


@pytest.mark.parametrize("spec", [{"optimizer": {"lr": 0.5}}, {"optimizer": {"lr": 0.001}, "regularizers": []}])
def test_what_is_no_grid_has_no_heat_map(spec: dict[str, Any]) -> None:
    result = grid()
    records = result.records | {("other", 0): made_record("relu", 0) | {"spec": spec}}
    assert heat_maps.grid_keys(replace(result, records=records, variants=[*result.variants, "other"])) is None


def test_settings_that_change_together_are_no_grid() -> None:
    result = grid()
    names = [f"lr_{lr}_reg_{strength}" for lr, strength in zip(LRS, STRENGTHS, strict=False)]
    assert len(names) > 1
    kept = {run: record for run, record in result.records.items() if run[0] in names}
    assert {name for name, _ in kept} == set(names)
    assert heat_maps.grid_keys(replace(result, records=kept, variants=names, missing=[])) is None


def test_every_cell_of_a_heat_map_shows_its_own_mean() -> None:
    result = grid()
    figure = heat_maps.draw_heat_map(result, rows_of(result), ("optimizer.lr", "regularizers.0.strength"))
    texts = {text.get_position(): text.get_text().partition("\n")[0] for text in figure.axes[0].texts}
    for (i, lr), (j, strength) in ((a, b) for a in enumerate(LRS) for b in enumerate(STRENGTHS)):
        assert texts[j, i] == f"{1000 * lr + strength + 0.5:.2f}"
    assert figure.axes[0].get_xlabel() == "strength of the penalty" and figure.axes[0].get_ylabel() == "learning rate"


def test_a_forest_shows_the_median_where_the_table_of_variants_has_it_and_says_so() -> None:
    result = grid()
    apart = [("lr_0.001_reg_0.0", seed, 80.0 * (seed % 2)) for seed in range(9)]  # four of nine runs learn
    records = result.records | {(name, seed): _with_accuracy(seed, value) for name, seed, value in apart}
    plain, mixed = (rows_of(one) for one in (result, replace(result, records=records)))
    table = main_table(replace(result, records=records), mixed, ["validation_accuracy"])
    assert "| median 0.00 (0.00 to 80.00) |" in table and table.count("median") == 1
    figure = forests.draw(result, mixed)
    means, medians = figure.axes[0].containers
    assert isinstance(medians, ErrorbarContainer) and isinstance(means, ErrorbarContainer)
    assert (medians.lines[0].get_xydata().tolist(), len(means.lines[0].get_xdata())) == ([[0.0, 5.0]], 5)
    assert medians.lines[2][0].get_segments()[0][:, 0].tolist() == [0.0, 80.0]
    assert figure.get_suptitle().endswith("; diamond: median, from the least to the greatest run")
    assert "median" not in forests.draw(result, plain).get_suptitle()


def _with_accuracy(seed: int, value: float) -> dict[str, Any]:
    metrics = {"validation_accuracy": {"value": value, "unit": "%"}}
    return made_record("relu", seed) | {"spec": {"optimizer": {"lr": 0.001}}, "metrics": metrics}


def test_a_frame_is_around_what_is_claimed_alone() -> None:
    result, rows = grid(), rows_of(grid())
    rows.loc[rows["variant"] == "lr_0.01_reg_5.0", "claimed"] = 12.0
    figure = heat_maps.draw_heat_map(result, rows, ("optimizer.lr", "regularizers.0.strength"))
    assert [patch.get_xy() for patch in figure.axes[0].patches] == [(0.52, 0.52)]


def test_a_picture_of_weights_is_their_own_numbers_from_least_to_greatest() -> None:
    weights = np.random.default_rng(0).normal(size=(4, 3 * 5 * 6))
    found = weight_pictures.pictures_of(weights, (3, 5, 6))
    assert found.shape == (4, 5, 6, 3)
    for unit, channel, row, column in np.ndindex(4, 3, 5, 6):
        value = weights[unit, (channel * 5 + row) * 6 + column]
        span = weights[unit].max() - weights[unit].min()
        assert found[unit, row, column, channel] == pytest.approx((value - weights[unit].min()) / span)
    assert weight_pictures.pictures_of(np.ones((1, 6)), (2, 3)).tolist() == [[[0] * 3] * 2]


def test_templates_bear_the_names_of_their_classes_and_are_drawn_alike() -> None:
    weights = np.random.default_rng(0).normal(size=(3, 12))
    names = ["cat", "dog", "owl"]

    def draw() -> Any:
        return weight_pictures.draw_templates(weights, (3, 2, 2), names, "templates")

    assert [place.get_title() for place in draw().axes][:3] == names
    assert saved(grid(), draw, KINDS) == saved(grid(), draw, KINDS)
    assert len(weight_pictures.draw_first_layer(np.ones((13, 12)), (3, 2, 2), "W1").axes) == 20


def test_a_title_that_is_wider_than_the_picture_goes_on_in_a_second_line() -> None:
    from matplotlib.figure import Figure

    def draw() -> Figure:
        figures.append(Figure(figsize=(8, 2), layout="constrained"))
        figures[-1].subplots()
        figures[-1].suptitle("a long title " * 12)
        return figures[-1]

    figures: list[Figure] = []
    saved(grid(), draw, KINDS)  # type: ignore[arg-type]
    [title] = [figure.get_suptitle() for figure in figures]
    assert title.count("\n") == 1 and title.replace("\n", " ") == ("a long title " * 12).strip()


def test_a_curve_of_one_point_is_not_drawn() -> None:
    point = {"metric": "validation_accuracy", "variant": "a", "seed": 0, "step": 5, "epoch": 1.0, "value": 3.0}
    assert curve_metrics(grid(), pd.DataFrame([point])) == []
    assert curve_metrics(grid(), pd.DataFrame([point, point | {"epoch": 2.0}])) == ["validation_accuracy"]


def test_each_picture_s_words_say_what_it_shows() -> None:
    said = "test accuracy: every variant's mean with its 95 % interval, or its median where the table has it"
    assert picture_words("forest_test_accuracy") == said
    assert {picture_words(f"{kind}_loss").partition("loss")[1] for kind in ("curves", "grid", "by", "spread")} == {
        "loss"
    }
    result = grid()
    summary = summary_frame(result, judgement_of(result).parts)
    assert all(picture_words(name) for name in drawings(result, summary, judgement_of(result)))


def test_kept_weights_are_read_without_pickle(tmp_path: Path) -> None:
    arrays = {"layers.0.weight": np.arange(6.0).reshape(2, 3), "layers.0.bias": np.zeros(2)}
    np.savez(tmp_path / "good.npz", **arrays)
    read = weight_pictures.read_weights(tmp_path / "good.npz")
    assert read.keys() == arrays.keys() and np.array_equal(read["layers.0.weight"], arrays["layers.0.weight"])
    np.savez(tmp_path / "bad.npz", weights=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        weight_pictures.read_weights(tmp_path / "bad.npz")


def with_weights(folder: Path, rows: int) -> StudyResult:
    """The grid on pictures of 2 x 2 with three classes; seed 0 of every variant has kept its weights."""
    manifest = {
        "name": "coloured",
        "classes": ["cat", "dog", "owl"],
        "arrays": {"train_x.npy": {"shape": [9, 3, 2, 2]}},
    }
    result, records = grid(), {}
    for number, ((variant, seed), run) in enumerate(result.records.items()):
        spec = {**run["spec"], "data": {"name": "coloured"}}
        records[variant, seed] = {**run, "identity": f"{number:064d}", "spec": spec}
        np.savez(folder / f"{number:064d}.npz", **{"layers.0.weight": np.full((rows, 12), float(number))})
    return replace(result, records=records, data=[manifest], weights_of=lambda one: folder / f"{one}.npz")


@pytest.mark.parametrize(("rows", "name"), [(3, "templates"), (7, "first_layer")])
def test_the_best_variant_s_weights_are_drawn(rows: int, name: str, tmp_path: Path) -> None:
    result = with_weights(tmp_path, rows)
    [(found, draw)] = weight_pictures.pictures_of_weights(result, rows_of(result)).items()
    assert found == name and "lr_0.01_reg_50.0, seed 0" in draw().get_suptitle()


def test_without_weights_there_is_no_picture_of_them(tmp_path: Path) -> None:
    result = with_weights(tmp_path, 3)
    gone = replace(result, weights_of=lambda identity: tmp_path / "none.npz")
    assert weight_pictures.pictures_of_weights(gone, rows_of(result)) == {}
    assert weight_pictures.pictures_of_weights(replace(result, weights_of=None), rows_of(result)) == {}


def test_of_a_wide_layer_the_first_units_are_drawn_and_said() -> None:
    figure = weight_pictures.draw_first_layer(np.ones((75, 12)), (3, 2, 2), "W1")
    assert figure.get_suptitle() == "W1 (units 1 to 60 of 75)" and len(figure.axes) == 60


def test_a_variant_that_explodes_leaves_the_picture_to_the_others() -> None:
    points = [
        {"metric": "train_loss", "unit": "nats", "variant": name, "seed": 0, "step": 100 * epoch, "epoch": epoch}
        | {"status": "done", "value": value / epoch}
        for name, value in (("relu", 0.4), ("relu_wide", 0.5), ("tanh", 1e29))
        for epoch in (1, 2, 4)
    ]
    figure = learning_curves.draw(made_result(), pd.DataFrame(points), "train_loss")
    low, high = figure.axes[0].get_ylim()
    assert low < 0.1 and 0.5 < high < 1
    assert len([tick for tick in figure.axes[0].get_yticks() if low <= tick <= high]) > 1
    texts = {text.get_text() for text in figure.axes[0].texts}
    assert {"relu", "relu_wide", "tanh (at 2e+28)"} <= texts
    assert figure.get_suptitle().endswith("Above the picture: tanh")
    assert all(text.get_position()[1] <= 1 for text in figure.axes[0].texts)


def test_a_curve_says_of_how_many_runs_it_is_where_some_diverged_before_their_first_point() -> None:
    points = [
        {"metric": "test_accuracy", "unit": "%", "variant": name, "seed": 0, "step": 100 * epoch, "epoch": epoch}
        | {"status": "done", "value": 90.0 + epoch}
        for name in ("relu", "tanh_wide")
        for epoch in (1, 2)
    ]
    figure = learning_curves.draw(made_result(), pd.DataFrame(points), "test_accuracy")
    assert {text.get_text() for text in figure.axes[0].texts} == {"relu", "tanh_wide (2 of 7 diverged)"}
