"""What the parts of a record hold that its identity does not cover: who reads them may rely on it.

A record that comes from elsewhere has been through this, so that one of them cannot stop everybody's report.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from replab.errors import ReplabError
from replab.metric_words import is_share

AXES = ("step", "epoch")
COSTS = ("train_seconds", "parameters", "peak_memory_bytes", "replicates")
PLAIN = (str, int, float, bool, type(None))


def check_parts(record: Mapping[str, Any]) -> None:
    """Raises ReplabError that names the first part which is not what `replab train` writes."""
    checks = {
        "a metric is not valid": all(map(_is_metric, record["metrics"].values())),
        **{f"{name} is no share of 100 %": _is_possible(name, entry) for name, entry in record["metrics"].items()},
        "its curves are no lists of numbers of one length": _are_curves(record["curves"]),
        "its cost lacks a number": _is_cost(record["cost"]),
        "its environment is no table of plain values": _is_plain(record["environment"], PLAIN),
        "its code is no table of texts": _is_plain(record.get("code", {}), (str,)),
        "its series are no lists of numbers": _are_lists(record.get("series", {})),
        "its diverged_step is no number": _is_number(record.get("diverged_step") or 0),
    }
    wrong = [text for text, right in checks.items() if not right]
    if wrong:
        raise ReplabError(f"not a record: {wrong[0]}")


def _is_number(value: Any) -> bool:
    """JSON's whole numbers may have more digits than a float has room for."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def _is_metric(entry: Any) -> bool:
    """A value, which may be unknown, its unit, and what translators say of theirs."""
    if not isinstance(entry, dict) or "value" not in entry:
        return False
    texts = _is_plain({key: entry.get(key, "") for key in ("unit", "signature")}, (str,))
    return (entry["value"] is None or _is_number(entry["value"])) and texts and _are_examples(entry.get("examples", []))


def _is_possible(name: str, entry: Any) -> bool:
    """Whether an accuracy is from 0 to 100 %; of what is no metric nothing is said here."""
    if not _is_metric(entry) or entry.get("unit") != "%" or not is_share(name):
        return True
    return entry["value"] is None or 0 <= entry["value"] <= 100


def _are_examples(found: Any) -> bool:
    return isinstance(found, list) and all(
        isinstance(one, dict) and isinstance(one.get("reference"), str) and isinstance(one.get("translation"), str)
        for one in found
    )


def _are_lists(found: Any, *, gaps: bool = False) -> bool:
    return isinstance(found, dict) and all(
        isinstance(points, list) and all(_is_number(point) or (gaps and point is None) for point in points)
        for points in found.values()
    )


def _are_curves(curves: Any) -> bool:
    """A point that was not measured is null; every point has its step and epoch, where there are such."""
    axes = {name: curves[name] for name in AXES if name in curves}
    return _are_lists(curves, gaps=True) and _are_lists(axes) and len({len(one) for one in curves.values()}) < 2


def _is_cost(cost: Any) -> bool:
    return isinstance(cost.get("device"), str) and all(_is_number(cost.get(name)) for name in COSTS)


def _is_plain(found: Any, kinds: tuple[type, ...]) -> bool:
    return isinstance(found, dict) and all(isinstance(value, kinds) for value in found.values())
