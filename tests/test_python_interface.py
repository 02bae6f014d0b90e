"""`replab.judge`: what the command does, for a DataFrame in a notebook."""

import argparse
import inspect
import re
import subprocess
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest

import replab
from replab.__main__ import main
from replab.commands.judge import add_arguments
from replab.interface.arguments import in_python
from test_judge_claims import claims_file
from test_judge_command import BLOCKED, table_of_runs

EXAMPLE = Path(__file__).parents[1] / "docs/examples/judged-paper"
PAGE = Path(__file__).parents[1] / "docs/python.md"


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    claims_file(tmp_path)
    return table_of_runs(tmp_path)


ASKED = [
    {"baseline": "slow"},
    {"claims": "paper.yaml"},
    {"claims": "paper.yaml", "baseline": "slow"},
    {"claims": "paper.yaml", "data": "other"},
]


def given(asked: dict[str, str], folder: Path) -> dict[str, str]:
    return {name: str(folder / value) if name == "claims" else value for name, value in asked.items()}


@pytest.mark.parametrize("asked", ASKED, ids=" ".join)
def test_it_writes_what_the_command_writes_whatever_a_notebook_has_set(table, tmp_path, asked):
    asked = given(asked, tmp_path)
    options = [word for name, value in asked.items() for word in (f"--{name}", value)]
    assert main(["judge", str(table), *options, "--output", str(tmp_path / "command")]) == 0
    with matplotlib.rc_context({"axes.facecolor": "red", "lines.linewidth": 9, "font.size": 20}):
        judged = replab.judge(table, **asked)
        assert judged.write(tmp_path / "python") == tmp_path / "python/report.md"
        assert matplotlib.rcParams["font.size"] == 20
    assert files(tmp_path / "python") == files(tmp_path / "command") != {}


SHAPES = {
    "wide": lambda frame: frame,
    "tidy": lambda frame: frame.melt(["variant", "seed"], var_name="metric"),
    "with an index": lambda frame: frame.set_index(["variant", "seed"]),
    "a seed to a column": lambda frame: frame.pivot(index="variant", columns="seed", values="test_accuracy").add_prefix(
        "seed_"
    ),
    "seeds as columns below the metrics": lambda frame: frame.pivot(index="variant", columns="seed"),
}


@pytest.mark.parametrize("asked", ASKED, ids=" ".join)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_frame_is_judged_as_the_file_of_it(table, tmp_path, shape, asked):
    frame = SHAPES[shape](pd.read_csv(table))
    before = frame.copy()
    ours = replab.judge(frame, metric="test_accuracy", **given(asked, tmp_path))
    theirs = replab.judge(table, metric="test_accuracy", **given(asked, tmp_path))
    own = ["source", "identity"]
    pd.testing.assert_frame_equal(ours.runs.drop(columns=own), theirs.runs.drop(columns=own))
    for name in ("summary", "comparisons", "statements", "parts"):
        pd.testing.assert_frame_equal(getattr(ours, name), getattr(theirs, name))
    assert set(ours.runs["source"]) == {"DataFrame"} and "16 runs of 2 variants, from a DataFrame." in repr(ours)
    pd.testing.assert_frame_equal(frame, before)


def test_every_option_of_the_command_is_an_argument():
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    options = vars(parser.parse_args(["runs.csv"]))
    of_tables = {"means", *(action.dest for action in options.pop("of_tables"))}
    assert set(inspect.signature(replab.judge).parameters) == options.keys() - {"output", "of_runs", *of_tables}


