"""The store of run records, each under its identity. Snakemake and DVC delete nothing in it.

`runs/ab/abcdef….json` is a record; what is in `checkpoints/`, `locks/`, `failures/`, `weights/`, `outputs/` and `logs/`
is named by identity too. `known/` is what variants were built from, by study (`explain`); `pictures/` are those of
reports, by profile and study.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from replab.errors import ReplabError
from replab.files import read_json, remove_parts, write_json
from replab.identity import run_identity
from replab.metric_words import is_share

Record = dict[str, Any]
LONGEST = 2**24  # bytes of a record, at most
FIELDS = {"identity": str, "status": str, "metrics": dict, "curves": dict, "cost": dict, "environment": dict}
KINDS = {str: "text", dict: "object"}
READ_ONLY = (errno.EACCES, errno.EPERM, errno.EROFS)


class Store:
    """The folder of records; `REPLAB_STORE` names it, `.replab` is the default."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or Path(os.environ.get("REPLAB_STORE", ".replab"))

    def record_path(self, identity: str) -> Path:
        """Where a run's record lies."""
        return Path(self.root, "runs", identity[:2], f"{identity}.json")

    def get(self, identity: str) -> Record | None:
        """The record of a run, or None. Raises ReplabError for one whose content is not what its name says."""
        path = self.record_path(identity)
        if not path.exists():
            return None
        record: Record = read_json(path)
        if identity_of(record) != identity:
            raise ReplabError(f"{path} does not hold the run that its name says; remove it to train the run again")
        return record

    def identities(self) -> list[str]:
        """The identities that records are filed under."""
        return sorted(path.stem for path in self.root.glob("runs/*/*.json") if not path.name.startswith("."))

    def records(self) -> Iterator[Record]:
        """Every record, in no particular order; what a record says of itself is not verified."""
        for path in sorted(self.root.glob("runs/*/*.json")):
            yield read_json(path)

    def put(self, record: Record) -> None:
        """Keep a record, and forget that the run failed before or where it would have gone on."""
        if identity_of(record) != record["identity"]:
            raise ReplabError(f"a record says {record['identity'][:12]}, its content {identity_of(record)[:12]}")
        write_json(self.record_path(record["identity"]), record)
        self._failure(record["identity"]).unlink(missing_ok=True)
        self.checkpoint(record["identity"]).unlink(missing_ok=True)

    def checkpoint(self, identity: str) -> Path:
        """Where an interrupted run's checkpoint lies."""
        return self.root / "checkpoints" / f"{identity}.pt"

    def weights(self, identity: str) -> Path:
        """Where a run's trained weights lie (numpy arrays by parameter name), if its study keeps them."""
        return self.root / "weights" / f"{identity}.npz"

    def pictures(self, profile: str, study: str) -> Path:
        """Where the pictures of a study's report lie; see `report/kept_pictures.py`."""
        return self.root / "pictures" / profile / study

    def _failure(self, identity: str) -> Path:
        return Path(self.root, "failures", f"{identity}.json")

    def fail(self, identity: str, reason: str) -> None:
        """Remember why a run failed."""
        write_json(self._failure(identity), {"identity": identity, "reason": reason})

    def failure(self, identity: str) -> str | None:
        """Why a run failed the last time, or None."""
        try:
            return str(read_json(self._failure(identity))["reason"])
        except FileNotFoundError:  # perhaps by now: the run has its record
            return None

    def tidy(self) -> None:
        """Remove what killed processes left: files half written, and where a run that has its record would go on."""
        remove_parts(self.root)
        for path in (path for kind in ("checkpoints", "failures") for path in self.root.glob(f"{kind}/*")):
            if self.record_path(path.stem).exists():
                with suppress(OSError):  # another process removed it, or the store may not be written
                    path.unlink()

    @contextmanager
    def claim(self, identity: str) -> Iterator[None]:
        """Hold a run (or a file, by its name) and wait while another process holds it; a dead process holds nothing."""
        path = self.root / "locks" / f"{identity}.lock"
        lock = FileLock(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except OSError as error:
            raise ReplabError(f"cannot lock {path}: {error.strerror or error}") from error
        try:
            yield
        finally:
            lock.release()

    def running(self, identity: str) -> bool:
        """Whether some process trains this run at the moment."""
        lock = Path(self.root, "locks", f"{identity}.lock")
        if not lock.exists():
            return False
        try:
            with FileLock(lock, timeout=0):
                return False
        except Timeout:
            return True
        except OSError as error:
            if error.errno in READ_ONLY:  # who trains into a store that may only be read cannot be seen from here
                return False
            raise

    def state(self, identity: str) -> str:
        """done, diverged, running, failed or missing."""
        record = self.get(identity)
        if record is not None:
            return str(record["status"])
        if self.running(identity):
            return "running"
        return "failed" if self.failure(identity) else "missing"


def identity_of(record: Record) -> str:
    """The identity that a record's content has."""
    try:
        data = record["data"]["sha256"] if record["data"] else None
        return run_identity(record["spec"], record["seed"], record["code_sha256"], data)
    except (KeyError, TypeError) as error:
        raise ReplabError(f"not a run record: {error} missing") from error


def record_of(text: str | bytes) -> Record:
    """A record that came from elsewhere, from its JSON.

    Raises ReplabError where it is no whole record, or its identity does not follow from its content. An identity says
    what was run; that the numbers are those of that run, it cannot show.
    """
    if len(text) > LONGEST:
        raise ReplabError(f"not a record: it is longer than {LONGEST:,} bytes")
    try:
        record = json.loads(text)
        json.dumps(record, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise ReplabError(f"not a record: {error}") from error
    if not isinstance(record, dict):
        raise ReplabError("not a record: it is no JSON object")
    for name, kind in FIELDS.items():
        if not isinstance(record.get(name), kind):
            raise ReplabError(f"not a record: '{name}' is missing or is no {KINDS[kind]}")
    if record["status"] not in {"done", "diverged"} or not all(map(_is_metric, record["metrics"].values())):
        raise ReplabError("not a record: its status, or the value of a metric, is none that a record can have")
    _check_shares(record["metrics"])
    found = identity_of(record)
    if found != record["identity"]:
        raise ReplabError(
            "its settings, seed, code or data were changed after the run: "
            f"it says {record['identity'][:12]}, its content {found[:12]}"
        )
    return record


def _check_shares(metrics: dict[str, Any]) -> None:
    """Raises ReplabError for an accuracy of more than 100 %, or of less than 0."""
    for name, entry in metrics.items():
        value = entry["value"]
        if entry.get("unit") == "%" and is_share(name) and value is not None and not 0 <= value <= 100:
            raise ReplabError(f"not a record: {name} is {value:g} %, which no share can be")


def _is_metric(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("value"), (int, float, type(None)))
