"""The engine `fit`: centres chosen, the read-out solved for, nothing else trained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from replab.__main__ import main
from replab.building import build
from replab.errors import ReplabError
from replab.identity import code_parts
from replab.params import Variant, resolve
from replab.params_loading import check_params
from replab.runners import RUNNERS
from replab.spec import FitSpec
from replab.training import fits
from replab.training.fits import fit
from replab.training.outcomes import Outcome
from test_rbf import FIXED, RBF, training_inputs
from tiny import BASE, digits, params, write_params

FIT: dict[str, Any] = {
    "data": {"name": "mnist_sample", "validation": 30},
    "input": BASE["input"],
    "model": RBF | FIXED,
    "solver": {"name": "ridge", "strength": 0.01},
    "precision": "float64",
}


def fitted(seeds: tuple[int, ...] = (0,), **changes: Any) -> list[Outcome]:
    return list(fit(FitSpec.model_validate(FIT | changes), list(seeds), digits()))


def value(outcome: Outcome, metric: str) -> float:
    return float(outcome.metrics[metric]["value"])


def test_its_numbers_are_those_of_least_squares_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same centres, then numpy: features by loops, the read-out by singular values, errors counted."""
    models = []
    make = fits.build
    monkeypatch.setattr(fits, "build", lambda *a, **k: models.append(make(*a, **k)) or models[-1])
    [outcome] = fitted()
    [model] = [made for made in models if isinstance(made, torch.nn.Module)]
    centers, widths = model.centers.detach().numpy(), model.log_widths.detach().exp().numpy()
    x, data = training_inputs(validation=30).double().numpy(), digits()
    y = data.split(30).train_y

    def features(inputs: Any) -> Any:
        square = ((inputs[:, None] - centers) ** 2).sum(2)
        return np.c_[np.exp(-square / (2 * widths**2)), np.ones(len(inputs))]

    penalty = np.sqrt(0.01 * len(x)) * np.eye(9)[:8]
    design, wanted = np.vstack([features(x), penalty]), np.vstack([np.eye(10)[y], np.zeros((8, 10))])
    weights = np.linalg.lstsq(design, wanted, rcond=None)[0]
    test_x = (data.test_x.reshape(len(data.test_y), -1).astype(np.float32) - 128) / 255
    for split, inputs, labels in (("train", x, y), ("test", test_x.astype(float), data.test_y)):
        scores = features(inputs) @ weights
        assert value(outcome, f"{split}_accuracy") == pytest.approx(100 * np.mean(scores.argmax(1) == labels), abs=1e-4)
        error = ((scores - np.eye(10)[labels]) ** 2).sum(1).mean()
        assert value(outcome, f"{split}_squared_error") == pytest.approx(error, rel=1e-6)


def test_the_size_of_the_blocks_moves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    [whole] = fitted()
    monkeypatch.setattr(fits, "BLOCK", 7)
    [blocks] = fitted()
    for metric, entry in whole.metrics.items():
        assert value(blocks, metric) == pytest.approx(entry["value"], rel=1e-9)


def test_seeds_matter_and_one_does_not_depend_on_the_others() -> None:
    first, second = fitted((0, 1))
    assert first.metrics != second.metrics
    assert fitted((1,))[0].metrics == second.metrics


def test_its_metrics_are_of_every_split_and_its_cost_is_told() -> None:
    [outcome] = fitted()
    assert set(outcome.metrics) == {
        f"{split}_{metric}" for split in ("train", "validation", "test") for metric in ("accuracy", "squared_error")
    }
    assert outcome.metrics["test_accuracy"]["unit"] == "%" and outcome.metrics["test_squared_error"]["unit"] == ""
    assert outcome.cost["parameters"] == 8 * (80 + 1) + (8 + 1) * 10 and outcome.cost["strategy"] == "fit"
    assert outcome.curves == {} and outcome.diverged_step is None
    [without] = fitted(data=FIT["data"] | {"validation": 0})
    assert not any(metric.startswith("validation") for metric in without.metrics)


def test_a_solved_read_out_has_the_least_penalised_squared_error() -> None:
    generator = torch.Generator().manual_seed(0)
    features, targets = torch.randn(40, 5, generator=generator), torch.randn(40, 3, generator=generator)
    weight, bias = build("solver", {"name": "ridge", "strength": 0.3})([(features, targets)])

    def objective(w: torch.Tensor, b: torch.Tensor) -> float:
        error = (targets.double() - features.double() @ w.T - b).square().sum(1).mean()
        return float(error + 0.3 * w.square().sum())

    best = objective(weight, bias)
    for _ in range(20):
        moves = [1e-3 * torch.randn(part.shape, generator=generator, dtype=torch.float64) for part in (weight, bias)]
        assert objective(weight + moves[0], bias + moves[1]) > best


