"""`replab judge TABLE --means`: differences in a paper's table without runs, against scipy and by hand."""

from __future__ import annotations

import argparse
import math
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from replab.__main__ import main
from replab.commands.judge import add_arguments
from replab.judging.statistics import holm
from replab.judging.two_samples import from_moments, moments
from replab.readers.paper_tables import read_table
from replab.readers.upright_tables import upright, with_a_column_for_each_block
from test_judge_command import BLOCKER

EXAMPLE = Path(__file__).parents[1] / "docs/examples/only-a-table"
MARKDOWN = """\
| model | acc ↑ | loss |
|---|---|---|
| plain | 90.0 ± 1.0 | 0.50 ± 0.02 |
| drop | 91.2 ± 0.5 | 0.44 ± 0.03 |
| both | 94.0 ± 0.8 | 0.43 ± 0.01 |
| old | 89 | 0.61 ± 0.02 |
"""


def judged(folder: Path, *arguments: str, text: str = MARKDOWN, means: str = "sd", runs: int | str = 5) -> pd.DataFrame:
    (folder / "table.md").write_text(text, encoding="utf-8")
    options = ["--means", means, "--runs-per-number", str(runs), "--unit", "percent", "--output", str(folder / "out")]
    assert main(["judge", str(folder / "table.md"), *options, *arguments]) == 0
    return pd.read_csv(folder / "out/against.csv")


def welch(first: tuple[float, float], second: tuple[float, float], n: int = 5) -> Any:
    return stats.ttest_ind_from_stats(*first, n, *second, n, equal_var=False)


def test_the_p_and_the_interval_are_those_of_scipy(tmp_path: Path) -> None:
    found = judged(tmp_path, "--baseline", "plain")
    accuracy = found[found["metric"] == "acc"].set_index("variant")
    assert list(accuracy.index) == ["drop", "both"] and set(found["against"]) == {"plain"}
    expected = [welch((91.2, 0.5), (90, 1)), welch((94, 0.8), (90, 1))]
    assert accuracy["p_value"].tolist() == pytest.approx([test.pvalue for test in expected], rel=1e-6)
    corrected = holm([test.pvalue for test in expected], family=2)
    assert accuracy["p_holm"].tolist() == pytest.approx(corrected, rel=1e-6)
    first, second = 0.5**2 / 5, 1.0**2 / 5
    degrees = (first + second) ** 2 / (first**2 / 4 + second**2 / 4)
    half = stats.t.ppf(0.975, degrees) * math.sqrt(first + second)
    drop = accuracy.loc["drop"]
    assert (drop["low"], drop["high"]) == pytest.approx((1.2 - half, 1.2 + half), rel=1e-6)
    assert drop["least_difference"] == pytest.approx(half, rel=1e-6) and drop["runs"] == 5
    assert len(found[found["metric"] == "loss"]) == 3


def test_the_careful_p_turns_all_digits_against_the_difference(tmp_path: Path) -> None:
    both = judged(tmp_path, "--baseline", "plain").set_index(["metric", "variant"]).loc[("acc", "both")]
    by_n = math.sqrt(5 / 4)
    worst = welch((93.95, 0.85 * by_n), (90.05, 1.05 * by_n)).pvalue
    assert both["p_careful"] == pytest.approx(2 * worst, rel=1e-5) and both["p_careful"] > both["p_holm"]
    assert both["answer"] == "more than luck"
    assert both["luck"] == "both is better than plain by 4 points: more than luck explains."


def test_a_difference_that_rounding_could_undo_is_so_only_as_printed(tmp_path: Path) -> None:
    found = judged(tmp_path, "--baseline", "a", text="| m | loss |\n|---|---|\n| a | 1.0 ± 0.1 |\n| b | 1.2 ± 0.1 |\n")
    [row] = found.to_dict("records")
    assert row["p_holm"] <= 0.05 < row["p_careful"] and row["answer"] == "more than luck as printed"
    assert "b is worse than a by 0.2: more than luck explains, if the printed digits are exact." in row["luck"]


