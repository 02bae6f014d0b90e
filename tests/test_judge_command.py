"""`replab judge`: a folder with the report, or one or two clear lines and nothing written."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from replab.__main__ import main
from replab.judging.baseline_comparisons import against
from replab.judging.comparisons import ranking_columns
from replab.judging.skewed_means import skewed_mean_p
from replab.judging.values import Seen

BLOCKED = ("torch", "pytorch_lightning", "torchmetrics", "snakemake", "dvc", "filelock", "pooch", "rich", "psutil",
           "sklearn", "skimage", "mlxtend", "sacrebleu", "threadpoolctl", "num2words")  # fmt: skip
BLOCKER = f"""
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {BLOCKED!r}:
            raise ModuleNotFoundError(name, name=name.partition(".")[0])
sys.meta_path.insert(0, Blocker())
from replab.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def table_of_runs(folder: Path, seeds: int = 8) -> Path:
    """Runs of `slow`, and of `fast`, which is 2 points better, as a table."""
    noise = np.random.default_rng(0).normal(0, 0.2, (2, seeds))
    rows = [
        f"{name},{seed},{90 + gain + noise[place, seed]:.4f}"
        for place, (name, gain) in enumerate((("slow", 0), ("fast", 2)))
        for seed in range(seeds)
    ]
    path = folder / "runs.csv"
    path.write_text("variant,seed,test_accuracy\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_without_claims_every_variant_is_compared_with_the_baseline(tmp_path, capsys):
    out = tmp_path / "judged"
    assert main(["judge", str(table_of_runs(tmp_path)), "--baseline", "slow", "--output", str(out)]) == 0
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert names == {
        "report.md", "index.html", "runs.csv", "summary.csv", "against.csv", "figures/test_accuracy.svg",
    }  # fmt: skip
    assert "Hardly: 8 pairs show it." in (out / "report.md").read_text(encoding="utf-8")
    told = capsys.readouterr().out
    assert "\n1 of 1 difference to slow is established: p, corrected within each metric, is at most 5 %.\n" in told
    assert "taken as percentages" in told and told.endswith(f"for a browser: {out / 'index.html'}\n")


def test_the_comparison_agrees_with_scipy(tmp_path):
    runs = pd.read_csv(table_of_runs(tmp_path)).rename(columns={"test_accuracy": "value"})
    runs = runs.assign(metric="test_accuracy", unit="%", status="done")
    row = against(runs, "slow").iloc[0]
    wide = runs.pivot(index="seed", columns="variant", values="value")
    differences = (wide["fast"] - wide["slow"]).to_numpy()
    low, high = stats.t.interval(0.95, 7, loc=differences.mean(), scale=stats.sem(differences))
    test = stats.permutation_test((differences,), np.mean, permutation_type="samples", n_resamples=np.inf)
    assert row["difference"] == pytest.approx(differences.mean())
    assert row["low"] <= low < high <= row["high"]  # the union with Hall's
    assert row["p_value"] == skewed_mean_p(differences) >= stats.ttest_1samp(differences, 0).pvalue
    assert row["p_check"] == pytest.approx(test.pvalue) and pd.isna(row["seeds_needed"])


@pytest.mark.parametrize("seeds", [3, 5, 8])
@pytest.mark.parametrize("gain", [0.0, 0.2, 2.0])
def test_the_comparison_is_that_of_a_ranking(tmp_path, seeds, gain):
    runs = pd.read_csv(table_of_runs(tmp_path, seeds)).rename(columns={"test_accuracy": "value"})
    runs["value"] += (gain - 2) * (runs["variant"] == "fast")
    row = against(runs.assign(metric="m", unit="", status="done"), "slow").iloc[0]
    wide = runs.pivot(index="seed", columns="variant", values="value")
    found = ranking_columns(Seen((wide["fast"] - wide["slow"]).to_numpy()), 1)
    for ours, its in {"difference": "estimate", "low": "low", "high": "high", "p_value": "p_value"}.items():
        assert row[ours] == pytest.approx(found[its])
    assert row["luck"].startswith("Hardly") == (not row["low"] <= 0 <= row["high"]) == pd.isna(row["seeds_needed"])
    assert ("sign-flip" in row["luck"]) == (row["p_value"] <= 0.05 < row["p_check"])


def test_a_run_that_is_nan_in_one_metric_is_part_of_no_mean(tmp_path, capsys):
    table = pd.read_csv(table_of_runs(tmp_path)).assign(test_loss=0.5)
    table.loc[table["seed"].eq(3) & table["variant"].eq("fast"), "test_loss"] = np.nan
    table.to_csv(tmp_path / "runs.csv", index=False, na_rep="nan")
    out = tmp_path / "judged"
    assert main(["judge", str(tmp_path / "runs.csv"), "--baseline", "slow", "--output", str(out)]) == 0
    summary = pd.read_csv(out / "summary.csv").set_index(["metric", "variant"])
    assert [summary.loc[(metric, "fast"), "n"] for metric in ("test_accuracy", "test_loss")] == [7, 7]
    assert pd.read_csv(out / "against.csv")["n"].tolist() == [7, 7]
    assert "whole run diverged, in all metrics: fast seed 3" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "say --baseline"),
        (["--baseline", "slwo"], "did you mean 'slow'"),
        (["--baseline", "slow", "--metric", "f1"], "metric 'f1' unknown; known: .*test_accuracy"),
        (["--baseline", "slow", "--unit", "test_accuracy=fraction"], "is no fraction"),
        (["--baseline", "slow", "--pick", "first"], "--pick must be"),
        (["--baseline", "slow", "--variant-from", "arm"], "column or setting 'arm' unknown"),
        (["--baseline", "slow", "--format", "tensorbord"], "did you mean 'tensorboard'"),
    ],
)
def test_bad_input_is_said_in_two_lines_at_most_and_nothing_is_written(tmp_path, capfd, arguments, said):
    out = tmp_path / "judged"
    assert main(["judge", str(table_of_runs(tmp_path)), *arguments, "--output", str(out)]) == 2
    message = capfd.readouterr().err
    assert pd.Series([message.replace("\n", " ")]).str.contains(said).all()
    assert message.count("\n") <= 2
    assert not out.exists()


