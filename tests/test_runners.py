"""What runs a variant, and that the runs of the four engines are what they were."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from replab.identity import code_sha256
from replab.params import load_params, resolve
from replab.runners import RUNNERS, runner_name

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
    table = {v.name: v for v in resolve(load_params(ROOT / "params.yaml"), FINISHED[name], "full")}
    hashes = {variant: sha256 for variant, sha256 in committed(FINISHED[name]).items() if variant in table}
    ours = [variant for variant in hashes if runner_name(table[variant].spec) == name]
    assert ours and {variant: code_sha256(table[variant]) for variant in ours} == {v: hashes[v] for v in ours}


def test_the_block_that_is_present_decides() -> None:
    assert [runner_name(spec) for spec in ({"probe": 1}, {"solver": 1}, {"sequences": 1}, {"loss": 1})] == [
        "probe", "fit", "sequences", "training",
    ]  # fmt: skip
    assert list(RUNNERS)[-1] == "training"
