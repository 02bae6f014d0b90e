"""A study whose variants are a command of the user's: what runs, what counts, what is refused, what fails."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from replab import environment
from replab.__main__ import main
from replab.commands import SMALL
from replab.commands.report import check_shares
from replab.errors import ReplabError
from replab.params import resolve
from replab.params_loading import check_params
from replab.project import Project
from replab.runners.command_spec import CommandSpec, words_of
from replab.runners.process import call
from replab.runners.results import read_results
from replab.store import Store
from test_judge_command import BLOCKED, BLOCKER
from tiny import write_params

SCRIPT = """\
import argparse, json
from helper import scale
parser = argparse.ArgumentParser()
for name in ("--lr", "--seed", "--out"):
    parser.add_argument(name)
args = parser.parse_args()
print("training")
value = scale(float(args.lr)) + int(args.seed)
json.dump({"score": value, "loss": [2.0, 1.0], "epoch": [1, 2]}, open(args.out + "/metrics.json", "w"))
"""
COMMAND = "python train.py --lr {lr} --seed {seed} --out {out}"
RUN = {"command": COMMAND, "metrics": "{out}/metrics.json", "files": ["train.py"]}


def study(run: dict[str, Any] | None = None, settings: Any = None, **more: Any) -> dict[str, Any]:
    block = {
        "report": "r", "title": "t", "question": "q", "metrics": ["score"],
        "base": {"run": RUN | (run or {}), "settings": settings if settings is not None else {"lr": 0.1}},
        "variants": {"plain": {}, "fast": {"settings": {"lr": 10}}} if settings is None else {"plain": {}},
    }  # fmt: skip
    profile = {"sample": False, "seeds": [0, 1], "variants_per_job": 2}
    return {"profile": "full", "profiles": {"full": profile}, "studies": {"mine": block | more}}


@pytest.fixture
def place(folder: Path) -> Path:
    (folder / "train.py").write_text(SCRIPT)
    (folder / "helper.py").write_text("def scale(x):\n    return 2 * x\n")
    write_params(folder / "params.yaml", study())
    return folder


def records() -> list[dict[str, Any]]:
    return sorted(Store().records(), key=lambda record: (record["spec"]["settings"]["lr"], record["seed"]))


def test_a_command_goes_from_params_to_a_report(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "mine", "--quiet"]) == 0
    assert [record["metrics"]["score"]["value"] for record in records()] == [0.2, 1.2, 20, 21]
    assert records()[0]["curves"] == {"loss": [2.0, 1.0], "epoch": [1, 2]}
    assert not list(place.glob(".replab/outputs/*")) and len(list(place.glob(".replab/logs/*.log"))) == 4
    assert main(["report"]) == 0 and main(["plan"]) == 0
    report = (place / "results/full/mine/report.md").read_text()
    assert "`train.py` imports `helper.py`, which `files` does not declare" in report
    assert main(["why", "mine", "plain"]) == 0
    assert "would not run" in capsys.readouterr().out


CLAIM = """\
report: r
title: t
source: s
statements:
  - {id: r.right, rows: [], sentence: More than 40 % are right., quote: forty, place: here, readings: [
     {name: said, mark: R, setting: As said., study: mine, parts: [
       {kind: bound, variants: [plain], metric: test_accuracy, at_least: 40, about: mean}]}]}
