"""What commands that were killed left of their work: records, files, locks, and epochs that are trained again."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from replab.store import Store

LINE = re.compile(r"^tiny (\w+) seeds ([\d,-]+): (\d+)/(\d+), ", flags=re.MULTILINE)
TIMES = ("started", "finished", "cost")  # what of a record may differ from run to run


def epochs_in(text: str, epochs: int) -> dict[tuple[str, int], list[int]]:
    """(variant, seed) -> the epochs that a log says were finished. A resumed run counts what is left of its epochs."""
    found: dict[tuple[str, int], list[int]] = {}
    for variant, seeds, done, total in LINE.findall(text):
        first, _, last = seeds.partition("-")
        for seed in range(int(first), int(last) + 1) if last else map(int, seeds.split(",")):
            found.setdefault((variant, seed), []).append(epochs - int(total) + int(done))
    return found


@dataclass
class Lost:
    """How many epochs that were finished were trained again, at most, in a row of kills of the same runs."""

    epochs: int
    last: dict[tuple[str, int], int] = field(default_factory=dict)
    most: int = 0

    def take(self, text: str) -> None:
        """Take in what one more attempt printed."""
        for run, done in epochs_in(text, self.epochs).items():
            self.most = max(self.most, self.last.get(run, 0) - (done[0] - 1))
            self.last[run] = done[-1]


def numbers_in(store: Path) -> dict[str, str]:
    """identity -> all of a record but its times and costs, as text: equal texts are equal bit for bit."""
    records = {identity: Store(store).get(identity) or {} for identity in Store(store).identities()}
    return {i: json.dumps({k: v for k, v in r.items() if k not in TIMES}, sort_keys=True) for i, r in records.items()}


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, with its content."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def is_kept(name: str) -> bool:
    """Whether a file of a store is a picture or a verdict that a report has kept; one that is half written is none."""
    return Path(name).parts[0] == "pictures" and Path(name).suffix in (".png", ".svg", ".json")


def is_held(lock: Path) -> bool:
    """Whether some process holds a lock."""
    try:
        with FileLock(lock, timeout=0):
            return False
    except Timeout:
        return True


def assert_same_store(store: Path, whole: Path) -> None:
    """The store has the records of the whole run, no other file but what reports keep, and no lock that is held."""
    assert numbers_in(store) == numbers_in(whole), "records are not those of a whole run"
    more = {name for name in files_in(store).keys() ^ files_in(whole).keys() if not is_kept(name)}
    assert not more, f"files that are not those of a whole run: {sorted(more)}"
    assert not [lock for lock in store.glob("locks/*.lock") if is_held(lock)], "a lock is held"
