"""Tables in LaTeX as papers have them: macros, columns that belong together, siunitx, tables over several pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from replab.errors import ReplabError
from replab.readers.latex_columns import columns_of
from replab.readers.latex_macros import expanded, macros_of
from replab.readers.latex_tables import tables
from replab.readers.paper_cells import cell_of
from replab.readers.paper_tables import PaperTable, read_table

MEANS = [("92.1", "0.3", False), ("93.6", "0.2", True)]


def table_of(folder: Path, spec: str, rows: list[str], before: str = "", name: str = "tabular") -> PaperTable:
    body = r" \\ ".join(rows)
    text = rf"{before} \begin{{{name}}}{{{spec}}} \toprule {body} \\ \bottomrule \end{{{name}}}"
    (folder / "t.tex").write_text(text.replace(r"\\ \midrule \\", r"\\ \midrule"), encoding="utf-8")
    return read_table(folder / "t.tex")


def means(table: PaperTable, column: str) -> list[tuple[str, str, bool]]:
    return [(cell.number, cell.spread, cell.bold) for cell in table.columns[column]]


@pytest.mark.parametrize(
    ("macro", "cell"),
    [
        (r"\newcommand{\std}[1]{{\scriptsize $\pm$#1}}", r"%s\std{%s}"),
        (r"\newcommand*\std[1]{\,$\pm$\,#1}", r"%s\std{%s}"),
        (r"\renewcommand{\ms}[2]{$#1 \pm #2$}", r"\ms{%s}{%s}"),
        (r"\def\ms#1#2{#1{\tiny$\pm$#2}}", r"\ms{%s}{%s}"),
        (r"\newcommand{\spread}[1]{$\pm$#1}\newcommand{\ms}[2]{#1\spread{#2}}", r"\ms{%s} {%s}"),
    ],
)
def test_macros_that_the_file_defines_are_what_they_stand_for(tmp_path: Path, macro: str, cell: str) -> None:
    rows = ["Base & " + cell % ("92.1", "0.3"), r"Ours & \textbf{" + cell % ("93.6", "0.2") + "}"]
    assert means(table_of(tmp_path, "lc", ["Method & Acc", r"\midrule", *rows], macro), "Acc") == MEANS


def test_a_macro_that_makes_bold_tells_what_is_best(tmp_path: Path) -> None:
    rows = ["Method & Acc", r"\midrule", r"Base & $92.1 \pm 0.3$", r"Ours & \win{93.6}$\pm$0.2"]
    assert means(table_of(tmp_path, "lc", rows, r"\newcommand{\win}[1]{\textbf{#1}}"), "Acc") == MEANS


def test_macros_that_call_themselves_come_to_an_end() -> None:
    text = r"\def\a{\b\b}\def\b{\a\a} \newcommand{\one}[2]{#2#1} \a \one{x}"
    assert len(expanded(text * 400, macros_of(text))) < 10_000_000
    assert macros_of(r"\newcommand{\x}[1][default]{#1} \newcommand{\y}{a {b} c}") == {"y": (0, "a {b} c")}


def test_a_macro_that_the_file_does_not_define_is_named() -> None:
    assert r"if \std is a macro of the paper, copy its \newcommand" in cell_of(r"92.1\std{0.3}").reason
    assert "macro" not in cell_of(r"97.8 (\textbf{0.2})").reason + cell_of(r"\cmark{}").reason


@pytest.mark.parametrize("between", [r"@{ $\pm$ }", r"@{\,$\pm$\,}", r"!{\textpm}", "@{±}", r">{\small}r<{x}@{$\pm$}"])
def test_a_spread_in_a_column_of_its_own_joins_its_mean(tmp_path: Path, between: str) -> None:
    spec = "@{}l" + (between if between.startswith(">") else f"r{between}") + r"lr@{\,$\pm$\,}l@{}"
    head = r"Method & \multicolumn{2}{c}{Acc} & \multicolumn{2}{c}{Loss}"
    rows = [r"Base & 92.1 & 0.3 & 0.31 & 0.01", r"Ours & \textbf{93.6} & 0.2 & \multicolumn{2}{c}{--}"]
    table = table_of(tmp_path, spec, [head, r"\midrule", *rows])
    assert means(table, "Acc") == MEANS
    assert means(table, "Loss") == [("0.31", "0.01", False), ("", "", False)]


def test_columns_that_meet_at_the_decimal_point_are_one_number(tmp_path: Path) -> None:
    table = table_of(tmp_path, "lr@{.}l", [r"M & \multicolumn{2}{c}{Acc}", r"\midrule", "a & 92 & 1", "b & 93 & 6"])
    assert [number for number, _, _ in means(table, "Acc")] == ["92.1", "93.6"]


def test_the_brackets_of_siunitx_are_the_uncertainty_of_the_last_digits(tmp_path: Path) -> None:
    head = ["{Model} & {Acc} & {Loss} & {Other}", r"\midrule"]
    rows = [r"a & 92.1(3) & .310(12) & 9.1(3)", r"b & \bfseries 93.6(2) & 4(1) & \num{9.10(3)}"]
    table = table_of(tmp_path, r"l *{2}{S[table-format=2.1(1)]} c", [*head, *rows])
    assert means(table, "Acc") == MEANS
    assert [(number, spread) for number, spread, _ in means(table, "Loss")] == [(".310", "0.012"), ("4", "1")]
    assert [(number, spread) for number, spread, _ in means(table, "Other")] == [("", ""), ("9.10", "0.03")]


def test_the_columns_of_a_tabular_are_read_from_its_argument() -> None:
    spec = r"@{}l|>{\bfseries}c<{x} p{3cm} *{2}{r@{$\pm$}l} D{.}{.}{2} S[table-format=2.2(2)]@{}"
    assert "".join(column.letter for column in columns_of(spec)) == "lcprlrlDS"
    assert [column.before for column in columns_of(spec)] == ["", "", "", "", "±", "", "±", "", ""]


LONG = r"""
\begin{longtable}{p{3cm}cc}
\caption[WER]{Words in error (\%)} \label{t} \\ \toprule
System & WER & CER \\ \midrule
\endfirsthead
\multicolumn{3}{c}{continued} \\ \toprule
System & WER & CER \\ \midrule
\endhead
\midrule \multicolumn{3}{r}{next page} \\
\endfoot
\bottomrule
\endlastfoot
A & 2.70 & 6.30 \\*
B & 2.30 & 5.00 \\
\end{longtable}
"""


def test_no_argument_of_a_tabular_is_too_much() -> None:
    assert len(columns_of("*{99999999999}{" * 5000 + "l" + "}" * 5000)) <= 200
    assert columns_of("@@{}>*{") == [] and columns_of("*{2}{") == []


def test_a_table_over_pages_has_one_head_and_no_caption() -> None:
    expected = ([["System", "WER", "CER"]], [["A", "2.70", "6.30"], ["B", "2.30", "5.00"]])
    assert list(tables(LONG)) == [expected]


def test_a_small_spread_below_its_mean_is_no_footnote() -> None:
    cell = cell_of(r"\makecell{92.1\\ \footnotesize{$\pm$ 0.3}}")
    assert (cell.number, cell.spread) == ("92.1", "0.3")
    assert cell_of(r"92.1\footnote{old}\footnotemark[1]").number == "92.1"
    assert cell_of(r"\thead{Acc\\(\%)}").text == "Acc (%)"


def test_cells_with_two_numbers_name_no_row(tmp_path: Path) -> None:
    head = ["Model & MNLI & QQP & RTE", r"\midrule", r"\multicolumn{4}{c}{\emph{Base}}"]
    rows = ["BERT & 84.6/83.4 & 91.2/88.1 & 68.6", "RoBERTa & 87.6/-- & -- & 78.7", r"\multicolumn{4}{c}{Large}"]
    table = table_of(tmp_path, "lccc", [*head, *rows, r"BERT & \textbf{86.6/85.9} & 91.3/-- & 70.4"])
    assert table.labels == ["Base", "Base, BERT", "Base, RoBERTa", "Large", "Large, BERT"]
    assert list(table.columns) == ["RTE"]
    assert [line.split(": ")[0] for line in table.unread] == ["t.tex, MNLI", "t.tex, QQP"]


def test_rows_may_be_named_by_two_numbers_where_the_user_says_so(tmp_path: Path) -> None:
    rows = ["Size & Acc", r"\midrule", "16/4 & 92.1", "32/8 & 93.6"]
    with pytest.raises(ReplabError, match="say --rows"):
        table_of(tmp_path, "lc", rows)
    assert read_table(tmp_path / "t.tex", rows=("Size",)).labels == ["16/4", "32/8"]
