"""`replab data`: fetch, prepare and list data sets."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from replab import data
from replab.commands.common import aligned
from replab.commands.completion import completed
from replab.data.texts import is_vocabulary
from replab.errors import ReplabError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the commands download, prepare and list to `replab data`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="download|prepare|list")
    for name, text in (
        ("download", "fetch and verify the raw files"),
        ("prepare", "decode to arrays and a manifest; fetch what is missing"),
        ("list", "list the data sets, and which of them are prepared"),
    ):
        action = actions.add_parser(name, help=text, description=text)
        if name != "list":
            names = action.add_argument("names", nargs="+", metavar="NAME", help=", ".join(data.DATASETS))
            completed(names, lambda **_: data.DATASETS)
        where = "the folder of the data (default: REPLAB_DATA, or data in the current folder)"
        action.add_argument("--root", type=Path, metavar="DIR", help=where)


def run(args: argparse.Namespace) -> int:
    """Fetch, prepare or list data sets. An unknown name stops the command before any work."""
    root: Path = args.root or data.default_root()
    if args.action == "list":
        print(_table(root))
        return 0
    for name in args.names:
        data.find(name)
    act = {"download": _download, "prepare": _prepare}[args.action]
    for name in args.names:
        print(act(name, root))
    return 0


def _download(name: str, root: Path) -> str:
    source = data.published(data.find(name))
    if not source.files:
        return f"{name}: nothing to fetch, it comes from the {source.origin}"
    paths = data.download(name, root)
    return f"{name}: {len(paths)} files in {root / 'raw' / source.name}, checksums right"


def _prepare(name: str, root: Path) -> str:
    manifest = data.prepare(name, root)
    folder, identity = root / "prepared" / name, manifest["sha256"][:12]
    return f"{name}: {folder}, {_size(manifest['arrays'])}, sha256 {identity}"


def _size(arrays: dict[str, Any]) -> str:
    """`60,000 + 10,000 examples`, or the length of each array of a text."""
    lengths = {name.removesuffix(".npy"): entry["shape"][0] for name, entry in arrays.items()}
    if "train_y" in lengths:
        return f"{lengths['train_y']:,} + {lengths['test_y']:,} examples"
    return ", ".join(f"{name} {length:,}" for name, length in lengths.items() if not is_vocabulary(name))


def _table(root: Path) -> str:
    """A line for each data set: name, what there is to download, whether it is prepared, title."""
    rows: list[tuple[str, ...]] = [("name", "download", "prepared", "title")]
    for name, source in data.DATASETS.items():
        try:
            state = data.manifest(name, root)["sha256"][:12]
        except ReplabError:
            state = "no"
        size = f"{source.download_bytes / 1e6:.1f} MB" if source.files else "none"
        rows.append((name, size, state, source.title))
    return aligned(rows)
