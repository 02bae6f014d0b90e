"""Seeds for the claims nearest to a decision: what is listed, what is chosen, and how it gets into the reports."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from replab import data
from replab.__main__ import main
from replab.forecasting import deciding
from replab.forecasting.costs import Costs
from replab.forecasting.deciding import OpenClaim, can_go_on, nearest, open_claims
from replab.identity import job_params
from replab.judging.judgement import Judgement, judge
from replab.project import Project
from tiny import params, write_params

LEVEL = {
    "kind": "number", "variant": "plain", "metric": "test_accuracy", "value": "40",
    "resolution": {"value": 1, "reason": "made up"},
}  # fmt: skip
FASTER = {"kind": "ranking", "pairs": [["fast", "plain"]], "metric": "test_accuracy", "higher_is_better": True}


def claims(**parts: dict[str, Any]) -> dict[str, Any]:
    """A claims file with a statement a part, named after it."""
    statements = [
        {
            "id": f"999.{name}", "rows": [], "sentence": "It is so.", "quote": "so", "place": "here",
            "readings": [{"name": "ours", "mark": "R", "setting": "As stated.", "study": "tiny", "parts": [part]}],
        }
        for name, part in parts.items()
    ]  # fmt: skip
    return {"report": "999", "title": "t", "source": "s", "statements": statements}


def project_params(**profile: Any) -> dict[str, Any]:
    tree = params(profiles={"full": profile} if profile else {})
    tree["profile"], tree["profiles"] = "full", {"full": {"sample": False, "seeds": [0, 1], "variants_per_job": 2}}
    return tree


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sample data, and a store with two seeds of both variants."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("REPLAB_DATA", str(folder / "data"))
        patch.setenv("REPLAB_STORE", str(folder / "store"))
        data.prepare("mnist_sample", folder / "data")
        write_params(folder / "params.yaml", project_params())
        assert main(["train", "tiny", "--quiet"]) == 0
    return folder


@pytest.fixture
def project(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REPLAB_DATA", str(trained / "data"))
    monkeypatch.setenv("REPLAB_STORE", str(tmp_path / "store"))
    shutil.copytree(trained / "store", tmp_path / "store")
    write_params(tmp_path / "params.yaml", project_params(interim_analyses=[2, 4, 6]))
    (tmp_path / "claims").mkdir()
    write_params(tmp_path / "claims/999.yaml", claims(level=LEVEL, faster=FASTER))
    return tmp_path


def records(project: Path) -> int:
    return len(list(project.glob("store/runs/*/*.json")))


def test_the_undecided_claims_are_listed_with_their_cost(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["seeds"]) == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.split()[:9] == ["study", "statement", "verdict", "n", "seeds", "needed", "next", "look", "runs"]
    faster = next(row for row in rows if "999.faster" in row).split()
    assert faster[:4] == ["tiny", "999.faster", "INCONCLUSIVE", "2"]
    assert not any("No interim analyses" in row for row in rows)


def test_without_looks_the_list_says_what_more_seeds_would_be(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_params(project / "params.yaml", project_params())
    assert main(["seeds", "tiny"]) == 0
    out = capsys.readouterr().out
    assert "No interim analyses are declared for tiny: if you add seeds there, you test a second time." in out
    assert main(["train", "--until-decided", "--budget", "1m"]) == 2
    assert (
        "no interim analyses are declared: write numbers of seeds under profiles.full of the study"
        in capsys.readouterr().err
    )
    assert records(project) == 4


def test_training_goes_from_look_to_look_until_the_claims_are_decided(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--until-decided", "--budget", "5m", "--quiet"]) == 0
    said = capsys.readouterr()
    numbers = yaml.safe_load((project / "claims/seeds.yaml").read_text())["full"]["tiny"]
    assert all(number in (4, 6) or number > 6 for number in numbers.values())
    assert records(project) == sum(numbers.values()) + 2 * (2 - len(numbers))
    assert "tiny 999." in said.err and " runs to 4" in said.err
    assert main(["report"]) == 0
    rows = (project / "results/full/tiny/runs.csv").read_text()
    assert f"fast,{numbers['fast'] - 1}," in rows
    opened = Project(Path("params.yaml"), None)
    [job] = opened.jobs("tiny")
    assert {name: len(entry["seeds"]) for name, entry in job_params(job).items()} == {"plain": 2, "fast": 2} | numbers
    before = {path: path.read_bytes() for path in project.glob("results/full/tiny/*.csv")}
    assert main(["train", "tiny", "--quiet"]) == 0 and main(["report"]) == 0
    assert {path: path.read_bytes() for path in before} == before
    (project / "claims/seeds.yaml").unlink()
    capsys.readouterr()
    assert main(["status", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 4


def test_a_run_that_diverged_counts_at_a_look(project: Path) -> None:
    """It has no value; to wait for one would be to wait for ever."""
    opened = Project(Path("params.yaml"), None)
    [plain, _] = opened.variants("tiny")
    record = opened.store.get(opened.identities(plain)[1])
    assert record is not None
    opened.store.put(record | {"status": "diverged", "metrics": {}, "diverged_step": 3})
    level = next(claim for claim in open_claims(opened, ["tiny"], Costs([], "cpu")) if claim.claim_id == "999.level")
    assert (level.n, level.target, level.runs) == (1, 4, 2)


def test_two_processes_may_note_seeds_at_the_same_time(project: Path) -> None:
    first, second = Project(Path("params.yaml"), None), Project(Path("params.yaml"), None)
    first.extend("tiny", {"plain": 4})
    second.extend("tiny", {"fast": 6})
    assert yaml.safe_load((project / "claims/seeds.yaml").read_text()) == {"full": {"tiny": {"plain": 4, "fast": 6}}}


def test_a_spent_budget_trains_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "tiny", "--until-decided", "--budget", "0.001s", "--quiet"]) == 0
    assert records(project) == 4 and not (project / "claims/seeds.yaml").exists()
    assert "999.faster" in capsys.readouterr().out


REFUSED = {
    "no budget": (["train", "--until-decided"], "needs --budget"),
    "a budget that is none": (["train", "--until-decided", "--budget", "soon"], "not 'soon'"),
    "a budget for nothing": (["train", "tiny", "--budget", "1m"], "--budget works only with --until-decided"),
    "variants": (["train", "tiny", "plain", "--until-decided", "--budget", "1m"], "takes at most one study"),
    "no study": (["train"], "which study? tiny"),
    "an unknown study": (["train", "tinny", "--until-decided", "--budget", "1m"], "did you mean 'tiny'?"),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_what_makes_no_sense_is_refused(case: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, message = REFUSED[case]
    assert main(arguments) == 2
    assert message in capsys.readouterr().err and records(project) == 4


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"full": {"tinny": {"plain": 4}}}, "study 'tinny' unknown; did you mean 'tiny'?"),
        ({"full": {"tiny": {"plan": 4}}}, "variant 'plan' unknown; did you mean 'plain'?"),
        (
            {"full": {"tiny": {"plain": 5}}},
            "plain has 5 seeds; its study's interim analyses: 2, 4, 6, or more than that",
        ),
    ],
)
def test_a_seeds_file_that_does_not_fit_is_refused(
    content: Any, message: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "claims/seeds.yaml").write_text(json.dumps(content))
    assert main(["status"]) == 2
    assert message in capsys.readouterr().err


BOUND = {"kind": "bound", "variants": ["plain"], "metric": "test_accuracy", "at_least": 40, "about": "mean"}


def test_the_list_says_what_seeds_for_one_printed_number_do(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A number inside an interval that is too wide, and a bound after the last look."""
    number = LEVEL | {"resolution": {"value": 3, "reason": "made up"}}
    write_params(project / "claims/999.yaml", claims(level=number, bound=BOUND))
    assert main(["seeds"]) == 0
    out = capsys.readouterr().out
    assert "Seeds for only one printed number make REPLICATED likelier" in out
    write_params(project / "claims/999.yaml", claims(bound=BOUND))
    assert main(["seeds"]) == 0
    assert "printed number" not in capsys.readouterr().out


