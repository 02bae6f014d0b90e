"""index.html of results that exist: the statements as on the page of a profile, and the rest of report.md.

The page loads nothing at all: its pictures stand in it as data.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from replab.report.existing_claims import PICTURE, Judged
from replab.report.page.document import page_text
from replab.report.page.rendered import rendered
from replab.report.page.statements_part import statements_part
from replab.report.profile_pages import ReportPart
from replab.report.verdict_summary import HYPOTHESIS, STATEMENT, of_role


def existing_html(title: str, blocks: Mapping[str, str], pictures: Mapping[str, bytes], judged: Judged | None) -> str:
    """The page; `blocks` are those of existing.md.j2, as markdown, and `pictures` are SVG by the name of the file."""
    found = {f"figures/{name}": _as_data(content) for name, content in pictures.items()}
    return page_text(
        "existing.html.j2",
        title=title,
        watermark=judged.result.watermark if judged else "",
        head=rendered(blocks["head"], under=0),
        picture=rendered(blocks["picture"], pictures=found),
        untested=rendered(blocks["untested"], under=0),
        results=rendered(blocks["results"], "results", under=0, pictures=found),
        judged=judged is not None,
        drawn=PICTURE in pictures,
        studies=[],
        **_statements(judged),
    )


def _statements(judged: Judged | None) -> dict[str, Any]:
    """The context of the statements."""
    if judged is None:
        return {}
    own, name = judged.judgement.statements, judged.result.name
    head = judged.file.report, judged.file.title, judged.file.known
    part = ReportPart(*head, of_role(own, STATEMENT), of_role(own, HYPOTHESIS))
    return {"source": judged.file.source} | statements_part([part], [judged.result], {name: judged.judgement})


def _as_data(svg: bytes) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg).decode("ascii")