def test_singular_equations_are_refused() -> None:
    twice = torch.ones(20, 2) * torch.arange(20.0)[:, None]
    with pytest.raises(ReplabError, match="singular equations of 2 features; strength must be larger"):
        build("solver", {"name": "ridge", "strength": 0.0})([(twice, twice)])


def test_a_model_without_a_linear_read_out_is_refused() -> None:
    with pytest.raises(ReplabError, match="model 'mlp' has no linear read-out to solve for"):
        fitted(model=BASE["model"])


def variant(**changes: Any) -> Variant:
    return resolve(check_params(params(base=FIT | changes, variants={"plain": {}})), "tiny", "sample")[0]


REFUSED = {
    "an unknown radial function": ({"model": RBF | FIXED | {"radial": "gausian"}}, "did you mean 'gaussian'?"),
    "no centres": ({"model": RBF | FIXED | {"centers": {"name": "random", "count": 0}}}, "count must be a whole"),
    "trained centres": ({"model": RBF | FIXED | {"train_centers": True}}, "train_centers must be false: a solver"),
    "a loss": ({"loss": "cross_entropy"}, "key 'loss' unknown"),
    "an unknown solver": ({"solver": "rigde"}, "solver 'rigde' unknown; did you mean 'ridge'?"),
    "a negative strength": ({"solver": {"name": "ridge", "strength": -1}}, "strength must be a number of at least 0"),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_a_wrong_fit_is_refused_in_one_line(case: str) -> None:
    changes, message = REFUSED[case]
    with pytest.raises(ReplabError) as caught:
        variant(**changes)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_its_identity_holds_the_fit_and_not_the_training_engine() -> None:
    assert variant().runner is RUNNERS["fit"]
    parts = code_parts(variant())
    assert {"src/replab/training/fits.py:fit", "src/replab/training/starting.py:start"} < parts.keys()
    assert "src/replab/nn/solvers.py:ridge" in parts and "src/replab/nn/centers.py:random" in parts
    assert not any("training/engine.py" in part or "training/module.py" in part for part in parts)


def fit_beside_training(folder: Path) -> Path:
    """Write a study with a fit beside a training, on few of the sample's digits; its folder."""
    data = {"name": "mnist_sample", "validation": 0, "train": 300, "test": 100}
    base = {"data": data, "input": BASE["input"], "precision": "float32"}
    trained = {key: block for key, block in BASE.items() if key not in base}
    variants = {"fit": {"model": RBF | FIXED, "solver": FIT["solver"]}, "trained": trained | {"model": RBF}}
    write_params(folder / "params.yaml", params(base=base, variants=variants))
    return folder


@pytest.fixture
def project(folder: Path) -> Path:
    return fit_beside_training(folder)


def test_fits_and_trainings_stand_in_one_study(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan"]) == 0
    assert capsys.readouterr().out.splitlines()[1].endswith("calibration")
    assert main(["train", "tiny", "--quiet"]) == 0
    paths = {path: path.stat().st_mtime_ns for path in project.glob(".replab/runs/*/*.json")}
    records = [json.loads(path.read_text()) for path in paths]
    assert sorted(record["cost"]["strategy"] for record in records) == ["fit", "fit", "loop", "loop"]
    assert all(record["data"]["name"] == "mnist_sample" and record["status"] == "done" for record in records)
    assert len({record["cost"]["parameters"] for record in records}) == 1
    assert main(["train", "tiny", "--quiet"]) == 0
    assert {path: path.stat().st_mtime_ns for path in paths} == paths
    capsys.readouterr()
    assert main(["plan", "--threads", "1"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[4] == "0"
    assert main(["report"]) == 0
    report = (project / "results/sample/tiny/report.md").read_text(encoding="utf-8")
    assert "fit on cpu" in report and "solver" in report


def test_more_centres_than_examples_fail_with_a_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = json.loads((project / "params.yaml").read_text())
    for block in content["studies"]["tiny"]["variants"].values():
        block["model"]["centers"]["count"] = 301
    write_params(project / "params.yaml", content)
    assert main(["train", "tiny"]) == 2
    said = capsys.readouterr().err
    assert "301 centres cannot be had from 300 training examples" in said and len(said.splitlines()) <= 2
    assert not list(project.glob(".replab/runs/*/*.json"))
