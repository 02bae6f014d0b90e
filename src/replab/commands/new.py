"""`replab new`: writes the skeleton of a study and of its claims."""

from __future__ import annotations

import argparse

from replab.commands.skeleton import write_skeleton


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The study's name."""
    parser.add_argument("study", help="the name of the new study")


def run(args: argparse.Namespace) -> int:
    """Write the skeleton of a study: its settings into a file of params.yaml, its claims into claims/."""
    written = write_skeleton(args.study, args.params)
    print(f"Wrote {' and '.join(map(str, written))}: edit them, then")
    print(f"  replab plan, replab data prepare mnist_sample, replab train {args.study}, replab report")
    return 0
