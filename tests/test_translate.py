"""`replab translate`, and a study on sentence pairs from params.yaml to its report."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from replab import data
from replab.__main__ import main
from tiny import params, write_params
from translation_oracles import SEARCHED

BASE: dict[str, Any] = {
    "data": {"name": "number_words"},
    "sequences": {"name": "sentence_pairs", "rows": 100, "pool": 20},
    "network": {
        "name": "bahdanau_lstm", "embedding": 32, "hidden": 32, "keep_embeddings": 1, "keep_states": 1,
        **SEARCHED, "smoothing": 0, "beam": 2,
    },
    "optimizer": {"name": "adam", "lr": 0.01, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8},
    "schedule": {"name": "linear_decay", "hold": 1, "epochs": 3, "least": 0.1},
    "gradient": "per_token",
    "clip": 1,
    "budget": {"epochs": 2},
    "precision": "float32",
}  # fmt: skip
ONE_STATE = {"name": "seq2seq_lstm", "width": 16, "layers": 2, "keep": 0.8, **SEARCHED}


@pytest.fixture(scope="module")
def number_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("numbers")
    data.prepare("number_words", root)
    return root


@pytest.fixture
def project(folder: Path, number_root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REPLAB_DATA", str(number_root))
    variants = {"attention": {}, "one_state": {"network": ONE_STATE, "budget": {"epochs": 1}}}
    study = {"base": BASE, "variants": variants, "metrics": ["test_bleu"], "keep_weights": True}
    content = params(**study)
    content["profiles"]["sample"]["seeds"] = [0]
    write_params(folder / "params.yaml", content)
    return folder


def said_to(
    stdin: bytes, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str, status: int = 0
) -> str:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
    capsys.readouterr()
    assert main(["translate", *arguments]) == status
    out, err = capsys.readouterr()
    assert status == 0 or len(err.splitlines()) == 1
    return err if status else out


def test_a_study_is_trained_reported_and_translates(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(stdin: bytes, *arguments: str) -> str:
        return said_to(stdin, capsys, monkeypatch, "tiny", *arguments, status=2)

    def answered(stdin: bytes, *arguments: str) -> list[str]:
        return said_to(stdin, capsys, monkeypatch, "tiny", *arguments).splitlines()

    assert "attention, seed 0, is not trained: run `replab" in refused(b"one\n", "attention")
    assert main(["train", "tiny"]) == 0
    records = {
        record["spec"]["network"]["name"]: record
        for record in (json.loads(path.read_text()) for path in project.glob(".replab/runs/*/*.json"))
    }
    for record in records.values():
        assert record["metrics"]["test_bleu"]["signature"].startswith("nrefs:1|case:mixed|eff:no|tok:13a")
    assert records["bahdanau_lstm"]["metrics"]["test_perplexity"]["value"] < 8
    assert "attention" in records["bahdanau_lstm"]["metrics"]["test_bleu"]["examples"][0]
    assert "attention" not in records["seq2seq_lstm"]["metrics"]["test_bleu"]["examples"][0]

    assert main(["report"]) == 0
    report = (project / "results/sample/tiny/report.md").read_text(encoding="utf-8")
    example = records["bahdanau_lstm"]["metrics"]["test_bleu"]["examples"][0]
    assert f"| reference | {example['reference']} |\n| `attention` | " in report
    assert "nrefs:1" in report and "figures/attention.svg" in report
    picture = (project / "results/sample/tiny/figures/attention.svg").read_text(encoding="utf-8")
    assert all(piece in picture for piece in example["source"][:-1])

    lines = answered(b"Seven Thousand and one\n\nnine hundred and two", "attention", "--beam", "1")
    assert len(lines) == 3 and lines[1] == "" and lines[0] and lines[2]
    assert lines[::2] == answered(b"seven thousand and one\nnine hundred and two\n", "attention", "--beam", "1")
    assert answered(b"\n\n", "one_state") == ["", ""]
    assert len(answered("nieznane słowo ☃\n".encode(), "one_state", "--seed", "0")) == 1

    assert "standard input is empty" in refused(b"", "attention")
    assert "standard input is not UTF-8: line 2 has byte 0xff" in refused(b"one\n\xff\n", "attention")
    assert "--beam must be a whole number of at least 1, not '0'" in refused(b"one\n", "attention", "--beam", "0")
    assert "tiny attention has no seed 7: it has 0" in refused(b"one\n", "attention", "--seed", "7")
    assert "did you mean 'attention'" in refused(b"one\n", "atention")


def test_what_does_not_translate_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_params(folder / "params.yaml", params())
    said = said_to(b"one\n", capsys, monkeypatch, "tiny", "plain", status=2)
    assert "study 'tiny' trains no networks on text" in said
