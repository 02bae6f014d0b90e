"""`replab generate`, and a study on a text from params.yaml to its report."""

from __future__ import annotations

import json
import re
from pathlib import Path
from pydoc_data import topics
from typing import Any

import numpy as np
import pytest
import torch

from replab import data
from replab.__main__ import main
from replab.building import build
from replab.data import pydoc_topics
from replab.training.randomness import generator
from test_sequences import BASE, LSTM, WORDS
from tiny import params, write_params


@pytest.fixture(scope="module")
def text_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every third topic and a quarter of the words: enough to go the whole way."""
    root = tmp_path_factory.mktemp("texts")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(topics, "topics", {name: topics.topics[name] for name in sorted(topics.topics)[::3]})
        patch.setattr(pydoc_topics, "VOCABULARY", 500)
        data.prepare("pydoc_topics", root)
    return root


def content(**study: Any) -> dict[str, Any]:
    base = BASE | {
        "sequences": {"name": "streams", "rows": 100, "steps": 20, "evaluation_rows": 50},
        "network": LSTM | {"width": 4},
        "budget": {"epochs": 2},
    }
    variants = {"plain": {}, "wild": {"optimizer": {"lr": 1e30}, "clip": None}}
    metrics = ["validation_perplexity"]
    return params(**{"base": base, "variants": variants, "metrics": metrics, "keep_weights": True} | study)


@pytest.fixture
def project(folder: Path, text_root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REPLAB_DATA", str(text_root))
    write_params(folder / "params.yaml", content())
    return folder


def said_by(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    capsys.readouterr()
    assert main(["generate", "tiny", *arguments]) == status
    out, err = capsys.readouterr()
    assert status == 0 or len(err.splitlines()) == 1
    return err if status else out


def test_a_study_on_a_text_is_planned_trained_reported_and_speaks(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "plain, seed 0, is not trained: run `replab" in said_by(capsys, "plain", status=2)
    assert main(["plan"]) == 0
    assert capsys.readouterr().out.splitlines()[1].endswith("calibration")
    assert main(["train", "tiny"]) == 0
    assert re.search(r"plain seeds 0: 2/2, loss \d.\d\d, validation \d{3}\.\d\d, 0 s left", capsys.readouterr().err)
    records = [json.loads(path.read_text()) for path in project.glob(".replab/runs/*/*.json")]
    assert sorted(record["status"] for record in records) == ["diverged", "diverged", "done", "done"]
    assert all(record["data"]["name"] == "pydoc_topics" for record in records)
    assert main(["plan", "--threads", "1"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[4] == "0"
    assert main(["report"]) == 0
    report = (project / "results/sample/tiny/report.md").read_text(encoding="utf-8")
    assert "validation perplexity" in report and "sequence on cpu" in report
    assert re.search(r"\| train\S* \| \d\d,\d{3} ", report)  # how many words it has depends on the Python
    assert (project / "results/sample/tiny/figures/curves_validation_perplexity.svg").exists()

    first = said_by(capsys, "plain", "--words", "30")
    assert first == said_by(capsys, "plain", "--words", "30", "--seed", "0")
    others = [("--seed", "1"), ("--temperature", "0.2"), ("--start", "the class")]
    assert len({first, *(said_by(capsys, "plain", "--words", "30", *other) for other in others)}) == 4
    assert said_by(capsys, "plain", "--start", "the class", "--words", "3").startswith("the class ")

    assert "wild, seed 0, has diverged" in said_by(capsys, "wild", status=2)
    assert "tiny plain has no seed 7: it has 0, 1" in said_by(capsys, "plain", "--seed", "7", status=2)
    assert "word 'clas' unknown; did you mean 'class'?" in said_by(capsys, "plain", "--start", "the clas", status=2)
    for path in project.glob(".replab/weights/*"):
        path.unlink()
    assert "plain, seed 0, are not here: remove .replab/runs/" in said_by(capsys, "plain", status=2)


REFUSED = {
    "no words": (("plain", "--words", "0"), "--words must be a whole number of at least 1, not '0'"),
    "no temperature": (("plain", "--temperature", "0"), "--temperature must be a number above 0, not '0'"),
    "a temperature that is none": (("plain", "--temperature", "warm"), "--temperature must be a number above 0"),
    "a seed that is none": (("plain", "--seed", "x"), "--seed must be a whole number of at least 0, not 'x'"),
    "an unknown variant": (("plane",), "variant 'plane' unknown; did you mean 'plain'?"),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_a_wrong_wish_is_refused_in_a_line(case: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, message = REFUSED[case]
    assert message in said_by(capsys, *arguments, status=2)


def test_a_study_that_keeps_no_weights_is_told_so(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_params(project / "params.yaml", content(keep_weights=False))
    assert "study 'tiny' keeps no weights: add keep_weights: true" in said_by(capsys, "plain", status=2)


def test_a_study_on_images_has_nothing_to_say(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_params(folder / "params.yaml", params())
    assert "study 'tiny' trains no networks on text" in said_by(capsys, "plain", status=2)


def test_words_come_as_often_as_the_network_says_they_do() -> None:
    block = LSTM | {"keep": 1.0, "weights_initializer": {"name": "uniform", "limit": 1.0}}
    network = build("network", block, vocabularies={"words": WORDS}, generator=generator(0, "weights")).eval()
    x, _ = network.hidden(torch.tensor([[0], [3]]), None)
    scores = torch.nn.functional.linear(x[-1, 0], network.output, network.bias).detach()
    for temperature in (1.0, 0.5):
        source, draws = generator(0, "text"), 2000
        drawn = [network.continued([0, 3], 1, temperature, source)[0] for _ in range(draws)]
        shares = np.bincount(drawn, minlength=len(WORDS)) / draws
        expected = np.exp(scores.double().numpy() / temperature)
        np.testing.assert_allclose(shares, expected / expected.sum(), atol=0.04)


def test_a_word_follows_from_all_before_it_and_not_from_the_last_alone() -> None:
    """At a temperature near 0 each word is the likeliest, given all the words so far at once."""
    block = LSTM | {"keep": 1.0, "weights_initializer": {"name": "uniform", "limit": 1.0}}
    network = build("network", block, vocabularies={"words": WORDS}, generator=generator(0, "weights")).eval()
    words = [0, 3]
    for word in network.continued([0, 3], 12, 1e-4, generator(0, "text")):
        x, _ = network.hidden(torch.tensor(words)[:, None], None)
        assert word == int(torch.nn.functional.linear(x[-1, 0], network.output, network.bias).argmax())
        words.append(word)