@pytest.mark.parametrize(
    ("asked", "options"),
    [
        ({}, []),
        ({"baseline": "slwo"}, ["--baseline", "slwo"]),
        ({"baseline": "slow", "metric": "f1"}, ["--baseline", "slow", "--metric", "f1"]),
        ({"baseline": "slow", "pick": "first"}, ["--baseline", "slow", "--pick", "first"]),
        ({"unit": {"test_accuracy": "fraction"}}, ["--unit", "test_accuracy=fraction"]),
        ({"baseline": "slow", "unit": "of"}, ["--baseline", "slow", "--unit", "of"]),
        ({"baseline": "slow", "units_agree": "f1"}, ["--baseline", "slow", "--units-agree", "f1"]),
        ({"baseline": "slow", "variant_from": "arm"}, ["--baseline", "slow", "--variant-from", "arm"]),
        ({"claims": "none.yaml"}, ["--claims", "none.yaml"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_as_the_command_says_it(table, capfd, asked, options):
    with pytest.raises(replab.ReplabError) as raised:
        replab.judge(table, **asked)
    assert main(["judge", str(table), *options]) == 2
    command = capfd.readouterr().err
    assert in_python(command, inspect.signature(replab.judge).parameters) == f"replab: {raised.value}\n"
    assert "--" not in str(raised.value)


@pytest.mark.parametrize(
    ("command", "python"),
    [
        ("say --baseline: the variant", "say baseline: the variant"),
        ("Say --seed-from COLUMN, or --unseeded where", "Say seed_from=COLUMN, or unseeded=True where"),
        ("use --pick last", 'use pick="last"'),
        ("--pick must be last, best or a step", "pick must be last, best or a step"),
        ("Say --unit acc=fraction or --unit acc=percent", 'Say unit="acc=fraction" or unit="acc=percent"'),
        ("or say --units-agree acc", 'or say units_agree="acc"'),
        ("--variant-from 'a(b' is no regular", "variant_from='a(b' is no regular"),
        ("it has no 'x', which --seed-from needs", "it has no 'x', which seed_from needs"),
        ("--study is only for claims: say --claims FILE, too", "study is only for claims: say claims=FILE, too"),
        ("Say --means sd and --runs-per-number N", "Say --means sd and --runs-per-number N"),
        ("a text--unit of a user", "a text--unit of a user"),
    ],
)
def test_a_message_names_arguments_where_the_command_names_options(command, python):
    assert in_python(command, inspect.signature(replab.judge).parameters) == python


def test_notes_name_arguments_and_the_files_the_options_of_the_command(table, tmp_path):
    judged = replab.judge(table, baseline="slow")
    assert any("variant_from names another" in note for note in judged.notes)
    assert not any("--variant-from" in text for text in (*judged.notes, repr(judged), judged._repr_html_()))
    assert "--variant-from names another" in judged.write(tmp_path / "out").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("frame", "asked", "said"),
    [
        (pd.DataFrame({"variant": ["a"], "seed": [0], "acc": ["9,1"]}), {}, "DataFrame: row 0, acc: '9,1' has a comma"),
        (pd.DataFrame({"variant": [], "seed": [], "acc": []}), {}, "DataFrame: it has no row"),
        (pd.DataFrame([[1, 2]], columns=["acc", "acc"]), {}, "the column 'acc' is there twice"),
        (pd.DataFrame({"seed": [0]}, index=pd.Index([0], name="seed")), {}, "its index and its columns"),
        (pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])), {}, "2 levels"),
        (pd.DataFrame({"variant": ["a"], "seed": [0], "acc": [91.0]}), {"format": "wandb"}, "a DataFrame is read as a"),
        (pd.DataFrame({"variant": ["a"], "seed": [0], "acc": [91.0]}), {"data": "mine"}, "data='mine' unknown"),
        (7, {}, "a path or several paths, not int"),
        ([], {}, "a path or several paths, not list"),
        ({"acc": [1]}, {}, "a path or several paths, not dict"),
        (pd.DataFrame({"variant": ["a"], "seed": [0], "acc": [91.0]}), {"metric": 5}, "5 is neither a name"),
        (
            pd.DataFrame({"variant": ["a", None], "seed": [0, 1], "acc": [91.0, 92]}),
            {},
            "1 of 2 runs have no 'variant', such as DataFrame: row 1",
        ),
        (pd.DataFrame({"variant": ["a", "a"], "seed": [0, None], "acc": [91.0, 92]}), {}, "1 of 2 runs have no 'seed'"),
        (pd.DataFrame({"variant": ["a"], "seed": [0], "acc": ["91.0 points"]}), {}, "acc: '91.0 points' is no number"),
        (pd.DataFrame({"plain": [91.0], "drop": [92.0]}), {"unseeded": True}, "plain, drop look like variants"),
        ([pd.DataFrame({"acc": [1]})], {}, "a path or several paths, not list"),
    ],
)
def test_a_frame_that_is_no_table_of_runs_is_refused(frame, asked, said):
    with pytest.raises(replab.ReplabError) as raised:
        replab.judge(frame, **asked)
    assert said in str(raised.value) and str(raised.value).count("\n") <= 1


def test_nan_is_missing_and_inf_has_diverged_and_a_note_says_so(table):
    frame = pd.read_csv(table).assign(test_loss=0.5)
    frame.loc[0, "test_accuracy"], frame.loc[1, "test_accuracy"] = np.nan, np.inf
    judged = replab.judge(frame, baseline="slow")
    own = judged.runs[judged.runs["metric"] == "test_accuracy"]
    assert own["status"].value_counts().to_dict() == {"done": 14, "missing": 1, "diverged": 1}
    assert any(note.startswith("DataFrame: NaN is an empty cell (1 of them)") for note in judged.notes)
    assert not any("NaN" in note for note in replab.judge(table, baseline="slow").notes)


def test_a_notebook_shows_the_verdicts_and_no_tag_of_the_users(table, tmp_path):
    frame = pd.read_csv(table).replace("fast", "<b>fast</b>")
    html = replab.judge(frame, baseline="slow")._repr_html_()
    assert "Hardly: 8 pairs show it." in html and "&lt;b&gt;fast" in html and "<b>fast" not in html
    judged = replab.judge(table, claims=tmp_path / "paper.yaml")
    for shown in (judged._repr_html_(), repr(judged)):
        assert "CONTRADICTED" in shown and "The slow one is better." in shown and judged.answer in shown
        assert "taken as percentages" in shown
    assert "<svg" not in judged._repr_html_() and repr(judged).count("\n") < 12


