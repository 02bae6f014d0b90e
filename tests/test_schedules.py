"""Schedules where a step more or less is another learning rate, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from replab.blocks import check_component
from replab.building import build
from replab.errors import ReplabError

REPORT_000 = {"name": "piecewise_constant", "boundaries": [10, 30], "factors": [1, 0.1, 0.05]}
STEPS = 73_257 // 256


def test_report_000_s_rates_change_after_the_boundaries_steps() -> None:
    factor = build("schedule", REPORT_000, steps_per_epoch=STEPS)
    changes = {step: factor(step) for step in range(1, 40 * STEPS) if factor(step) != factor(step - 1)}
    assert changes == {10 * 286 + 1: 0.1, 30 * 286 + 1: 0.05}
    assert [0.01 * factor(step) for step in (0, 10 * 286, 20 * 286, 39 * 286)] == pytest.approx(
        [0.01, 0.01, 1e-3, 5e-4]
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"factors": [1, 0.1]}, "2 boundaries need 3 factors, not 2"),
        ({"boundaries": [30, 10]}, r"boundaries must grow, unlike \[30, 10\]"),
        ({"boundaries": [10, 10]}, "boundaries must grow"),
    ],
)
def test_boundaries_and_factors_that_do_not_fit_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ReplabError, match=message):
        build("schedule", REPORT_000 | changes, steps_per_epoch=STEPS)(0)


@pytest.mark.parametrize("factors", [[1, 0, 0.05], [1, -0.1, 0.05], [1, True, 0.05], 0.1, ["a", 1, 1]])
def test_factors_that_are_no_positive_numbers_are_refused_before_anything_runs(factors: Any) -> None:
    with pytest.raises(ReplabError, match="factors must be a list of numbers above 0"):
        check_component("schedule", REPORT_000 | {"factors": factors})
