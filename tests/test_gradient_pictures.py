"""The picture of error against step."""

from __future__ import annotations

import io

import matplotlib
import numpy as np
import pandas as pd

from replab.report.gradient_pictures import convergence_points, draw_convergence
from replab.report.picture_files import STYLE


def summary() -> pd.DataFrame:
    rows = []
    for variant, order in (("forward", 1), ("central", 2)):
        rows.append({"variant": variant, "metric": "order", "mean": float(order)})
        for h in (1e-3, 3e-6, 1e-5):
            mean = 5 * h**order
            ends = {"ci_low": -mean, "ci_high": 2 * mean}
            rows.append({"variant": variant, "metric": f"error_at_h_{h:.0e}".replace("e-0", "e-"), "mean": mean} | ends)
    rows.append({"variant": "lost", "metric": "error_at_h_1e-3", "mean": np.nan})
    return pd.DataFrame(rows).assign(study="made_up")


def drawn() -> bytes:
    buffer = io.BytesIO()
    with matplotlib.rc_context(STYLE):
        draw_convergence(summary()).savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def test_points_are_the_errors_by_variant_and_step() -> None:
    points = convergence_points(summary())
    assert points["variant"].tolist() == ["central"] * 3 + ["forward"] * 3
    assert points["h"].tolist() == [3e-6, 1e-5, 1e-3] * 2


def test_the_picture_has_each_variants_line_its_order_and_a_guide() -> None:
    (place,) = draw_convergence(summary()).axes
    assert place.get_xscale() == place.get_yscale() == "log"
    lines = {str(line.get_label()): line for line in place.lines}
    assert set(lines) == {"central (measured order 2.000)", "forward (measured order 1.000)", "h^1", "h^2"}
    slope = np.polyfit(*np.log([lines["h^2"].get_xdata(), lines["h^2"].get_ydata()]), 1)[0]
    assert np.isclose(slope, 2)


def test_the_same_summary_gives_the_same_bytes() -> None:
    assert drawn() == drawn()
