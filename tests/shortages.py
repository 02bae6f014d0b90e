"""Commands on a full disk, in a store that may not be written, with too few descriptors, and three at once."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from kills import REPORT, TRAIN, Place, begin, finish
from remains import assert_same_store, epochs_in, files_in

PAGE = 4096  # bytes by which a tmpfs grows
DESCRIPTORS = (4, 6, 8, 10)  # from too few to open a file to enough


def why_no_disk(folder: Path) -> str:
    """Why no small disk can be mounted here, or nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with small_disk(folder, "size=64k"):
            return ""
    except (OSError, subprocess.CalledProcessError) as error:
        return f"a tmpfs cannot be mounted: {error}"


@contextmanager
def small_disk(folder: Path, options: str) -> Iterator[Path]:
    """A disk in memory on `folder`, with the options of tmpfs."""
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    subprocess.run(mount, check=True, capture_output=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def remount(disk: Path, options: str) -> None:
    """Change a disk while it is in use: its room, or whether it may be written."""
    subprocess.run(["mount", "-o", f"remount,{options}", str(disk)], check=True)


def refused(place: Place, *arguments: str, descriptors: int = 0) -> bool:
    """Whether a command is refused; where it is, in one or two lines, with exit status 2 and nothing half written."""
    process = begin(place, *arguments, descriptors=descriptors)
    process.join()
    check_answer(int(process.exitcode), place.log.read_text())
    left = [path for path in (*place.store.rglob("*.part"), *place.results.rglob("*.part"))]
    assert not left, f"half written: {left}"
    return bool(process.exitcode)


def check_answer(status: int, said: str) -> None:
    """What a command may answer: 0, or 2 and one or two lines that are no traceback."""
    lines = said.strip().splitlines()
    assert status in {0, 2} and "Traceback" not in said, f"status {status}: {said}"
    assert status == 0 or (1 <= len(lines) <= 2 and lines[-1].startswith("replab: ")), f"status {status}: {said}"


def rooms(seed: str, made: Path, number: int) -> list[str]:
    """Options of disks that are too small for what lies in `made`: half have too few bytes, half too few files."""
    chosen, paths = random.Random(seed), list(made.rglob("*"))
    pages = sum(-(-path.stat().st_size // PAGE) for path in paths if path.is_file())
    files = [f"nr_inodes={chosen.randint(2, len(paths))}" for _ in range(number // 2)]
    return files + [f"size={PAGE * chosen.randint(1, pages)}" for _ in range(number - number // 2)]


def fill_stores(place: Place, whole: Place, seed: str, number: int) -> tuple[int, int]:
    """(trainings refused, of how many) on disks that are too small; with more room each ends as the whole run."""
    disk, count = place.folder / "disk", 0
    disk.mkdir(exist_ok=True)
    for options in rooms(seed, whole.store, number):
        with small_disk(disk, options):
            full = replace(place, store=disk / "store")
            count += refused(full, *TRAIN, "--quiet")
            remount(disk, "size=64m,nr_inodes=10000")
            finish(full, *TRAIN)
            assert_same_store(full.store, whole.store)
    return count, number


def fill_results(place: Place, whole: Place, seed: str, number: int) -> tuple[int, int]:
    """The same of reports."""
    count = 0
    place.results.mkdir(exist_ok=True)
    for options in rooms(seed, whole.results, number):
        with small_disk(place.results, options):
            count += refused(place, *REPORT)
            remount(place.results, "size=64m,nr_inodes=10000")
            finish(place, *REPORT)
            assert files_in(place.results) == files_in(whole.results)
    return count, number


def use_read_only_stores(place: Place, whole: Place) -> tuple[int, int]:
    """(trainings refused, of how many) in stores that may not be written; an empty one, one half done, one done.

    What only reads is answered there. When the store may be written again, each training ends as the whole run.
    """
    disk, count = place.folder / "disk", 0
    disk.mkdir(exist_ok=True)
    stages: list[tuple[str, ...]] = [(), (*TRAIN, "plain"), TRAIN]
    for stage in stages:
        with small_disk(disk, "size=64m"):
            kept = replace(place, store=disk / "store")
            if stage:
                finish(kept, *stage)
            before = files_in(disk)
            remount(disk, "ro")
            count += refused(kept, *TRAIN, "--quiet")
            for reading in (("status",), REPORT, ("seeds",)):
                finish(kept, *reading)
            assert files_in(disk) == before
            remount(disk, "rw")
            finish(kept, *TRAIN)
            assert_same_store(kept.store, whole.store)
    return count, len(stages)


def take_descriptors(place: Place, whole: Place) -> tuple[int, int]:
    """(commands refused, of how many) that may open few files; without that limit each ends as the whole run."""
    count = 0
    for limit in DESCRIPTORS:
        shutil.rmtree(place.store, ignore_errors=True)
        shutil.rmtree(place.results, ignore_errors=True)
        count += refused(place, *TRAIN, "--quiet", descriptors=limit)
        finish(place, *TRAIN)
        assert_same_store(place.store, whole.store)
        again = replace(place, store=whole.store)
        count += refused(again, *REPORT, descriptors=limit)
        finish(again, *REPORT)
        assert files_in(place.results) == files_in(whole.results)
    return count, 2 * len(DESCRIPTORS)


def train_three_at_once(place: Place, whole: Place) -> int:
    """The runs that three trainers of one study trained in one store; each once, and as the whole run."""
    shutil.rmtree(place.store, ignore_errors=True)
    texts = [place.folder / f"log{number}" for number in range(3)]
    trainers = [begin(place, *TRAIN, log=log) for log in texts]
    for trainer, log in zip(trainers, texts, strict=True):
        trainer.join()
        assert trainer.exitcode == 0 and "Traceback" not in log.read_text(), log.read_text()
    trained = [run for log in texts for run in epochs_in(log.read_text(), place.epochs)]
    assert len(trained) == len(set(trained)), f"trained twice: {trained}"
    assert_same_store(place.store, whole.store)
    return len(trained)
