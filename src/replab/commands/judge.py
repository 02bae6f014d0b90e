"""`replab judge`: judges results that exist, without params.yaml, torch, Snakemake or a store."""

from __future__ import annotations

import argparse
import inspect
from pathlib import Path

from replab.commands import completion
from replab.commands.completion import completed
from replab.data_scope import DataScope


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which results and claims, and what the files do not say themselves."""
    add = parser.add_argument
    add("results", type=Path, nargs="+", metavar="RESULTS", help="files and folders of any logger that replab reads")
    add("--claims", type=Path, metavar="FILE", help="judge the statements of a claims file (see `replab claims new`)")
    add("--study", default="", help="the study of the claims file, where it speaks of several")
    add("--partial", action="store_true", help="statements about variants without runs are NOT TESTED")
    add("--data", choices=[*DataScope], default=DataScope.ORIGINAL, help="what the runs are on (original)")
    add("--units-agree", action="append", default=[], metavar="METRIC", help="its claims and runs have one unit")
    add("--baseline", default="", help="the variant that the others are compared with")
    add("--metric", action="append", default=[], help="a metric, or metric@step; again for more (all that there are)")
    add("--variant-from", default="", help="a column or setting, several (a,b), or a regex of the runs' names")
    add("--seed-from", default="", help="a column or setting, or a regex of the runs' names")
    add("--pick", default="last", help="which point of a curve: last (the default), best, or a step")
    add(
        "--unit", action="append", default=[], help="METRIC=fraction, METRIC=percent, METRIC=UNIT; fraction: all shares"
    )
    add("--resumed", action="store_true", help="two runs with one variant and seed are one run that was resumed")
    add("--unseeded", action="store_true", help="the runs have no seeds; none is paired")
    reader = add("--format", default="", help="the reader (guessed): csv, lightning, tensorboard, wandb, mlflow, ...")
    completed(reader, completion.readers)
    add("--output", type=Path, default=Path("judged"), help="the folder to write to (judged)")


def run(args: argparse.Namespace) -> int:
    """Judge results that exist: the statements of a claims file, or every variant against a baseline."""
    from replab.interface.judge import judge

    asked = inspect.signature(judge).parameters
    judged = judge(**{name: value for name, value in vars(args).items() if name in asked})
    report = judged.write(args.output)
    print(*judged.notes, sep="\n")
    if args.claims:
        print(judged.answer)
    print(f"{report}; for a browser: {args.output / 'index.html'}")
    return 0
