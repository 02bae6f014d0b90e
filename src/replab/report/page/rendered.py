"""Markdown as HTML of the page: tables scroll by themselves, headings keep their order, nothing is loaded."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token
    from markupsafe import Markup

LOWEST_HEADING = 6
INTERVAL = re.compile(r"(\[[-+.\de]+,) ([-+.\de]+\])")


def rendered(text: str, label: str = "", under: int = 4, pictures: Mapping[str, str] | None = None) -> Markup:
    """A piece of markdown; its tables are announced as `label`, its headings stand `under` that level.

    An image is shown if `pictures` has its source: with the source that stands there. Of others the words are shown.
    """
    from markupsafe import Markup

    markdown = _markdown()
    tokens = markdown.parse(text)
    for token in tokens:
        _adapt(token, under)
    _take_out_of_paragraphs(tokens, pictures or {})
    html = markdown.renderer.render(tokens, markdown.options, {"label": label, "pictures": pictures or {}})
    return Markup(unbroken(html))


def unbroken(text: str) -> str:
    """The text with a space that breaks no line inside of each interval: [96.30, 96.52]."""
    return INTERVAL.sub("\\1\N{NO-BREAK SPACE}\\2", text)


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


def _take_out_of_paragraphs(tokens: Sequence[Token], pictures: Mapping[str, str]) -> None:
    """A figure stands in no paragraph of HTML; in markdown, an image that stands alone does."""
    for place, token in enumerate(tokens):
        children = token.children or []
        if [child.type for child in children] == ["image"] and children[0].attrs["src"] in pictures:
            tokens[place - 1].hidden = tokens[place + 1].hidden = True


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    markdown.add_render_rule("image", _image)
    markdown.add_render_rule("code_inline", _code)
    markdown.add_render_rule("table_open", _table_open)
    markdown.add_render_rule("table_close", _table_close)
    return markdown


def _code(renderer: Any, tokens: Sequence[Token], place: int, options: Any, env: Any) -> str:
    """A name in code type, which may go on in another line after an underscore."""
    from markupsafe import escape

    return f"<code>{str(escape(tokens[place].content)).replace('_', '_<wbr>')}</code>"


def _table_open(renderer: Any, tokens: Sequence[Token], place: int, options: Any, env: Any) -> str:
    from markupsafe import escape

    return f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(env.get("label") or "table")}"><table>'


def _table_close(renderer: Any, tokens: Sequence[Token], place: int, options: Any, env: Any) -> str:
    return "</table></div>\n"


def _image(renderer: Any, tokens: Sequence[Token], place: int, options: Any, env: Any) -> str:
    from markupsafe import escape

    words = escape(renderer.renderInlineAsText(tokens[place].children, options, env))
    source = env.get("pictures", {}).get(tokens[place].attrs["src"])
    if source is None:
        return str(words)
    scroll = f'<div class="scroll" role="region" tabindex="0" aria-label="{words}">'
    return f'<figure>{scroll}<img src="{escape(source)}" alt="{words}"></div></figure>\n'
