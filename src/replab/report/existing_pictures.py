"""The runs of a metric as dots, a row for each variant, with the mean and its interval.

The same runs give the same bytes.
"""

from __future__ import annotations

import io
from typing import Any

import pandas as pd

from replab.report.markdown_text import metric_words

WIDTH, ROW, EDGE = 7.0, 0.32, 0.9  # inches
MOST_DRAWN = 10_000  # dots as shapes, 150 bytes each; more are an image inside of the SVG
DOTS_PER_INCH = 200  # of such an image


def dots(runs: pd.DataFrame, summary: pd.DataFrame, metric: str) -> bytes:
    """The picture as SVG."""
    import matplotlib
    from matplotlib.figure import Figure

    own = summary[summary["metric"] == metric]
    done = runs[(runs["metric"] == metric) & (runs["status"] == "done")]
    many = len(done) > MOST_DRAWN
    with matplotlib.rc_context({"svg.hashsalt": "replab", "svg.fonttype": "path", "font.size": 9}):
        figure = Figure(figsize=(WIDTH, EDGE + ROW * len(own)), layout="constrained")
        axes = figure.add_subplot()
        for place, row in enumerate(own.to_dict("records")):
            values = done.loc[done["variant"] == row["variant"], "value"]
            at = [place] * len(values)
            axes.plot(values, at, "o", color="#4477aa", alpha=0.45, markersize=4, rasterized=many)
            axes.plot([row["ci_low"], row["ci_high"]], [place - 0.25] * 2, "-", color="#222222", linewidth=1.2)
            axes.plot([row["mean"]], [place - 0.25], "|", color="#222222", markersize=8)
        axes.set_yticks(range(len(own)), [str(name).replace("$", r"\$") for name in own["variant"]])
        axes.set_ylim(len(own) - 0.5, -0.7)
        axes.set_xlabel(metric_words(metric, str(own["unit"].iloc[0])).replace("$", r"\$"))
        axes.spines[["top", "right"]].set_visible(False)
        buffer = io.BytesIO()
        dpi: Any = DOTS_PER_INCH if many else "figure"
        figure.savefig(buffer, format="svg", dpi=dpi, metadata={"Date": None, "Creator": None})
    return buffer.getvalue()
