"""Three experiments in DVC's queue, as docs/dvc.md puts them there: what is trained, kept and shown."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from checkouts import FOCAL_LR, RECORDS, commit, git, make_checkout, run, trained
from test_dvc import commands_of

SECTION = "Try several settings"
SETTING = re.compile(r"-S (\S+)=(\d+)$")
RATES = {"size-50": 0.001, "size-25": 0.002, "size-10": 0.003}  # name in the page -> what the tiny study gets


def in_the_small_study(command: str) -> str:
    """The page's command, with the learning rate of the tiny study in the place of the page's setting."""
    name = re.search(r"--name (\S+)", command)
    return SETTING.sub(f"-S {FOCAL_LR}={RATES[name[1]]}", command) if name else command


def flat(block: dict[str, Any], before: str = "") -> dict[str, float]:
    """The numbers of a file of metrics, with their columns' names in `dvc exp show`."""
    found: dict[str, float] = {}
    for name, value in block.items():
        found |= flat(value, f"{before}{name}.") if isinstance(value, dict) else {f"{before}{name}": value}
    return found


@pytest.fixture(scope="module")
def queued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with results, in which the commands of the page have run."""
    folder = make_checkout(tmp_path_factory.mktemp("queue") / "project")
    run(folder, "dvc", "repro")
    commit(folder)
    for command in commands_of(SECTION):
        run(folder, "bash", "-c", in_the_small_study(command), limit=900)
    return folder


@pytest.fixture(scope="module")
def shown(queued: Path) -> dict[str, dict[str, str]]:
    """The rows of the page's `dvc exp show`, by the experiment's name."""
    text = run(queued, "bash", "-c", f"{commands_of(SECTION)[-1]} --csv")
    return {row["Experiment"]: row for row in csv.DictReader(io.StringIO(text)) if row["Experiment"]}


def test_the_page_queues_three_experiments() -> None:
    names = re.findall(r"--queue --name (\S+) -S", "\n".join(commands_of(SECTION)))
    assert names == list(RATES)


def test_the_queue_trains_the_changed_runs_only_and_leaves_the_folder_as_it_is(queued: Path) -> None:
    assert trained(queued / ".replab") == RECORDS + 2 * len(RATES)
    assert git(queued, "status", "--short", "--untracked-files=no") == ""


def test_exp_show_has_the_changed_setting_and_the_primary_metrics_of_each(
    queued: Path, shown: dict[str, dict[str, str]]
) -> None:
    setting, own = FOCAL_LR.partition(":")[2], {"rev", "Experiment", "Created", "typ", "parent", "State", "Executor"}
    assert {name: float(row[setting]) for name, row in shown.items()} == RATES
    for row in shown.values():
        primary = flat(json.loads(git(queued, "show", f"{row['rev']}:results/sample/primary.json")))
        said = {key: float(row[key]) for key in set(row) - own - {setting}}
        assert "tiny.test_accuracy.highest" in said and said.items() <= primary.items()


def test_an_experiment_has_its_own_rate_in_its_records(queued: Path, shown: dict[str, dict[str, str]]) -> None:
    for name, rate in RATES.items():
        lines = git(queued, "show", f"{shown[name]['rev']}:results/sample/tiny/records.jsonl").splitlines()
        found = {(run["variant"], run["spec"]["optimizer"]["lr"]) for run in map(json.loads, lines)}
        assert dict(found)["focal"] == rate and len(found) == 2
