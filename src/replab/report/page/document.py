"""What every page shares: its template, its style and script within it, and a policy that forbids all else."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from replab.judging.words import capital, count
from replab.report.verdict_summary import INCONCLUSIVE_NUMBERS, MEANINGS

SIGNS = dict(zip(MEANINGS, "✓✗✓✗◐?≁–✓✗?", strict=True))


def page_text(template: str, **context: Any) -> str:
    """The page that a template of `templates/page` gives; what is no Markup is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup, escape

    loader = PackageLoader("replab.report", "templates/page")
    environment = Environment(
        loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=True
    )
    style, script = (loader.get_source(environment, name)[0] for name in ("page.css", "page.js"))
    environment.filters |= {
        "duration": duration,
        "lower_class": lower_class,
        "capitalized": capital,
        "counted": count,
        "breakable": lambda name: Markup(escape(name).replace("_", Markup("_<wbr>"))),
    }
    environment.globals |= {"share": share, "signs": SIGNS, "inconclusive_numbers": INCONCLUSIVE_NUMBERS}
    files = {"style": Markup(style), "script": Markup(script)}
    hashes = {"style_hash": content_hash(style), "script_hash": content_hash(script)}
    return environment.get_template(template).render(**context, **files, **hashes)


def duration(seconds: float) -> str:
    """`35 s`, `12 min` or `3.2 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"


def share(count: int, total: int) -> float:
    """Percent, with two decimals."""
    return round(100 * count / total, 2) if total else 0.0


def lower_class(verdict: str) -> str:
    """A verdict as a CSS class."""
    return verdict.lower().replace(" ", "-")


def content_hash(text: str) -> str:
    """The source expression that allows an inline element with this content."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
