"""Commands of replab that are killed, and what is left of their work.

A command runs as a copy of a process that has imported torch, in a process group of its own. So it works from its first
moments on, and a kill seldom lands in imports. It is killed at a random moment, or before one of its operations on
files: that finds what a random moment seldom finds.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from remains import TIMES, Lost, assert_same_store, epochs_in, files_in, numbers_in
from replab.__main__ import main as replab
from replab.files import read_json, write_json
from replab.store import Store
from strikes import killed
from tiny import params, write_params

CONTEXT = multiprocessing.get_context("forkserver")
IMPORTED = ["commands.train", "commands.report", "runners.jobs", "training.engine", "training.epoch_lines", "assemble"]
IMPORTED += ["report.write", "training.subsets", "training.sequences", "training.fits", "runners.lightning_run"]
CONTEXT.set_forkserver_preload([f"replab.{name}" for name in IMPORTED])
EPOCHS = 6
OPERATIONS = {"os.rename", "os.remove", "os.mkdir", "os.chmod", "fcntl.flock"}  # names of Python's audit events
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
TRAIN, REPORT = ("train", "tiny"), ("report",)


@dataclass(frozen=True)
class Place:
    """A folder with a tiny study, its store, and where the prepared digits lie."""

    folder: Path
    store: Path
    data: Path
    epochs: int = EPOCHS

    @property
    def log(self) -> Path:
        """What the last command said."""
        return self.folder / "log"

    @property
    def results(self) -> Path:
        """The reports."""
        return self.folder / "results"


def make_place(folder: Path, data: Path, variants: int = 2, seeds: int = 2, epochs: int = EPOCHS) -> Place:
    """A study of one or two variants with some seeds, in a new folder."""
    folder.mkdir(parents=True)
    content = params()
    study = content["studies"]["tiny"]
    study["base"]["budget"] = {"epochs": epochs}
    study["variants"] = dict(list(study["variants"].items())[:variants])
    content["profiles"]["sample"]["seeds"] = list(range(seeds))
    write_params(folder / "params.yaml", content)
    return Place(folder, folder / "store", data, epochs)


def begin(place: Place, *arguments: str, log: Path | None = None, descriptors: int = 0, last: int = 0) -> Any:
    """Start a command. It may open `descriptors` files, and dies before its `last` operation on them (0: no limit)."""
    target = (place, arguments, log or place.log, descriptors, last)
    target[2].write_bytes(b"")  # a command that is killed at once has said nothing
    process = CONTEXT.Process(target=_become, args=target)
    process.start()
    return process


def _become(place: Place, arguments: tuple[str, ...], log: Path, descriptors: int, last: int) -> None:
    os.setsid()
    os.chdir(place.folder)
    os.environ.pop("REPLAB_FORK_SERVER", None)
    os.environ.update(REPLAB_STORE=str(place.store), REPLAB_DATA=str(place.data), OMP_NUM_THREADS="1")
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(handle, stream)
    os.close(handle)
    if descriptors:
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
    if last:
        sys.addaudithook(_killing(last))
    sys.argv[1:] = arguments
    sys.exit(replab(list(arguments)))


def _killing(last: int) -> Callable[[str, Any], None]:
    numbers = count(1)

    def hook(event: str, arguments: Any) -> None:
        counts = event in OPERATIONS or (event == "open" and arguments[2] & WRITING)
        if counts and next(numbers) == last:
            os.killpg(0, signal.SIGKILL)

    return hook


def finish(place: Place, *arguments: str) -> None:
    """Run a command that nobody disturbs."""
    process = begin(place, *arguments)
    process.join()
    assert process.exitcode == 0, f"{arguments} ended with {process.exitcode}: {place.log.read_text()}"


def whole_run(place: Place) -> tuple[float, float]:
    """Train and report without a disturbance; the seconds of each, once all is imported."""
    finish(place, "status")
    times = [time.monotonic()]
    for command in (TRAIN, REPORT):
        finish(place, *command)
        times.append(time.monotonic())
    return times[1] - times[0], times[2] - times[1]


def assert_same_report(place: Place, whole: Place) -> None:
    """The report has the bytes of the whole run's, once the records have its times and costs."""
    for identity in Store(whole.store).identities():
        kept, path = Store(whole.store).get(identity) or {}, Store(place.store).record_path(identity)
        write_json(path, read_json(path) | {name: kept[name] for name in TIMES})
    finish(place, *REPORT)
    assert files_in(place.results) == files_in(whole.results), "a report is not that of a whole run"


def kill_trainings(place: Place, whole: Place, kills: int, when: Iterator[float]) -> tuple[int, int, int]:
    """(stores, most epochs lost, kills after an epoch) of so many kills.

    A store's training is killed until it ends before its moment.
    """
    done = stores = most = late = 0
    while done < kills:
        shutil.rmtree(place.store, ignore_errors=True)
        lost, stores, hit = Lost(place.epochs), stores + 1, True
        while hit:
            hit = killed(begin(place, *TRAIN), next(when) if done < kills else None)
            done += hit
            late += hit and bool(epochs_in(place.log.read_text(), place.epochs))
            lost.take(place.log.read_text())
            assert numbers_in(place.store).items() <= numbers_in(whole.store).items()
        assert_same_store(place.store, whole.store)
        assert_same_report(place, whole)
        most = max(most, lost.most)
    return stores, most, late


def kill_reports(place: Place, whole: Place, kills: int, when: Iterator[float]) -> int:
    """The folders of results of so many kills; each report is killed until it ends before its moment."""
    done = folders = 0
    while done < kills:
        shutil.rmtree(place.results, ignore_errors=True)
        folders, hit = folders + 1, True
        while hit:
            hit = killed(begin(place, *REPORT), next(when) if done < kills else None)
            done += hit
        assert files_in(place.results) == files_in(whole.results), "a report is not that of a whole run"
    return folders


def kill_at_operations(place: Place, whole: Place, *arguments: str, step: int = 1) -> tuple[int, int]:
    """Kill a command before its operations on files, each or one in `step`; (kills, operations, at least)."""
    made = place.store if arguments == TRAIN else place.results
    for kills, last in enumerate(count(1, step)):
        shutil.rmtree(made, ignore_errors=True)
        if not killed(begin(place, *arguments, last=last), None):
            return kills, last - step
        finish(place, *arguments)
        if arguments == TRAIN:
            assert_same_store(place.store, whole.store)
        else:
            assert files_in(place.results) == files_in(whole.results), f"killed before operation {last}"
    raise AssertionError("a count does not end")
