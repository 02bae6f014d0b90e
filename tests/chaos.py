"""Kills and shortages, counted: `make chaos` writes benchmarks/chaos.md, in about 25 minutes.

`python tests/chaos.py --kills 10 --seed 2` does less, with other moments. The script ends with a traceback at the first
fault that it finds.
"""

from __future__ import annotations

import argparse
import datetime
import os
import sys
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import killed_engines
import kills
import shortages
from chaos_page import TEXT
from killed_make import kill_makes, make_tiny_checkout, whole_make
from kills import EPOCHS, REPORT, TRAIN, Place, make_place, whole_run
from replab import data
from replab.environment import processor
from replab.files import write_text
from strikes import moments

TABLE = Path(__file__).resolve().parents[1] / "benchmarks/chaos.md"


@dataclass
class Session:
    """Where all of it happens, by which seed, and the rows of the table so far."""

    root: Path
    seed: int
    rows: list[str] = field(default_factory=list)
    count: int = 0
    late: int = 0

    @property
    def digits(self) -> Path:
        """The digits that come with a package, prepared."""
        data.prepare("mnist_sample", self.root / "data")
        return self.root / "data"

    def places(self, name: str, variants: int = 2, epochs: int = EPOCHS) -> tuple[Place, Place, tuple[float, float]]:
        """A place with a whole run, an empty one of the same study, and the seconds of the training and the report."""
        whole, place = (make_place(self.root / name / end, self.digits, variants, 2, epochs) for end in ("a", "b"))
        return whole, place, whole_run(whole)

    def add(self, what: str, when: str, count: int, *cells: object) -> None:
        """A row of kills."""
        self.count += count
        self.rows.append(f"| {what} | {when} | {count} | {' | '.join(map(str, cells))} |")
        print(self.rows[-1], flush=True)


def kill_commands(session: Session, number: int) -> None:
    """Trainings and reports, at random moments."""
    whole, place, (training, report) = session.places("random")
    stores, epochs, session.late = kills.kill_trainings(
        place, whole, number, moments(f"{session.seed} train", training)
    )
    session.add("`replab train`", "at random", number, stores, epochs, "")
    again, third = replace(place, store=whole.store), max(1, number // 3)
    folders = kills.kill_reports(again, whole, third, moments(f"{session.seed} report", report))
    session.add("`replab report`", "at random", third, folders, "", "")


def kill_operations(session: Session, _: int) -> None:
    """A training of two seeds for one epoch, and its report, before their operations on files."""
    whole, place, _ = session.places("operations", variants=1, epochs=1)
    count, operations = kills.kill_at_operations(place, whole, *TRAIN)
    session.add("`replab train`", f"before each of {operations} operations on files", count, count, "", "")
    again = replace(place, store=whole.store)
    count, operations = kills.kill_at_operations(again, whole, *REPORT, step=5)
    session.add("`replab report`", f"before one in five of {operations} operations on files", count, count, "", "")


def kill_workflows(session: Session, number: int) -> None:
    """`make` in a checkout, at random moments; a ninth of so many kills."""
    number = max(1, number // 9)
    place = make_tiny_checkout(session.root / "make/checkout", session.digits)
    seconds, kept = whole_make(place), session.root / "make/kept"
    whole = replace(place, folder=kept, store=kept / "store")
    kept.mkdir()
    place.store.rename(whole.store)
    place.results.rename(whole.results)
    checkouts, epochs, life = kill_makes(place, whole, number, moments(f"{session.seed} make", seconds))
    session.add("`make`", "at random", number, checkouts, epochs, f"{life:.1f}")


def kill_engines(session: Session, number: int) -> None:
    """The trainings of the other engines, at random moments; a twelfth of so many kills each, five at least."""
    number = max(5, number // 12)
    for name, engine in killed_engines.engines().items():
        if engine.data:
            data.prepare(engine.data, session.digits)
        folder, when = session.root / name.replace(" ", "_"), f"{session.seed} {name}"
        whole, place = (killed_engines.make_place(folder / end, session.digits, engine) for end in ("a", "b"))
        seconds, _ = whole_run(whole)
        stores, epochs = killed_engines.kill_engine(place, whole, number, moments(when, seconds))
        lost = epochs if engine.epochs else ""
        session.add(f"`replab train`: {name}", f"at random, in {seconds:.1f} s", number, stores, lost, "")


def shorten(session: Session) -> list[str]:
    """The rows of shortages: what was short -> (commands refused, of how many)."""
    whole, place, _ = session.places("short", epochs=2)
    again, seed = replace(place, store=whole.store), str(session.seed)
    found = {"file descriptors: 4, 6, 8, 10": shortages.take_descriptors(place, whole)}
    reason = shortages.why_no_disk(session.root / "disk")
    if not reason:
        found |= {
            "room for the store: bytes or files": shortages.fill_stores(place, whole, seed, 6),
            "room for the report: bytes or files": shortages.fill_results(again, whole, seed, 4),
            "the right to write the store": shortages.use_read_only_stores(place, whole),
        }
    rows = [f"| {what} | {tried} | {refused} | {tried - refused} |" for what, (refused, tried) in found.items()]
    return rows + ([f"| disks: {reason} | | | |"] if reason else [])


def write(session: Session, number: int) -> None:
    """Do all of it, and write the table after each kind of kills."""
    begun, load = time.monotonic(), os.getloadavg()[0]
    short = "\n".join(shorten(session))
    print(short, flush=True)
    whole, place, _ = session.places("three")
    threes = [shortages.train_three_at_once(place, whole) for _ in range(5)]
    for part in (kill_commands, kill_operations, kill_engines, kill_workflows):
        part(session, number)
        text = TEXT.format(
            date=datetime.date.today().isoformat(),
            seed=session.seed,
            processor=processor(),
            cores=os.cpu_count(),
            load=load,
            minutes=(time.monotonic() - begun) / 60,
            kills=session.count,
            rows="\n".join(session.rows),
            late=session.late,
            trainings=number,
            shortages=short,
            threes=len(threes),
            runs=threes[0],
        )
        write_text(TABLE, text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=72, help="of trainings; reports: a third, an engine: a twelfth")
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="chaos-") as name:
        write(Session(Path(name).resolve(), args.seed), args.kills)
    return 0


if __name__ == "__main__":
    sys.exit(main())
