"""The records of a study as the report's folder holds them."""

from __future__ import annotations

import json

from replab.report.study import StudyResult, once


@once
def records_text(result: StudyResult) -> str:
    """A record a line as JSON with sorted keys and its study and variant, by variant and seed."""
    lines = [
        json.dumps({**result.records[variant, seed], "study": result.name, "variant": variant}, sort_keys=True)
        for variant, seed in sorted(result.records)
    ]
    return "".join(f"{line}\n" for line in lines)
