"""Claims files: what is refused, and that no row of a report is left out or held twice."""

from __future__ import annotations

import copy
import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ours import our_params
from replab.assemble import study_result
from replab.errors import ReplabError
from replab.judging.loading import check_metrics, check_studies, load_claims
from replab.judging.questions import claims_about, family_sizes
from replab.judging.scales import printed
from replab.project import Project
from replab.store import Store

ROOT = Path(__file__).parents[1]
FILES = sorted(ROOT.glob("claims/[0-9][0-9][0-9].yaml"))
STUDIES = {"mnist": ["tanh", "selu"], "other": ["tanh"]}

NUMBER: dict[str, Any] = {"kind": "number", "variant": "tanh", "metric": "test_accuracy", "value": "96.39"}
RANKING: dict[str, Any] = {
    "kind": "ranking", "pairs": [["tanh", "selu"]], "metric": "test_accuracy", "higher_is_better": True,
}  # fmt: skip
BOUND: dict[str, Any] = {
    "kind": "bound", "variants": ["tanh"], "metric": "test_accuracy", "at_least": 95, "about": "mean",
}  # fmt: skip
SAME: dict[str, Any] = {"kind": "same", "pairs": [["tanh", "selu"]], "metric": "test_accuracy", "identical": True}
EVENT: dict[str, Any] = {"kind": "event", "variants": ["tanh"], "event": "diverges", "claimed": "never"}
READING: dict[str, Any] = {
    "name": "summed", "mark": "A", "setting": "The gradient is summed.", "study": "mnist", "parts": [NUMBER],
}  # fmt: skip
STATEMENT: dict[str, Any] = {
    "id": "009.a", "rows": [], "sentence": "With tanh the network reaches 96.39 %.", "quote": "CrossEntropy (96.39%)",
    "place": "Default settings", "readings": [READING],
}  # fmt: skip
HYPOTHESIS: dict[str, Any] = {
    "id": "009.h", "sentence": "Both are alike.", "reason": "To know.", "study": "mnist", "parts": [SAME],
}  # fmt: skip
FILE: dict[str, Any] = {
    "report": "009", "title": "t", "source": "s", "statements": [STATEMENT], "hypotheses": [HYPOTHESIS],
    "resolutions": {"test_accuracy": {"value": 0.5, "reason": "half of the gap"}},
}  # fmt: skip


def write(folder: Path, change: Callable[[dict[str, Any]], Any] = lambda file: None) -> Path:
    content = copy.deepcopy(FILE)
    change(content)
    path = folder / "009.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


def part_of(part: dict[str, Any], **changes: Any) -> Callable[[dict[str, Any]], None]:
    """A change of the file: its only part is this one."""

    def change(file: dict[str, Any]) -> None:
        file["statements"][0]["readings"][0]["parts"] = [part | changes]

    return change


