"""What an accuracy owes to the images that it is measured on: another thousand would give another number."""

from __future__ import annotations

import math
from typing import Any

from replab.report.study import StudyResult


def examples_behind(result: StudyResult, variant: str, metric: str) -> int | None:
    """How many examples the variant's accuracy `metric` is measured on; None where that is not known."""
    split, _, what = metric.partition("_")
    runs = result.runs_of(variant, "done")
    if split not in {"test", "validation"} or not what.startswith("accuracy") or not runs:
        return None
    data: dict[str, Any] = runs[0][1]["spec"].get("data") or {}
    if split == "validation":
        return data.get("validation") or None
    manifest = next((manifest for manifest in result.data if manifest.get("name") == data.get("name")), {})
    kept, entry = data.get("test"), (manifest.get("arrays") or {}).get("test_y.npy")
    return min(kept or entry["shape"][0], entry["shape"][0]) if entry else kept


def sampling_error(percent: float, examples: int | None) -> float:
    """One standard error of an accuracy in percent, 100 sqrt(p (1 - p) / N); NaN without N.

    It is about other images; seeds do not make it smaller, and our intervals over seeds do not contain it.
    """
    share = min(max(percent / 100, 0.0), 1.0)
    return 100 * math.sqrt(share * (1 - share) / examples) if examples else math.nan
