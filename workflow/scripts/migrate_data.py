"""Give a derived data set's records the identity that it has by today's code, after proving its arrays equal.

    python workflow/scripts/migrate_data.py REVISION DATASET...

The identity of features is that of their recipe, which holds the source text that computes them. Where that text
was rewritten without changing a number, finished runs look stale. This script prepares each data set by the code of
REVISION and by today's, on this machine and with the same packages. Where every array is equal bit by bit, the
store's records of the old identity are kept under the new one, with a note in `migrated`. Where one array differs,
nothing is written.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from replab import data
from replab.errors import ReplabError
from replab.files import read_json
from replab.store import Store, identity_of


def main(revision: str, names: list[str]) -> int:
    """Migrate what can be; the exit status."""
    root, store = data.default_root(), Store()
    with tempfile.TemporaryDirectory() as scratch:
        checkout, old_root = Path(scratch, "code"), Path(scratch, "data")
        subprocess.run(["git", "worktree", "add", "-q", "--detach", checkout, revision], check=True)
        try:
            for name in names:
                old, new = prepared_by(checkout, name, root, old_root), data.prepare(name, root)
                require_equal(root / "prepared" / name, old_root / "prepared" / name, name)
                count = migrate(store, name, old["sha256"], new["sha256"], revision)
                print(f"{name}: arrays equal; {count} records {old['sha256'][:12]} -> {new['sha256'][:12]}")
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", checkout], check=True)
    return 0


def prepared_by(checkout: Path, name: str, root: Path, old_root: Path) -> dict:
    """The manifest of the data set as the code of `checkout` makes it, from the same raw files."""
    old_root.mkdir(exist_ok=True)
    if not (old_root / "raw").exists():
        (old_root / "raw").symlink_to((root / "raw").resolve())
    command = [sys.executable, "-m", "replab", "data", "prepare", name, "--root", str(old_root)]
    environment = os.environ | {"PYTHONPATH": str(checkout / "src")}
    subprocess.run(command, check=True, cwd=checkout, env=environment, stdout=subprocess.DEVNULL)
    return read_json(old_root / "prepared" / name / "manifest.json")


def require_equal(folder: Path, other: Path, name: str) -> None:
    """Raises ReplabError that names the first array that differs."""
    paths = sorted(path.name for path in folder.glob("*.npy"))
    if paths != sorted(path.name for path in other.glob("*.npy")):
        raise ReplabError(f"{name}: not the same arrays")
    for path in paths:
        if not np.array_equal(np.load(folder / path), np.load(other / path)):
            raise ReplabError(f"{name}: {path} differs; its runs must be made anew")


def migrate(store: Store, name: str, old: str, new: str, revision: str) -> int:
    """How many records of data `old` were kept under the identity that they have with data `new`."""
    count = 0
    for record in list(store.records()):
        if record["data"] != {"name": name, "sha256": old}:
            continue
        moved = record | {"data": {"name": name, "sha256": new}}
        moved["migrated"] = {"from": record["identity"], "data_of": revision, "why": "the same arrays by newer code"}
        moved["identity"] = identity_of(moved)
        store.put(moved)
        count += 1
    return count


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1], sys.argv[2:]))
    except ReplabError as error:
        sys.exit(f"migrate_data: {error}")
