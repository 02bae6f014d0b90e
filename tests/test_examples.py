"""The studies in docs/examples/: they run at small size, and the committed reports are of the committed code."""

from __future__ import annotations

import difflib
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from replab.__main__ import main
from replab.judging.loading import load_claims
from replab.project import Project
from replab.store import Store

EXAMPLES = Path(__file__).parents[1] / "docs/examples"
STUDIES = {"lightning": "digits", "mnist": "mnist", "scikit-learn": "classifiers"}
MOST_LINES = 40


@pytest.fixture(params=STUDIES, ids=str)
def example(request: pytest.FixtureRequest, folder: Path) -> str:
    """An example's own files in the current folder, without its results."""
    shutil.copytree(
        EXAMPLES / request.param, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("results", "__pycache__")
    )
    return str(request.param)


def committed(example: str) -> list[dict[str, Any]]:
    text = (EXAMPLES / example / "results/full" / STUDIES[example] / "records.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_an_example_runs_at_small_size(example: str) -> None:
    project = Project(Path("params.yaml"), "small")
    first = project.variants(STUDIES[example])[0].name
    assert main(["--profile", "small", "train", STUDIES[example], first, "--quiet"]) == 0
    values = [record["metrics"]["test_accuracy"]["value"] for record in Store().records()]
    assert len(values) == len(project.profile.seeds) and all(15 < value <= 100 for value in values)  # chance is 10 %
    assert main(["--profile", "small", "report"]) == 0
    assert Path("results/small/index.html").is_file()


def test_the_committed_runs_are_of_the_committed_code(example: str) -> None:
    project = Project(Path("params.yaml"), "full")
    wanted = {i for variant in project.variants(STUDIES[example]) for i in project.identities(variant).values()}
    assert {record["identity"] for record in committed(example)} == wanted


def test_the_committed_numbers_follow_from_the_committed_runs(example: str) -> None:
    for record in committed(example):
        Store().put(record)
    assert main(["report"]) == 0
    ours, theirs = (root / "results/full" / STUDIES[example] / "summary.csv" for root in (Path(), EXAMPLES / example))
    assert ours.read_text(encoding="utf-8") == theirs.read_text(encoding="utf-8")


def test_the_users_own_files_are_short(example: str) -> None:
    files = [Path("params.yaml"), *Path("claims").glob("*.yaml")]
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files) <= MOST_LINES


def test_the_page_of_examples_counts_the_users_own_lines(folder: Path) -> None:
    page = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    counted = {name: int(lines) for name, lines in re.findall(r"^\| \[(.+?)\].* (\d+) \|$", page, re.M)}
    assert counted.keys() == {path.parent.name for path in EXAMPLES.glob("*/README.md")}
    for name in STUDIES:
        files = [EXAMPLES / name / "params.yaml", *(EXAMPLES / name).glob("claims/*.yaml")]
        assert counted[name] == sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files)
    shutil.copy(EXAMPLES / "judged-paper/table.tex", folder)
    assert main(["claims", "new", "table.tex", "--output", "paper.yaml"]) == 0
    drafted = Path("paper.yaml").read_text(encoding="utf-8").splitlines()
    edited = (EXAMPLES / "judged-paper/paper.yaml").read_text(encoding="utf-8").splitlines()
    assert counted["judged-paper"] == sum(line.startswith("+ ") for line in difflib.ndiff(drafted, edited))


def test_the_lightning_example_has_five_statements() -> None:
    assert len(load_claims(EXAMPLES / "lightning/claims/digits.yaml").statements) == 5
