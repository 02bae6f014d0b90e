"""What the docs site needs besides docs/: pages that lie elsewhere in the repository, and a list of the decisions.

Links of a page are relative to its place in the repository, so that they also work on a code host. On the site, a link
to an added page is corrected. A link to what the site does not have (reports, source) becomes plain text.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ADDED = [
    "benchmarks/error_rates.md", "benchmarks/unpaired_error_rates.md", "benchmarks/wide_intervals.md",
    "benchmarks/README.md", "CONTRIBUTING.md", "CHANGELOG.md",
]  # fmt: skip
DECISIONS = "decisions/index.md"
LINK = re.compile(r"\[([^\]]+)\]\(([^)#:\s]+)(#[^)\s]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages, and the list of decisions."""
    root, docs = Path(config.config_file_path).parent, Path(config.docs_dir)
    for name in ADDED:
        files.append(File.generated(config, name, content=(root / name).read_text("utf-8")))
    titles = {path.name: path.read_text("utf-8").splitlines()[0].lstrip("# ") for path in docs.glob("decisions/*.md")}
    lines = [f"- [{title}]({name})" for name, title in sorted(titles.items())]
    files.append(File.generated(config, DECISIONS, content="\n".join(["# Decisions", "", *lines, ""])))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Correct the links that leave docs/."""
    root = Path(config.config_file_path).parent
    here = page.file.src_uri
    added = here in ADDED
    folder = os.path.dirname(here if added else f"docs/{here}")

    def corrected(link: re.Match[str]) -> str:
        text, path, place = link[1], link[2], link[3] or ""
        target = os.path.normpath(os.path.join(folder, path))
        if not (root / target).exists() and here != DECISIONS:
            return link[0]  # which mkdocs will complain about
        name = target.removeprefix("docs/")
        found = files.get_file_from_path(name)
        if found is None or found.inclusion.is_excluded() or (name == target and name not in ADDED):
            return text
        return f"[{text}]({os.path.relpath(name, os.path.dirname(here) or '.')}{place})"

    return LINK.sub(corrected, markdown)