def test_judging_needs_no_torch_no_workflow_and_no_store(tmp_path):
    arguments = ["judge", str(table_of_runs(tmp_path)), "--baseline", "slow", "--output", "out"]
    done = subprocess.run([sys.executable, "-c", BLOCKER, *arguments], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "index.html").is_file()


def test_a_command_of_the_trainer_says_what_to_install(tmp_path):
    done = subprocess.run([sys.executable, "-c", BLOCKER, "status"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert "status needs filelock: pip install '.[train]' in replab's folder (or '.[commands]'" in done.stderr
    done = subprocess.run([sys.executable, "-c", BLOCKER, "--help"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and "judge" in done.stdout


@pytest.mark.parametrize(
    ("report", "arguments"),
    [
        ("judged-wandb", "wandb_export.csv --variant-from hidden --baseline linear --unit fraction"),
        ("judged-lightning", "logs --variant-from hidden --baseline 300 --metric test_error --unit test_error=percent"),
    ],
)
def test_the_examples_have_the_reports_that_are_committed(tmp_path, monkeypatch, report, arguments):
    monkeypatch.chdir(Path(__file__).parents[1] / "docs" / "examples" / "judge")
    assert main(["judge", *arguments.split(), "--output", str(tmp_path)]) == 0
    for path in (path for kind in ("md", "csv") for path in Path(report).glob(f"*.{kind}")):
        assert (tmp_path / path.name).read_text(encoding="utf-8") == path.read_text(encoding="utf-8"), path


def test_what_an_earlier_call_wrote_and_this_one_does_not_is_removed(tmp_path):
    out, runs = tmp_path / "judged", table_of_runs(tmp_path)
    assert main(["judge", str(runs), "--baseline", "slow", "--output", str(out)]) == 0
    (out / "figures/own.svg").write_text("of the user's")
    runs.write_text("variant,seed,loss\nA,0,1\nA,1,2\n", encoding="utf-8")
    assert main(["judge", str(runs), "--output", str(out)]) == 0
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert names == {"report.md", "index.html", "runs.csv", "summary.csv", "figures/loss.svg", "figures/own.svg"}