def test_a_column_of_a_metric_that_was_not_read_is_named(table):
    frame = pd.read_csv(table).assign(test_loss="0.5 nats", loss="focal_2")
    notes = [note for note in replab.judge(frame, baseline="slow").notes if "was not read" in note]
    assert notes == ["DataFrame: test_loss was not read: '0.5 nats' is no number"]


def test_a_metric_without_any_comparison_is_named(table):
    frame = pd.read_csv(table).assign(test_loss=0.5)
    frame.loc[frame["variant"] == "slow", "test_loss"] = np.nan
    said = "test_loss: nothing is compared, for slow or all other variants have no value."
    assert said in replab.judge(frame, baseline="slow").notes
    assert not any("compared" in note for note in replab.judge(table, baseline="slow").notes)


def test_a_share_that_cannot_be_is_named(table):
    frame = pd.read_csv(table)
    frame.loc[3, "test_accuracy"] = -1
    [note] = (note for note in replab.judge(frame, baseline="slow").notes if "do not lie" in note)
    assert note.startswith("test_accuracy: 1 of 16 values, such as -1, do not lie in 0 to 100. If it marks a run")
    assert not any("do not lie" in note for note in replab.judge(table, baseline="slow").notes)


def test_columns_that_name_a_variant_may_be_a_list(table):
    frame = pd.read_csv(table).assign(lr=0.1)
    judged = replab.judge(frame, baseline="slow, 0.1", variant_from=["variant", "lr"])
    assert judged.comparisons["variant"].tolist() == ["fast, 0.1"]


def test_none_is_what_was_not_said(table):
    plain = replab.judge(table, baseline="slow")
    assert repr(replab.judge(table, baseline="slow", metric=None, unit=None, units_agree=None)) == repr(plain)
    with pytest.raises(replab.ReplabError, match=r"^say baseline: "):
        replab.judge(table, baseline=None)


def test_a_line_of_the_console_has_its_question_interval_and_p(table):
    judged = replab.judge(table, baseline="slow")
    [row], line = judged.comparisons.to_dict("records"), repr(judged).splitlines()[2]
    assert line.startswith("fast against slow, test accuracy: +") and " points, p " in line
    assert f"{row['low']:.2f} to {row['high']:.2f}]" in line and line.endswith(f"Was it luck? {row['luck']}")


def test_one_is_not_counted_as_many():
    one = pd.DataFrame({"variant": ["a"], "seed": [0], "test_loss": [0.5]})
    assert "\n1 run of 1 variant, from a DataFrame.\n" in repr(replab.judge(one))
    two = pd.DataFrame({"variant": list("aabb"), "seed": [0, 1] * 2, "test_loss": [0.5, 0.6, 0.7, 0.9]})
    assert replab.judge(two, baseline="a").answer.count("0 of 1 difference to a") == 1


def test_a_console_shows_twenty_lines_and_counts_the_others(table):
    frame = pd.concat(pd.read_csv(table).assign(variant=f"v{place}") for place in range(30))
    frame["seed"] = frame.groupby("variant").cumcount()
    assert "\n... and 9 more\n" in repr(replab.judge(frame, baseline="v0"))


def test_what_a_user_changes_in_a_frame_does_not_change_the_report(table, tmp_path):
    judged = replab.judge(table, baseline="slow")
    del (compared := judged.comparisons)["luck"], (runs := judged.runs)["value"]
    assert "luck" not in compared and "value" not in runs
    judged.notes.clear()
    judged.write(tmp_path / "python")
    assert "luck" in pd.read_csv(tmp_path / "python/against.csv") and "value" in judged.runs and judged.notes


def test_the_package_is_imported_at_once_and_judging_needs_no_torch(table):
    code = f"""
import sys, replab
assert not {{"numpy", "pandas", "pydantic", "yaml"}} & set(sys.modules), "imported with replab"
assert dir(replab) == sorted(replab.__all__) and all(hasattr(replab, name) for name in dir(replab))
replab.judge({str(table)!r}, baseline="slow")
assert not {set(BLOCKED)!r} & set(sys.modules), "imported to judge"
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="no attribute 'juge'"):
        replab.juge  # noqa: B018


def test_the_example_of_the_page_runs_and_gives_the_committed_report(tmp_path, monkeypatch, capsys):
    [code] = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    monkeypatch.chdir(EXAMPLE)
    judged = tmp_path / "judged"
    exec(code.replace('write("judged")', f"write({str(judged)!r})"), {})
    told = capsys.readouterr().out
    assert "Random forest" in told and "REPLICATED" in told
    ours, theirs = (pd.read_csv(folder / "statements.csv") for folder in (judged, EXAMPLE / "judged"))
    pd.testing.assert_frame_equal(ours, theirs)


def test_the_page_names_what_there_is():
    names = re.findall(r"^\| `(\w+)` \|", PAGE.read_text(encoding="utf-8"), re.M)
    public = {name for name in vars(replab.JudgedResults) if not name.startswith("_")}
    assert set(names) == public - {"write"}