def test_after_the_last_interim_analysis_only_printed_numbers_go_on(project: Path) -> None:
    """A printed number is judged on all runs; a test that is not decided at the last analysis stays so."""
    number = LEVEL | {"resolution": {"value": 3, "reason": "made up"}}
    write_params(project / "claims/999.yaml", claims(level=number, bound=BOUND))
    write_params(project / "params.yaml", project_params(interim_analyses=[2, 3]))
    opened = Project(Path("params.yaml"), None)
    opened.extend("tiny", {"plain": 3})
    assert main(["train", "tiny", "--quiet"]) == 0
    level, bound = open_claims(opened, ["tiny"], Costs([], "cpu"))
    assert level.needed is not None and level.target == level.needed > 3
    assert [len(variant.seeds) for variant in level.variants] == [level.needed] and can_go_on(level)
    assert (bound.n, bound.target) == (3, None) and not can_go_on(bound)


def test_no_seeds_decide_a_statement_whose_parts_are_all_decided(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where two of three parts must hold: one does, one does not, and one depends on the seed."""

    def judged(*arguments: Any) -> Judgement:
        found = judge(*arguments)
        return replace(found, parts=found.parts.assign(verdict="DEPENDS ON THE SEED", seeds_needed=None))

    monkeypatch.setattr(deciding, "judge", judged)
    level, faster = open_claims(Project(Path("params.yaml"), None), ["tiny"], Costs([], "cpu"))
    assert level.needed is None and faster.needed is None and not can_go_on(level)


def claim(name: str, seconds: float | None, needed: int | None = 4, target: int | None = 4, runs: int = 2) -> OpenClaim:
    return OpenClaim("s", name, "INCONCLUSIVE", "", 2, needed, target, [], runs, seconds)


def test_the_nearest_claim_is_the_one_that_costs_least_to_its_decision() -> None:
    near, far = claim("near", 30.0), claim("far", 20.0, needed=8)
    unknown, few = claim("unknown", None, runs=3), claim("few", None, runs=2)
    assert nearest([far, near, unknown], 100) == near
    assert nearest([far, near], 25) == far and nearest([far, near], 10) is None
    assert nearest([unknown, few], 1) == few
    hopeless = [claim("no effect", 1.0, needed=None), claim("last look", 1.0, target=None), claim("lost", 0.0, runs=0)]
    assert nearest(hopeless, 100) is None
