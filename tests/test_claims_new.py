"""`replab claims new`: from a paper's table to a claims file that `replab judge --claims` accepts."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from replab.__main__ import main
from replab.judging.loading import load_claims
from replab.judging.words import names_of, names_text
from replab.readers.latex_tables import tables
from replab.readers.paper_cells import cell_of
from replab.readers.paper_tables import read_table
from test_judge_command import BLOCKER
from tiny import params, write_params

EXAMPLE = Path(__file__).parents[1] / "docs" / "examples" / "judged-paper"
TEX = r"""
\begin{table} % \begin{tabular}{c} a comment \\ \end{tabular}
\begin{tabular}{lcc}
\toprule
 & \multicolumn{2}{c}{Test} \\
\cmidrule(lr){2-3}
Method & Accuracy (\%) $\uparrow$ & Loss \\
\midrule
\multirow{2}{*}{Adam} & 97.8$^{\dagger}$ & 0.081 \\[2pt]
\rowcolor{gray!20} SGD \& co. & \textbf{98.1} & {\bf 0.072} \\
Sigmoid & 96.2\% & -- \\ \midrule
\multicolumn{3}{l}{\textit{Large}} \\
Maxout & 97,9 & 0.075 \\
\bottomrule
\end{tabular}
\end{table}
"""
MARKDOWN = """\
# Results