def test_what_may_be_luck_says_which_differences_cannot_be_told_apart(tmp_path: Path) -> None:
    drop = judged(tmp_path, "--baseline", "plain").set_index(["metric", "variant"]).loc[("acc", "drop")]
    assert drop["answer"] == "may be luck" and drop["runs_needed"] > 5
    least = f"{drop['least_difference']:.3g} points"
    assert f"may be luck. With 5 runs each, a difference of less than {least} cannot be told" in drop["luck"]
    text = (tmp_path / "out/report.md").read_text(encoding="utf-8")
    assert drop["luck"] in text and "## What the table cannot show" in text and "'89' has no spread" in text
    assert "may be luck" in (tmp_path / "out/index.html").read_text(encoding="utf-8")


def test_a_standard_error_is_a_deviation_over_the_root_of_n(tmp_path: Path) -> None:
    wide = judged(tmp_path, "--baseline", "plain", means="se").set_index(["metric", "variant"])
    expected = welch((94, 0.8 * math.sqrt(5)), (90, math.sqrt(5)))
    assert wide.loc[("acc", "both"), "p_value"] == pytest.approx(expected.pvalue, rel=1e-6)
    interval = judged(tmp_path, "--baseline", "plain", means="ci95").set_index(["metric", "variant"])
    expected = welch((94, 0.8 * math.sqrt(5) / 1.96), (90, math.sqrt(5) / 1.96))
    assert interval.loc[("acc", "both"), "p_value"] == pytest.approx(expected.pvalue, rel=1e-6)


def test_without_a_baseline_the_best_is_compared_with_the_second_best(tmp_path: Path, capsys: Any) -> None:
    found = judged(tmp_path).set_index("metric")
    assert found[["variant", "against"]].to_numpy().tolist() == [["both", "drop"], ["both", "drop"]]
    assert found.loc["acc", "p_value"] == pytest.approx(welch((94, 0.8), (91.2, 0.5)).pvalue, rel=1e-6)
    assert found.loc["acc", "p_all"] == found["p_value"]["acc"] and found.loc["acc", "answer"] == "more than luck"
    assert found.loc["loss", "answer"] == "may be luck" and found.loc["loss", "difference"] < 0
    assert (
        "In 1 of 2 columns, the best row is better than all others by more than luck explains."
        in capsys.readouterr().out
    )


def test_the_best_must_be_told_apart_from_rows_that_vary_more(tmp_path: Path) -> None:
    text = "| m | acc |\n|---|---|\n| a | 92.0 ± 0.1 |\n| b | 91.0 ± 0.1 |\n| c | 90.5 ± 4.0 |\n"
    [row] = judged(tmp_path, text=text).to_dict("records")
    assert row["p_value"] < 0.001 and row["p_all"] == pytest.approx(welch((92, 0.1), (90.5, 4)).pvalue, rel=1e-6)
    assert row["answer"] == "may be luck" and "But it cannot be told apart from c (p = 0.4" in row["luck"]


@pytest.mark.parametrize("rows", [2, 5])
def test_the_best_of_equal_rows_is_seldom_called_so(rows: int) -> None:
    """The choice of the best and the second best by their means adds no wrong findings, whatever the spreads are."""
    generator, wrong = np.random.default_rng(2), 0
    for _ in range(2000):
        drawn = sorted(
            (moments(generator.normal(0, spread, 5)) for spread in np.linspace(1, 3, rows)), key=lambda one: -one[0]
        )
        wrong += from_moments(*drawn[:2]).p() <= 0.05
    assert wrong / 2000 < 0.065


def test_a_spread_of_zero_and_equal_means_are_no_certainty(tmp_path: Path) -> None:
    text = "| m | acc |\n|---|---|\n| a | 92.0 ± 0.0 |\n| b | 92.0 ± 0.1 |\n| c | 92.1 ± 0.0 |\n"
    found = judged(tmp_path, "--baseline", "a", text=text).set_index("variant")
    assert found.loc["b", "luck"] == "b and a are printed alike."
    assert found.loc["c", "p_value"] == pytest.approx(welch((92.1, 0.05), (92, 0.05)).pvalue, rel=1e-6)
    assert found.loc["c", "answer"] != "more than luck"


