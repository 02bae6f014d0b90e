"""A picture as files: one style, a watermark where there is one; the same records give the same bytes."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from replab.judging.verdict_names import DataScope
from replab.report.markdown_text import with_units
from replab.report.study import StudyResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DOTS_PER_INCH = 100
RED = "#b00020"
CHARACTERS_AN_INCH = 12.5  # of a title
KINDS: dict[str, Any] = {"svg": {"Date": None, "Creator": "replab"}, "png": {"Software": None}}
STYLE: Any = {
    "svg.hashsalt": "replab",
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.labelsize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.facecolor": "none",
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}


def kinds_of(result: StudyResult) -> list[str]:
    """As which kinds of file the pictures of a study are kept. A sample's go into no paper: they need no PNG."""
    return ["svg"] if result.scope == DataScope.SAMPLE else list(KINDS)


def saved(result: StudyResult, draw: Callable[[], Figure], kinds: Iterable[str]) -> dict[str, bytes]:
    """Kind of file -> the picture as such a file, laid out once and drawn once for each: `savefig` draws it twice.

    It is laid out for pixels: an SVG's texts are measured as narrower, and a PNG would cut the longest of them.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    contents = {}
    with matplotlib.rc_context(STYLE):
        figure = draw()
        if result.watermark:
            _watermark(figure, result)
        _wrap_title(figure)
        vector, raster = FigureCanvasSVG(figure), FigureCanvasAgg(figure)
        if engine := figure.get_layout_engine():
            engine.execute(figure)
            figure.set_layout_engine("none")
        write: dict[str, Callable[..., Any]] = {"svg": vector.print_svg, "png": raster.print_png}
        for kind in kinds:
            buffer = io.BytesIO()
            figure.set_dpi(DOTS_PER_INCH)  # an SVG sets its own
            write[kind](buffer, metadata=KINDS[kind])
            contents[kind] = buffer.getvalue()
    return contents


def _wrap_title(figure: Figure) -> None:
    """A title that is longer than the picture is wide goes on in a second line, where the layout makes room for it."""
    lines = textwrap.fill(with_units(figure.get_suptitle()), int(CHARACTERS_AN_INCH * figure.get_figwidth()))
    if "\n" in lines and figure.get_layout_engine():
        figure.suptitle(lines, x=0.01, ha="left", fontsize=10)


def _watermark(figure: Figure, result: StudyResult) -> None:
    """In the title, whose colour it changes; a sample's also across the picture."""
    if result.scope == DataScope.SAMPLE:
        place: Any = {"ha": "center", "va": "center", "rotation": 20, "alpha": 0.1, "zorder": -1}
        figure.text(0.5, 0.5, result.watermark, fontsize=70, color=RED, **place)
    figure.suptitle(f"{result.watermark}  {figure.get_suptitle()}", x=0.01, ha="left", fontsize=10, color=RED)
