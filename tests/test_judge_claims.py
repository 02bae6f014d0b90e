"""`replab judge --claims`: statements of a claims file against runs that exist, by the judge of studies."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from replab import __version__
from replab.__main__ import main
from replab.judging.judgement import judge
from replab.judging.loading import load_claims
from replab.judging.questions import claims_about
from test_judge_command import BLOCKER, table_of_runs

CLAIMS = """\
report: paper
title: Fast and slow
source: Table 1 of a paper
resolutions: {test_accuracy: {value: 0.5, reason: a quarter of the gap}}
statements:
  - {id: paper.level, rows: [], sentence: The fast one reaches 92.0 %., quote: fast 92.0, place: Table 1, readings: [
     {name: said, mark: R, setting: As printed., study: paper, parts: [
       {kind: number, variant: fast, metric: test_accuracy, value: "92.0"}]}]}
  - {id: paper.order, rows: [], sentence: The slow one is better., quote: slow wins, place: Table 1, readings: [
     {name: said, mark: R, setting: As printed., study: paper, parts: [
       {kind: ranking, pairs: [[slow, fast]], metric: test_accuracy, higher_is_better: true}]}]}
hypotheses:
  - {id: paper.diverges, sentence: No run diverges., reason: None should., study: paper, parts: [
     {kind: event, variants: [slow, fast], event: diverges, claimed: never}]}