def statement(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda file: file["statements"][0].update(changes)


def reading(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda file: file["statements"][0]["readings"][0].update(changes)


def test_a_statement_is_read_as_it_is_written(tmp_path: Path) -> None:
    file = load_claims(write(tmp_path))
    [only], [hypothesis] = file.statements, file.hypotheses
    assert only.primary.name == "summed" and only.primary.primary
    assert only.primary.parts[0].model_dump()["resolution"]["value"] == 0.5
    assert hypothesis.primary.study == "mnist"
    check_studies(file, STUDIES)
    check_metrics(file, {"mnist": ["test_accuracy"], "other": []})


def test_rows_and_the_mark_can_be_left_out(tmp_path: Path) -> None:
    def change(file: dict[str, Any]) -> None:
        del file["statements"][0]["rows"], file["statements"][0]["readings"][0]["mark"]

    [only] = load_claims(write(tmp_path, change)).statements
    assert only.rows == [] and only.primary.mark == "I"


def test_a_single_reading_is_primary_and_of_several_the_one_that_says_so(tmp_path: Path) -> None:
    several = [READING | {"name": "a"}, READING | {"name": "b", "primary": True}]
    file = load_claims(write(tmp_path, statement(readings=several)))
    assert file.statements[0].primary.name == "b"


def test_printed_digits_are_half_a_unit_of_the_last_one() -> None:
    assert (printed("96.39").value, printed("96.39").half) == (96.39, pytest.approx(0.005))
    assert printed("250").half == 0.5 and printed("1.2e-3").half == pytest.approx(5e-5)
    assert printed("96.390").half == pytest.approx(0.0005) and printed(".53").holds(0.5349)
    assert not printed("0.53").holds(0.5351)


REFUSED: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "two primary readings": (
        statement(readings=[READING | {"name": name, "primary": True} for name in "ab"]),
        "'a' and 'b' are both primary",
    ),
    "no primary reading": (statement(readings=[READING | {"name": name} for name in "ab"]), "none is primary"),
    "two readings of one name": (statement(readings=[READING, READING | {"primary": True}]), "the same name"),
    "an unknown provenance": (reading(mark="X"), "mark: write R (the report says it), B ("),
    "a pair that is no list": (part_of(RANKING, pairs=["tanh", "selu"]), "pairs: write a list of pairs, such as [["),
    "three in a pair": (part_of(RANKING, pairs=[["tanh", "selu", "relu"]]), "pairs: write a list of pairs"),
    "no pair": (part_of(RANKING, pairs=[]), "pairs: write a list of pairs"),
    "a margin without a reason": (part_of(SAME, margin=1, identical=False), "margin: write {value: 1, reason: "),
    "a margin of nothing": (part_of(SAME, margin={"value": 0, "reason": "r"}), "margin.value: Input should be greater"),
    "no criterion": (reading(parts=[]), "it has no criterion"),
    "no sentence": (lambda file: file["statements"][0].pop("sentence"), "sentence: Field required"),
    "an empty quote": (statement(quote=" "), "quote: it must not be empty"),
    "no place": (lambda file: file["statements"][0].pop("place"), "place: Field required"),
    "no translation": (statement(quote="准确率"), "translation: the quote is not in English"),
    "no readings": (statement(readings=[]), "readings: "),
    "an unknown kind": (part_of(NUMBER, kind="numbr"), "kind 'numbr' unknown; did you mean 'number'?"),
    "an unknown key": (part_of(NUMBER, valeu="1"), "key 'valeu' unknown; did you mean 'value'?"),
    "a number without quotes": (part_of(NUMBER, value=96.39), "put it in quotes"),
    "a number that is none": (part_of(NUMBER, value="about 96"), "is not a printed number"),
    "too many digits": (part_of(NUMBER, value="96.3912345"), "at most 4 decimals"),
    "an impossible number": (
        part_of(NUMBER, value="101"),
        "value 101 is not possible for test_accuracy: it must be from 0 to 100",
    ),
    "no runs": (part_of(NUMBER, of_runs=0), "of_runs 0: a number needs at least one run"),
    "a resolution of 0": (
        part_of(NUMBER, resolution={"value": 0, "reason": "r"}),
        "a resolution of 0 must be greater than 0",
    ),
    "a resolution of everything": (
        part_of(NUMBER, resolution={"value": 100, "reason": "r"}),
        "100 is not below the range of 96.39",
    ),
    "a resolution of the whole loss": (
        part_of(NUMBER, metric="train_loss", value="0.02", resolution={"value": 0.02, "reason": "r"}),
        "0.02 is not below the range of 0.02",
    ),
    "a factor of an accuracy": (
        part_of(NUMBER, resolution={"factor": 1.5, "reason": "r"}),
        "a factor is for losses",
    ),
    "a factor of five": (
        part_of(NUMBER, metric="train_loss", value="0.02", resolution={"factor": 5, "reason": "r"}),
        "factor 5: it must be above 1, and at most 2",
    ),
    "no reason": (part_of(NUMBER, resolution={"value": 1}), "resolution.reason: Field required"),
    "no resolution": (part_of(NUMBER, metric="train_loss", value="0.1"), "no resolution, and the file has none"),
    "a difference to itself": (part_of(NUMBER, minus="tanh"), "compared with itself"),
    "a pair twice": (part_of(RANKING, pairs=[["a", "b"], ["b", "a"]]), "pairs: one is given twice"),
    "a pair of one": (part_of(RANKING, pairs=[["a", "a"]]), "'a' is compared with itself"),
    "no side": (
        part_of({key: RANKING[key] for key in RANKING if key != "higher_is_better"}),
        "better: write true",
    ),
    "two bounds": (part_of(BOUND, at_most=99), "give one of at_least and at_most"),
    "an impossible bound": (part_of(BOUND, at_least=120), "at_least 120 is not possible for test_accuracy"),
    "a bound about nothing": (part_of({key: BOUND[key] for key in BOUND if key != "about"}), "about: Field"),
    "a margin and a theorem": (part_of(SAME, margin={"value": 1, "reason": "r"}), "either a margin"),
    "an unknown event": (part_of(EVENT, event="divergs"), "event 'divergs' unknown; did you mean 'diverges'?"),
    "an event that reaches nothing": (
        part_of(EVENT, event={"metric": "test_accuracy"}),
        "give one of at_least and at_most, equals",
    ),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_a_wrong_statement_is_refused_in_a_line_that_names_it(case: str, tmp_path: Path) -> None:
    change, message = REFUSED[case]
    path = write(tmp_path, change)
    with pytest.raises(ReplabError) as caught:
        load_claims(path)
    assert str(caught.value).startswith(f"{path}: statement '009.a': ")
    assert message in str(caught.value) and "\n" not in str(caught.value)


WRONG_FILES: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "an id twice": (lambda file: file["statements"].append(STATEMENT), "'009.a': the id is given 2 times"),
    "the id of another report": (statement(id="003.a"), "an id starts with its report, '009.'"),
    "a statement that is none": (lambda file: file.update(statements=["tanh"]), "every statement is a mapping"),
    "no list": (lambda file: file.update(statements={"a": 1}), "statements must be a list"),
    "no statements": (lambda file: file.pop("statements"), "it has no statements"),
    "another report": (lambda file: file.update(report="003"), "report '003' must be in a file named 003.yaml"),
    "an unknown key": (lambda file: file.update(statments=[]), "did you mean 'statements'?"),
    "a hypothesis without a reason": (lambda file: file["hypotheses"][0].pop("reason"), "reason: Field required"),
    "untested without a reason": (
        lambda file: file.update(untested=[{"id": "009.u", "rows": [], "sentence": "s", "quote": "q", "place": "p"}]),
        "untested.0.reason: Field required",
    ),
}


@pytest.mark.parametrize("case", WRONG_FILES, ids=str)
def test_a_wrong_file_is_refused_in_a_line(case: str, tmp_path: Path) -> None:
    change, message = WRONG_FILES[case]
    path = write(tmp_path, change)
    with pytest.raises(ReplabError) as caught:
        load_claims(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"statements: [", b"\xff\xfe\x00", b"- a list", b""])
