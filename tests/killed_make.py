"""`make` in a throw-away checkout, killed at random moments: Snakemake, its jobs, and the server that forks them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from checkouts import PARAMS_FILE, TINY, commit, edit, environment, make_checkout
from kills import REPORT, Place, assert_same_report, finish
from remains import Lost, assert_same_store, files_in, numbers_in

EPOCHS = 16
MAKE = ["make", "--old-file", ".venv/.ready", "report"]
PATIENCE = 60  # seconds for which a process of a killed make may stay


def make_tiny_checkout(folder: Path, data: Path) -> Place:
    """A checkout with a tiny study, a job a variant, some epochs each, and a store and temporary files beside it."""
    make_checkout(folder)
    edit(folder, f"{TINY}:tiny.base.budget.epochs", EPOCHS)
    edit(folder, "profiles.sample.variants_per_job", 1)
    edit(folder, f"{PARAMS_FILE}:profile", "sample")
    commit(folder)
    (folder / ".venv").symlink_to(sys.prefix)
    temporary_of(folder).mkdir()
    return Place(folder, folder.parent / "store", data, EPOCHS)


def temporary_of(folder: Path) -> Path:
    """Where the commands of a checkout put temporary files."""
    return folder.parent / "tmp"


def start(place: Place) -> subprocess.Popen[bytes]:
    """`make`, in a process group of its own. The logs of earlier jobs are removed: a job that starts writes it anew."""
    for log in logs(place):
        log.unlink()
    variables = environment(place.store) | {"REPLAB_DATA": str(place.data), "TMPDIR": str(temporary_of(place.folder))}
    with place.log.open("wb") as log:
        return subprocess.Popen(
            MAKE,
            cwd=place.folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def logs(place: Place) -> list[Path]:
    """The logs of the jobs that trained."""
    return sorted(place.folder.glob("work/sample/tiny/job_*.log"))


def processes_in(folder: Path) -> list[psutil.Process]:
    """The processes that work in a folder."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if Path(process.cwd()).is_relative_to(folder):
                found.append(process)
    return found


def seconds_until_gone(folder: Path) -> float:
    """How long processes of a killed make live on in a folder."""
    begun = time.monotonic()
    while found := processes_in(folder):
        assert time.monotonic() < begun + PATIENCE, f"they stay: {[process.cmdline() for process in found]}"
        time.sleep(0.05)
    return time.monotonic() - begun


def whole_make(place: Place) -> float:
    """The seconds of a `make` that nobody disturbs."""
    begun = time.monotonic()
    assert not _killed(place, None)
    return time.monotonic() - begun


def _killed(place: Place, moment: float | None) -> bool:
    """Call `make`, and kill it after so many seconds (None: never); False where it had ended by then."""
    process = start(place)
    with contextlib.suppress(subprocess.TimeoutExpired):
        status = process.wait(moment)
        assert status == 0, f"make ended with {status}: {place.log.read_text()}"
        return False
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return True


def _clear(place: Place) -> None:
    for name in ("results", "work", ".snakemake"):
        shutil.rmtree(place.folder / name, ignore_errors=True)
    shutil.rmtree(place.store, ignore_errors=True)


def kill_makes(place: Place, whole: Place, kills: int, when: Iterator[float]) -> tuple[int, int, float]:
    """(checkouts, most epochs lost, longest life of a process after a kill) of so many kills.

    After every second kill `make` is called at once, while processes of the killed one may live.
    """
    done = checkouts = most = 0
    longest = 0.0
    while done < kills:
        _clear(place)
        lost, checkouts, hit = Lost(place.epochs), checkouts + 1, True
        while hit:
            hit = _killed(place, next(when) if done < kills else None)
            done += hit
            if done % 2:
                longest = max(longest, seconds_until_gone(place.folder))
            for log in logs(place):
                lost.take(log.read_text())
            assert numbers_in(place.store).items() <= numbers_in(whole.store).items()
        _assert_whole(place, whole)
        most = max(most, lost.most)
    return checkouts, most, longest


def _assert_whole(place: Place, whole: Place) -> None:
    """What a `make` left in the end is what one leaves that nobody disturbed."""
    seconds_until_gone(place.folder)
    assert not list(temporary_of(place.folder).glob("replab-*")), "the folder of a fork server stays"
    assert_same_store(place.store, whole.store)
    written = files_in(place.results)
    finish(place, *REPORT)
    assert files_in(place.results) == written, "make left another report than the records give"
    assert_same_report(place, whole)
