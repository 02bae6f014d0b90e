"""Claims files: what is refused, and that no claimed number of a report is left out or claimed twice."""

from __future__ import annotations

import copy
import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from replab.errors import ReplabError
from replab.judging.claims import Bound, Level, check_claims, load_claims
from replab.judging.verdicts import FAMILIES
from replab.params import load_params

ROOT = Path(__file__).parents[1]
FILES = sorted(ROOT.glob("claims/[0-9][0-9][0-9].yaml"))
STUDIES = {"mnist": ["tanh_hinge", "selu_hinge"]}

CLAIM: dict[str, Any] = {
    "id": "009.a", "row": ["s", "v", "accuracy_%", "97.28"], "quote": "", "study": "mnist", "kind": "level",
    "metric": "test_accuracy", "variant": "tanh_hinge", "value": 97.28, "tolerance": 0.3, "mark": "R",
}  # fmt: skip
PAIRED = {key: CLAIM[key] for key in ("id", "row", "quote", "study", "metric", "mark")}
ORDERING = PAIRED | {
    "kind": "ordering", "pairs": [["tanh_hinge", "selu_hinge"]], "higher_is_better": True,
    "smallest_meaningful": 0.1,
}  # fmt: skip
DELTA = PAIRED | {
    "kind": "delta", "variant": "tanh_hinge", "baseline": "selu_hinge", "value": 1.0, "tolerance": 0.1,
}  # fmt: skip
BOUND = PAIRED | {"kind": "bound", "variants": ["tanh_hinge"], "at_least": 95}


def write(folder: Path, *claims: Any, **changes: Any) -> Path:
    content = {"report": "009", "title": "t", "source": "s", "protocol": [], "claims": list(claims)} | changes
    path = folder / "009.yaml"
    path.write_text(yaml.safe_dump(copy.deepcopy(content)), encoding="utf-8")
    return path


def without(claim: dict[str, Any], key: str) -> dict[str, Any]:
    return {other: value for other, value in claim.items() if other != key}


def test_a_claim_is_read_as_it_is_written(tmp_path: Path) -> None:
    file = load_claims(write(tmp_path, CLAIM, BOUND | {"id": "009.b"}))
    level, bound = file.claims
    assert isinstance(level, Level) and (level.value, level.tolerance) == (97.28, 0.3)
    assert isinstance(bound, Bound) and bound.variants_named() == ["tanh_hinge"]
    check_claims(file, STUDIES)


def test_a_level_takes_the_files_tolerance_unless_it_has_its_own(tmp_path: Path) -> None:
    tolerances = {"test_accuracy": {"value": 0.5, "reason": "test set of 10,000"}}
    claims = without(CLAIM, "tolerance"), CLAIM | {"id": "009.b"}
    file = load_claims(write(tmp_path, *claims, tolerances=tolerances))
    assert [claim.tolerance for claim in file.claims if isinstance(claim, Level)] == [0.5, 0.3]


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        (CLAIM | {"kind": "levle"}, "kind 'levle' unknown; did you mean 'level'?"),
        (CLAIM | {"kind": ["level"]}, "unknown"),
        (without(CLAIM, "kind"), "kind 'None' unknown"),
        (CLAIM | {"valeu": 1}, "key 'valeu' unknown; did you mean 'value'?"),
        (CLAIM | {"value": 101}, "value 101 is no test_accuracy: it lies in 0..100"),
        (CLAIM | {"value": -1}, "value -1 is no test_accuracy"),
        (CLAIM | {"value": float("nan")}, "value: "),
        (CLAIM | {"tolerance": 0}, "tolerance: "),
        (without(CLAIM, "tolerance"), "tolerance: Field required"),
        (CLAIM | {"mark": "X"}, "mark: "),
        (CLAIM | {"row": ["s", "v", "accuracy_%", 97.28]}, "row.3: Input should be a valid string"),
        (CLAIM | {"row": ["s", "v"]}, "row: "),
        (BOUND | {"at_least": 120}, "at_least 120 is no test_accuracy"),
        (BOUND | {"at_most": 99}, "give either at_least or at_most"),
        (BOUND | {"variants": ["a", "a"]}, "variants: one is given twice"),
        (ORDERING | {"pairs": [["a", "b", "c"]]}, "pairs.0"),
        (ORDERING | {"pairs": [["a", "a"]]}, "'a' is compared with itself"),
        (ORDERING | {"pairs": [["a", "b"], ["b", "a"]]}, "pairs: one is given twice"),
        (without(ORDERING, "higher_is_better"), "higher_is_better: Field required"),
        (without(ORDERING, "smallest_meaningful"), "smallest_meaningful: Field required"),
        (DELTA | {"value": 0}, "claim it as kind equal"),
        (DELTA | {"value": 101}, "value 101 is no difference of test_accuracy"),
        (DELTA | {"baseline": "tanh_hinge"}, "compared with itself"),
    ],
)
def test_a_wrong_claim_is_refused_in_a_line_that_names_it(tmp_path: Path, claim: dict[str, Any], message: str) -> None:
    path = write(tmp_path, claim)
    with pytest.raises(ReplabError) as caught:
        load_claims(path)
    assert str(caught.value).startswith(f"{path}: claim '009.a': ")
    assert message in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"claims": [CLAIM, CLAIM]}, "claim '009.a': the id is given 2 times"),
        ({"claims": [CLAIM | {"id": "003.a"}]}, "an id starts with its report, '009.'"),
        ({"claims": ["tanh is best"]}, "claim 1 must be a mapping"),
        ({"claims": {"a": 1}}, "claims must be a list"),
        ({"claims": [without(CLAIM, "id")]}, "claim 1: id: Field required"),
        ({"report": "003"}, "report '003' belongs into 003.yaml"),
        ({"clams": []}, "key 'clams' unknown; did you mean 'claims'?"),
        (
            {"tolerances": {"test_accuracy": {"value": 0.3}}},
            "tolerances.test_accuracy.reason: Field required",
        ),
        ({"protocol": [{"id": "009.p", "row": None, "value": 1}]}, "protocol.0.mark: Field required"),
    ],
)
def test_a_wrong_file_is_refused_in_a_line(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path = write(tmp_path, **changes)
    with pytest.raises(ReplabError) as caught:
        load_claims(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"claims: [", b"\xff\xfe\x00", b"- a list", b""])
