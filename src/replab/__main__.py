"""The command line: `replab plan | train | status | why | report | seeds | data | load | schema`.

Exit status 0: done. 2: the input is wrong or the work was interrupted, said in one or two lines.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from replab import commands
from replab.data import commands as data_commands
from replab.errors import ReplabError


def make_parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    parser = argparse.ArgumentParser(prog="replab", description="A replication lab for neural-network experiments.")
    parser.add_argument("--params", type=Path, default=Path("params.yaml"), help="what to run (params.yaml)")
    parser.add_argument("--profile", help="a profile of params.yaml (the one that it names)")
    actions = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, function: object, study: str = "optional") -> argparse.ArgumentParser:
        text = (function.__doc__ or "").splitlines()[0]
        action = actions.add_parser(name, help=text, description=text)
        action.set_defaults(function=function)
        if study == "optional":
            action.add_argument("study", nargs="?", help="a study of params.yaml (all)")
        elif study == "needed":
            action.add_argument("study", help="a study of params.yaml")
        return action

    add("plan", commands.plan)
    train = add("train", commands.train, "needed")
    train.add_argument("variants", nargs="*", metavar="variant", help="only these variants")
    train.add_argument("--output", type=Path, help="write which runs the variants have")
    train.add_argument("--accelerator", default="auto", help="what Lightning trains on (auto)")
    train.add_argument("--threads", type=int, default=1, help="processor threads (1)")
    train.add_argument("--quiet", action="store_true", help="no progress")
    add("status", commands.status).add_argument("--json", action="store_true", help="for programs, a row a run")
    add("why", commands.why, "needed").add_argument("variant")
    report = add("report", commands.report)
    report.add_argument("--output", type=Path, default=Path("results"), help="the folder to write to (results)")
    report.add_argument("--index", action="store_true", help="only the page about all studies")
    add("seeds", commands.seeds)
    load = add("load", commands.load, "none")
    load.add_argument("files", nargs="+", type=Path, metavar="records.jsonl")
    schema = add("schema", commands.schema, "none")
    schema.add_argument("--output", type=Path, default=Path("workflow/schemas/params.schema.json"))
    data_parser = actions.add_parser("data", help="fetch, prepare and list data sets")
    data_commands.add_arguments(data_parser)
    data_parser.set_defaults(function=data_commands.run)
    return parser


def _interrupted(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit status."""
    signal.signal(signal.SIGTERM, _interrupted)
    args = make_parser().parse_args(arguments)
    try:
        return int(args.function(args))
    except ReplabError as error:
        print(f"replab: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("replab: interrupted; the same command goes on from the last finished epoch", file=sys.stderr)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 2


if __name__ == "__main__":
    sys.exit(main())
