"""The workflow on a SLURM cluster, where there is one that answers.

The folder of pytest must be one that the nodes see too: `--basetemp` names another.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from checkouts import CLAIMS, PARAMS_FILE, RECORDS, TINY, clone, commit, edit, environment, make_checkout, run, trained
from waiting import wait_for

PROGRAMS = ["sbatch", "squeue", "scancel", "sinfo", "srun"]
SLURM = ["snakemake", "--profile", "profiles/slurm"]
SUBMITTED = re.compile(r"has been submitted with SLURM jobid (\d+)")


def why_not() -> str:
    """Why there is no cluster to run on, or ""."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        return f"SLURM's programs are not installed: {', '.join(missing)}"
    try:
        asked = subprocess.run(["sinfo", "-h", "-o", "%a %T"], capture_output=True, text=True, timeout=20)
    except subprocess.TimeoutExpired:
        return "no SLURM cluster answers"
    up = re.search(r"^up (idle|mixed|allocated)", asked.stdout, flags=re.MULTILINE)
    return "" if up else f"no SLURM cluster answers: {asked.stderr.strip() or 'no node is up'}"


REASON = why_not()
on_a_cluster = pytest.mark.skipif(bool(REASON), reason=REASON)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout that nothing was run in."""
    return make_checkout(tmp_path_factory.mktemp("slurm") / "plain")


def jobs(folder: Path) -> list[str]:
    """The numbers of the jobs that snakemake submitted from a folder, by its newest log."""
    logs = sorted((folder / ".snakemake/log").glob("*.log"), key=lambda path: path.stat().st_mtime)
    return SUBMITTED.findall(logs[-1].read_text()) if logs else []


def waiting_or_running(numbers: list[str]) -> list[str]:
    listed = subprocess.run(["squeue", "-h", "-o", "%A"], capture_output=True, text=True, check=True).stdout.split()
    return [number for number in numbers if number in listed]


def times(store: Path) -> dict[str, int]:
    return {path.stem: path.stat().st_mtime_ns for path in store.glob("runs/*/*.json")}


@on_a_cluster
def test_two_studies_run_on_a_cluster_to_their_reports(plain: Path, tmp_path: Path) -> None:
    folder, store = clone(plain, tmp_path / "studies"), tmp_path / "store"
    output = run(folder, *SLURM, store=store)
    assert len(SUBMITTED.findall(output)) == 2, "a job a study; data and reports are made where snakemake runs"
    assert trained(store) == RECORDS
    run(folder, "replab", "train", "tiny", "--quiet", store=tmp_path / "here")
    runs = {path.stem: json.loads(path.read_text()) for path in store.glob("runs/*/*.json")}
    for path in (tmp_path / "here").glob("runs/*/*.json"):
        here, there = json.loads(path.read_text())["metrics"], runs[path.stem]["metrics"]
        assert {name: metric["value"] for name, metric in there.items()} == {
            name: pytest.approx(metric["value"]) for name, metric in here.items()
        }
    assert "A tiny study" in (folder / "results/sample/README.md").read_text()
    assert "Nothing to be done" in run(folder, *SLURM, store=store)


def cancel(_snakemake: subprocess.Popen[bytes], numbers: list[str]) -> None:
    subprocess.run(["scancel", *numbers], check=True)


def press_ctrl_c(snakemake: subprocess.Popen[bytes], _numbers: list[str]) -> None:
    snakemake.send_signal(signal.SIGINT)


@on_a_cluster
@pytest.mark.parametrize("stop", [cancel, press_ctrl_c])
def test_a_stopped_job_goes_on_where_it_was(
    stop: Callable[[subprocess.Popen[bytes], list[str]], None], plain: Path, tmp_path: Path
) -> None:
    folder, store = clone(plain, tmp_path / "stopped"), tmp_path / "store"
    edit(folder, f"{TINY}:tiny.base.budget.epochs", 300)
    edit(folder, f"{TINY}:tiny.variants", {"plain": {}})
    with (
        (folder / "output").open("wb") as output,
        subprocess.Popen(
            SLURM, cwd=folder, env=environment(store), stdout=output, stderr=output, start_new_session=True
        ) as snakemake,
    ):
        wait_for(lambda: any(store.glob("checkpoints/*.pt")) and trained(store) == 1 and len(jobs(folder)) == 2)
        numbers = jobs(folder)
        stop(snakemake, waiting_or_running(numbers))
        assert snakemake.wait(120) != 0
    wait_for(lambda: not waiting_or_running(numbers), 60)
    before = times(store)
    assert len(before) == 1 and list(store.glob("checkpoints/*.pt")), "the measurement, and where the training stopped"
    run(folder, *SLURM, store=store)
    assert len(jobs(folder)) == 1, "what had finished does not run again"
    after = times(store)
    assert len(after) == 3 and before.items() <= after.items()
    log = (folder / "work/sample/tiny/job_1.log").read_text()
    left = re.search(r"\d+/(\d+), loss", log)
    assert left and int(left[1]) < 300, "the epochs that were left, of 300"


# Slow until there is a file `quick`. The command must not name a file that is there: it would be asked to declare it.
SLOW = "if ls | grep -q '^quick$'; then echo '{{\"score\": {seed}}}' > {out}/metrics.json; else sleep 600; fi"
FAILING = "echo {out}, seed {seed}: the disk of node seven is full >&2; exit 3"


def command_study(title: str, command: str) -> dict[str, object]:
    return {
        "report": "997",
        "title": title,
        "question": "Does it end?",
        "metrics": ["score"],
        "profiles": {"sample": {"seeds": [0]}},
        "base": {"run": {"command": command, "shell": True, "metrics": "{out}/metrics.json"}},
    }


@pytest.fixture(scope="module")
def troubled(plain: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path, str]]:
    """A checkout with a study that is too slow for its time limit and one that fails; its store; what was said."""
    folder = clone(plain, tmp_path_factory.mktemp("slurm") / "troubled")
    studies = {"slow": command_study("Slow", SLOW), "failing": command_study("Failing", FAILING)}
    (folder / "studies/more.yaml").write_text(yaml.safe_dump(studies))
    edit(folder, f"{PARAMS_FILE}:profiles.sample.studies", ["paths", "slow", "failing"])
    (folder / CLAIMS).unlink()
    commit(folder)
    store = folder.parent / "store"
    output = run(folder, *SLURM, "--set-resources", "train_job:runtime=1", store=store, status=1)
    yield folder, store, output


@on_a_cluster
def test_a_job_that_fails_says_why_and_stops_no_other(troubled: tuple[Path, Path, str]) -> None:
    folder, store, output = troubled
    assert "the disk of node seven is full" in output
    assert (folder / "results/sample/paths/report.md").exists()
    assert not (folder / "results/sample/failing").exists()
    states = {run["study"]: run["state"] for run in json.loads(run(folder, "replab", "status", "--json", store=store))}
    assert states["paths"] == "done" and states["failing"] == "failed"


@on_a_cluster
def test_a_job_beyond_its_time_limit_is_stopped_and_runs_again(troubled: tuple[Path, Path, str]) -> None:
    folder, store, output = troubled
    assert "TIMEOUT" in output or "DUE TO TIME LIMIT" in output, output
    before = times(store)
    (folder / "quick").touch()
    run(folder, *SLURM, "--", "results/sample/slow/report.md", store=store)
    assert len(jobs(folder)) == 1
    assert len(times(store)) == len(before) + 1 and before.items() <= times(store).items()


@on_a_cluster
def test_with_the_gpu_profile_a_job_asks_for_a_device(plain: Path, tmp_path: Path) -> None:
    folder, programs = clone(plain, tmp_path / "gpu"), tmp_path / "programs"
    programs.mkdir()
    stub = programs / "sbatch"
    stub.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\necho "not today" >&2\nexit 1\n')
    stub.chmod(stub.stat().st_mode | stat.S_IXUSR)
    command = [*SLURM, "--profile", "profiles/gpu"]
    variables = environment(tmp_path / "store")
    variables["PATH"] = f"{programs}{os.pathsep}{variables['PATH']}"
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1 and "not today" in done.stdout + done.stderr
    asked = (tmp_path / "asked").read_text()
    assert re.search(r"--gpus=1|--gres=gpu:1", asked), asked