"""


def claims_file(folder: Path, text: str = CLAIMS) -> Path:
    path = folder / "paper.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def run_judge(results: Path, *arguments: str, out: str = "judged") -> int:
    claims = results.parent / "paper.yaml"
    return main(["judge", str(results), "--claims", str(claims), *arguments, "--output", str(results.parent / out)])


def verdicts(folder: Path, column: str = "verdict") -> dict[str, str]:
    table = pd.read_csv(folder / "statements.csv", keep_default_na=False)
    return dict(zip(table["id"], table[column], strict=True))


def test_statements_are_judged_and_the_report_says_so(tmp_path, capsys):
    claims_file(tmp_path)
    assert run_judge(table_of_runs(tmp_path)) == 0
    out = tmp_path / "judged"
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert names == {
        "report.md", "index.html", "runs.csv", "summary.csv", "statements.csv", "parts.csv",
        "statements.tex", "figures/test_accuracy.svg", "figures/statements.svg",
    }  # fmt: skip
    found = verdicts(out)
    assert (found["paper.level"], found["paper.order"]) == ("REPLICATED", "CONTRADICTED")
    assert found["paper.diverges"] in ("SUPPORTED", "OPEN")  # 8 runs of each bound the share from above
    text = (out / "report.md").read_text(encoding="utf-8")
    assert "The slow one is better. |" in text and "**CONTRADICTED**" in text and "“fast 92.0”" in text
    assert "1 is replicated and 1 is contradicted" in capsys.readouterr().out


def test_verdicts_of_an_earlier_call_do_not_stay(tmp_path):
    claims_file(tmp_path)
    assert run_judge(table_of_runs(tmp_path)) == 0 and (tmp_path / "judged/statements.tex").exists()
    assert main(["judge", str(tmp_path / "runs.csv"), "--baseline", "slow", "--output", str(tmp_path / "judged")]) == 0
    assert not {"statements.tex", "statements.csv", "parts.csv"} & {path.name for path in tmp_path.rglob("*")}


def test_the_verdicts_are_those_that_the_judge_of_studies_gives(tmp_path):
    path = claims_file(tmp_path)
    runs = pd.read_csv(table_of_runs(tmp_path)).rename(columns={"test_accuracy": "value"})
    runs = runs.assign(study="paper", metric="test_accuracy", unit="%", status="done")
    runs["identity"] = [f"run {place}" for place in range(len(runs))]
    expected = judge(claims_about(load_claims(path), "paper"), runs).statements.set_index("id")
    run_judge(tmp_path / "runs.csv")
    ours = pd.read_csv(tmp_path / "judged" / "statements.csv").set_index("id")
    for column in ("verdict", "found", "why"):
        assert ours[column].tolist() == expected[column].tolist()
    assert ours["low"].to_numpy() == pytest.approx(expected["low"].to_numpy(), rel=1e-5)


def test_the_verdicts_are_a_table_in_latex_that_shows_what_was_said(tmp_path):
    claims_file(tmp_path, CLAIMS.replace("The slow one is better.", "'slow_1 is & stays #1 {by 100 %}.'"))
    assert run_judge(table_of_runs(tmp_path)) == 0
    text = (tmp_path / "judged" / "statements.tex").read_text(encoding="utf-8")
    rows = text.partition("\\midrule\n")[2].partition("\\bottomrule")[0].splitlines()
    assert r"\toprule" in text and [row.count(" & ") for row in rows] == [3, 3, 3]
    assert rows[0].startswith(r"1 & The fast one reaches 92.0 \%. & REPLICATED & 91.") and rows[0].endswith(r"] \% \\")
    assert rows[1].startswith(r"2 & slow\_1 is \& stays \#1 \{by 100 \%\}. & CONTRADICTED & ") and "points" in rows[1]
    assert rows[2].startswith("Q1 & No run diverges. & ")


def test_fractions_and_percentages_give_one_verdict(tmp_path):
    claims_file(tmp_path)
    table = pd.read_csv(table_of_runs(tmp_path))
    table.assign(test_accuracy=table["test_accuracy"] / 100).to_csv(tmp_path / "fractions.csv", index=False)
    run_judge(tmp_path / "runs.csv", out="percent")
    run_judge(tmp_path / "fractions.csv", "--unit", "fraction", out="fraction")
    assert verdicts(tmp_path / "percent", "why") == verdicts(tmp_path / "fraction", "why")


def test_a_metric_whose_name_says_fraction_is_judged_as_one(tmp_path):
    claims_file(tmp_path, CLAIMS.replace("test_accuracy", "kept_fraction").replace('"92.0"', '"0.920"').replace(
        "value: 0.5", "value: 0.005"))  # fmt: skip
    table = pd.read_csv(table_of_runs(tmp_path))
    table.assign(kept_fraction=table.pop("test_accuracy") / 100).to_csv(tmp_path / "runs.csv", index=False)
    assert run_judge(tmp_path / "runs.csv", "--unit", "fraction") == 0
    assert verdicts(tmp_path / "judged")["paper.level"] == "REPLICATED"


@pytest.mark.parametrize("name", ["acc", "f1", "auc"])
def test_the_verdict_does_not_hang_on_the_name_of_the_metric(tmp_path, name):
    values = [97.9, 99.15, 99.42, 99.9, 99.01, 99.33, 99.66, 99.53]
    claims = CLAIMS.replace('"92.0"', '"95.9"').replace("value: 0.5", "value: 3")
    found = []
    for metric in ("test_accuracy", f"test_{name}"):
        claims_file(tmp_path, claims.replace("test_accuracy", metric))
        rows = [f"{arm},{seed},{value}" for arm in ("fast", "slow") for seed, value in enumerate(values)]
        (tmp_path / "runs.csv").write_text(f"variant,seed,{metric}\n" + "\n".join(rows) + "\n")
        assert run_judge(tmp_path / "runs.csv") == 0
        found.append(verdicts(tmp_path / "judged", "found")["paper.level"])
        assert verdicts(tmp_path / "judged")["paper.level"] == "REPLICATED"
    assert found[0] == found[1] and "94.9 to 99.9 %" in found[0]


def test_a_run_that_is_nan_counts_as_diverged_in_all_metrics(tmp_path, capsys):
    claims_file(tmp_path, CLAIMS.replace("hypotheses:", "hypotheses:\n" + """\
  - {id: paper.loss, sentence: The loss is small., reason: It was., study: paper, parts: [
     {kind: bound, variants: [fast], metric: train_loss, at_most: 1, about: mean}]}"""))  # fmt: skip
    table = pd.read_csv(table_of_runs(tmp_path)).assign(train_loss=0.5)
    table.loc[table["seed"].eq(3) & table["variant"].eq("fast"), "train_loss"] = np.nan
    table.to_csv(tmp_path / "runs.csv", index=False, na_rep="nan")
    assert run_judge(tmp_path / "runs.csv") == 0
    parts = pd.read_csv(tmp_path / "judged" / "parts.csv").set_index("id")
    assert (parts.loc["paper.level", "n"], parts.loc["paper.level", "n_diverged"]) == (7, 1)
    diverged = parts.loc["paper.diverges"].set_index("variants")
    assert diverged.loc["fast", "k"] == 1 and diverged.loc["slow", "k"] == 0
    assert "fast seed 3" in capsys.readouterr().out


def test_an_empty_cell_is_no_diverged_run(tmp_path):
    claims_file(tmp_path)
    table = pd.read_csv(table_of_runs(tmp_path))
    table.loc[3, "test_accuracy"] = np.nan
    table.to_csv(tmp_path / "runs.csv", index=False)
    assert run_judge(tmp_path / "runs.csv") == 0
    parts = pd.read_csv(tmp_path / "judged" / "parts.csv").set_index("id")
    assert parts.loc["paper.order", "n"] == 7 and (parts["n_diverged"] == 0).all()


def test_one_run_of_each_decides_nothing(tmp_path, capsys):
    claims_file(tmp_path)
    assert run_judge(table_of_runs(tmp_path, seeds=1)) == 0
    assert verdicts(tmp_path / "judged")["paper.order"] == "INCONCLUSIVE"
    assert "only one run" in capsys.readouterr().out


def test_runs_without_seeds_are_compared_without_pairs(tmp_path):
    claims_file(tmp_path)
    table = pd.read_csv(table_of_runs(tmp_path)).drop(columns="seed")
    table.to_csv(tmp_path / "runs.csv", index=False)
    assert run_judge(tmp_path / "runs.csv", "--unseeded") == 0
    found = verdicts(tmp_path / "judged")
    assert (found["paper.level"], found["paper.order"]) == ("REPLICATED", "CONTRADICTED")
    assert "of 8 and 8 runs, not paired" in verdicts(tmp_path / "judged", "found")["paper.order"]


def test_with_partial_what_has_no_runs_is_not_tested(tmp_path, capsys):
    claims_file(tmp_path)
    table = pd.read_csv(table_of_runs(tmp_path))
    table[table["variant"] == "fast"].to_csv(tmp_path / "runs.csv", index=False)
    assert run_judge(tmp_path / "runs.csv", "--partial") == 0
    found = verdicts(tmp_path / "judged")
    assert (found["paper.level"], found["paper.order"]) == ("REPLICATED", "NOT TESTED")
    assert "no runs of slow" in capsys.readouterr().out


def test_of_several_studies_one_is_asked_for(tmp_path, capsys):
    claims_file(
        tmp_path,
        CLAIMS.replace("study: paper, parts: [\n       {kind: number", "study: two, parts: [\n       {kind: number"),
    )
    assert run_judge(table_of_runs(tmp_path)) == 2
    assert "say --study, one of two, paper" in capsys.readouterr().err
    assert run_judge(tmp_path / "runs.csv", "--study", "two") == 0
    assert set(verdicts(tmp_path / "judged")) == {"paper.level"}
    assert "2 statements are about other studies" in capsys.readouterr().out


@pytest.mark.parametrize(("scope", "verdict"), [("sample", "INCONCLUSIVE"), ("other", "DOES NOT GENERALISE")])
def test_runs_on_other_data_do_not_contradict(tmp_path, scope, verdict):
    claims_file(tmp_path)
    assert run_judge(table_of_runs(tmp_path), "--data", scope) == 0
    found = verdicts(tmp_path / "judged")
    assert found["paper.order"] == verdict and found["paper.level"] == "NOT TESTED"
    assert f"{scope.upper()}" in (tmp_path / "judged" / "report.md").read_text(encoding="utf-8")


def test_a_byte_order_mark_does_not_matter(tmp_path):
    claims_file(tmp_path, "\ufeff" + CLAIMS)
    path = table_of_runs(tmp_path)
    path.write_text("\ufeff" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert run_judge(path) == 0


def test_judging_claims_needs_no_torch_no_workflow_and_no_store(tmp_path):
    claims_file(tmp_path)
    arguments = ["judge", str(table_of_runs(tmp_path)), "--claims", "paper.yaml", "--output", "out"]
    done = subprocess.run([sys.executable, "-c", BLOCKER, *arguments], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "statements.csv").is_file()
    assert {path.name for path in tmp_path.iterdir()} == {"paper.yaml", "runs.csv", "out"}


BAD_CLAIMS = {
    "variant": (CLAIMS.replace("variant: fast", "variant: fats"), "paper.yaml: .*did you mean 'fast'"),
    "metric": (CLAIMS.replace("test_accuracy", "test_acuracy"), "metric 'test_acuracy' unknown; .*'test_accuracy'"),
    "fraction": (CLAIMS.replace('"92.0"', '"0.920"'), "'paper.level' claims 0.92 .*fraction or percent"),
    "bound": (CLAIMS.replace("event: diverges, claimed: never",
                             "event: {metric: test_accuracy, at_least: 0.5}, claimed: happens"), "claims 0.5"),
    "twice": (CLAIMS.replace("paper.order", "paper.level"), "'paper.level': the id is given 2 times"),
    "empty": ("", "expected a mapping with the keys report"),
    "list": ("- 1\n- 2\n", "expected a mapping"),
    "params": ("profile: full\nstudies: {}\n", "key 'profile' unknown"),
    "none": ("report: paper\ntitle: t\nsource: s\nstatements: []\n", "no statement to judge"),
    "no yaml": ("report: [", "is not YAML"),
    "report": (CLAIMS.replace("report: paper", "report: other"), "an id starts with its report, 'other.'"),
    "no criterion": (CLAIMS.replace('{kind: number, variant: fast, metric: test_accuracy, value: "92.0"}', ""),
                     "no criterion"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_CLAIMS)
def test_bad_claims_are_said_in_two_lines_at_most_and_nothing_is_written(tmp_path, capfd, name):
    text, said = BAD_CLAIMS[name]
    claims_file(tmp_path, text)
    check_refused(table_of_runs(tmp_path), said, capfd)


ROWS = "fast,0,92\nfast,1,92.5\nslow,0,90\nslow,1,90.5\n"
BAD_RESULTS = {
    "empty": ("", "no row below a header"),
    "header": ("variant,seed,test_accuracy\n", "no row below a header"),
    "comma": ("variant;seed;test_accuracy\nfast;0;92,0\nslow;0;90,1\n", "has a comma"),
    "twice": (f"variant,seed,test_accuracy\n{ROWS}fast,0,91\n", "two runs with seed 0"),
    "too much": (f"variant,seed,test_accuracy\n{ROWS}fast,2,104\n", "104 is not possible: it must be from 0 to 100"),
    "unit": ("variant,seed,test_accuracy\nfast,0,0.92\nslow,0,0.9\n", "fractions or percentages"),
    "other metric": (f"variant,seed,val_accuracy\n{ROWS}", "metric 'test_accuracy' unknown; did you mean 'val_"),
    "no variant": (f"variant,seed,test_accuracy\n{ROWS}".replace("slow", "base"), "variant 'slow' unknown"),
    "binary": ("\x00\x01", "no row below a header|no CSV"),
}


@pytest.mark.parametrize("name", BAD_RESULTS)
def test_bad_results_are_said_in_two_lines_at_most_and_nothing_is_written(tmp_path, capfd, name):
    text, said = BAD_RESULTS[name]
    claims_file(tmp_path)
    (tmp_path / "runs.csv").write_text(text, encoding="utf-8")
    check_refused(tmp_path / "runs.csv", said, capfd)


def check_refused(results: Path, said: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_judge(results) == 2
    message = capfd.readouterr().err
    assert pd.Series([message.replace("\n", " ")]).str.contains(said).all(), message
    assert message.count("\n") <= 2
    assert not (results.parent / "judged").exists()


def test_a_direction_against_the_name_of_the_metric_is_said(tmp_path, capsys):
    claims_file(tmp_path)
    assert run_judge(table_of_runs(tmp_path)) == 0
    assert "higher_is_better" not in capsys.readouterr().out
    claims_file(tmp_path, CLAIMS.replace("higher_is_better: true", "higher_is_better: false"))
    assert run_judge(tmp_path / "runs.csv") == 0
    warning = "test_accuracy: higher_is_better: false? By its name, more is better.\n"
    assert warning in capsys.readouterr().out


def test_fractions_that_are_called_percentages_are_asked_about(tmp_path, capfd):
    claims_file(tmp_path)
    table = pd.read_csv(table_of_runs(tmp_path))
    table.assign(test_accuracy=table["test_accuracy"] / 100).to_csv(tmp_path / "runs.csv", index=False)
    assert run_judge(tmp_path / "runs.csv", "--unit", "percent") == 2
    assert "'paper.level' claims 92 for test_accuracy, but the runs have 0.9" in capfd.readouterr().err


def test_the_claims_file_may_have_any_name(tmp_path):
    claims_file(tmp_path).rename(tmp_path / "mine.yml")
    arguments = ["judge", str(table_of_runs(tmp_path)), "--claims", str(tmp_path / "mine.yml")]
    assert main([*arguments, "--output", str(tmp_path / "judged")]) == 0


def test_a_claim_of_less_than_one_percent_can_be_meant(tmp_path):
    claims_file(tmp_path, CLAIMS.replace('"92.0"', '"0.920"'))
    assert run_judge(table_of_runs(tmp_path), "--units-agree", "test_accuracy") == 0


def test_an_option_about_claims_needs_claims(tmp_path, capsys):
    assert main(["judge", str(table_of_runs(tmp_path)), "--partial"]) == 2
    assert "--claims FILE" in capsys.readouterr().err


def test_the_version_is_said(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"replab {__version__}\n"