def test_what_is_no_yaml_mapping_is_refused_in_a_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "009.yaml"
    path.write_bytes(content)
    with pytest.raises(ReplabError) as caught:
        load_claims(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(ReplabError, match="cannot read"):
        load_claims(tmp_path / "010.yaml")


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        (CLAIM | {"study": "mnits"}, "study 'mnits' unknown; did you mean 'mnist'?"),
        (CLAIM | {"variant": "tanh_hinje"}, "variant 'tanh_hinje' unknown; did you mean 'tanh_hinge'?"),
        (DELTA | {"baseline": "sellu_hinge"}, "did you mean 'selu_hinge'?"),
        (BOUND | {"variants": ["tanh_hinge", "tanh"]}, "variant 'tanh' unknown"),
        (ORDERING | {"pairs": [["tanh_hinge", "selu"]]}, "variant 'selu' unknown"),
    ],
)
def test_a_claim_about_what_does_not_exist_is_refused(tmp_path: Path, claim: dict[str, Any], message: str) -> None:
    file = load_claims(write(tmp_path, claim))
    with pytest.raises(ReplabError) as caught:
        check_claims(file, STUDIES)
    assert str(caught.value).startswith("claims/009.yaml: claim '009.a': ") and message in str(caught.value)


def rows_of_the_report(report: str) -> list[dict[str, str]]:
    with (ROOT / "claims/claims_seeds.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["seed"] == report]


def matches(claimed: list[str], row: dict[str, str]) -> bool:
    """A fifth element is the split or the condition, which tells apart rows that are otherwise equal."""
    four = [row[key] for key in ("study", "variant", "metric", "value")]
    return claimed[:4] == four and all(word in (row["split"], row["condition"]) for word in claimed[4:])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_row_of_the_report_is_covered_exactly_once(path: Path) -> None:
    file = load_claims(path)
    claimed = [entry.row for entry in [*file.protocol, *file.claims, *file.untested] if entry.row is not None]
    rows = rows_of_the_report(file.report)
    assert rows
    wrong = {tuple(row.values()): count for row in rows if (count := sum(matches(one, row) for one in claimed)) != 1}
    assert not wrong
    assert [one for one in claimed if not any(matches(one, row) for row in rows)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_levels_value_is_the_one_in_its_row(path: Path) -> None:
    for claim in load_claims(path).claims:
        if isinstance(claim, Level) and claim.row is not None and claim.row[2] == "accuracy_%":
            assert float(claim.row[3]) == claim.value, claim.id


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_claim_names_what_params_declares(path: Path) -> None:
    params = load_params(ROOT / "params.yaml")
    check_claims(load_claims(path), {name: study.overrides() for name, study in params.studies.items()})


def test_report_003_has_a_claim_of_every_accuracy() -> None:
    file = load_claims(ROOT / "claims/003.yaml")
    kinds = Counter(claim.kind for claim in file.claims)
    assert set(kinds) <= set(FAMILIES)
    assert kinds["level"] == sum(row["metric"] == "accuracy_%" for row in rows_of_the_report("003")) == 16


def test_the_coverage_test_sees_a_row_that_is_missing_twice_or_ambiguous() -> None:
    row = {"study": "s", "variant": "v", "metric": "m", "value": "1", "split": "val", "condition": ""}
    assert matches(["s", "v", "m", "1"], row) and matches(["s", "v", "m", "1", "val"], row)
    assert not matches(["s", "v", "m", "1", "test"], row) and not matches(["s", "v", "m", "2"], row)


def test_a_number_that_no_study_tests_is_named_with_its_reason(tmp_path: Path) -> None:
    untested = [{"id": "009.u", "row": ["s", "v", "m", "1"], "reason": "No study yet."}]
    assert load_claims(write(tmp_path, CLAIM, untested=untested)).untested[0].reason == "No study yet."
    for wrong in ({"reason": ""}, {"row": None}, {"id": CLAIM["id"]}):
        with pytest.raises(ReplabError, match=r"009\.yaml"):
            load_claims(write(tmp_path, CLAIM, untested=[untested[0] | wrong]))
