"""What the runs of a profile are on: the data of a report, a sample in their place, or other data."""

from __future__ import annotations

from enum import StrEnum


class DataScope(StrEnum):
    """ORIGINAL: the data that claims are about. SAMPLE: little data in their place. OTHER: other data, in earnest."""

    ORIGINAL = "original"
    SAMPLE = "sample"
    OTHER = "other"