| model | acc | F1 |
|---|---:|---:|
| a \\| b | 0.912 ± 0.003 | **0.90** |
| **c** | **0.931 ± 0.002** | 0.88* |
| d | OOM | 0.87 |
"""


def drafted(folder: Path, name: str, text: str, *arguments: str) -> int:
    (folder / name).write_text(text, encoding="utf-8")
    return main(["claims", "new", str(folder / name), "--output", str(folder / "paper.yaml"), *arguments])


def numbers(folder: Path) -> dict[tuple[str, str], str]:
    """(variant, metric) -> the value of each number part."""
    parts = [entry.primary.parts[0] for entry in load_claims(folder / "paper.yaml").statements]
    return {(part.variant, part.metric): part.value for part in parts if part.kind == "number"}


def orders(folder: Path) -> list[tuple[list[tuple[str, str]], bool]]:
    parts = [entry.primary.parts[0] for entry in load_claims(folder / "paper.yaml").statements]
    return [(part.pairs, part.higher_is_better) for part in parts if part.kind == "ranking"]


def test_a_table_in_latex_becomes_numbers_and_orders(tmp_path, capsys):
    assert drafted(tmp_path, "table.tex", TEX) == 0
    assert numbers(tmp_path) == {
        ("Adam", "test_accuracy"): "97.8", ("SGD & co.", "test_accuracy"): "98.1", ("Sigmoid", "test_accuracy"): "96.2",
        ("Adam", "test_loss"): "0.081", ("SGD & co.", "test_loss"): "0.072", ("Maxout", "test_loss"): "0.075",
    }  # fmt: skip
    assert orders(tmp_path) == [
        ([("SGD & co.", "Adam"), ("SGD & co.", "Sigmoid")], True),
        ([("SGD & co.", "Adam"), ("SGD & co.", "Maxout")], False),
    ]
    first = load_claims(tmp_path / "paper.yaml").statements[0]
    assert (first.quote, first.place) == ("Adam | 97.8 | 0.081", "table.tex, row 1")
    assert first.sentence == "The test accuracy of Adam is 97.8 %."
    said = capsys.readouterr().out
    assert "row 5, Test Accuracy (%): '97,9' has a comma" in said and "row 4: 'Large' is no number" in said
    assert "row 3, Test Loss: it has no number" in said and "6 numbers, 2 orders" in said


def test_means_in_markdown_and_fractions(tmp_path):
    assert drafted(tmp_path, "t.md", MARKDOWN, "--runs-per-number", "5", "--unit", "fraction",
                   "--metric", "acc=test_accuracy") == 0  # fmt: skip
    assert numbers(tmp_path) == {
        ("a | b", "test_accuracy"): "91.2", ("c", "test_accuracy"): "93.1",
        ("a | b", "f1"): "90", ("c", "f1"): "88", ("d", "f1"): "87",
    }  # fmt: skip
    first = load_claims(tmp_path / "paper.yaml").statements[0]
    assert first.primary.parts[0].of_runs == 5 and first.note == "Printed as 0.912 ± 0.003."
    assert orders(tmp_path) == [([("c", "a | b")], True), ([("a | b", "c"), ("a | b", "d")], True)]


def test_a_column_may_say_of_how_many_runs_each_number_is(tmp_path):
    assert drafted(tmp_path, "t.csv", "a,n,accuracy\nb,3,97.1 ± 0.2\nc,5,96.0 ± 0.1\n", "--runs-per-number", "n") == 0
    parts = [entry.primary.parts[0] for entry in load_claims(tmp_path / "paper.yaml").statements]
    found = [(part.variant, part.metric, part.of_runs) for part in parts if part.kind == "number"]
    assert found == [("b", "accuracy", 3), ("c", "accuracy", 5)]


def test_one_metric_in_several_columns_is_part_of_the_variants_name(tmp_path):
    text = "depth,10 layers,20 layers\nplain,91.2,85.0\nresidual,93.1,94.2\n"
    assert drafted(tmp_path, "t.csv", text, "--metric", "test_accuracy") == 0
    assert set(numbers(tmp_path)) == {
        (f"{name}, {layers} layers", "test_accuracy") for name in ("plain", "residual") for layers in (10, 20)
    }


def test_columns_and_names_of_rows_can_be_chosen(tmp_path):
    text = "layers,parameters,acc\n1,7840,91.2\n2,9000,93.1\n"
    assert drafted(tmp_path, "t.csv", text, "--rows", "layers", "--columns", "acc") == 0
    assert numbers(tmp_path) == {("1", "acc"): "91.2", ("2", "acc"): "93.1"}


def test_a_metric_may_be_at_a_step(tmp_path):
    assert drafted(tmp_path, "t.csv", "name,loss\na,0.5\nb,0.25\n", "--metric", "train_loss@500") == 0
    assert set(numbers(tmp_path)) == {("a", "train_loss@500"), ("b", "train_loss@500")}


@pytest.mark.parametrize(
    ("raw", "number", "spread", "bold"),
    [
        (r"\textbf{97.8}$^{\dagger}$", "97.8", "", True),
        (r"$\mathbf{97.8}_{\pm 0.2}$", "97.8", "0.2", True),
        (r"97.8{\scriptsize$\pm$0.2}", "97.8", "0.2", False),
        (r"\textcolor{red}{\bfseries 97.8}", "97.8", "", True),
        (r"\cellcolor{gray!20}97.8~\cite{some}", "97.8", "", False),
        ("**97.8**[^1]", "97.8", "", True),
        ("97.8<sup>a</sup> %", "97.8", "", False),
        ("97.80\u00b9", "97.80", "", False),
        ("\u22123.2 +/- 0.1", "-3.2", "0.1", False),
        (r"$1.2\times10^{-3}$", "1.2e-3", "", False),
        ("97.8 ± 0.2*", "97.8", "0.2", False),
        (r"97.8\textsubscript{0.2}", "97.8", "0.2", False),
        (r"97.8\textsubscript{$\pm$0.2}", "97.8", "0.2", False),
        (r"\textbf{97.8}$_{\pm 0.2}$", "97.8", "0.2", True),
        (r"$97.8_{0.2}$", "97.8", "0.2", False),
        (r"$97.8^{\pm 0.2}$", "97.8", "0.2", False),
        (r"97.8 \(\pm\) 0.2", "97.8", "0.2", False),
        (r"97.8\,\textpm\,0.2", "97.8", "0.2", False),
        (r"\(\mathbf{97.8 \pm 0.2}\)", "97.8", "0.2", True),
        ("97.8<sub>0.2</sub>", "97.8", "0.2", False),
    ],
)
def test_cells_with_a_number(raw, number, spread, bold):
    cell = cell_of(raw)
    assert (cell.number, cell.spread, cell.bold, cell.reason) == (number, spread, bold, "")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", "no number"), ("--", "no number"), ("n/a", "no number"), ("12M", "no number"), (">97", "no number"),
        ("~97", "no number"), ("97,8", "comma"), (r"1{,}234", "comma"), ("97.8 (0.2)", "brackets"),
        ("97.8/95.1", "more than one"), ("+0.3", "difference"), (r"$10^{3}$", "power"), ("10<sup>3</sup>", "power"),
        ("10\u00b3", "power"), ("97.8^{+0.1}_{-0.2}", "power"), ("nan", "no number"), ("\u0663", "no number"),
        ("1_000", "more than one"),
    ],
)  # fmt: skip
def test_cells_without_a_plain_number_have_the_reason(raw, reason):
    cell = cell_of(raw)
    assert cell.number == "" and reason in cell.reason


def test_rows_and_cells_of_latex_are_split_outside_of_groups():
    body = r"\begin{tabularx}{\textwidth}{lX} a & b \\ \makecell{c\\d} & \multirow{2}{*}{e} \\ f \& g & \end{tabularx}"
    assert list(tables(body)) == [([["a", "b"]], [[r"\makecell{c\\d}", "{e}"], [r"f \& g", "{e}"]])]


@pytest.mark.parametrize("names", [["a"], ["a", "b"], ["MLP, ReLU"], ["MLP, ReLU", "b"], ['"a"', "b|c"], ["a\\, b"]])
def test_names_of_variants_survive_the_column_of_names(names):
    assert names_of(names_text(names)) == names


def test_the_draft_is_judged_as_it_is_even_with_commas_in_names(tmp_path):
    table = 'method,accuracy (%),loss\n"MLP, ReLU",96.1,0.148\n"MLP, tanh",**96.3**,**0.144**\n'
    assert drafted(tmp_path, "t.csv", table) == 0
    draws = np.random.default_rng(0).normal(0, 0.2, (2, 6))
    rows = [
        {"variant": f"MLP, {name}", "seed": seed, "accuracy": 96 + draws[place, seed],
         "loss": 0.15 - place / 100 + seed / 1000}
        for place, name in enumerate(("ReLU", "tanh")) for seed in range(6)
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(tmp_path / "runs.csv", index=False)
    out = tmp_path / "judged"
    arguments = ["judge", str(tmp_path / "runs.csv"), "--claims", str(tmp_path / "paper.yaml"), "--output", str(out)]
    assert main(arguments) == 0
    parts = pd.read_csv(out / "parts.csv")
    assert len(parts) == 6 and (parts["n"] == 6).all()
    assert "With MLP, tanh, the accuracy is" in (out / "report.md").read_text(encoding="utf-8")


BAD = {
    "empty": ("t.csv", "", (), "no row below a header"),
    "no table": ("t.md", "# Title\n\ntext\n", (), "no table in markdown"),
    "no tabular": ("t.tex", "text", (), "no table in LaTeX"),
    "two tables": (
        "t.md",
        f"{MARKDOWN}\ntext\n\n{MARKDOWN}",
        (),
        "it has 2 tables: say --table, 1 to 2.1: model, acc, F1; 2: m",
    ),
    "third of two": ("t.md", f"{MARKDOWN}\ntext\n\n{MARKDOWN}", ("--table", "3"), "it has 2 tables"),
    "commas": ("t.csv", "a;acc\nb;97,8\n", (), "no cell has a number.*comma"),
    "all numbers": ("t.csv", "layers,acc\n1,97\n", (), "say --rows"),
    "mean": ("t.md", MARKDOWN, (), "say --runs-per-number"),
    "fraction": ("t.csv", "a,acc\nb,0.97\nc,0.9\n", (), "0.9 to 0.97 fractions or percentages.*--unit acc=fraction"),
    "unit": ("t.csv", "a,acc\nb,0.97\n", ("--unit", "acc=percents"), "--unit must be"),
    "column": ("t.csv", "a,accuracy\nb,97\n", ("--columns", "acuracy"), "did you mean 'accuracy'"),
    "metric": ("t.csv", "a,accuracy\nb,97\n", ("--metric", "acuracy=x"), "did you mean 'accuracy'"),
    "runs": ("t.csv", "a,accuracy\nb,97\n", ("--runs-per-number", "0"), "at least one run"),
    "impossible": ("t.csv", "a,accuracy\nb,104\n", (), "104 is not possible for accuracy"),
    "spreads": (
        "t.md",
        "|a|x|SD|y|SD|\n|-|-|-|-|-|\n|b|7|1|6|1|\n",
        (),
        "'SD' is there twice. Write a mean and its spread",
    ),
    "suffix": ("t.txt", "a", (), "named .csv, .md or .tex"),
    "no name": ("t.csv", "a,\nb,97\n", (), "has no name"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_tables_are_said_in_two_lines_at_most_and_nothing_is_written(tmp_path, capfd, name):
    file, text, arguments, said = BAD[name]
    assert drafted(tmp_path, file, text, *arguments) == 2
    message = capfd.readouterr().err
    assert pd.Series([message.replace("\n", " ")]).str.contains(said).all(), message
    assert message.count("\n") <= 2 and not (tmp_path / "paper.yaml").exists()


def test_what_is_left_to_edit_in_a_draft_is_counted(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert drafted(tmp_path, "t.csv", "model,acc\na,97.1\nb,96.2\n") == 0
    (tmp_path / "runs.csv").write_text("variant,seed,acc\na,0,97.3\na,1,97\nb,0,96.1\nb,1,96\n", encoding="utf-8")
    file = tmp_path / "paper.yaml"
    judge = ["judge", str(tmp_path / "runs.csv"), "--claims", str(file), "--output", str(tmp_path / "out")]
    for command in (judge, ["claims", "check", str(file)]):
        capsys.readouterr()
        assert main(command) == 0
        assert "paper.yaml: 5 lines still say EDIT, as drafted from a table." in capsys.readouterr().out
    assert "5 lines still say EDIT" in (tmp_path / "out/report.md").read_text(encoding="utf-8")
    file.write_text(file.read_text(encoding="utf-8").replace("EDIT", "so"), encoding="utf-8")
    assert main(["claims", "check", str(file)]) == 0 and "EDIT" not in capsys.readouterr().out


def test_a_file_that_is_there_is_not_overwritten(tmp_path, capsys):
    (tmp_path / "paper.yaml").write_text("mine", encoding="utf-8")
    assert drafted(tmp_path, "table.tex", TEX) == 2
    assert "exists already" in capsys.readouterr().err
    assert (tmp_path / "paper.yaml").read_text(encoding="utf-8") == "mine"


def test_a_column_without_a_plain_number_is_among_what_is_skipped(tmp_path, capsys):
    write = tmp_path / "table.md"
    write.write_text(
        "| model | loss | acc | who |\n|---|---|---|---|\n| a | 0.5 | 97.8 (0.2) | us |\n| b | 0.4 | 98 (1) | them |\n"
    )
    assert main(["claims", "new", str(write), "--output", str(tmp_path / "paper.yaml")]) == 0
    said = capsys.readouterr().out
    assert "Skipped: table.md, acc: no cell is a plain number: '97.8 (0.2)': a spread in brackets" in said
    assert "who" not in said


def test_bold_that_is_not_the_best_is_no_order(tmp_path, capsys):
    assert drafted(tmp_path, "t.csv", "a,accuracy\nb,97.1\nc,**96.5**\nd,96.0\n") == 0
    assert orders(tmp_path) == [] and "neither above nor below" in capsys.readouterr().out


ABLATION = """\
| model | BN | Drop | acc (%) | ECE ↓ | Δ acc |
|:--|:--:|:--:|--:|--:|--:|
| net |  | x | 91.2 | 0.051 | -- |
| net | ✓ |  | 92.0 | 0.038 | 0.8 |
| net | ✗ | ✓ | 92.4 (0.3) | 0.030 | +1.2 |
| net | ✓ | ✓ | **92.9** | **0.020** | -0.1 |
"""


def test_ticks_name_the_rows_and_an_order_names_those_that_it_is_about(tmp_path, capsys):
    assert drafted(tmp_path, "t.md", ABLATION) == 0
    variants = ["net", "net, BN", "net, Drop", "net, BN + Drop"]
    assert [name for name, metric in numbers(tmp_path) if metric == "ece"] == variants
    assert {metric for _, metric in numbers(tmp_path)} == {"acc", "ece"}  # and no differences
    sentences = [
        entry.sentence for entry in load_claims(tmp_path / "paper.yaml").statements if "better" in entry.sentence
    ]
    assert sentences == [
        "net, BN + Drop is better in acc than “net” and “net, BN”.",
        "net, BN + Drop is better in ece than the other rows.",
    ]
    assert "'0.8' is a difference, as '+1.2' is" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("head", "bold", "reason"),
    [
        ("ECE ↓", "0.020", "the two best numbers, 0.020 and 0.030"),
        (r"ECE $\downarrow$", "0.020", "the two best numbers, 0.020 and 0.030"),
        ("ECE", "**0.020**", "the two best numbers, 0.020 and 0.030"),
        ("ECE ↑", "0.020", "the two best numbers, 0.060 and 0.050"),
        ("score", "0.020", "a unit of the last printed digit"),
    ],
)
def test_the_resolution_is_of_the_best_numbers_by_the_arrow_or_the_bold_cell(tmp_path, head, bold, reason):
    assert drafted(tmp_path, "t.csv", f"net,{head}\na,{bold}\nb,0.030\nc,0.050\nd,0.060\n") == 0
    [entry, *_] = load_claims(tmp_path / "paper.yaml").statements
    assert (
        entry.primary.parts[0].resolution.reason
        == f"EDIT (drafted): {'half of the gap between ' * ('two' in reason)}{reason}."
    )


@pytest.mark.parametrize("heading", ["| **{}** | | |", "| {0} | {0} | {0} |"])
def test_headings_tell_rows_of_one_name_apart(tmp_path, heading):
    rows = "| ERM | 0.5 | {} |\n| Mix | 0.4 | 3 |\n"
    write = tmp_path / "table.md"
    blocks = [heading.format("R-50"), rows.format(2).rstrip(), heading.format("ViT"), rows.format(4).rstrip()]
    write.write_text("\n".join(["| model | loss | rmse |", "|---|---|---|", *blocks]))
    assert read_table(write).labels[1::3] == ["R-50, ERM", "ViT, ERM"]
    write.write_text("\n".join(["| model | loss | rmse |", "|---|---|---|", *blocks[:2]]))
    assert read_table(write).labels[1:] == ["ERM", "Mix"]


def test_an_arrow_in_brackets_leaves_no_brackets(tmp_path):
    (tmp_path / "t.tex").write_text(r"\begin{tabular}{ll} m & Acc~($\uparrow$) \\ \hline a & 1 \end{tabular}")
    table = read_table(tmp_path / "t.tex")
    assert list(table.columns) == ["Acc"] and table.lower == {"Acc": False}


def test_rows_of_one_name_and_chinese_words(tmp_path, capsys):
    assert drafted(tmp_path, "t.csv", "\ufeffa,accuracy\n网络,97.1\n网络,96.5\nx: y #1,95\n") == 0
    assert numbers(tmp_path) == {("网络", "accuracy"): "97.1", ("x: y #1", "accuracy"): "95"}
    assert "a row above is named '网络', too" in capsys.readouterr().out


def test_drafting_needs_no_torch_and_no_workflow(tmp_path):
    (tmp_path / "table.tex").write_text(TEX, encoding="utf-8")
    arguments = ["claims", "new", "table.tex"]
    done = subprocess.run([sys.executable, "-c", BLOCKER, *arguments], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(load_claims(tmp_path / "table.yaml").statements) == 8


def test_claims_files_are_checked_with_and_without_a_study(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert drafted(tmp_path, "table.tex", TEX) == 0
    (tmp_path / "bad.yaml").write_text("report: bad\n", encoding="utf-8")
    capsys.readouterr()
    done = subprocess.run([sys.executable, "-c", BLOCKER, "claims", "check", "paper.yaml", "bad.yaml"],
                          cwd=tmp_path, capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 2 and done.stderr.startswith("replab: bad.yaml: ") and done.stderr.count("\n") == 1
    assert "paper.yaml: 8 statements, 0 questions of one's own, 0 untested; parts: 6 number, 2 ranking" in done.stdout
    assert "There is no params.yaml" in done.stdout
    write_params(tmp_path / "params.yaml", params())
    assert main(["claims", "check", "paper.yaml"]) == 2
    assert "study 'paper' unknown; known: tiny" in capsys.readouterr().err


def test_the_examples_claims_are_those_of_its_table(tmp_path):
    assert main(["claims", "new", str(EXAMPLE / "table.tex"), "--output", str(tmp_path / "paper.yaml")]) == 0
    ours, committed = (load_claims(folder / "paper.yaml") for folder in (tmp_path, EXAMPLE))
    for one, other in zip(ours.statements, committed.statements, strict=True):
        assert (one.id, one.sentence, one.quote, one.place) == (other.id, other.sentence, other.quote, other.place)
        ours_part, part = one.primary.parts[0], other.primary.parts[0]
        assert ours_part.model_dump(exclude={"resolution"}) == part.model_dump(exclude={"resolution"})
    text = (EXAMPLE / "paper.yaml").read_text(encoding="utf-8")
    assert "EDIT" not in text


def test_the_example_has_the_report_that_is_committed(tmp_path, monkeypatch):
    monkeypatch.chdir(EXAMPLE)
    assert main(["judge", "results.csv", "--claims", "paper.yaml", "--output", str(tmp_path)]) == 0
    files = [path for kind in ("md", "csv") for path in Path("judged").glob(f"*.{kind}")]
    assert len(files) == 5
    for path in files:
        assert (tmp_path / path.name).read_text(encoding="utf-8") == path.read_text(encoding="utf-8"), path
    assert (EXAMPLE / "judged/figures/statements.svg").is_file()
    table = pd.read_csv("judged/statements.csv")
    found = table["verdict"].where(~table["id"].str.contains("best"), "order: " + table["verdict"]).value_counts()
    assert found.to_dict() == {"REPLICATED": 7, "INCONCLUSIVE": 1, "order: INCONCLUSIVE": 2}  # as the README says


def test_the_examples_script_gives_the_numbers_of_its_table():
    command = [sys.executable, str(EXAMPLE / "train.py"), "102"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    measured = [line.strip("[]").rsplit(", ", 3) for line in done.stdout.splitlines()]
    claims = load_claims(EXAMPLE / "paper.yaml").statements
    printed = {(part.variant, part.metric): float(part.value) for part in (entry.primary.parts[0] for entry in claims)
               if part.kind == "number"}  # fmt: skip
    assert len(measured) == 4
    for name, _, accuracy, loss in measured:
        assert float(accuracy) == pytest.approx(printed[name.strip("'"), "accuracy"], abs=0.6)  # other machines round
        assert float(loss) == pytest.approx(printed[name.strip("'"), "loss"], abs=0.02)
