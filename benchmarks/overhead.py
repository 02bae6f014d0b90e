"""What the pipeline costs besides training: two checkouts, before and after, in alternating rounds.

Both run the six studies of the profile `first` with all of their runs in the store, so that nothing is trained. A row
is one command as a user types it, with all of its processes. CPU seconds and wall seconds are medians over the rounds.
Run: `git worktree add ../old COMMIT; python benchmarks/overhead.py ../old . > benchmarks/overhead.md`
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import yaml

PARTS = ["Snakefile", "Makefile", "params.yaml", "studies", "workflow", "profiles", "src", "claims", "docs/findings"]
PROFILE = "first"
MAKE = ("make", "--old-file", ".venv/.ready", "report")
STUDIES = [  # of the profile, those that were there before its time
    *("three_layer_toy", "three_layer_gradient_checks", "softmax_layer_gradient", "svhn_formulas"),
    *("quadratic_batch_sizes", "optimizer_paths"),
]
MANY = """\
profile: full
profiles: {{full: {{sample: false, seeds: [0], variants_per_job: 100}}}}
studies:
  paths:
    report: "998"
    title: Many variants
    question: What does one more variant cost?
    metrics: [final_value]
    base:
      probe:
        {{name: optimizer_path, function: quadratic, start_x: -2, start_y: 1.5, steps: 20,
         optimizer: {{name: sgd, lr: 0.06, momentum: 0, weight_decay: 0}}}}
    variants:
{variants}
"""
ABOUT = """\
# What the pipeline costs besides training

Written by `benchmarks/overhead.py`: before and after in {rounds} alternating rounds on {processor}, {cores} cores,
Python {python}. Other work went on, so compare CPU seconds and ratios; wall seconds are less reliable. The studies are
six of the profile `first`, with every run in the store. "{variants} variants" is a study with {variants} measurements.

| what | CPU s before | CPU s after | after / before | wall s before | wall s after |
|---|--:|--:|--:|--:|--:|"""


@dataclass
class Place:
    """A copy of a checkout without its results, whose studies are the seven, and a store of its own."""

    source: Path
    folder: Path
    cpu: dict[str, list[float]] = field(default_factory=dict)
    wall: dict[str, list[float]] = field(default_factory=dict)

    def run(self, *command: str, folder: Path | None = None) -> str:
        """What a command printed; RuntimeError where it fails."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("REPLAB_", "MAKE", "MFLAGS"))}
        path = f"{Path(sys.executable).parent}:{kept['PATH']}"
        kept |= {"PATH": path, "PYTHONPATH": str(self.folder / "src"), "OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, cwd=folder or self.folder, env=kept, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(
                f"{self.source}: {command} ended with {done.returncode}: {(done.stdout + done.stderr)[-500:]}"
            )
        return done.stdout

    def measure(self, what: str, work: Callable[[], Any]) -> None:
        """Add a round: CPU seconds of every process that the work starts and waits for, and wall seconds."""
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        work()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.wall.setdefault(what, []).append(time.perf_counter() - started)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        self.cpu.setdefault(what, []).append(cpu)


def seeds_of(records: Path) -> list[int]:
    return sorted({json.loads(line)["seed"] for line in records.read_text("utf-8").splitlines()})


def choose(params: dict[str, Any], records: dict[str, Path]) -> None:
    """Make the profile one of the six studies, with the seeds on record, also where no such profile was known."""
    params["profile"] = PROFILE
    if PROFILE in params["profiles"]:
        params["profiles"][PROFILE]["studies"] = STUDIES
        return
    params["profiles"][PROFILE] = {"sample": False, "seeds": [0], "variants_per_job": 9}
    for name, study in params["studies"].items():
        own = {"seeds": seeds_of(records[name])} if name in STUDIES else {"skip": True}
        study.setdefault("profiles", {})[PROFILE] = own


