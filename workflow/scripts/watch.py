"""Run Snakemake, and show a line a study in the place of its log, which goes to work/snakemake.log.

The arguments are Snakemake's own. The exit status is Snakemake's; where it fails, its log is shown from the
first error on.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.table import Table

LOG = Path("work/snakemake.log")
STARTED = re.compile(r"^Job (\d+): (.*)$")
FINISHED = re.compile(r"^Finished jobid: (\d+) ")
FAILED = re.compile(r"^(Error in rule|\w*(Error|Exception)\b)")
TOLD = 60  # lines of the log where Snakemake fails


@dataclass
class Work:
    """The jobs of one subject, a study or the data: how many began, how many ended, and whether it is reported."""

    begun: int = 0
    ended: int = 0
    reported: bool = False

    @property
    def words(self) -> str:
        """`2 of 3 jobs done so far`, or `reported`."""
        if self.reported:
            return "reported"
        return f"{self.ended} of {self.begun} jobs done so far"


@dataclass
class Progress:
    """What Snakemake's lines say, by subject."""

    subjects: dict[str, Work] = field(default_factory=dict)
    jobs: dict[str, str] = field(default_factory=dict)

    def read(self, line: str) -> str:
        """Take in a line; the subject that is reported by it, or ""."""
        if found := STARTED.match(line):
            self.jobs[found[1]] = found[2]
            self.subjects.setdefault(subject_of(found[2]), Work()).begun += 1
        elif (found := FINISHED.match(line)) and found[1] in self.jobs:
            message = self.jobs[found[1]]
            work = self.subjects[subject_of(message)]
            work.ended += 1
            work.reported = work.reported or message.startswith("report on")
            return subject_of(message) if message.startswith("report on") else ""
        return ""

    def table(self) -> Table:
        """A line a subject that is at work."""
        table = Table.grid(padding=(0, 2))
        for name, work in self.subjects.items():
            if not work.reported and work.ended < work.begun:
                table.add_row(name, work.words)
        return table


def subject_of(message: str) -> str:
    """The study of `train xor_bits, job 1: ...` and `report on xor_bits`; `data` of what is fetched or prepared."""
    if found := re.match(r"(?:train|report on) (\w[\w.-]*)", message):
        return "all studies" if message == "report on all studies" else found[1]
    return "data" if message.startswith(("fetch", "prepare")) else message.partition(":")[0]


def watched(lines: Iterable[str], console: Console) -> Iterator[str]:
    """The lines, while what they say is shown: a table on a terminal, else a line a study that is reported."""
    progress = Progress()
    with Live(console=console, transient=True, refresh_per_second=4) as live:
        for line in lines:
            done = progress.read(line)
            if done:
                live.console.print(f"{done}: {progress.subjects[done].words}", highlight=False)
            if console.is_terminal:
                live.update(progress.table())
            yield line


def what_failed(lines: list[str]) -> list[str]:
    """The log of a failure, from the first error on (other jobs go on after it); its end where no line names one."""
    first = next((number for number, line in enumerate(lines) if FAILED.match(line)), -TOLD)
    return lines[first:][:TOLD]


def run(arguments: list[str], meanwhile: Callable[[], None] = lambda: None) -> int:
    """Run Snakemake; its exit status, or 2 where it was interrupted.

    `meanwhile` is called while it starts; an error of it ends Snakemake.
    """
    try:
        status = _logged(arguments, meanwhile)
    except KeyboardInterrupt:
        print("replab: interrupted; the same command goes on from the last finished epoch", file=sys.stderr)
        return 2
    if status:
        print("".join(what_failed(LOG.read_text(encoding="utf-8").splitlines(keepends=True))), file=sys.stderr)
        print(f"Snakemake failed: all of its log is in {LOG}", file=sys.stderr)
    return status


def _logged(arguments: list[str], meanwhile: Callable[[], None]) -> int:
    """Run Snakemake with its lines in the log; its exit status."""
    LOG.parent.mkdir(exist_ok=True)
    command = ["snakemake", *arguments]
    with (
        LOG.open("w", encoding="utf-8") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process,
    ):
        assert process.stdout is not None
        signal.signal(signal.SIGTERM, lambda number, _: process.send_signal(number))
        try:
            meanwhile()
        except BaseException:
            process.terminate()
            raise
        for line in watched(process.stdout, Console()):
            log.write(line)
            log.flush()
    return process.returncode


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
