"""Which numbers moved and which verdicts changed between two sets of reports: revisions, or folders of results."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pandas as pd

from replab.errors import ReplabError

RESULTS = "results"
NUMBER_KEYS = ["profile", "study", "variant", "metric"]
CLAIM_KEYS = ["profile", "id"]
CLAIM_COLUMNS = ["study", "id", "verdict"]
RENAMED = {"CARRIES OVER": "GENERALISES", "DOES NOT CARRY OVER": "DOES NOT GENERALISE"}  # verdicts, of version 0.2.0
Read = Callable[[str], str]


@dataclass(frozen=True)
class Reports:
    """The numbers of summary.csv and the verdicts of statements.csv, of every study and profile.

    Earlier reports had claims.csv, with a row for each claim, part (`part`) or source (`source`), by `claim_id`.
    """

    numbers: pd.DataFrame
    claims: pd.DataFrame


@dataclass(frozen=True)
class Changes:
    """What is not the same: rows of both sides (`_before`, `_after`), and rows of one side alone.

    `verdicts` and `numbers` are in both, and differ; `shift` is the change of a mean in half-widths of the wider of
    the two intervals (NaN where there is none): above about 1.4 it is more than the seeds' luck. A metric is gone or
    new where its variant is on both sides, as after its name was changed.
    """

    verdicts: pd.DataFrame
    numbers: pd.DataFrame
    claims_gone: list[str]
    claims_new: list[str]
    variants_gone: list[str]
    variants_new: list[str]
    metrics_gone: list[str]
    metrics_new: list[str]

    def __bool__(self) -> bool:
        return any(len(getattr(self, name)) for name in self.__dataclass_fields__)


def reports_of(place: str, profile: str | None) -> Reports:
    """The reports in a folder, or those that a revision of the repository has under results/.

    Raises ReplabError where `place` is neither, or has no reports.
    """
    folder = Path(place)
    if folder.is_dir():
        files = [path.as_posix() for path in sorted(folder.resolve().rglob("summary.csv"))]
        found = _reports(files, lambda path: Path(path).read_text(encoding="utf-8"), profile)
    else:
        commit = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{place}^{{commit}}").strip()
        if not commit:
            raise ReplabError(f"'{place}' is neither a folder nor a revision of this repository")
        names = _git("ls-tree", "-r", "--name-only", "--full-tree", commit, "--", f"{RESULTS}/").splitlines()
        files = [name for name in names if name.endswith("/summary.csv")]
        found = _reports(files, lambda path: _git("show", f"{commit}:{path}"), profile)
    if found is None:
        what = f" of the profile '{profile}'" if profile else ""
        raise ReplabError(f"'{place}' has no reports{what}: no <profile>/<study>/summary.csv")
    return found


def _git(*arguments: str) -> str:
    """What git prints; nothing where it fails."""
    try:
        return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True, timeout=60).stdout
    except OSError as error:
        raise ReplabError(f"git cannot be started: {error.strerror}") from error
    except subprocess.SubprocessError:
        return ""


def _reports(files: Iterable[str], read: Read, profile: str | None) -> Reports | None:
    numbers, claims = [], []
    for path in map(PurePosixPath, files):
        name = path.parent.parent.name
        if profile in (None, name):
            numbers.append(_csv(read, path).assign(profile=name))
            claims.append(_claims(read, path).replace({"verdict": RENAMED}).assign(profile=name))
    return Reports(pd.concat(numbers), pd.concat(claims)) if numbers else None


def _claims(read: Read, summary: PurePosixPath) -> pd.DataFrame:
    """The verdicts beside a summary: those of whole statements, or of whole claims."""
    try:
        text = read(summary.with_name("statements.csv").as_posix())
    except OSError:
        text = ""
    if text:
        return _csv(lambda _: text, summary.with_name("statements.csv"))[CLAIM_COLUMNS]
    claims = _csv(read, summary.with_name("claims.csv"))
    return claims[_whole(claims)].rename(columns={"claim_id": "id"})[CLAIM_COLUMNS]


def _csv(read: Read, path: PurePosixPath) -> pd.DataFrame:
    try:
        return pd.read_csv(io.StringIO(read(path.as_posix())), keep_default_na=True)
    except (OSError, ValueError) as error:
        raise ReplabError(f"{path} is no table of a report: {error}") from error


def changes_between(before: Reports, after: Reports) -> Changes:
    """What changed from `before` to `after`."""
    claims = before.claims.merge(
        after.claims, on=CLAIM_KEYS, how="outer", suffixes=("_before", "_after"), indicator=True
    )
    numbers = before.numbers.merge(
        after.numbers, on=NUMBER_KEYS, how="outer", suffixes=("_before", "_after"), indicator=True
    )
    both, both_claims = numbers[numbers["_merge"] == "both"], claims[claims["_merge"] == "both"]
    moved = both[~(_same(both, "mean") & _same(both, "n"))]
    whole = numbers.groupby(NUMBER_KEYS[:3])["_merge"].transform("nunique") == 1
    variants, metrics = numbers[whole], numbers[~whole]
    metric_keys = [*NUMBER_KEYS[:2], NUMBER_KEYS[3]]
    return Changes(
        verdicts=both_claims[both_claims["verdict_before"] != both_claims["verdict_after"]],
        numbers=moved.assign(change=moved["mean_after"] - moved["mean_before"], shift=_shift(moved)),
        claims_gone=_names(claims, "left_only", CLAIM_KEYS),
        claims_new=_names(claims, "right_only", CLAIM_KEYS),
        variants_gone=_names(variants, "left_only", NUMBER_KEYS[:3]),
        variants_new=_names(variants, "right_only", NUMBER_KEYS[:3]),
        metrics_gone=_names(metrics, "left_only", metric_keys),
        metrics_new=_names(metrics, "right_only", metric_keys),
    )


def _whole(claims: pd.DataFrame) -> pd.Series:
    """The rows of whole claims, not those of parts or sources."""
    empty = claims["part"].isna()
    return empty & claims["source"].isna() if "source" in claims else empty


def _same(rows: pd.DataFrame, column: str) -> pd.Series:
    one, other = rows[f"{column}_before"], rows[f"{column}_after"]
    return (one == other) | (one.isna() & other.isna())


def _shift(rows: pd.DataFrame) -> pd.Series:
    widths = pd.concat([rows[f"ci_high_{side}"] - rows[f"ci_low_{side}"] for side in ("before", "after")], axis=1)
    half = widths.max(axis=1) / 2
    return (rows["mean_after"] - rows["mean_before"]).abs() / half.where(half > 0)


def _names(merged: pd.DataFrame, side: str, keys: list[str]) -> list[str]:
    rows = merged.loc[merged["_merge"] == side, keys].drop_duplicates()
    return sorted(" ".join(map(str, row)) for row in rows.itertuples(index=False))
