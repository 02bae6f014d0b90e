"""The tables behind a study's results, as markdown: cost, settings, data, source, environment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from replab.judging.words import count, listed
from replab.report.frames import costs_frame
from replab.report.markdown_text import code, component_words, escaped, table
from replab.report.study import StudyResult

MEBIBYTE = 2**20
RUN = "run"


def made_with(runs: Iterable[Mapping[str, Any]]) -> str:
    """`The records mix torch 2.12.0 (30 runs) and 2.13.0 (120 runs).`: versions and devices, where they differ."""
    runs = list({run["identity"]: run for run in runs}.values())
    torches = Counter(filter(None, ((run.get("environment") or {}).get("torch") for run in runs)))
    devices = Counter(filter(None, ((run.get("cost") or {}).get("device") for run in runs)))
    mixed = [
        f"{what} {listed(f'{name} ({count(number, RUN)})' for name, number in sorted(found.items()))}"
        for what, found in (("torch", torches), ("devices", devices))
        if len(found) > 1
    ]
    return f"The records mix {listed(mixed)}." if mixed else ""


def cost_table(result: StudyResult) -> str:
    """A row for each variant: mean seconds a run, parameters, the largest peak memory, and how it was trained."""
    costs = costs_frame(result)
    rows = []
    for variant in result.variants:
        own = costs[costs["variant"] == variant]
        values = {str(metric): group["value"] for metric, group in own.groupby("metric")}
        if not values:
            continue
        hows = zip(own["strategy"], own["device"], strict=True)
        how = sorted({f"{strategy} on {device}" for strategy, device in hows})
        rows.append([code(variant), *_cost_numbers(values), escaped(", ".join(how))])
    header = [
        "variant",
        "runs",
        "seconds a run",
        "parameters",
        "peak memory (MiB)",
        "trained together",
        "how",
    ]
    return table(header, rows, right=" rrrrr")


def _cost_numbers(values: dict[str, Any]) -> list[str]:
    seconds, memory = values.get("train_seconds"), values.get("peak_memory_bytes")
    return [
        str(max(len(column) for column in values.values())),
        "" if seconds is None else f"{seconds.mean():.1f}",
        _span(values.get("parameters")),
        "" if memory is None else f"{memory.max() / MEBIBYTE:,.0f}",
        _span(values.get("replicates")),
    ]


def _span(column: Any) -> str:
    if column is None:
        return ""
    low, high = int(column.min()), int(column.max())
    return f"{low:,}" if low == high else f"{low:,}-{high:,}"


def settings_table(result: StudyResult) -> str:
    """The base, a row a setting, with its provenance mark."""
    rows = [
        [
            code(row["setting"]),
            escaped(component_words(row["value"])),
            f"[{row['mark']}]" if row.get("mark") else "",
        ]
        for row in result.settings
    ]
    return table(["setting", "value", "from"], rows)


PROVENANCE = {
    "R": "stated in the report",
    "B": "in the public code that the report was built on",
    "A": "in the author's own code",
    "I": "our inference",
}


def provenance_legend(result: StudyResult) -> str:
    """What the marks of the settings mean, those that occur; "" without one."""
    used = {row.get("mark") for row in result.settings}
    said = [f"[{mark}] {meaning}" for mark, meaning in PROVENANCE.items() if mark in used]
    return f"{', '.join(said)}; no mark: chosen here, or of unknown source." if said else ""


def data_tables(result: StudyResult) -> str:
    """The manifests of the data, a table each: what it says in one line, the checksum of each array."""
    return "\n\n".join(_data_table(manifest) for manifest in result.data)


def _data_table(manifest: dict[str, Any]) -> str:
    rows = [
        [escaped(key), code(value) if key == "sha256" else escaped(component_words(value))]
        for key, value in manifest.items()
        if not isinstance(value, dict) and value not in ("", None, [])
    ]
    for name, entry in sorted((manifest.get("arrays") or {}).items()):
        shape = " x ".join(f"{size:,}" for size in entry.get("shape", []))
        rows.append([escaped(name), f"{shape} {entry.get('dtype', '')}, sha256 {code(entry.get('sha256', ''))}"])
    for name, entry in sorted((manifest.get("raw") or {}).items()):
        checksums = ", ".join(f"{key} {code(value)}" for key, value in entry.items() if value is not None)
        rows.append([escaped(name), checksums])
    return table(["data", "from the manifest"], rows)


def code_table(result: StudyResult) -> str:
    """Where each component's source stands, as the records have it, and how many variants use it."""
    users: dict[tuple[str, str], set[str]] = {}
    for variant, _, run in result.runs():
        for component, place in (run.get("code") or {}).items():
            users.setdefault((component, place), set()).add(variant)
    rows = [
        [escaped(component), code(place), count(len(names), "variant")]
        for (component, place), names in sorted(users.items())
    ]
    return table(["component", "file:line", "used by"], rows)


def environment_table(result: StudyResult) -> str:
    """What the runs were made with, a row each different environment."""
    counted: dict[tuple[str, ...], int] = {}
    for _, _, run in result.runs():
        about = run.get("environment") or {}
        changed = " with changes" if about.get("dirty") else ""
        commit = code(str(about.get("commit") or "unknown")[:12]) + changed
        keys = ("python", "torch", "pytorch_lightning", "processor", "threads")
        key = (commit, *(str(about.get(name, "")) for name in keys))
        counted[key] = counted.get(key, 0) + 1
    rows = [[key[0], *(escaped(part) for part in key[1:]), str(runs)] for key, runs in sorted(counted.items())]
    return table(["commit", "python", "torch", "lightning", "processor", "threads", "runs"], rows, right="     rr")
