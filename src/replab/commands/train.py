"""`replab train`: trains what has no record yet."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from replab.commands import completion
from replab.commands.common import add_study, aligned, count_of, duration, open_project, seconds_of, studies_asked
from replab.commands.completion import completed
from replab.errors import ReplabError
from replab.files import write_json
from replab.fork_client import can_train

if TYPE_CHECKING:
    from replab.params import Variant
    from replab.project import Project

# Names that Lightning knows, of what replab trains on. "auto" takes an accelerator where there is one.
ACCELERATORS = ("auto", "cpu", "gpu", "cuda", "mps")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What, on what, and for how long."""
    add_study(parser, without="all, with --until-decided")
    named = parser.add_argument("variants", nargs="*", metavar="variant", help="only these variants")
    completed(named, completion.variants)
    parser.add_argument("--output", type=Path, help="write the list of the variants' runs to this file")
    parser.add_argument(
        "--accelerator", default="auto", choices=ACCELERATORS, help="the device to train on (default: auto)"
    )
    parser.add_argument("--threads", default="1", help="processor threads (default: 1)")
    parser.add_argument("--quiet", action="store_true", help="print no progress")
    parser.add_argument(
        "--until-decided", action="store_true", help="train more seeds for what is nearest to a decision"
    )
    parser.add_argument("--budget", help="with --until-decided: stop before this time is spent (90s, 30m, 1h30m)")


def run(args: argparse.Namespace) -> int:
    """Train the missing runs of a study's variants, and write which runs they have."""
    from replab.params import select

    args.threads = count_of(args.threads, "--threads")
    project = open_project(args)
    if args.until_decided:
        can_train()
        return _until_decided(project, args)
    if args.budget:
        raise ReplabError("--budget works only with --until-decided")
    if not args.study:
        raise ReplabError(f"which study? {', '.join(project.studies)}")
    variants = select(project.variants(project.check_study(args.study)), args.variants)
    index = {variant.name: {str(s): i for s, i in project.identities(variant).items()} for variant in variants}
    train_missing(project, variants, args)
    if args.output:
        write_json(args.output, {"profile": project.profile_name, "study": args.study, "runs": index})
    return 0


def train_missing(project: Project, variants: list[Variant], args: argparse.Namespace) -> None:
    """Run what has no record; what runs it is imported only where there is some."""
    from replab.explain import remember

    project.store.tidy()
    identities = [identity for variant in variants for identity in project.identities(variant).values()]
    if any(project.store.get(identity) is None for identity in identities):
        _train(project, variants, args)
    for variant in variants:
        remember(project.store, variant, project.data_sha256(variant))


def _train(project: Project, variants: list[Variant], args: argparse.Namespace) -> None:
    can_train()
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = str(args.threads)
    from replab.runners.jobs import run_variants
    from replab.runners.slots import device_slot
    from replab.training.progress import Display

    display = Display(quiet=args.quiet)
    with device_slot(project.store.root / "locks", args.threads, args.accelerator), display.progress:
        run_variants(project, variants, display, args.accelerator)


def _until_decided(project: Project, args: argparse.Namespace) -> int:
    from replab.forecasting.deciding import can_go_on, decide

    if args.variants or args.output or not args.budget:
        raise ReplabError("--until-decided takes at most one study, and needs --budget, such as --budget 30m")
    budget, studies = seconds_of(args.budget, "--budget"), _with_looks(project, studies_asked(project, args))
    still = decide(
        project,
        studies,
        budget,
        args.threads,
        train=lambda variants: train_missing(project, variants, args),
        say=lambda text: print(text, file=sys.stderr),
    )
    rows: list[tuple[str, ...]] = [("study", "statement", "verdict", "n", "next look", "runs", "cost")]
    for claim in still:
        ahead = (str(claim.target), str(claim.runs), duration(claim.seconds)) if can_go_on(claim) else ("-", "-", "-")
        rows.append((claim.study, claim.claim_id, claim.verdict, str(claim.n), *ahead))
    print(aligned(rows) if still else "every claim is decided")
    print(f"{project.seeds_path} says how many seeds each variant has; `replab report` and `make` use this file.")
    return 0


def _with_looks(project: Project, studies: Iterable[str]) -> list[str]:
    """The studies that may be given more seeds. Raises ReplabError where there is none."""
    found = [study for study in studies if project.interim_analyses(study)]
    if not found:
        place = f"profiles.{project.profile_name} of the study"
        raise ReplabError(
            f"no interim analyses are declared: write numbers of seeds under {place}, such as "
            "interim_analyses: [10, 15, 20]"
        )
    return found
