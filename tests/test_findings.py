"""What people write: its numbers come from the summaries, in the findings and in the README."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from replab.errors import ReplabError
from replab.report.findings import findings_text
from replab.report.wording import shown, shown_interval

ROOT = Path(__file__).parent.parent
SUMMARY = pd.DataFrame(
    {
        "variant": ["a", "b", "c"],
        "metric": ["test_accuracy"] * 3,
        "unit": ["%"] * 3,
        "n": [3, 3, 0],
        "mean": [96.125, 90.0, float("nan")],
        "ci_low": [95.5, 89.0, float("nan")],
        "ci_high": [96.75, 91.0, float("nan")],
    }
)


def test_findings_take_their_numbers_from_the_summary() -> None:
    text = findings_text('{{ mean("a") }} % {{ interval("a") }}, {{ gap("b", "a", "test_accuracy") }}', SUMMARY)
    assert text == "96.12 % [95.50, 96.75], -6.12"


@pytest.mark.parametrize(
    "text", ['{{ mean("c") }}', '{{ mean("d") }}', '{{ mean("a", "loss") }}', "{{ mean(", "{{ x }}"]
)
def test_a_number_that_is_not_there_is_refused(text: str) -> None:
    with pytest.raises(ReplabError, match="findings"):
        findings_text(text, SUMMARY)


def test_findings_cannot_reach_what_is_not_theirs() -> None:
    with pytest.raises(ReplabError):
        findings_text("{{ mean.__globals__ }}", SUMMARY)


def test_every_row_of_the_table_in_the_readme_is_in_a_committed_summary() -> None:
    rows = re.findall(
        r"^\| `(\w+)` `([\w.]+)` \| (.*?) \| (.*?) \| (.*?) \| (.*?) \| (.*?) \|$",
        (ROOT / "README.md").read_text(),
        re.M,
    )
    assert rows
    for study, variant, n, value, claimed, verdict, _ in rows:
        summary = pd.read_csv(ROOT / f"results/full/{study}/summary.csv")
        [row] = summary[(summary["variant"] == variant) & (summary["metric"] == "test_accuracy")].to_dict("records")
        assert str(row["n"]) == n
        assert value == f"{shown(row['mean'], '%')} {shown_interval(row['ci_low'], row['ci_high'], '%')}"
        assert claimed == (shown(row["claimed"], "%") or "-")
        assert verdict == (row["verdict"] if isinstance(row["verdict"], str) else "-")
