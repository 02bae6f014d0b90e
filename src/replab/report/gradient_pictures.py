"""The error of a numerical gradient against its step, from a study's summary: `error_at_h_1e-3` and so on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from replab.report.curve_panels import PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PREFIX = "error_at_h_"
GUIDE: dict[int, str] = {1: ":", 2: "--"}
GUIDE_ENDS = (3e-6, 1e-3)


def convergence_points(summary: pd.DataFrame) -> pd.DataFrame:
    """The rows of a `summary_frame` that are errors at a step, with the step as `h`, by variant and step."""
    rows = summary[summary["metric"].str.startswith(PREFIX) & summary["mean"].notna()]
    return rows.assign(h=rows["metric"].str.removeprefix(PREFIX).astype(float)).sort_values(["variant", "h"])


def draw_convergence(summary: pd.DataFrame) -> Figure:
    """Both axes logarithmic: a line for each variant, its 95 % band, and slopes of order 1 and 2 beside them.

    Steps fall to the right: the error falls with them until rounding takes over.
    """
    from matplotlib.figure import Figure

    points = convergence_points(summary)
    figure = Figure(figsize=(8, 4.2))
    place = figure.subplots()
    for colour, (variant, own) in zip(PALETTE, points.groupby("variant", sort=True), strict=False):
        label = f"{variant}{_order_text(summary, str(variant))}"
        place.plot(own["h"], own["mean"], "o-", color=colour, markersize=4, linewidth=1.4, label=label)
        low = own["ci_low"].clip(lower=own["mean"] / 10).fillna(own["mean"])
        place.fill_between(own["h"], low, own["ci_high"].fillna(own["mean"]), color=colour, alpha=0.2, linewidth=0)
        _draw_guide(place, own)
    place.set_xscale("log")
    place.set_yscale("log")
    place.invert_xaxis()
    place.set_xlabel("step h")
    place.set_ylabel("relative distance from the analytic gradient")
    place.legend(loc="upper right")
    figure.suptitle(f"{summary['study'].iloc[0]}: error against step", x=0.01, ha="left", fontsize=10)
    return figure


def _order_text(summary: pd.DataFrame, variant: str) -> str:
    found = summary.loc[(summary["variant"] == variant) & (summary["metric"] == "order"), "mean"].dropna()
    return f" (measured order {found.iloc[0]:.3f})" if len(found) else ""


def _draw_guide(place: Axes, own: pd.DataFrame) -> None:
    """A line of order 1 or 2, whichever is nearer, a little above a variant's errors."""
    ends = own[own["h"].isin(GUIDE_ENDS)]
    if len(ends) < 2:
        return
    h, error = ends["h"].to_numpy(), ends["mean"].to_numpy()
    order = 1 if np.log(error[1] / error[0]) / np.log(h[1] / h[0]) < 1.5 else 2
    place.plot(h, 3 * error[1] * (h / h[1]) ** order, GUIDE[order], color="#777777", linewidth=1, label=f"h^{order}")
