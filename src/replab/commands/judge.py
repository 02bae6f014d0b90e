"""`replab judge`: judges results that exist, without params.yaml, torch, Snakemake or a store."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from replab.commands import completion
from replab.commands.completion import completed
from replab.commands.table_options import OPTIONS, add_table_arguments
from replab.data_scope import DataScope
from replab.errors import ReplabError, unknown

if TYPE_CHECKING:
    from replab.readers.asked import Asked

UNTITLED = "Results that exist"


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
    add(
        "--unseeded",
        action="store_true",
        help="the runs have no seeds: none is paired, and comparisons are Welch's t tests",
    )
    reader = add("--format", default="", help="the reader (guessed): csv, lightning, tensorboard, wandb, mlflow, ...")
    completed(reader, completion.readers)
    add("--output", type=Path, default=Path("judged"), help="the folder to write to (judged)")
    table = parser.add_argument_group("a paper's table of means, such as 97.8 ± 0.2, in the place of runs")
    text = (
        "RESULTS is such a table (.tex, .md, .csv); what stands behind ± is a standard deviation, a standard error, or "
    )
    text += "half of a 95 %% interval; --metric COLUMN=METRIC says what a column holds"
    table.add_argument("--means", choices=["sd", "se", "ci95"], help=text)
    add_table_arguments(table)


def run(args: argparse.Namespace) -> int:
    """Judge results that exist: the statements of a claims file, or every variant against a baseline."""
    if args.means:
        from replab.commands.judge_means import judge_means

        return judge_means(args)
    import pandas as pd

    from replab.commands.judge_claims import judge_claims, read_for_claims
    from replab.judging.baseline_comparisons import AGAINST_COLUMNS, against, summary
    from replab.readers import read_runs
    from replab.readers.tidy import tidy
    from replab.report.existing import Existing, write_existing

    _refuse_for_runs(args)
    asked = _asked(args)
    if args.claims is None:
        _refuse_without_claims(args)
        found, judged = tidy(read_runs(args.results, asked, args.format), asked), None
    else:
        file, found = read_for_claims(args, asked)
        judged = judge_claims(args, file, found)
    runs, notes = found.runs, found.notes
    _check_baseline(args.baseline, list(dict.fromkeys(runs["variant"])), needed=judged is None)
    paired = not args.unseeded
    compared = against(runs, args.baseline, paired) if args.baseline else pd.DataFrame(columns=AGAINST_COLUMNS)
    title = judged.file.title if judged else UNTITLED
    existing = Existing(title, runs, summary(runs), compared, args.baseline, notes, judged, paired)
    write_existing(existing, args.output)
    print(*notes, sep="\n")
    if judged:
        print(judged.answer)
    print(f"{args.output / 'report.md'}; for a browser: {args.output / 'index.html'}")
    return 0


def _refuse_for_runs(args: argparse.Namespace) -> None:
    """What is about tables of means; and such tables, by the names of their files."""
    for option, name in OPTIONS.items():
        if getattr(args, name):
            raise ReplabError(f"{option} is about a paper's table of means: say --means sd, se or ci95, too")
    for path in args.results:
        if path.suffix in (".tex", ".md"):
            raise ReplabError(f"{path}: a paper's table? Say --means sd, se or ci95 and --runs-per-number N")


def _refuse_without_claims(args: argparse.Namespace) -> None:
    given = {"--study": args.study, "--partial": args.partial, "--units-agree": args.units_agree}
    given["--data"] = args.data != DataScope.ORIGINAL
    for option, value in given.items():
        if value:
            raise ReplabError(f"{option} is about claims: say --claims FILE, too")


def _asked(args: argparse.Namespace) -> Asked:
    from replab.readers.asked import BEST, LAST, Asked
    from replab.readers.runs import metric_name

    if args.pick not in (LAST, BEST) and not args.pick.isdecimal():
        raise ReplabError(f"--pick must be last, best or a step, not '{args.pick}'")
    units = {}
    for text in args.unit:
        name, _, unit = text.rpartition("=")
        if not unit or (not name and unit not in ("fraction", "percent")):
            raise ReplabError(f"--unit must be METRIC=UNIT, fraction or percent, not '{text}'")
        units[metric_name(name)] = unit
    return Asked(
        metrics=tuple(dict.fromkeys(map(_metric, args.metric))),
        variant_from=args.variant_from,
        seed_from=args.seed_from,
        pick=args.pick,
        units=units,
        resumed=args.resumed,
        unseeded=args.unseeded,
        study="results",
    )


def _metric(text: str) -> str:
    """`val/acc@100` as the frame names it; a metric such as `precision@1` must be written precision_1."""
    from replab.readers.runs import metric_name

    name, at, step = text.partition("@")
    if at and not step.isdecimal():
        raise ReplabError(f"--metric '{text}': after @ stands a step")
    return metric_name(name) + at + step


def _check_baseline(baseline: str, variants: list[str], needed: bool) -> None:
    if baseline and baseline not in variants:
        raise unknown("baseline", baseline, variants)
    if needed and not baseline and len(variants) > 1:
        shown = ", ".join(variants[:10]) + (", ..." if len(variants) > 10 else "")
        raise ReplabError(f"say --baseline: the variant that the others are compared with; there are {shown}")
