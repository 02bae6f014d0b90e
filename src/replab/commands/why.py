"""`replab why`."""

from __future__ import annotations

import argparse

from replab.commands.common import open_project
from replab.explain import why_variant
from replab.params import select


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which variant."""
    parser.add_argument("study", help="a study of params.yaml")
    parser.add_argument("variant")


def run(args: argparse.Namespace) -> int:
    """Say in a sentence why a variant would run, or that it would not."""
    project = open_project(args)
    [variant] = select(project.variants(project.check_study(args.study)), [args.variant])
    print(why_variant(project, variant))
    return 0
