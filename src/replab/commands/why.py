"""`replab why`: why a variant would run, or that it would not."""

from __future__ import annotations

import argparse

from replab.commands.common import add_study_and_variant, open_project, variant_asked


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which variant."""
    add_study_and_variant(parser)


def run(args: argparse.Namespace) -> int:
    """Say in a sentence why a variant would run, or why not."""
    from replab.explain import why_variant

    project = open_project(args)
    print(why_variant(project, variant_asked(project, args)))
    return 0
