"""Markdown as HTML of the page: tables scroll by themselves, headings keep their level, nothing is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token
    from markupsafe import Markup

LOWEST_HEADING = 6


def rendered(text: str, label: str = "", under: int = 4) -> Markup:
    """A piece of markdown; its tables are announced as `label`, its headings stand `under` that level."""
    from markupsafe import Markup

    markdown = _markdown()
    tokens = markdown.parse(text)
    for token in tokens:
        _adapt(token, under)
    return Markup(markdown.renderer.render(tokens, markdown.options, {"label": label}))


def inline(text: str) -> Markup:
    """A line of markdown."""
    from markupsafe import Markup

    return Markup(_markdown().renderInline(text))


def _adapt(token: Token, under: int) -> None:
    if token.type in {"heading_open", "heading_close"}:
        token.tag = f"h{min(int(token.tag[1:]) + under, LOWEST_HEADING)}"
    if token.type in {"th_open", "td_open"}:
        right = "right" in str(token.attrs.pop("style", ""))
        token.attrs |= {"class": "number"} if right else {}
        token.attrs |= {"scope": "col"} if token.type == "th_open" else {}


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    markdown = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    markdown.add_render_rule("table_open", _table_open)
    markdown.add_render_rule("table_close", _table_close)
    return markdown


def _table_open(renderer: Any, tokens: Sequence[Token], place: int, options: Any, env: Any) -> str:
    from markupsafe import escape

    return f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(env.get("label") or "table")}"><table>'


def _table_close(renderer: Any, tokens: Sequence[Token], place: int, options: Any, env: Any) -> str:
    return "</table></div>\n"