def test_fractions_become_percentages_with_their_spreads(tmp_path: Path) -> None:
    text = "| m | acc |\n|---|---|\n| a | 0.920 ± 0.002 |\n| b | 0.931 ± 0.003 |\n"
    [row] = judged(tmp_path, "--unit", "acc=fraction", "--baseline", "a", text=text).to_dict("records")
    assert row["difference"] == pytest.approx(1.1) and row["p_value"] == pytest.approx(
        welch((0.931, 0.003), (0.92, 0.002)).pvalue, rel=1e-6
    )
    assert pd.read_csv(tmp_path / "out/means.csv")["deviation"].tolist() == pytest.approx([0.2, 0.3])


@pytest.mark.parametrize("power", ["e250", "e-250"])
def test_numbers_of_any_size_are_judged_alike(tmp_path: Path, power: str) -> None:
    text = f"| m | norm ↓ |\n|---|---|\n| a | 2.0{power} ± 0.1{power} |\n| b | 2.5{power} ± 0.2{power} |\n"
    [row] = judged(tmp_path, text=text).to_dict("records")
    assert row["p_value"] == pytest.approx(welch((2, 0.1), (2.5, 0.2)).pvalue, rel=1e-6)


def test_an_earlier_report_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "runs.csv").write_text("variant,seed,loss\na,0,1\na,1,2\nb,0,3\nb,1,4\n")
    out = tmp_path / "out"
    assert main(["judge", str(tmp_path / "runs.csv"), "--baseline", "a", "--output", str(out)]) == 0
    judged(tmp_path, "--baseline", "plain")
    assert {path.name for path in out.rglob("*") if path.is_file()} == {
        "report.md", "index.html", "means.csv", "against.csv",
    }  # fmt: skip


OF_BOTH = {"-h", "--baseline", "--metric", "--unit", "--output", "--means"}