def test_what_is_no_yaml_mapping_is_refused_in_a_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "009.yaml"
    path.write_bytes(content)
    with pytest.raises(ReplabError) as caught:
        load_claims(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(ReplabError, match="cannot read"):
        load_claims(tmp_path / "010.yaml")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (reading(study="mnits"), "study 'mnits' unknown; did you mean 'mnist'?"),
        (part_of(NUMBER, variant="tahn"), "mnist: variant 'tahn' unknown; did you mean 'tanh'?"),
        (part_of(NUMBER, minus="sellu", resolution={"value": 1, "reason": "r"}), "did you mean 'selu'?"),
        (part_of(NUMBER, metric="test_acuracy", resolution={"value": 1, "reason": "r"}), "'test_accuracy'?"),
    ],
)
def test_a_statement_about_what_does_not_exist_is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], message: str
) -> None:
    file = load_claims(write(tmp_path, change))
    with pytest.raises(ReplabError) as caught:
        check_studies(file, STUDIES)
        check_metrics(file, {"mnist": ["test_accuracy", "test_loss"]})
    assert str(caught.value).startswith("claims/009.yaml: statement '009.a': ") and message in str(caught.value)


def test_families_count_what_the_file_declares_in_primary_readings(tmp_path: Path) -> None:
    other = READING | {"name": "b", "parts": [NUMBER, RANKING]}
    several = [READING | {"primary": True, "parts": [NUMBER, RANKING | {"pairs": [["a", "b"], ["a", "c"]]}]}, other]
    beside = STATEMENT | {"id": "009.b", "not_comparable": "Nobody knows the width."}

    def change(file: dict[str, Any]) -> None:
        file["statements"][0]["readings"] = several
        file["statements"].append(beside)
        file["hypotheses"][0]["parts"] = [NUMBER, RANKING]

    file = load_claims(write(tmp_path, change))
    assert family_sizes(file) == {"number": 1, "ranking": 2, "hypothesis": 2}


