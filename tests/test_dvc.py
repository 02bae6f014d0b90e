"""docs/dvc.md, command by command: a project that shares data and results, a fresh clone, and an experiment."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from checkouts import (
    EDITED_LR,
    FOCAL_LR,
    LR,
    RECORDS,
    ROOT,
    accuracies,
    clone,
    edit,
    make_checkout,
    rates,
    run,
    tables,
    trained,
)

PAGE = ROOT / "docs/dvc.md"
EXAMPLE = "studies/004-small-networks.yaml:xor_bits.variants.full_batch.batches.size=50"
VERDICTS = ("INCONCLUSIVE", "NOT COMPARABLE", "NOT TESTED")  # of a sample
ENDS = ("lowest", "highest")
SECTIONS = ["Share your data and your results", "Work in a fresh clone", "Try another setting"]


def commands_of(section: str) -> list[str]:
    """The lines of a section's blocks of shell commands."""
    text = PAGE.read_text(encoding="utf-8").partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    return [line for block in re.findall(r"```sh\n(.*?)```", text, re.S) for line in block.splitlines()]


@dataclass
class Place:
    """A checkout, the folder of its remote, and what each command of the page said there."""

    folder: Path
    remote: Path
    said: dict[str, str] = field(default_factory=dict)

    def follow(self, commands: list[str]) -> None:
        for command in commands:
            own = command.replace("/mnt/shared/replab", str(self.remote)).replace(EXAMPLE, f"{FOCAL_LR}={EDITED_LR}")
            self.said[command] = run(self.folder, "bash", "-c", own)

    def answer(self, start: str) -> str:
        [found] = [said for command, said in self.said.items() if command.startswith(start)]
        return found


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("dvc")
    place = Place(make_checkout(folder / "project"), folder / "remote")
    place.follow(commands_of(SECTIONS[0]))
    return place


@pytest.fixture(scope="module")
def cloned(shared: Place) -> Place:
    place = Place(clone(shared.folder, shared.folder.parent / "clone"), shared.remote)
    place.follow(commands_of(SECTIONS[1]))
    return place


@pytest.fixture(scope="module")
def experiment(shared: Place) -> Place:
    """The experiment in the first checkout, up to the commands that take it back."""
    commands = commands_of(SECTIONS[2])
    shared.follow(commands[: commands.index("git checkout -- params.yaml studies results dvc.lock")])
    return shared


def test_the_page_has_commands_in_every_section() -> None:
    assert [len(commands_of(section)) > 0 for section in SECTIONS] == [True] * 3  # test_dvc_queue.py has the fourth
    assert re.findall(r"```sh", PAGE.read_text()) == ["```sh"] * 7 and any(
        EXAMPLE in c for c in commands_of(SECTIONS[2])
    )


def test_a_fresh_clone_gets_data_and_records_and_has_nothing_to_do(shared: Place, cloned: Place) -> None:
    names = [path.relative_to(shared.folder) for path in shared.folder.glob("data/prepared/*/*")]
    assert names and all((cloned.folder / name).read_bytes() == (shared.folder / name).read_bytes() for name in names)
    assert f"{RECORDS} records loaded" in cloned.answer("replab load")
    assert "up to date" in cloned.answer("dvc status") and "up to date" in cloned.answer("dvc repro")
    assert tables(cloned.folder) == tables(shared.folder)


def test_a_clone_without_results_writes_the_same_ones_and_trains_nothing(shared: Place, cloned: Place) -> None:
    expected, records = tables(cloned.folder), sorted((cloned.folder / ".replab/runs").glob("*/*"))
    before = [path.stat().st_mtime_ns for path in records]
    shutil.rmtree(cloned.folder / "results")
    run(cloned.folder, "dvc", "repro")
    assert tables(cloned.folder) == expected
    assert len(records) == trained(cloned.folder / ".replab") == RECORDS
    assert before == [path.stat().st_mtime_ns for path in records]


def test_dvc_commit_is_the_one_way_to_a_wrong_label_as_the_page_says(shared: Place, tmp_path: Path) -> None:
    folder = clone(shared.folder, tmp_path / "deceived")
    run(folder, "dvc", "pull")
    edit(folder, FOCAL_LR, EDITED_LR)
    assert "changed deps" in run(folder, "dvc", "status")
    run(folder, "dvc", "commit", "--force")
    assert "up to date" in run(folder, "dvc", "repro") and rates(folder)["focal"] == LR


def test_an_experiment_trains_the_changed_runs_only(experiment: Place) -> None:
    assert rates(experiment.folder) == {"plain": LR, "focal": EDITED_LR}
    assert trained(experiment.folder / ".replab") == RECORDS + 2


def test_exp_show_has_the_changed_parameter_and_the_primary_metrics(experiment: Place) -> None:
    said = experiment.answer("dvc exp show")
    assert "edited" in said and "optimizer.lr" in said
    [command] = [command for command in experiment.said if command.startswith("dvc exp show")]
    rows = list(csv.DictReader(io.StringIO(run(experiment.folder, "bash", "-c", f"{command} --csv"))))
    changed = FOCAL_LR.partition(":")[2]
    own = {"rev", "Experiment", "Created", "typ", "parent", "State", "Executor"}
    few = {changed, *(f"tiny.test_accuracy.{end}" for end in ENDS), *(f"verdicts.{name}" for name in VERDICTS)}
    assert {changed} < set(rows[0]) - own <= few
    [row] = [row for row in rows if row.get("Experiment") == "edited"]
    found = [float(row[name]) for name in (f"tiny.test_accuracy.{end}" for end in ENDS) if name in row]
    assert found and set(found) <= set(accuracies(experiment.folder).values())


def test_differences_of_parameters_and_metrics_are_those_of_the_experiment(experiment: Place) -> None:
    assert FOCAL_LR.partition(":")[2] in experiment.answer("dvc params diff") and str(EDITED_LR) in experiment.answer(
        "dvc params diff"
    )
    assert "test_accuracy" in experiment.answer("dvc metrics diff")


def test_plots_diff_draws_both(experiment: Place) -> None:
    page = (experiment.folder / "work/plots/index.html").read_text(encoding="utf-8")
    assert '"rev": "edited"' in page and '"rev": "HEAD"' in page


def test_the_experiment_can_be_taken_back_and_applied(experiment: Place) -> None:
    back, apply = commands_of(SECTIONS[2])[-2:]
    experiment.follow([back])
    assert rates(experiment.folder) == {"plain": LR, "focal": LR}
    experiment.follow([apply])
    assert rates(experiment.folder) == {"plain": LR, "focal": EDITED_LR}


def test_the_columns_of_dvc_are_a_few_numbers_of_a_study(shared: Place) -> None:
    text = run(shared.folder, "git", "show", "HEAD:results/sample/primary.json")
    numbers = json.loads(text)
    means = json.loads(run(shared.folder, "git", "show", "HEAD:results/sample/metrics.json"))["tiny"].values()
    values = [metrics["test_accuracy"] for metrics in means]
    assert numbers["tiny"] == {"test_accuracy": {"lowest": min(values), "highest": max(values)}}
    assert sum(numbers["verdicts"].values()) == 1
