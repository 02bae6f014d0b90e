"""The picture of optimizers' ways, and the functions that they descend."""

from __future__ import annotations

import io

import matplotlib
import numpy as np
import pytest
from scipy import optimize

from replab.building import build
from replab.errors import ReplabError
from replab.judging.verdict_names import DataScope
from replab.probes.optimizer_paths import optimizer_path, shown_steps
from replab.report.figures import drawings
from replab.report.frames import summary_frame
from replab.report.kept_judgements import judgement_of
from replab.report.path_pictures import draw_paths, paths_of, points_of
from replab.report.picture_files import STYLE
from replab.report.study import StudyResult
from replab.valleys import LEAST, VALLEYS, WINDOWS

GD = {"name": "sgd", "lr": 0.05, "momentum": 0.0, "weight_decay": 0.0}


def block(**changes: object) -> dict[str, object]:
    whole = {
        "name": "optimizer_path",
        "function": "quadratic",
        "optimizer": GD,
        "start_x": -2,
        "start_y": 1,
        "steps": 3,
    }
    return whole | changes


def record(variant: str, **changes: object) -> dict[str, object]:
    probe = block(**changes)
    metrics = {name: {"value": value, "unit": unit} for name, (value, unit) in build("probe", probe)().items()}
    return {"identity": variant, "seed": 0, "status": "done", "spec": {"probe": probe}, "metrics": metrics}


def result() -> StudyResult:
    records = {
        ("gd", 0): record("gd"),
        ("fast", 0): record("fast", optimizer=GD | {"lr": 0.02}),
        ("bent", 0): record("bent", function="rosenbrock", optimizer=GD | {"lr": 0.001}),
    }
    head = ("made_up", "full", DataScope.ORIGINAL, "999", "t", "q", [])
    return StudyResult(*head, ["gd", "fast", "bent"], {}, records, primary=["final_value"])


@pytest.mark.parametrize("function", VALLEYS)
def test_a_valley_is_least_where_it_says_and_its_window_shows_it(function: str) -> None:
    found = optimize.minimize(lambda place: VALLEYS[function](*place), x0=[-1.0, 0.7], tol=1e-12)
    np.testing.assert_allclose(found.x, LEAST[function], atol=1e-5)
    assert all(low < place < high for place, (low, high) in zip(LEAST[function], WINDOWS[function], strict=True))


@pytest.mark.parametrize("steps", [1, 2, 19, 20, 21, 22, 500])
def test_the_steps_that_are_recorded_grow_and_end_with_the_last(steps: int) -> None:
    shown = shown_steps(steps)
    assert shown == sorted(set(shown)) and (shown[0], shown[-1]) == (0, steps)
    assert shown[:20] == list(range(min(steps + 1, 20)))


def test_a_way_that_diverges_ends_before_it_does() -> None:
    measured = build("probe", block(optimizer=GD | {"lr": 1e200}, steps=9))()
    assert "final_value" not in measured and 0 < measured["finite_steps"][0] < 9
    assert f"x_at_step_{measured['finite_steps'][0]:.0f}" in measured
    assert all(np.isfinite(value) for value, _ in measured.values())


def test_an_unknown_function_is_refused_in_a_line() -> None:
    with pytest.raises(ReplabError, match="function 'quadratik' unknown; did you mean 'quadratic'"):
        optimizer_path(function="quadratik", optimizer=lambda: None, start_x=0.0, start_y=0.0, steps=1)


def test_the_ways_are_the_recorded_points_by_function_and_variant() -> None:
    paths = paths_of(result())
    assert {function: list(ways) for function, ways in paths.items()} == {
        "quadratic": ["gd", "fast"],
        "rosenbrock": ["bent"],
    }
    np.testing.assert_allclose(paths["quadratic"]["gd"][:2], [[-2, 1], [-1.9, 0]], atol=1e-12)
    assert points_of({"loss": {"value": 1.0}}).shape == (0, 2)


def test_the_picture_has_a_panel_a_variant_with_its_way() -> None:
    places = [place for place in draw_paths(result()).axes if place.get_visible()]
    assert [place.get_title(loc="left") for place in places] == ["gd", "fast", "bent"]
    for place, (_, _, run) in zip(places, result().runs(), strict=True):
        np.testing.assert_array_equal(np.transpose(place.lines[0].get_data()), points_of(run["metrics"]))


def test_it_is_among_the_studys_pictures_with_the_same_bytes_each_time() -> None:
    made = result()
    summary = summary_frame(made, judgement_of(made).parts)

    def drawn() -> bytes:
        buffer = io.BytesIO()
        with matplotlib.rc_context(STYLE):
            drawings(made, summary, judgement_of(made))["paths"]().savefig(
                buffer, format="svg", metadata={"Date": None}
            )
        return buffer.getvalue()

    assert drawn() == drawn()
