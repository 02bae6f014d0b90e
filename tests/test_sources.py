"""One number, several sources: what is refused, how each is judged, and how the report shows it."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from replab.errors import ReplabError
from replab.judging.claims import Level, load_claims
from replab.judging.scopes import Scope
from replab.judging.sources import by_source, supported
from replab.judging.verdicts import judge
from replab.report.frames import runs_frame
from replab.report.marks import marks_of
from replab.report.write import write_study
from synthetic import STUDY, made_claims, made_result

VALUES = [{"source": "005", "value": 96.9}, {"source": "a paper", "value": 91.0}]
CLAIM: dict[str, Any] = {
    "id": "000.relu", "row": None, "quote": "", "study": STUDY, "kind": "level", "metric": "test_accuracy",
    "variant": "relu", "value": 93.1, "tolerance": 0.5, "mark": "R",
}  # fmt: skip


def level(**changes: Any) -> Level:
    return Level.model_validate(CLAIM | {"values": VALUES} | changes)


def judged(claim: Level, scope: Scope = Scope.CLAIMED) -> pd.DataFrame:
    return judge([claim], runs_frame(made_result()), scope)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([{"source": "005", "value": 101}], "values.0.value 101 is no test_accuracy: it lies in 0..100"),
        ([*VALUES, {"source": "x", "value": -0.1}], "values.2.value -0.1 is no test_accuracy"),
        ([{"source": "005"}], "values.0.value: Field required"),
        ([{"source": "", "value": 1}], "values.0.source: "),
        ([{"source": "005", "value": "much"}], "values.0.value: "),
        ([{"source": "005", "value": 1, "page": 3}], "key 'page' unknown"),
        ([VALUES[0], VALUES[0]], "values: source '005' is given twice"),
        ([{"source": "000", "value": 93}], "values: source '000' is given twice (the claim's own is '000')"),
    ],
)
def test_wrong_values_of_sources_are_refused_in_a_line(tmp_path: Path, values: list[Any], message: str) -> None:
    path = tmp_path / "000.yaml"
    content = {"report": "000", "title": "t", "source": "s", "protocol": [], "claims": [CLAIM | {"values": values}]}
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(ReplabError) as caught:
        load_claims(path)
    assert str(caught.value).startswith(f"{path}: claim '000.relu': ") and "\n" not in str(caught.value)
    assert message in str(caught.value)


def test_each_source_is_judged_as_a_claim_of_its_own_would_be() -> None:
    frame = judged(level())
    assert frame["source"].tolist() == ["", "000", "005", "a paper"]
    assert (frame["part"] == "").tolist() == [True, False, False, False]
    for value, row in zip([93.1, 96.9, 91.0], frame.iloc[1:].to_dict("records"), strict=True):
        [alone] = judged(level(value=value, values=[])).to_dict("records")
        same = ["verdict", "claimed", "difference", "estimate", "ci_low", "ci_high", "n", "reason"]
        assert {key: row[key] for key in same} == {key: alone[key] for key in same}
    assert frame["verdict"].tolist() == ["REPLICATED", "REPLICATED", "CONTRADICTED", "CONTRADICTED"]


def test_the_reason_names_the_sources_that_the_runs_support() -> None:
    frame = judged(level(value=80, values=[{"source": "005", "value": 93}]))
    assert frame["verdict"].tolist()[0] == "CONTRADICTED"
    wanted = "Of 2 sources, the runs support report 005 (93) and contradict report 000 (80)."
    assert frame.iloc[0]["reason"].endswith(wanted)
    rows = [{"source": name, "claimed": 1.5, "verdict": "NOT TESTED"} for name in ("001", "x")]
    assert supported(rows) == "Of 2 sources, the runs do not decide on report 001 (1.5) and x (1.5)."


def test_a_claim_with_one_source_has_no_rows_of_sources() -> None:
    frame = judged(level(values=[]))
    assert len(frame) == 1 and frame["source"].tolist() == [""] and "sources" not in frame.iloc[0]["reason"]
    assert by_source(made_claims()[2]) == {}


def test_a_sample_decides_on_no_source() -> None:
    frame = judged(level(), scope=Scope.SAMPLE)
    assert set(frame["verdict"]) == {"NOT TESTED"} and "support" not in frame.iloc[0]["reason"]


def test_sources_do_not_count_in_the_family_of_other_claims() -> None:
    claims = made_claims()
    with_sources = [level(), *claims[1:]]
    rest = [claim.id for claim in claims[1:]]
    frames = [judge(those, runs_frame(made_result())) for those in (claims, with_sources)]
    first, second = (frame[frame["claim_id"].isin(rest)].reset_index(drop=True) for frame in frames)
    pd.testing.assert_frame_equal(first, second)


def test_the_report_shows_every_source_with_its_verdict(tmp_path: Path) -> None:
    result = replace(made_result(), claims=[level(), *made_claims()[1:]])
    write_study(result, tmp_path)
    page = (tmp_path / "report.md").read_text(encoding="utf-8")
    section = page[page.index("## One number, several sources") :].split("\n\n")[1]
    assert len(section.splitlines()) == 2 + 3
    assert "| report 005 | 96.90 |" in section and "| a paper | 91.00 |" in section
    with (tmp_path / "claims.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["source"]]
    assert [(row["source"], float(row["claimed"])) for row in rows] == [("000", 93.1), ("005", 96.9), ("a paper", 91)]
    figure = (tmp_path / "figures" / "forest_test_accuracy.svg").read_text(encoding="utf-8")
    assert re.search(">claimed by report 005<", figure) and re.search(">claimed by a paper<", figure)


def test_marks_are_every_value_of_every_claim_about_a_variants_metric() -> None:
    second = level(id="001.relu", value=92.0, values=[])
    result = replace(made_result(), claims=[level(), second, *made_claims()[1:]])
    found = [(mark.source, mark.value, mark.claim_id) for mark in marks_of(result, "relu", "test_accuracy")]
    assert found == [
        ("000", 93.1, "000.relu"), ("005", 96.9, "000.relu"), ("a paper", 91.0, "000.relu"), ("001", 92.0, "001.relu"),
    ]  # fmt: skip
    assert marks_of(result, "relu", "train_loss") == []
