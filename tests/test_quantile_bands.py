"""The picture of one seed beside the spread of many."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from replab.judging.verdict_names import DataScope
from replab.report import quantile_bands
from replab.report.axis_scales import FLOOR
from replab.report.learning_curves import axis_of, with_floor
from replab.report.study import StudyResult

SEEDS, STEPS = 25, (50, 100, 150)


def curves(seeds: int = SEEDS, least: float = 0.0) -> pd.DataFrame:
    rows = [
        {"variant": variant, "seed": seed, "status": "done", "metric": "test_loss", "unit": "nats", "step": step,
         "epoch": step / 10, "value": least + seed * (1 + (variant == "b"))}
        for variant in ("a", "b") for seed in range(seeds) for step in STEPS
    ]  # fmt: skip
    rows.append(rows[0] | {"seed": 99, "status": "diverged", "value": 1e9})
    return pd.DataFrame(rows)


def result() -> StudyResult:
    return StudyResult("made_up", "full", DataScope.ORIGINAL, "999", "t", "q", [], ["b", "a"], {}, {})


def test_only_finished_runs_of_variants_with_many_seeds_count() -> None:
    assert quantile_bands.with_many_seeds(curves(), "test_loss")["seed"].max() == SEEDS - 1
    assert quantile_bands.with_many_seeds(curves(19), "test_loss").empty
    assert quantile_bands.with_many_seeds(curves(), "test_accuracy").empty


def test_the_spread_is_the_quantiles_over_the_seeds() -> None:
    spread = quantile_bands.quantiles_of(quantile_bands.with_many_seeds(curves(), "test_loss"), "step")
    assert spread.loc[("a", 50)].tolist() == list(np.quantile(np.arange(SEEDS), quantile_bands.QUANTILES))
    assert spread.loc[("b", 150), 0.5] == SEEDS - 1


def test_each_panel_has_the_median_and_the_first_seed() -> None:
    places = [
        place for place in quantile_bands.draw(result(), curves(least=1.0), "test_loss").axes if place.get_visible()
    ]
    assert [place.get_title(loc="left") for place in places] == ["b", "a"]
    median, one = places[1].lines
    assert list(median.get_ydata()) == [1 + (SEEDS - 1) / 2] * 3 and list(one.get_ydata()) == [1.0] * 3
    assert places[0].get_yscale() == "log"


def test_a_loss_of_zero_is_drawn_at_the_floor() -> None:
    place = quantile_bands.draw(result(), curves(), "test_loss").axes[0]
    assert list(place.lines[1].get_ydata()) == [FLOOR] * 3


def test_percentages_are_stretched_towards_100() -> None:
    percent = curves().assign(unit="%")
    assert quantile_bands.draw(result(), percent, "test_loss").axes[0].get_yscale() == "function"


def test_a_floor_is_for_values_that_are_zero_somewhere_and_negative_nowhere() -> None:
    assert with_floor(curves())["value"].min() == FLOOR
    for others in (curves(least=-1.0), curves(least=1.0), curves().assign(unit="%")):
        assert with_floor(others) is others


@pytest.mark.parametrize(
    ("budget", "sizes", "axis"),
    [
        ({"steps": 150, "epochs": None}, (8, 100), "step"),
        ({"steps": 150, "epochs": None}, (8, 8), "epoch"),
        ({"steps": None, "epochs": 3}, (8, 100), "epoch"),
    ],
)
def test_batches_of_several_sizes_are_compared_by_steps(
    budget: dict[str, int], sizes: tuple[int, ...], axis: str
) -> None:
    records = {
        (variant, 0): {"spec": {"budget": budget, "batches": {"size": size}}}
        for variant, size in zip(("a", "b"), sizes, strict=True)
    }
    assert axis_of(replace(result(), records=records), curves()) == axis
