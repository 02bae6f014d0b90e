"""`replab new`: writes the skeleton of a study and of its claims."""

from __future__ import annotations

import argparse

from replab.commands.skeleton import write_skeleton
from replab.params import studies_of
from replab.params_loading import load_params


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The study's name."""
    parser.add_argument("study", help="the name of the new study")


def run(args: argparse.Namespace) -> int:
    """Write the skeleton of a study: its settings into a file of params.yaml, its claims into claims/."""
    written = write_skeleton(args.study, args.params)
    replab, study = f"replab{_profile_option(args)}", args.study
    print(f"Wrote {' and '.join(map(str, written))}. Edit them, then run:")
    print(f"  {replab} plan {study}\n  replab data prepare mnist_sample")
    print(f"  {replab} train {study}\n  {replab} report {study}")
    return 0


def _profile_option(args: argparse.Namespace) -> str:
    """The option that the commands need to run the new study: a profile may name the studies that it runs."""
    params = load_params(args.params)
    having = [name for name in params.profiles if args.study in studies_of(params, name)]
    asked = args.profile or params.profile
    if asked in having or not having:
        return f" --profile {asked}" if args.profile else ""
    return f" --profile {next((name for name in having if not params.profiles[name].sample), having[0])}"
