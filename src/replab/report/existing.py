"""The report on results that exist: report.md, index.html (the same, on one page), tables and pictures.

It needs no study, no store and no torch; every number in it comes from the frames that stand beside it as CSV.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from replab.files import write_bytes, write_text
from replab.judging.words import count
from replab.readers.tables import FRAME
from replab.report.baseline_table import established_text
from replab.report.existing_claims import PICTURE, Judged, judged_files
from replab.report.existing_folder import MACHINE_READABLE, check_folder, check_sources, sources_of
from replab.report.existing_page import existing_html
from replab.report.existing_pictures import dots
from replab.report.existing_tables import luck_table, summary_table
from replab.report.markdown import template
from replab.report.markdown_text import code, escaped, metric_words

LINKED = re.compile(r"\]\((figures/\w+\.svg|(?:runs|means|summary|against|statements|parts)\.csv|statements\.tex)\)")


@dataclass(frozen=True)
class Existing:
    """What the report is told: the runs, and what they come to.

    `against` is empty without a baseline; `notes` are what was guessed, left out or is uneven; `judged` is there
    where claims are; `paired`: whether runs with one seed are compared with each other.
    """

    title: str
    runs: pd.DataFrame
    summary: pd.DataFrame
    against: pd.DataFrame
    baseline: str
    notes: list[str]
    judged: Judged | None = None
    paired: bool = True

    @property
    def metrics(self) -> list[str]:
        """The metrics of the summary, in its order."""
        return [str(metric) for metric in self.summary["metric"].unique()]


def write_existing(found: Existing, folder: Path) -> None:
    """Write all files into `folder`, report.md last; everything is drawn and worded before the first is written.

    Raises ReplabError where a file would be lost: one that was read, or one that no earlier call has written.
    """
    pictures = {f"{file_name(metric)}.svg": dots(found.runs, found.summary, metric) for metric in found.metrics}
    if found.judged and found.judged.picture:
        pictures[PICTURE] = found.judged.picture
    blocks = page_blocks(found)
    html = existing_html(found.title, blocks, pictures, found.judged)
    tables = {"runs": found.runs, "summary": found.summary}
    tables |= {"against": found.against} if len(found.against) else {}
    texts = {f"{name}.csv": csv_text(frame) for name, frame in tables.items()}
    texts |= judged_files(found.judged) if found.judged else {}
    check_sources(folder, texts, found.runs["source"].unique())
    write_files(folder, texts, pictures, html, blocks)


def write_files(
    folder: Path, texts: Mapping[str, str], pictures: Mapping[str, bytes], html: str, blocks: Mapping[str, str]
) -> None:
    """Write tables, pictures and pages, report.md last; what an earlier call left is removed.

    Raises ReplabError for what no earlier call has written.
    """
    check_folder(folder, texts, pictures)
    for name, text in texts.items():
        write_text(folder / name, text)
    for name, content in pictures.items():
        write_bytes(folder / "figures" / name, content)
    _remove_earlier(folder, {*texts, *(f"figures/{name}" for name in pictures)})
    write_text(folder / "index.html", html)
    write_text(folder / "report.md", "".join(blocks.values()))


def _remove_earlier(folder: Path, written: set[str]) -> None:
    """Remove the tables and pictures that the report.md of an earlier call names and this one has not."""
    report = folder / "report.md"
    text = report.read_text(encoding="utf-8", errors="replace") if report.is_file() else ""
    for name in set(LINKED.findall(text)) - written if MACHINE_READABLE in text else ():
        (folder / name).unlink(missing_ok=True)


def page_blocks(found: Existing) -> dict[str, str]:
    """report.md, block by block, in its order."""
    return blocks_of("existing.md.j2", context(found))


def blocks_of(name: str, values: dict[str, Any]) -> dict[str, str]:
    """The blocks of a template, in its order."""
    own = template(name)
    shown = own.new_context(values)
    return {block: "".join(render(shown)) for block, render in own.blocks.items()}


def context(found: Existing) -> dict[str, Any]:
    """What the template shows."""
    watermark = found.judged and found.judged.result.watermark
    return dict(
        title=escaped(found.title),
        watermark=f" ({watermark})" if watermark else "",
        size=escaped(size(found)),
        notes=[escaped(note) for note in found.notes],
        answer=found.judged.context["answer"] if found.judged else _answer(found, code(found.baseline)),
        judged=found.judged.context if found.judged else None,
        baseline=code(found.baseline) if found.baseline else "",
        paired=found.paired,
        metrics=[
            {
                "words": escaped(metric_words(metric)),
                "file": file_name(metric),
                "table": summary_table(found.summary, metric),
                "luck": luck_table(found.against, metric),
            }
            for metric in found.metrics
        ],
    )


def answer(found: Existing) -> str:
    """What came out, in a sentence or two of plain text."""
    return found.judged.answer if found.judged else _answer(found, found.baseline)


def size(found: Existing) -> str:
    """How many runs there are, and from where, in a sentence."""
    runs = found.runs.drop_duplicates(["variant", "seed"])
    variants = count(runs["variant"].nunique(), "variant")
    return f"{count(len(runs), 'run')} of {variants}, from {_origin(runs['source'])}."


def _origin(sources: pd.Series) -> str:
    """Where the runs are from, in words."""
    files = sources_of(sources)
    if files == {FRAME}:
        return f"a {FRAME}"
    return f"{len(files)} {'file' if len(files) == 1 else 'files or folders'}"


def file_name(metric: str) -> str:
    """The name of a metric's picture."""
    return re.sub(r"\W+", "_", metric)


def csv_text(frame: pd.DataFrame) -> str:
    """The frame as CSV, numbers with eight significant digits."""
    return str(frame.to_csv(index=False, lineterminator="\n", float_format="%.8g"))


def _answer(found: Existing, baseline: str) -> str:
    tested = found.against["p_holm"].dropna().tolist()
    return established_text(tested, baseline) or "Nothing is compared: see the tables for what the runs measured."
