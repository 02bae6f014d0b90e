"""What several commands share: arguments, and how tables, times and sizes are written."""

from __future__ import annotations

import argparse
import re
import sys
from typing import TYPE_CHECKING

from replab.commands import completion
from replab.commands.completion import completed
from replab.errors import ReplabError

if TYPE_CHECKING:  # a command that only says its options has to be quick
    from replab.params import Variant
    from replab.project import Project


SHOWN = 5  # data sets that are named


def open_project(args: argparse.Namespace) -> Project:
    """The project that the arguments name."""
    from replab.project import Project

    return Project(args.params, args.profile)


def add_study(parser: argparse.ArgumentParser, without: str = "all") -> None:
    """The optional argument `study`; `without` says what is meant where it is not given."""
    help = f"a study of params.yaml (default: {without})"
    completed(parser.add_argument("study", nargs="?", help=help), completion.studies)


def add_study_and_variant(parser: argparse.ArgumentParser) -> None:
    """The arguments `study` and `variant`."""
    completed(parser.add_argument("study", help="a study of params.yaml"), completion.studies)
    completed(parser.add_argument("variant", help="one of its variants"), completion.variants)


def variant_asked(project: Project, args: argparse.Namespace) -> Variant:
    """The variant that the arguments name. Raises ReplabError for an unknown one."""
    from replab.params import select

    [variant] = select(project.variants(project.check_study(args.study)), [args.variant])
    return variant


def studies_asked(project: Project, args: argparse.Namespace) -> list[str]:
    """The study that the arguments name, or all of the profile's."""
    return [project.check_study(args.study)] if args.study else project.studies


def tell_unprepared(project: Project, studies: list[str]) -> None:
    """Name on standard error the data sets that are not prepared: no run on them can be found in the store."""
    names = project.unprepared(project.data_sets(studies))
    if names:
        shown = " ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
        print(
            f"Data not prepared: {shown}. Runs on them count as missing, even those in the store. Prepare them first: "
            f"replab data prepare {names[0]}{' ...' if names[1:] else ''}",
            file=sys.stderr,
        )


def aligned(rows: list[tuple[str, ...]]) -> str:
    """Rows as columns of text."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def duration(seconds: float | None) -> str:
    """`40 s`, `12 min`, `3.2 h`, or `unknown`."""
    if seconds is None:
        return "unknown"
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 100 * 60 else f"{seconds / 3600:.1f} h"


def size(count: float | None) -> str:
    """`12 kB`, `840 MB`, `3.2 GB`, or `unknown`."""
    if count is None:
        return "unknown"
    for unit, limit in (("kB", 1e6), ("MB", 1e9)):
        if count < limit:
            return f"{count / limit * 1000:.0f} {unit}"
    return f"{count / 1e9:.1f} GB"


def seconds_of(text: str, what: str) -> float:
    """`90s`, `30m`, `1.5h` or `1h30m` in seconds. Raises ReplabError for any other text, and for nothing at all."""
    units = {"h": 3600.0, "m": 60.0, "s": 1.0}
    parts = re.findall(r"(\d+(?:\.\d+)?)([hms])", text)
    seconds = sum(float(number) * units[unit] for number, unit in parts)
    if "".join(number + unit for number, unit in parts) != text or seconds <= 0:
        raise ReplabError(f"{what} must be a time such as 90s, 30m or 1h30m, not '{text}'")
    return seconds


def count_of(text: str, what: str) -> int:
    """A whole number of at least 1. Raises ReplabError for any other text."""
    if not text.isdecimal() or int(text) < 1:
        raise ReplabError(f"{what} must be a whole number of at least 1, not '{text}'")
    return int(text)


def seed_of(text: str) -> int:
    """A whole number of at least 0. Raises ReplabError for any other text."""
    if not text.isdecimal():
        raise ReplabError(f"--seed must be a whole number of at least 0, not '{text}'")
    return int(text)
