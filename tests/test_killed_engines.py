"""A share of `make chaos` for every engine: what is killed goes on, and ends with the bytes of an undisturbed run."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from killed_engines import engines, kill_engine, make_place
from kills import TRAIN, begin, finish, whole_run
from remains import is_held
from replab import data
from replab.runners import RUNNERS, runner_name
from strikes import moments

ENGINES = engines()
KILLS = 2
WAITING = """\
import pathlib, sys, time
out = pathlib.Path(sys.argv[1])
with open("starts", "a") as file:
    file.write("x")
while not pathlib.Path("go").exists():
    time.sleep(0.05)
(out / "metrics.json").write_text('{"score": 1}')
"""


def wait_for(file: Path, text: str) -> None:
    """Wait until a file has a text, for a minute."""
    end = time.monotonic() + 60
    while not file.exists() or file.read_text() != text:
        assert time.monotonic() < end, f"{file.name} has no {text}"
        time.sleep(0.05)


@pytest.mark.parametrize("name", [name for name in ENGINES if name != "sequences"])  # `make chaos`: they take long
def test_a_training_that_is_killed_ends_as_a_whole_one(name: str, tmp_path: Path, sample_data: Path) -> None:
    engine = ENGINES[name]
    if engine.data:
        data.prepare(engine.data, sample_data)
    whole, place = (make_place(tmp_path / end, sample_data, engine) for end in ("whole", "place"))
    seconds, _ = whole_run(whole)
    assert kill_engine(place, whole, KILLS, moments(f"a test of {name}", seconds))[1] <= 1


def test_every_runner_is_killed_here_in_test_chaos_or_by_make_chaos() -> None:
    assert {runner_name(engine.base) for engine in ENGINES.values()} == set(RUNNERS)


def test_a_command_that_outlives_replab_is_not_started_twice(tmp_path: Path, sample_data: Path) -> None:
    place = make_place(tmp_path / "place", sample_data, ENGINES["a command"])
    (place.folder / "train.py").write_text(WAITING)
    starts = place.folder / "starts"
    process = begin(place, *TRAIN)
    wait_for(starts, "x")
    os.killpg(process.pid, signal.SIGKILL)  # and not the command, which has a session of its own
    process.join()
    second = begin(place, *TRAIN)
    wait_for(starts, "xx")  # seed 1: the second call has passed over seed 0
    (place.folder / "go").touch()
    second.join()
    assert second.exitcode and "the command of an earlier call still runs" in place.log.read_text()
    while any(map(is_held, place.store.glob("locks/*.command.lock"))):
        time.sleep(0.05)
    finish(place, *TRAIN)
    assert starts.read_text() == "xxx"  # seed 0 again