def test_a_study_has_the_statements_that_have_a_reading_there(tmp_path: Path) -> None:
    several = [READING | {"primary": True}, READING | {"name": "b", "study": "other"}]
    file = load_claims(write(tmp_path, statement(readings=several)))
    mnist, other = claims_about(file, "mnist"), claims_about(file, "other")
    assert [question.reading for question in other.questions()] == ["b"] and not list(other.homes())
    assert [entry.id for _, entry in mnist.homes()] == ["009.a", "009.h"]
    assert mnist.metrics == ["test_accuracy"] and len(claims_about(file, "none")) == 0


def rows_of_the_report(report: str) -> list[dict[str, str]]:
    with (ROOT / "claims/claims_seeds.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["seed"] == report]


def matches(claimed: list[str], row: dict[str, str]) -> bool:
    """A fifth element is the split or the condition, which tells apart rows that are otherwise equal."""
    four = [row[key] for key in ("study", "variant", "metric", "value")]
    return claimed[:4] == four and all(word in (row["split"], row["condition"]) for word in claimed[4:])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_row_of_the_report_is_held_exactly_once(path: Path) -> None:
    file = load_claims(path)
    claimed, rows = file.rows(), rows_of_the_report(file.report)
    assert rows
    wrong = {tuple(row.values()): count for row in rows if (count := sum(matches(one, row) for one in claimed)) != 1}
    assert not wrong
    assert [one for one in claimed if not any(matches(one, row) for row in rows)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_statement_names_what_params_declares(path: Path) -> None:
    check_studies(load_claims(path), {name: study.overrides() for name, study in our_params().studies.items()})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_has_statements_of_the_new_form(path: Path) -> None:
    assert load_claims(path).statements
    for statement in yaml.safe_load(path.read_text(encoding="utf-8"))["statements"]:
        assert "rows" in statement and all("mark" in reading for reading in statement["readings"]), statement["id"]


def test_the_coverage_test_sees_a_row_that_is_missing_twice_or_ambiguous() -> None:
    row = {"study": "s", "variant": "v", "metric": "m", "value": "1", "split": "val", "condition": ""}
    assert matches(["s", "v", "m", "1"], row) and matches(["s", "v", "m", "1", "val"], row)
    assert not matches(["s", "v", "m", "1", "test"], row) and not matches(["s", "v", "m", "2"], row)


def test_a_mark_stands_only_beside_the_value_that_it_belongs_to(tmp_path: Path) -> None:
    """Report 003 has ten epochs and no images for validation; the study on the focal loss has twenty, and 5,000."""
    project = Project(ROOT / "params.yaml", "full", Store(tmp_path))
    marks = {row["setting"]: row["mark"] for row in study_result(project, "mnist_focal_tuning").settings}
    assert (marks["budget.epochs"], marks["data.validation"]) == ("", "")
    assert marks["input.shift"] == "B" and marks["data.name"] == "R"