def prepare(source: Path, folder: Path, records: dict[str, Path]) -> Place:
    """Copy what the pipeline needs, choose the studies, fill the store from the records, train what is missing."""
    for part in PARTS:
        target = folder / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if (source / part).is_dir():
            shutil.copytree(source / part, target, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        elif (source / part).exists():
            shutil.copy(source / part, target)
    params = yaml.safe_load((folder / "params.yaml").read_text("utf-8"))
    choose(params, records)
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
    (folder / ".venv").symlink_to(sys.prefix)
    place = Place(source, folder)
    print(f"{source}: filling the store", file=sys.stderr)
    place.run("replab", "load", *map(str, records.values()))
    place.run("snakemake", "--cores", "2", "--", "all")
    return place


def reports_again(place: Place, *command: str) -> None:
    for made in ("work", "results", ".snakemake"):
        shutil.rmtree(place.folder / made, ignore_errors=True)
    place.run(*command)


def rows(variants: int) -> dict[str, Callable[[Place], Any]]:
    """What is measured, in this order: the second and third row find the reports that the first one made."""

    def many(place: Place, command: str) -> None:
        folder = place.folder / "many"
        folder.mkdir(exist_ok=True)
        lines = [f"      lr_{n}: {{probe: {{optimizer: {{lr: {(n + 1) / 1e6:.6f}}}}}}}" for n in range(variants)]
        (folder / "params.yaml").write_text(MANY.format(variants="\n".join(lines)), encoding="utf-8")
        place.run("replab", command, folder=folder)

    return {
        "all runs in the store, no reports: `snakemake -- all`": lambda place: reports_again(
            place, "snakemake", "--cores", "2", "--", "all"
        ),
        "all runs in the store, no reports: `make`": lambda place: reports_again(place, *MAKE),
        "nothing to do: `make`": lambda place: place.run(*MAKE),
        "nothing to do: `snakemake -n -- all`": lambda place: place.run("snakemake", "-n", "--", "all"),
        "one study's report: `replab report quadratic_batch_sizes`": lambda place: place.run(
            "replab", "report", "quadratic_batch_sizes"
        ),
        "the page and the index: `replab report --index`": lambda place: place.run("replab", "report", "--index"),
        f"`replab status`, {variants:,} variants": lambda place: many(place, "status"),
        f"`replab plan`, {variants:,} variants": lambda place: many(place, "plan"),
    }


def processor() -> str:
    found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.M)
    return found[1] if found else platform.processor()


def size(place: Place) -> int:
    return (place.folder / "results" / PROFILE / "index.html").stat().st_size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--variants", type=int, default=2000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        records = {name: args.after.resolve() / "results" / PROFILE / name / "records.jsonl" for name in STUDIES}
        places = [("before", args.before), ("after", args.after)]
        pair = [prepare(source.resolve(), Path(scratch) / name, records) for name, source in places]
        for number in range(args.rounds):
            for what, work in rows(args.variants).items():
                for place in pair[:: -1 if number % 2 else 1]:
                    place.measure(what, lambda work=work, place=place: work(place))
                print(f"round {number + 1}: {what}", *(f"{p.cpu[what][-1]:.1f}" for p in pair), file=sys.stderr)
        about = {
            "rounds": args.rounds,
            "processor": processor(),
            "cores": os.cpu_count(),
            "variants": f"{args.variants:,}",
        }
        print(ABOUT.format(python=platform.python_version(), **about))
        for what in rows(args.variants):
            cpu, wall = ([median(getattr(p, kind)[what]) for p in pair] for kind in ("cpu", "wall"))
            ratios = [after / before for before, after in zip(*(p.cpu[what] for p in pair), strict=True)]
            spread = f"{median(ratios):.2f} [{min(ratios):.2f} to {max(ratios):.2f}]"
            print(f"| {what} | {cpu[0]:.1f} | {cpu[1]:.1f} | {spread} | {wall[0]:.1f} | {wall[1]:.1f} |")
        before, after = map(size, pair)
        print(f"\n`results/{PROFILE}/index.html`: {before / 1e6:.2f} MB before, {after / 1e6:.2f} MB after.")


if __name__ == "__main__":
    main()
