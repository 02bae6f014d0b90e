"""The verdicts as a table in LaTeX, for a paper."""

from __future__ import annotations

import pandas as pd

from replab.judging.judgement import Judgement
from replab.judging.words import count, difference_unit, names_of
from replab.report.dot_rows import estimate_text
from replab.report.frames import as_rows
from replab.report.statement_tables import counted_text, places_of

HEAD = "% In the preamble: \\usepackage{booktabs}, and with pdfLaTeX \\usepackage[T1]{fontenc}\n"
COLUMNS = ["", "statement", "verdict", "our runs [interval]"]
FORMAT = r"rp{.5\linewidth}ll"


def statements_latex(judgement: Judgement) -> str:
    """A row for each statement and question: its sentence, its verdict, and our estimate with its interval."""
    places = places_of(judgement.statements)
    rows = [
        [places[row["id"]], row["sentence"], row["verdict"], _ours(judgement.parts, row["id"])]
        for row in as_rows(judgement.statements)
    ]
    style = pd.DataFrame(rows, columns=COLUMNS).style.hide(axis="index").format(escape="latex")
    return HEAD + str(style.to_latex(hrules=True, column_format=FORMAT))


def _ours(parts: pd.DataFrame, id_: str) -> str:
    """The estimate of a statement's one part; of several, how many there are."""
    own = as_rows(parts[(parts["id"] == id_) & parts["primary"]])
    if len(own) != 1:
        return f"({count(len(own), 'part')})" if own else ""
    [row] = own
    if row["center"] == "share":
        return counted_text(row)
    unit = difference_unit(row["unit"]) if len(names_of(str(row["variants"]))) > 1 else row["unit"]
    text = estimate_text(row)
    return f"{text} {unit}".strip() if text else ""
