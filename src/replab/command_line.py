"""The command line: `replab COMMAND`; `commands` has a module for each.

Exit status 0: done. 2: the input is wrong or the work was interrupted, said in one or two lines.
"""

from __future__ import annotations

import argparse
import errno
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from replab import __version__
from replab.commands import COMMANDS, OLD_NAMES, SMALL, TRAINER, command, completion, lacking, package_of
from replab.errors import ReplabError
from replab.fork_client import SIGNALS

# What a machine can lack: room, rights, descriptors, a disk that works. It is no fault of the program.
SHORTAGES = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM),
    *(errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO),
}


def make_parser(arguments: list[str] | None = None, names_only: bool = False) -> argparse.ArgumentParser:
    """All commands and their options; of those that are not among the arguments, where one is, the names only.

    With `names_only` this holds where no command is among them, too: nothing is imported for commands not asked for.
    """
    parser = argparse.ArgumentParser(prog="replab", description="A replication lab for neural-network experiments.")
    parser.add_argument("--version", action="version", version=f"replab {__version__}")
    parser.add_argument(
        "--params", type=Path, default=Path("params.yaml"), help="the file that says what to run (default: params.yaml)"
    )
    profile = parser.add_argument("--profile", help="a profile of params.yaml (default: the one that it names)")
    completion.completed(profile, completion.profiles)
    actions = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    given = [OLD_NAMES.get(word, word) for word in arguments or ()]
    asked = [name for name in given if name in COMMANDS]
    for name in COMMANDS:
        if (asked or names_only) and name not in asked:
            actions.add_parser(name)
            continue
        _add_command(actions, name, needed=name in asked[:1])
    return parser


def _add_command(actions: argparse._SubParsersAction[argparse.ArgumentParser], name: str, needed: bool) -> None:
    """Add a command; one that cannot be imported here raises where it is `needed`, and else says in the help why."""
    try:
        module = command(name)
    except ReplabError as error:
        if needed:
            raise
        actions.add_parser(name, help=str(error))
        return
    text = (module.run.__doc__ or "").splitlines()[0]
    aliases = [old for old, new in OLD_NAMES.items() if new == name]
    action = actions.add_parser(name, aliases=aliases, help=text, description=text)
    module.add_arguments(action)
    action.set_defaults(run=module.run)


def _interrupted(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def run(given: list[str]) -> int:
    """Run one command; its exit status."""
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)  # what came before interrupts now
        if completion.VARIABLE in os.environ:
            return completion.answer(lambda words: make_parser(words, names_only=True))
        args = make_parser(given).parse_args(given)
        return int(args.run(args))
    except ReplabError as error:
        print(f"replab: {error}", file=sys.stderr)
    except ModuleNotFoundError as error:
        if package_of(error) not in (*SMALL, *TRAINER):
            raise
        print(f"replab: {lacking(args.command, error)}", file=sys.stderr)
    except KeyboardInterrupt:
        print("replab: interrupted; the same command goes on from the last finished epoch", file=sys.stderr)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        if error.errno not in SHORTAGES:
            raise
        print(f"replab: {error.strerror}{f': {error.filename}' if error.filename else ''}", file=sys.stderr)
    return 2
