"""What runs a variant, and that the runs of the four engines are what they were."""

from __future__ import annotations

import gzip
import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

import dice_runner
from ours import our_params
from replab.__main__ import main
from replab.errors import ReplabError
from replab.identity import code_sha256
from replab.params import resolve
from replab.runners import RUNNERS, runner_name
from tiny import params, write_params

ROOT = Path(__file__).parents[1]
FINISHED = {
    "training": "mnist_activations_losses",
    "sequences": "ptb_lstm",
    "fit": "mnist_rbf",
    "probe": "three_layer_toy",
}


def committed(study: str) -> dict[str, str]:
    """variant -> the hash of the source that its committed records were made with."""
    folder = ROOT / "results/full" / study
    plain = folder / "records.jsonl"
    text = plain.read_text() if plain.exists() else gzip.decompress((folder / "records.jsonl.gz").read_bytes()).decode()
    return {record["variant"]: record["code_sha256"] for record in map(json.loads, text.splitlines())}


@pytest.mark.parametrize("name", FINISHED)
def test_the_finished_runs_of_an_engine_keep_their_identity(name: str) -> None:
    table = {v.name: v for v in resolve(our_params(), FINISHED[name], "full")}
    hashes = {variant: sha256 for variant, sha256 in committed(FINISHED[name]).items() if variant in table}
    ours = [variant for variant in hashes if runner_name(table[variant].spec) == name]
    assert ours and {variant: code_sha256(table[variant]) for variant in ours} == {v: hashes[v] for v in ours}


def test_the_block_that_is_present_decides() -> None:
    assert [runner_name(spec) for spec in ({"probe": 1}, {"solver": 1}, {"sequences": 1}, {"loss": 1})] == [
        "probe", "fit", "sequences", "training",
    ]  # fmt: skip
    assert (
        runner_name({"run": {"command": "x"}}) == "command" and runner_name({"run": {"lightning": "x"}}) == "lightning"
    )


DICE: dict[str, Any] = {
    "report": "999",
    "title": "Dice",
    "question": "Is a die with more sides better?",
    "metrics": ["mean_pips"],
    "base": {"dice": {"count": 50, "sides": 6}},
    "variants": {"plain": {}, "more_sides": {"dice": {"sides": 20}}},
}


@pytest.fixture
def dice(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a study for the runner of `dice_runner.py`, which is the seventh in the dict."""
    monkeypatch.setitem(RUNNERS, "dice", dice_runner)
    write_params(folder / "params.yaml", params(**DICE))
    return folder


def test_a_seventh_runner_is_one_file_and_a_line(dice: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan"]) == 0 and "tiny" in capsys.readouterr().out
    assert main(["train", "tiny", "--quiet"]) == 0 and main(["report"]) == 0
    capsys.readouterr()
    assert main(["status", "--json"]) == 0
    assert [row["state"] for row in json.loads(capsys.readouterr().out)] == ["done"] * 4
    means = json.loads((dice / "results/sample/metrics.json").read_text())["tiny"]
    assert means["plain"]["mean_pips"] == pytest.approx(mean_of_dice(50, 6), abs=1e-6)
    assert means["more_sides"]["mean_pips"] == pytest.approx(mean_of_dice(50, 20), abs=1e-6)
    assert "`dice_runner.py:1`" in (dice / "results/sample/tiny/report.md").read_text()


def test_a_variant_that_fails_in_any_way_stops_no_other(
    dice: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = dice_runner.run

    def run(spec: Any, *more: Any) -> Any:
        if spec["dice"]["sides"] == 6:
            raise IndexError("no such pip")
        return whole(spec, *more)

    monkeypatch.setattr(dice_runner, "run", run)
    assert main(["train", "tiny", "--quiet"]) == 2
    assert "failed: tiny plain: IndexError: no such pip" in capsys.readouterr().err
    assert main(["status", "--json"]) == 0
    states = [(row["variant"], row["state"]) for row in json.loads(capsys.readouterr().out)]
    assert states == [*[("plain", "failed")] * 2, *[("more_sides", "done")] * 2]


def mean_of_dice(count: int, sides: int) -> float:
    """The mean over seeds 0 and 1, die by die."""
    total = 0
    for seed in (0, 1):
        throw = random.Random(seed)
        for _ in range(count):
            total += throw.randint(1, sides)
    return total / 2 / count


def test_its_settings_are_checked_and_its_changes_explained(dice: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "tiny", "--quiet"]) == 0
    write_params(dice / "params.yaml", params(**DICE | {"base": {"dice": {"count": 60, "sides": 6}}}))
    assert main(["why", "tiny", "plain"]) == 0
    assert "dice.count was 50 and is 60" in capsys.readouterr().out
    write_params(dice / "params.yaml", params(**DICE | {"base": {"dice": {"count": 60, "side": 6}}}))
    assert main(["plan"]) == 2
    assert "dice: key 'side' unknown; did you mean 'sides'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("run", "message"),
    [
        ({}, "run: command missing (or lightning)"),
        ({"metrics": "m.json"}, "run: command missing (or lightning)"),
        ({"comand": "x"}, "run: key 'comand' unknown; did you mean 'command'?"),
        ("python x.py", "run: key 'python x.py' unknown"),
        (None, "run: command missing (or lightning)"),
    ],
    ids=str,
)
def test_a_run_that_names_no_program_is_refused(run: Any, message: str) -> None:
    with pytest.raises(ReplabError, match=re.escape(message)):
        runner_name({"run": run})
