"""`replab store`: pushes records to a folder that colleagues share, and pulls theirs."""

from __future__ import annotations

import argparse
import sys

from replab.errors import ReplabError
from replab.remotes import Moved, Remote, pull, push
from replab.store import Store

REMOTE = "a folder, s3://BUCKET/FOLDER, ssh://[USER@]HOST[:PORT]/FOLDER, or another address that fsspec knows"
SHOWN = 20  # refused records that are named


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Push or pull, and the remote."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="push|pull")
    for name, text in (
        ("push", "copy the records that the remote lacks"),
        ("pull", "copy the records that the store lacks, and verify each"),
    ):
        action = actions.add_parser(name, help=text, description=text)
        action.add_argument("remote", metavar="REMOTE", help=REMOTE)


def run(args: argparse.Namespace) -> int:
    """Share the records of finished runs with colleagues, through a remote folder.

    The exit status is 2 where a record was refused.
    """
    store, remote = Store(), Remote(args.remote)
    if args.action == "push" and not store.identities():
        raise ReplabError(f"nothing to push: {store.root} has no records")
    moved = (push if args.action == "push" else pull)(store, remote)
    print(_summary(args.action, moved, remote.shown))
    for name in sorted(moved.refused)[:SHOWN]:
        print(f"replab: {name}: {moved.refused[name]}", file=sys.stderr)
    if len(moved.refused) > SHOWN:
        print(f"replab: and {len(moved.refused) - SHOWN} more", file=sys.stderr)
    return 2 if moved.refused else 0


def _summary(action: str, moved: Moved, remote: str) -> str:
    direction = "to" if action == "push" else "from"
    verb = "went" if action == "push" else "came"
    return f"{direction} {remote}: {moved.went} records {verb}, {moved.there} were there, {len(moved.refused)} refused"