"""


@pytest.mark.parametrize("unit", ["", "%"])
def test_a_claim_in_percent_about_fractions_is_asked_about(place: Path, unit: str, capsys: Any) -> None:
    (place / "train.py").write_text(SCRIPT.replace('"score": value', '"test_accuracy": value / 10'))
    (place / "claims").mkdir()
    (place / "claims/r.yaml").write_text(CLAIM)
    write_params(place / "params.yaml", study({"units": {"test_accuracy": unit}}, {"lr": 0.1}))
    assert main(["train", "mine", "--quiet"]) == 0 and main(["report"]) == 2
    said = capsys.readouterr().err
    assert "'r.right' claims 40 for test_accuracy, but the runs have 0.07: fraction or percent?" in said
    assert "say units: {test_accuracy: fraction}" in said and said.count("\n") == 2
    assert not (place / "results").exists()
    assert main(["report", "--units-agree", "test_accuracy", "--latex"]) == 0
    assert "are right. & " in (place / "results/full/mine/statements.tex").read_text()


@pytest.mark.parametrize(("spec", "asked"), [({"model": {}}, False), ({"run": {}}, True)], ids=str)
def test_replabs_own_engines_are_not_asked_about_their_percentages(
    place: Path, monkeypatch: pytest.MonkeyPatch, spec: dict[str, Any], asked: bool
) -> None:
    (place / "claims").mkdir()
    (place / "claims/r.yaml").write_text(CLAIM)
    seen: list[Any] = []
    monkeypatch.setattr("replab.judging.claims_on_runs.check_units", lambda *arguments: seen.append(arguments))
    runs = pd.DataFrame({"metric": ["test_accuracy"], "value": [0.7], "unit": ["%"]})
    monkeypatch.setattr("replab.report.frames.runs_frame", lambda result: runs)
    check_shares(SimpleNamespace(name="mine", report="r", records={("plain", 0): {"spec": spec}}), [])  # type: ignore[arg-type]
    assert bool(seen) == asked


def test_a_metric_that_no_run_has_is_named(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_params(place / "params.yaml", study(metrics=["scores", "loss"]))
    assert main(["train", "mine", "--quiet"]) == 0 and main(["report"]) == 0
    line = "No finished run has scores, which the study names: metric 'scores' unknown; did you mean 'score'?"
    assert f"mine: {line}\n" in capsys.readouterr().out
    report = (place / "results/full/mine/report.md").read_text()
    assert f"| all | all | done | {line} |" in report and "every run finished" not in report


def test_fractions_become_percentages_with_their_curves(place: Path) -> None:
    path = place / "m.json"
    path.write_text('{"acc": [0.5, null, 0.25], "epoch": [1, 2, 3], "loss": 2}')
    metrics, curves, _ = read_results(path, {"acc": "fraction"})
    assert metrics == {"acc": {"value": 25.0, "unit": "%"}, "loss": {"value": 2, "unit": ""}}
    assert curves == {"acc": [50.0, None, 25.0], "epoch": [1.0, 2.0, 3.0]}
    path.write_text('{"acc": 97}')
    with pytest.raises(ReplabError, match="acc is 97, and `units` says that it is a fraction"):
        read_results(path, {"acc": "fraction"})


@pytest.mark.parametrize(
    "called", [["plan"], ["train", "mine", "--quiet"], ["report"], ["status"], ["why", "mine", "plain"]]
)
def test_a_study_of_commands_needs_no_torch(place: Path, called: list[str]) -> None:
    lacks = [name for name in BLOCKED if name not in SMALL]
    program = BLOCKER.replace(repr(BLOCKED), repr(tuple(lacks)))
    done = subprocess.run([sys.executable, "-c", program, *called], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_what_is_not_installed_is_not_in_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    def installed(package: str) -> str:
        if package == "torch":
            raise PackageNotFoundError(package)
        return "1.0"

    monkeypatch.setattr(environment, "version", installed)
    found = environment.describe()
    assert "torch" not in found and found["numpy"] == found["pytorch_lightning"] == "1.0"


def test_a_package_of_the_trainer_that_lacks_is_said_in_a_line(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lacks(*_: Any) -> None:
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    monkeypatch.setattr("replab.runners.jobs.run_variants", lacks)
    assert main(["train", "mine", "--quiet"]) == 2
    assert capsys.readouterr().err == "replab: train needs torch: pip install '.[train]' in replab's folder\n"


@pytest.mark.parametrize(
    ("run", "runs"),
    [({"timeout": 50}, True), ({"resume": {"when": "{out}/x", "add": "--on"}}, True), ({"shell": True}, False)],
    ids=str,
)
def test_how_long_and_how_to_go_on_move_no_number(place: Path, run: dict[str, Any], runs: bool) -> None:
    assert main(["train", "mine", "--quiet"]) == 0
    write_params(place / "params.yaml", study(run))
    states = {one.state for one in Project(place / "params.yaml", None).runs(["mine"])}
    assert states == ({"done"} if runs else {"missing"})


def test_an_edit_of_a_declared_file_or_of_data_makes_new_runs(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "table.csv").write_text("1")
    write_params(place / "params.yaml", study({"data": ["*.csv"]}))
    assert main(["train", "mine", "--quiet"]) == 0
    (place / "table.csv").write_text("2")
    assert main(["why", "mine", "plain"]) == 0
    (place / "train.py").write_text(SCRIPT + "# more\n")
    assert main(["why", "mine", "plain"]) == 0
    data, both = capsys.readouterr().out.splitlines()[-2:]
    assert "the data changed" in data and "the source changed in train.py" in both


@pytest.mark.parametrize("shell", [False, True], ids=str)
def test_a_value_is_one_word_and_never_read_by_a_shell(shell: bool, place: Path) -> None:
    evil = "a b; touch hacked $(touch hacked) '"
    lines = (
        "import sys, json; json.dump({'n': len(sys.argv)}, open(sys.argv[3] + '/m.json', 'w')); assert {!r} in sys.argv"
    )
    (place / "train.py").write_text(lines.replace("{!r}", repr(evil)))
    run = {"command": "python train.py {word} {seed} {out}", "metrics": "{out}/m.json", "shell": shell}
    write_params(place / "params.yaml", study(run, {"word": evil}, metrics=["n"]))
    assert main(["train", "mine", "--quiet"]) == 0
    assert not (place / "hacked").exists()


REFUSED: dict[str, tuple[dict[str, Any], Any, str]] = {
    "an unknown placeholder": ({"command": COMMAND + " {lrr}"}, None, "placeholder 'lrr' unknown; did you mean 'lr'?"),
    "no seed": ({"command": "python train.py {out} {lr}"}, None, "has no {seed}"),
    "a setting without effect": ({}, {"lr": 1, "depth": 3}, "settings.depth would change nothing"),
    "a setting that is a list": ({}, {"lr": [1]}, "settings.lr must be a text, a number"),
    "metrics elsewhere": ({"metrics": "metrics.json"}, None, "{out}"),
    "an open quote": ({"command": COMMAND + " '"}, None, "cannot be split into words"),
    "an unknown key": ({"timeuot": 3}, None, "key 'timeuot' unknown; did you mean 'timeout'?"),
    "a name of replab's": ({}, {"lr": 1, "seed": 3}, "the name 'seed' is replab's own"),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_what_does_not_hold_is_refused(case: str, place: Path) -> None:
    run, settings, message = REFUSED[case]
    with pytest.raises(ReplabError) as caught:
        check_params(study(run, settings), place / "params.yaml")
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_run_without_a_command_is_refused(place: Path) -> None:
    for run, message in (({"comand": "x"}, "did you mean 'command'"), ({"metrics": "x"}, "run: command missing")):
        content = study()
        content["studies"]["mine"]["base"]["run"] = run
        with pytest.raises(ReplabError, match=message):
            check_params(content, place / "params.yaml")


@pytest.mark.parametrize(
    ("run", "message"),
    [
        ({"files": []}, "run.files does not declare train.py"),
        ({"files": ["train.py", "src/*.py"]}, "run.files: 'src/*.py' matches no file"),
        ({"files": [""]}, "run.files: '' names no file"),
        ({"files": ["train.py", "."]}, "run.files: '.' names no file"),
        ({"environment": "x.lock"}, "run.environment: 'x.lock' matches no file"),
        ({"command": COMMAND.replace("python", "pythn")}, "pythn: No such file"),
    ],
    ids=str,
)
def test_files_that_are_not_there_are_named(
    run: dict[str, Any], message: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_params(place / "params.yaml", study(run))
    assert main(["train", "mine", "--quiet"]) == 2
    said = capsys.readouterr().err
    assert message in said and len(said.splitlines()) <= 2 and not records()


FAILING = {
    "a script that raises": ("print('one'); raise ValueError('too steep')", "exit status 1", "ValueError: too steep"),
    "no metrics": ("pass", "wrote no metrics.json", ""),
    "NaN": ("write('{\"score\": NaN}')", "score is nan", "diverged_step"),
    "a word": ('write(\'{"score": "high"}\')', "score is 'high'", "no number"),
    "no JSON": ("write('{')", "metrics.json is not JSON", ""),
    "lists in lists without end": ("write('[' * 100_000)", "metrics.json is not JSON", ""),
    "a hang": ("import time; print('waiting'); time.sleep(60)", "timeout of 1 s: waiting", ""),
}
WRITE = "import sys\ndef write(text): open(sys.argv[-1] + '/metrics.json', 'w').write(text)\n"


@pytest.mark.parametrize("case", FAILING, ids=str)
def test_a_command_that_fails_says_why(case: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines, *messages = FAILING[case]
    (place / "train.py").write_text(WRITE + lines)
    write_params(place / "params.yaml", study({"timeout": 1} if case == "a hang" else None))
    started = time.monotonic()
    assert main(["train", "mine", "plain", "--quiet"]) == 2
    said = capsys.readouterr().err
    assert all(message in said for message in messages) and len(said.splitlines()) == 1
    assert not records() and time.monotonic() - started < 30
    assert main(["status", "--json"]) == 0
    assert messages[0] in json.loads(capsys.readouterr().out)[0]["reason"]


def test_one_failing_seed_leaves_the_others(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "train.py").write_text(SCRIPT.replace('print("training")', "assert args.seed != '0'"))
    assert main(["train", "mine", "plain", "--quiet"]) == 2
    assert "seed 0" in capsys.readouterr().err and [record["seed"] for record in records()] == [1]


def test_a_run_that_diverged_is_a_result(place: Path) -> None:
    (place / "train.py").write_text(WRITE + "write('{\"diverged_step\": 7}')")
    assert main(["train", "mine", "plain", "--quiet"]) == 0
    assert {(record["status"], record["diverged_step"]) for record in records()} == {("diverged", 7)}


def test_a_run_is_redone_whole_or_goes_on_as_the_command_says(place: Path) -> None:
    script = """