def test_every_option_is_said_to_be_of_runs_of_tables_or_of_both_and_a_table_refuses_those_of_runs(
    tmp_path: Path, capsys: Any
) -> None:
    """A new option is in none of these sets: declare it with `of_runs`, or add it to OF_BOTH."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    args = parser.parse_args(["t.md"])
    runs, tables = ([action.option_strings[0] for action in own] for own in (args.of_runs, args.of_tables))
    every = [action.option_strings[0] for action in parser._actions if action.option_strings]
    assert sorted(every) == sorted([*OF_BOTH, *runs, *tables])
    table = tmp_path / "table.md"
    table.write_text(MARKDOWN, encoding="utf-8")
    for action in args.of_runs:
        value = [] if action.nargs == 0 else [str([*(action.choices or ["best"])][-1])]
        words = [str(table), "--means", "sd", "--runs-per-number", "5", action.option_strings[0], *value]
        assert main(["judge", *words]) == 2
        assert capsys.readouterr().err.startswith(f"replab: {action.option_strings[0]} is only for runs")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--means", "sd"], "Say --runs-per-number N"),
        (["--means", "sd", "--runs-per-number", "1"], "one run has no spread"),
        (["--means", "sd", "--runs-per-number", "0"], "at least one run"),
        (["--means", "sd", "--runs-per-number", "seeds"], "--runs-per-number: column 'seeds' unknown"),
        (["--means", "sd", "--runs-per-number", "5", "--baseline", "plane"], "did you mean 'plain'"),
        (["--means", "sd", "--runs-per-number", "5", "--unseeded"], "--unseeded is only for runs"),
        (["--means", "sd", "--runs-per-number", "5", "--columns", "f1"], "column 'f1' unknown"),
        (["--means", "sd", "--runs-per-number", "5", "--metric", "loss=score"], "are higher or lower values better?"),
        ([], "this a paper's table? Say --means"),
        (["--runs-per-number", "5"], "--runs-per-number is only for a paper's table"),
    ],
)
def test_bad_input_gets_a_line(tmp_path: Path, capsys: Any, options: list[str], message: str) -> None:
    (tmp_path / "table.md").write_text(MARKDOWN, encoding="utf-8")
    out = ["--output", str(tmp_path / "out")]
    assert main(["judge", str(tmp_path / "table.md"), "--unit", "percent", *options, *out]) == 2
    said = capsys.readouterr().err
    assert message in said and len(said.strip().splitlines()) <= 2 and not (tmp_path / "out").exists()


COUNTED = """\
| model | n | acc ↑ |
|---|---|---|
| plain | 5 | 90.0 ± 1.0 |
| drop | 12 | 90.6 ± 0.5 |
| both | 3 | 94.0 ± 0.8 |
| once | 1 | 93.0 ± 0.8 |
| many | many | 95.0 ± 0.8 |
"""


def test_a_column_of_the_table_may_say_of_how_many_runs_each_row_is(tmp_path: Path, capsys: Any) -> None:
    found = judged(tmp_path, "--baseline", "plain", text=COUNTED, runs="n").set_index("variant")
    assert list(found.index) == ["drop", "both"] and found["runs"].tolist() == [12, 3]
    assert found["runs_against"].tolist() == [5, 5] and set(found["metric"]) == {"acc"}
    for name, mean, spread, n in (("drop", 90.6, 0.5, 12), ("both", 94.0, 0.8, 3)):
        expected = stats.ttest_ind_from_stats(mean, spread, n, 90.0, 1.0, 5, equal_var=False)
        assert found.loc[name, "p_value"] == pytest.approx(expected.pvalue, rel=1e-6)
    assert "With 12 and 5 runs, a difference of less than" in found.loc["drop", "luck"]
    said = capsys.readouterr().out
    assert "each number is the mean of as many runs as 'n' says of its row" in said
    assert "row 4, acc: '93.0 ± 0.8' is of one run, which has no spread" in said
    assert "row 5, acc: 'n' does not say of how many runs '95.0 ± 0.8' is the mean" in said
    assert "a mean of as many runs as 'n' says of its row" in (tmp_path / "out/report.md").read_text(encoding="utf-8")
    assert "runs_against" not in judged(tmp_path, "--baseline", "plain")


def test_rows_that_are_left_out_are_named_where_a_reader_looks_for_them(tmp_path: Path, capsys: Any) -> None:
    judged(tmp_path, text=MARKDOWN.replace("| 0.61 ± 0.02", "| 0.61"))
    line, answer = "Left out: old (89).", "more than luck explains. 2 numbers were left out."
    text = (tmp_path / "out/report.md").read_text(encoding="utf-8")
    assert text.index(line) < text.index("## loss") < text.index("Left out: old (0.61).")
    assert answer in text and answer in capsys.readouterr().out
    judged(tmp_path, text=MARKDOWN.replace("| old | 89 | 0.61 ± 0.02 |", "| 3 layers | 3 layers | 3 layers |"))
    assert "Left out" not in (tmp_path / "out/report.md").read_text(encoding="utf-8")


def test_a_spread_of_zero_and_rows_in_blocks_are_noted(tmp_path: Path, capsys: Any) -> None:
    head = "| data | m | loss |\n|---|---|---|\n| A | x | 1.0 ± 0.0 |\n| A | y | 1.2 ± 0.1 |\n"
    judged(tmp_path, text=head + "| B | x | 3.0 ± 0.1 |\n| B | y | 4.0 ± 0.1 |\n")
    said = capsys.readouterr().out
    assert "loss: a spread that is printed as 0 counts as half a unit of its last digit (A, x)." in said
    assert "The rows have the same names in several blocks (A, B)" in said
    judged(tmp_path, text=head + "| B | z | 3.0 ± 0.1 |\n")
    assert "blocks" not in capsys.readouterr().out


def test_what_is_bold_does_not_turn_the_sense_of_a_name_round(tmp_path: Path) -> None:
    text = "| m | acc |\n|---|---|\n| theirs | 92.0 ± 0.1 |\n| **ours** | **90.0 ± 0.1** |\n"
    [row] = judged(tmp_path, "--baseline", "theirs", text=text).to_dict("records")
    assert row["luck"].startswith("ours lies 2 points below theirs")
    assert main(["judge", str(tmp_path / "table.md"), "--means", "sd", "--runs-per-number", "5"]) == 2


def test_one_difference_is_not_counted_as_many(tmp_path: Path, capsys: Any) -> None:
    judged(tmp_path, "--baseline", "a", text="| m | loss |\n|---|---|\n| a | 1.0 ± 0.1 |\n| b | 1.2 ± 0.1 |\n")
    said = capsys.readouterr().out
    assert "1 of 1 difference to a is more than luck explains, but only if the printed digits are exact." in said


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("| data | A | B |\n|---|---|---|\n| MNIST | 80 ± 1 | **81 ± 1** |\n| SVHN | 76 ± 1 | 75 ± 1 |\n", [],
         "If 'A' is a variant, swap rows and columns"),
        (MARKDOWN, ["--columns", "acc ↑", "--baseline", "old"], "column 'acc ↑' unknown"),
        (MARKDOWN, ["--columns", "acc", "--baseline", "old"], "the row has no number with a spread"),
        (MARKDOWN, ["--table", "2"], "it has one table"),
        ("| m | acc |\n|---|---|\n| a | 80 |\n| b | 81 |\n", [], "Skipped: acc: no number has a spread"),
        ("| m | acc | std |\n|---|---|---|\n| a | .80 | .1 |\n| b | .81 | .1 |\n", [], "Skipped: acc: no number has"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_gets_a_line(
    tmp_path: Path, capsys: Any, text: str, options: list[str], message: str
) -> None:
    (tmp_path / "table.md").write_text(text, encoding="utf-8")
    asked = ["--means", "sd", "--runs-per-number", "5", "--unit", "percent", "--output", str(tmp_path / "out")]
    assert main(["judge", str(tmp_path / "table.md"), *asked, *options]) == 2
    said = capsys.readouterr().err
    assert message in said and len(said.strip().splitlines()) <= 2 and not (tmp_path / "out").exists()


SIDEWAYS = """\
| data | ERM | Mixup | Ours |
|---|---|---|---|
| MNIST | 98.1 ± 0.1 | 98.2 ± 0.1 | **98.5 ± 0.1** |
| SVHN (%) ↓ | 4.1 ± 0.2 | 5.0 ± 0.3 | **3.3 ± 0.2** |
| CIFAR | 74.1 ± 0.4 | **77.0 ± 0.3** | 76.9 ± 0.5 |
"""


def test_a_table_with_a_column_for_each_variant_is_turned_round_and_says_so(tmp_path: Path, capsys: Any) -> None:
    found = judged(tmp_path, text=SIDEWAYS).set_index("column")
    assert dict(zip(found["variant"], found["against"], strict=True)) == {"Ours": "ERM", "Mixup": "Ours"}
    assert found.loc["SVHN (%)", "difference"] == pytest.approx(-0.8) and found.loc["MNIST", "variant"] == "Ours"
    said = capsys.readouterr().out
    assert "The rows (MNIST, SVHN (%), CIFAR) are taken as metrics or data sets, and the columns (ERM, Mixup" in said
    named = "| | A | B |\n|---|---|---|\n| Accuracy | 80 ± 1 | **81 ± 1** |\n| Loss | **0.5 ± 0.1** | 0.6 ± 0.1 |\n"
    assert judged(tmp_path, text=named)["column"].tolist() == ["Accuracy", "Loss"]
    assert "the table was turned round. Their names say so." in capsys.readouterr().out


BLOCKS = """\
| data | m | ROUGE (%) | Flux |
|---|---|---|---|
| XSum | BART | 37.2 ± .2 | 0.381 ± .003 |
| | Ours | **38.1 ± .2** | **0.352 ± .003** |
| CNN | BART | **40.9 ± .1** | **0.341 ± .002** |
| | Ours | 40.7 ± .2 | 0.383 ± .004 |
"""


def test_blocks_of_rows_with_a_bold_number_each_are_compared_by_themselves(tmp_path: Path, capsys: Any) -> None:
    filled = BLOCKS.replace("| | Ours", "| XSum | Ours", 1).replace("| | Ours", "| CNN | Ours", 1)
    found = judged(tmp_path, text=filled).set_index("column")
    best = {"ROUGE (%) (XSum)": "Ours", "ROUGE (%) (CNN)": "BART", "Flux (XSum)": "Ours", "Flux (CNN)": "BART"}
    assert found["variant"].to_dict() == best and set(found["metric"]) == {"rouge", "flux"}
    assert found.loc["ROUGE (%) (XSum)", "p_value"] == pytest.approx(welch((38.1, 0.2), (37.2, 0.2)).pvalue, rel=1e-6)
    assert "The rows are in blocks (XSum, CNN) with the same names (BART, Ours)" in capsys.readouterr().out
    assert set(judged(tmp_path, "--baseline", "BART", text=filled)["variant"]) == {"Ours"}
    for other in (filled.replace("**40.9 ± .1**", "40.9 ± .1"), filled.replace("CNN | Ours", "CNN | Mine")):
        (tmp_path / "t.md").write_text(other, encoding="utf-8")
        table = read_table(tmp_path / "t.md")
        assert with_a_column_for_each_block(table) is table


@pytest.mark.parametrize(
    "text",
    [
        MARKDOWN,
        "| m | a | b |\n|---|---|---|\n| x | **2 ± 1** | 1 ± 1 |\n| y | 1 ± 1 | **2 ± 1** |\n",  # each column, too
        "| m | a | f1 |\n|---|---|---|\n| x | 2 ± 1 | **3 ± 1** |\n| y | 1 ± 1 | **3 ± 1** |\n",  # a column is a metric
        "| m | a | b |\n|---|---|---|\n| x | 2 ± 1 | **3 ± 1** |\n| y | 1 ± 1 | 3 ± 1 |\n",
    ],
)
def test_another_table_stays_as_it_is(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.md").write_text(text, encoding="utf-8")
    table = read_table(tmp_path / "t.md")
    assert upright(table) is table


def test_what_is_taken_as_better_is_said_unless_the_head_says_it(tmp_path: Path, capsys: Any) -> None:
    text = "| m | acc | FLUX | MNIST | ECE ↓ |\n|---|---|---|---|---|\n"
    text += "| a | 1 ± .1 | 1 ± .1 | 1 ± .1 | 1 ± .1 |\n| b | 2 ± .1 | **2 ± .1** | **2 ± .1** | 2 ± .1 |\n"
    judged(tmp_path, text=text)
    said = capsys.readouterr().out
    assert "FLUX, MNIST: more is taken as better, by what is bold (an arrow in the head" in said
    assert "acc: more is taken as better, by the name" in said and "ECE" not in said
    assert "FLUX, MNIST: more is taken as better" in (tmp_path / "out/report.md").read_text(encoding="utf-8")


def test_means_in_a_table_of_runs_are_no_riddle(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "table.csv").write_text("model,acc\na,80.1 ± 0.3\nb,81.0 ± 0.2\n", encoding="utf-8")
    assert main(["judge", str(tmp_path / "table.csv"), "--baseline", "a"]) == 2
    assert "'80.1 ± 0.3' is a mean with its spread" in (said := capsys.readouterr().err) and said.count("\n") == 2


def test_a_table_without_spreads_is_refused(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "table.md").write_text("| m | loss |\n|---|---|\n| a | 1 |\n| b | 2 |\n")
    assert main(["judge", str(tmp_path / "table.md"), "--means", "sd", "--runs-per-number", "5"]) == 2
    said = capsys.readouterr().err
    assert "no column has two means with a spread" in said and "does not show which differences may be luck" in said
    heading = "| m | loss |\n|---|---|\n| Base | |\n| a | 1 |\n| b | 2 |\n"
    (tmp_path / "table.md").write_text(heading)
    assert main(["judge", str(tmp_path / "table.md"), "--means", "sd", "--runs-per-number", "5"]) == 2
    assert "Skipped: loss: no number has a spread" in capsys.readouterr().err


def test_the_example_is_of_the_committed_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(EXAMPLE / "table.tex", tmp_path)
    monkeypatch.chdir(tmp_path)
    commands = re.findall(r"^replab (judge .*?) +#", (EXAMPLE / "README.md").read_text(encoding="utf-8"), re.M)
    assert len(commands) == 2
    for command in commands:
        assert main(command.split()) == 0
    for committed in [*(EXAMPLE / "judged").iterdir(), *(EXAMPLE / "judged-best").iterdir()]:
        ours = tmp_path / committed.parent.name / committed.name
        assert ours.read_text(encoding="utf-8") == committed.read_text(encoding="utf-8"), committed


def test_it_needs_no_torch(tmp_path: Path) -> None:
    shutil.copy(EXAMPLE / "table.tex", tmp_path)
    arguments = ["judge", "table.tex", "--means", "sd", "--runs-per-number", "5"]
    done = subprocess.run([sys.executable, "-c", BLOCKER, *arguments], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
