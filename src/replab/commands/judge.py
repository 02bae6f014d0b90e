"""`replab judge`: judges results that exist, without params.yaml, torch, Snakemake or a store."""

from __future__ import annotations

import argparse
import inspect
from pathlib import Path
from typing import Any

from replab.commands import completion
from replab.commands.completion import completed
from replab.commands.table_options import add_table_arguments, given
from replab.data_scope import DataScope
from replab.errors import ReplabError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which results and claims, and what the files do not say themselves.

    Three groups: `add` what results of runs and tables of means both have, `of_runs` what only runs have (a table of
    means refuses it), and the options of tables. The parsed arguments have the last two as `of_runs` and `of_tables`.
    """
    add, runs_only = parser.add_argument, []

    def of_runs(*names: str, **how: Any) -> argparse.Action:
        runs_only.append(parser.add_argument(*names, **how))
        return runs_only[-1]

    add("results", type=Path, nargs="+", metavar="RESULTS", help="files and folders of any logger that replab reads")
    of_runs(
        "--claims", type=Path, metavar="FILE", help="judge the statements of a claims file (see `replab claims new`)"
    )
    of_runs("--study", default="", help="the study of the claims file, if it has several")
    of_runs("--partial", action="store_true", help="no error for a variant without runs: NOT TESTED")
    of_runs(
        "--data",
        choices=[*DataScope],
        default=DataScope.ORIGINAL,
        help="are the runs on the paper's data? (default: original)",
    )
    of_runs("--units-agree", action="append", default=[], metavar="METRIC", help="claims and runs have the same unit")
    add("--baseline", default="", help="the variant that the others are compared with")
    add("--metric", action="append", default=[], help="a metric, or metric@step; repeat for more (default: all)")
    of_runs("--variant-from", default="", help="a column or setting, several (a,b), or a regex for the runs' names")
    of_runs("--seed-from", default="", help="a column or setting, or a regex for the runs' names")
    of_runs("--pick", default="last", help="which point of a curve: last (the default), best, or a step")
    add(
        "--unit",
        action="append",
        default=[],
        help="METRIC=fraction, METRIC=percent, METRIC=UNIT; only fraction: all shares",
    )
    of_runs("--resumed", action="store_true", help="runs with the same variant and seed are one run, which was resumed")
    of_runs(
        "--unseeded",
        action="store_true",
        help="the runs have no seeds: compare without pairs, by Welch's t test",
    )
    reader = of_runs(
        "--format", default="", help="the reader (default: guessed): csv, lightning, tensorboard, wandb, mlflow, ..."
    )
    completed(reader, completion.readers)
    add("--output", type=Path, default=Path("judged"), help="the folder to write to (default: judged)")
    table = parser.add_argument_group("a paper's table of means, such as 97.8 ± 0.2, instead of runs")
    text = (
        "RESULTS is such a table (.tex, .md, .csv); the number after ± is a standard deviation, a standard error, or "
        "half of a 95 %% interval; --metric COLUMN=METRIC names the metric of a column"
    )
    table.add_argument("--means", choices=["sd", "se", "ci95"], help=text)
    parser.set_defaults(of_runs=runs_only, of_tables=add_table_arguments(table))


def run(args: argparse.Namespace) -> int:
    """Judge existing results: the statements of a claims file, or every variant against a baseline."""
    if args.means:
        from replab.commands.judge_means import judge_means

        return judge_means(args)
    from replab.interface.judge import judge

    _refuse_for_runs(args)
    asked = inspect.signature(judge).parameters
    judged = inspect.unwrap(judge)(**{name: value for name, value in vars(args).items() if name in asked})
    report = judged.write(args.output)
    print(*judged.notes, sep="\n")
    print(judged.answer)
    print(f"{report}; for a browser: {args.output / 'index.html'}")
    return 0


def _refuse_for_runs(args: argparse.Namespace) -> None:
    """What is about tables of means; and such tables, by the names of their files."""
    for option in given(args, args.of_tables):
        raise ReplabError(f"{option} is only for a paper's table of means: say --means sd, se or ci95, too")
    for path in args.results:
        if path.suffix in (".tex", ".md"):
            raise ReplabError(f"{path}: is this a paper's table? Say --means sd, se or ci95 and --runs-per-number N")