import os, sys
half = sys.argv[-2 if sys.argv[-1] == "--on" else -1] + "/half"
if not os.path.exists(half):
    open(half, "w").write("1")
    sys.exit(3)
open(half[:-4] + "metrics.json", "w").write('{"score": %d}' % (sys.argv[-1] == "--on"))
"""
    (place / "train.py").write_text(script)
    for _ in range(2):
        assert main(["train", "mine", "plain", "--quiet"]) == 2
    write_params(place / "params.yaml", study({"resume": {"when": "{out}/half", "add": "--on"}}))
    assert main(["train", "mine", "plain", "--quiet"]) == 0
    assert [record["metrics"]["score"]["value"] for record in records()] == [1, 1]


def test_settings_can_be_handed_over_as_a_file(place: Path) -> None:
    (place / "train.py").write_text(
        "import json, sys\ns = json.load(open(sys.argv[1]))\n"
        "json.dump({'score': sum(s['sizes']) + s['seed']}, open(sys.argv[2] + '/metrics.json', 'w'))"
    )
    run = {"command": "python train.py {settings} {out}"}
    write_params(place / "params.yaml", study(run, {"lr": 0, "sizes": [3, 4], "name": "x"}))
    assert main(["train", "mine", "--quiet"]) == 0
    assert [record["metrics"]["score"]["value"] for record in records()] == [7, 8]


def test_braces_and_booleans_are_written_as_said() -> None:
    run = {"command": "run {{x}} {flag} {seed} {out}", "metrics": "{out}/m.csv"}
    spec = CommandSpec.model_validate({"run": run, "settings": {"flag": True}})
    assert words_of(spec, {"flag": True, "seed": 1, "out": "o"}) == ["run", "{x}", "true", "1", "o"]


def test_a_setting_called_name_replaces_nothing_else(place: Path) -> None:
    content = study({"command": COMMAND + " {name}"}, {"lr": 1, "name": "a"})
    content["studies"]["mine"]["variants"] = {"other": {"settings": {"name": "b"}}}
    [variant] = resolve(check_params(content, place / "params.yaml"), "mine", "full")
    assert variant.spec["settings"] == {"lr": 1, "name": "b"}


def test_csv_has_numbers_or_curves(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("\ufeffacc,loss\n97.5,0.1\n")
    assert read_results(path, {"acc": "%"})[0]["acc"] == {"value": 97.5, "unit": "%"}
    for text in ("step,acc,loss\n10,90,0.5\n20,,0.25\n", "step;acc;loss\n10;90;0.5\n20;;0.25\n"):
        path.write_text(text)
        metrics, curves, _ = read_results(path, {})
        assert {name: entry["value"] for name, entry in metrics.items()} == {"acc": 90, "loss": 0.25}
        assert curves == {"step": [10, 20], "acc": [90, None], "loss": [0.5, 0.25]}
    path.write_text("acc\nhigh\n")
    with pytest.raises(ReplabError, match=r"m\.csv: acc: 'high' is no number"):
        read_results(path, {})


def test_the_documented_study_does_what_its_page_says(folder: Path) -> None:
    page = (Path(__file__).parents[1] / "docs/your-own-code.md").read_text(encoding="utf-8")
    files = dict(re.findall(r"```(?:python|yaml)\n# (\S+)\n(.*?)```", page, flags=re.DOTALL))
    assert sum(len(text.splitlines()) for text in files.values()) <= 40
    for name, text in files.items():
        (folder / name).write_text(text.replace("[0, 1, 2, 3, 4, 5, 6]", "[0, 1, 2]"))  # a process takes seconds
    assert main(["train", "penalty", "--quiet"]) == 0 and main(["report"]) == 0
    assert [record["metrics"]["test_accuracy"]["unit"] for record in Store().records()] == ["%"] * 6
    assert "Could the differences be luck?" in (folder / "results/full/penalty/report.md").read_text()


def test_a_folder_that_is_gone_is_named_and_not_the_command(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    with pytest.raises(ReplabError, match="gone: No such file"):
        call([sys.executable, "-V"], gone, tmp_path / "log", tmp_path / "lock", None, {})
