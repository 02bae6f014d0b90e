"""What people write: its numbers come from the summaries, in the findings and in the README."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from replab.errors import ReplabError
from replab.project import Project
from replab.report.findings import findings_text
from tiny import params, write_params

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
        "median": [96.12, 85.0, float("nan")],
        "least": [95.8, 84.5, float("nan")],
        "greatest": [96.5, 100.5, float("nan")],
    }
)


def test_findings_take_their_numbers_from_the_summary() -> None:
    text = findings_text('{{ mean("a") }} % {{ interval("a") }}, {{ gap("b", "a", "test_accuracy") }}', SUMMARY)
    assert text == "96.12 % [95.50, 96.75], -6.12"
    text = findings_text('{{ runs("a") }} %, {{ size("b", "a") }} points more, {{ seeds("a") }} seeds', SUMMARY)
    assert text == "95.80 to 96.50 %, 6.12 points more, 3 seeds"


def test_a_mean_that_no_run_is_near_is_a_median_as_in_the_table() -> None:
    assert findings_text('{{ mean("b") }} %', SUMMARY) == "median 85.00 %"


@pytest.mark.parametrize(
    "text", ['{{ mean("c") }}', '{{ mean("d") }}', '{{ mean("a", "loss") }}', "{{ mean(", "{{ x }}"]
)
def test_a_number_that_is_not_there_is_refused(text: str) -> None:
    with pytest.raises(ReplabError, match="findings"):
        findings_text(text, SUMMARY)


def test_findings_take_verdicts_from_what_is_judged() -> None:
    verdicts = {"009.a": "REPLICATED"}
    assert findings_text('It is {{ verdict("009.a") }}.', SUMMARY, verdicts) == "It is REPLICATED."
    with pytest.raises(ReplabError, match=r"findings: verdict '009\.b' unknown"):
        findings_text('{{ verdict("009.b") }}', SUMMARY, verdicts)


def test_no_verdict_is_typed_by_hand_in_findings() -> None:
    typed = re.compile(
        r"\b(is|are|stays?|becomes?) (not )?(replicated|contradicted|inconclusive|supported|refuted)\b", re.I
    )
    pages = list((ROOT / "docs/findings").rglob("*.md"))
    found = {page.name: typed.findall(" ".join(page.read_text(encoding="utf-8").split())) for page in pages}
    assert pages and {name: words for name, words in found.items() if words} == {}


def test_findings_cannot_reach_what_is_not_theirs() -> None:
    with pytest.raises(ReplabError):
        findings_text("{{ mean.__globals__ }}", SUMMARY)


def test_the_readme_says_what_the_committed_reports_say() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    counts = [line for line in readme.splitlines() if line.startswith("| [Report ")]
    assert counts
    whole = (ROOT / "results/full/README.md").read_text(encoding="utf-8")
    for line in counts:
        assert line.replace("(results/full/README.md#", "(#") in whole
    files = (ROOT / "results/full").glob("*/statements.csv")
    rows = pd.concat([pd.read_csv(path, keep_default_na=False) for path in files]).to_dict("records")
    said = {row["sentence"]: (f"{row['report']:03d}", row["verdict"], row["found"]) for row in rows}
    shown = re.findall(r"^> \*\*(.*)\*\* \(report (\d+)\) ([A-Z ]+)\. (.*)$", readme, re.M)
    assert len(shown) == 5
    assert [said[sentence] for sentence, *_ in shown] == [tuple(rest) for _, *rest in shown]


def test_findings_on_other_data_are_in_a_folder_of_their_own(tmp_path: Path) -> None:
    tree = params()
    real = {"sample": False, "seeds": [0], "variants_per_job": 1}
    tree["profiles"] |= {"full": real, "other": real | {"generalisation": True}}
    path = write_params(tmp_path / "params.yaml", tree)
    found = {profile: Project(path, profile).findings("tiny") for profile in ("full", "other", "sample")}
    assert found == {
        "full": Path("docs/findings/tiny.md"),
        "other": Path("docs/findings/other/tiny.md"),
        "sample": None,
    }


PAGES = sorted((ROOT / "docs/findings").rglob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT / "docs/findings")))
def test_every_number_of_the_findings_is_in_the_committed_reports(page: Path) -> None:
    """A metric that was renamed leaves a page that says that its runs are missing."""
    profile = "full" if page.parent.name == "findings" else page.parent.name
    folder = ROOT / "results" / profile / page.stem
    statements = pd.read_csv(folder / "statements.csv", keep_default_na=False)
    verdicts = dict(zip(statements["id"], statements["verdict"], strict=True))
    summary = pd.read_csv(folder / "summary.csv", keep_default_na=False, na_values=[""], dtype={"unit": str})
    text = findings_text(page.read_text(encoding="utf-8"), summary.fillna({"unit": ""}), verdicts)
    assert text and "{{" not in text
