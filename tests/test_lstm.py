"""The LSTM beside torch's own, with one step and with ten, stacked and one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from replab.blocks import merge
from replab.building import build
from replab.data import DataSet
from replab.data.points import VALUE
from replab.errors import ReplabError
from replab.spec import TrainingSpec
from replab.training.engine import train
from replab.training.outcomes import Outcome
from replab.training.randomness import generator
from tiny import BASE

BLOCK: dict[str, Any] = {
    "name": "lstm",
    "hidden": [30, 30],
    "steps": 10,
    "forget_bias": 1,
    "weights_initializer": {"name": "uniform_fan"},
    "biases_initializer": {"name": "zeros"},
}
SMALL = BLOCK | {"hidden": [6, 5]}


def make(numbers: int = 10, seed: int = 0, **changes: Any) -> Any:
    return build("model", BLOCK | changes, shape=(numbers,), classes=1, generator=generator(seed, "weights"))


def waves(count: int = 120) -> DataSet:
    """Ten points of a coarse sine and the next, the last third to test on."""
    wave = np.sin(0.3 * np.arange(count + 10)).astype(np.float32)
    x, y = np.lib.stride_tricks.sliding_window_view(wave[:-1], 10).copy(), wave[10:]
    cut = count * 2 // 3
    return DataSet("tiny", x[:cut], y[:cut], x[cut:], y[cut:], VALUE, "0" * 64, False)  # type: ignore[arg-type]


def run(folder: Path, **overrides: Any) -> list[Outcome]:
    changes = {
        "input": {"name": "shift_scale", "shift": 0, "scale": 1},
        "model": SMALL,
        "loss": {"name": "squared_error"},
        "optimizer": {"name": "adagrad", "lr": 0.1, "initial": 0.1, "epsilon": 1e-10},
        "strategy": "auto",
    }
    spec = TrainingSpec.model_validate(merge(BASE, changes) | overrides)
    return list(train(spec, [0, 1, 2], waves(), lambda seed: folder / f"{seed}.pt", [], "cpu"))


def as_torch_has_it(model: Any, features: int) -> torch.nn.LSTM:
    """The same weights in torch's order of gates, i f j o, and its two biases."""
    units = [cell.weight.shape[0] // 4 for cell in model.cells]
    other = torch.nn.LSTM(features, units[0], len(units), batch_first=True, dtype=torch.float64)
    for number, (cell, count) in enumerate(zip(model.cells, units, strict=True)):
        order = torch.arange(4 * count).view(4, count)[[0, 1, 3, 2]].flatten()
        weight, split = cell.weight[order], cell.weight.shape[1] - count
        shift = torch.zeros(4, count, dtype=torch.float64)
        shift[1] = model.forget_bias
        values = {"weight_ih": weight[:, :split], "weight_hh": weight[:, split:], "bias_ih": cell.bias[order]}
        for name, value in (values | {"bias_hh": shift.flatten()}).items():
            getattr(other, f"{name}_l{number}").data.copy_(value)
    return other


@pytest.mark.parametrize(("steps", "forget_bias"), [(10, 1), (5, 0), (1, 1)])
def test_it_gives_what_torchs_own_gives(steps: int, forget_bias: float) -> None:
    model = make(steps=steps, forget_bias=forget_bias).double()
    for weights in model.parameters():
        torch.nn.init.normal_(weights, std=0.5, generator=torch.Generator().manual_seed(weights.numel()))
    x = torch.randn(7, 10, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    outputs, _ = as_torch_has_it(model, 10 // steps)(x.view(7, steps, -1))
    torch.testing.assert_close(model(x), model.output(outputs[:, -1]))


def test_weights_begin_as_tensorflow_draws_them() -> None:
    """Glorot's limit over the whole of a cell's matrix, inputs and state together."""
    for cell, inputs in zip(make().cells, (1, 30), strict=True):
        limit = (6 / (inputs + 30 + 120)) ** 0.5
        assert 0.95 * limit < cell.weight.abs().max().item() <= limit and not cell.bias.any()


def test_with_one_step_no_state_comes_back() -> None:
    """What the shape [N, 1, 10] of the book code's windows means: the recurrent weights are idle."""
    x = torch.randn(4, 10, generator=torch.Generator().manual_seed(0))
    for steps, idle in ((1, True), (10, False)):
        model = make(steps=steps)
        before = model(x)
        for cell in model.cells:
            cell.weight.data[:, -30:] += 1
        assert torch.equal(model(x), before) == idle


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hidden": []}, "hidden must hold the units of one layer at least"),
        ({"steps": 3}, "inputs of 10 numbers cannot be 3 steps of equal size"),
    ],
)
def test_what_it_cannot_be_built_from_is_refused(changes: Any, message: str) -> None:
    with pytest.raises(ReplabError, match=f"model 'lstm': {message}"):
        make(**changes)


def test_replicates_are_stacked_and_go_the_way_that_each_goes_alone(tmp_path: Path) -> None:
    stacked, looped = run(tmp_path / "a"), run(tmp_path / "b", strategy="loop")
    assert {outcome.cost["strategy"] for outcome in stacked} == {"vmap"}
    for one, other in zip(stacked, looped, strict=True):
        assert one.curves["train_loss"] == pytest.approx(other.curves["train_loss"], rel=1e-4)
    assert stacked[0].curves["train_loss"] != stacked[1].curves["train_loss"]


def test_it_learns_to_go_on_with_a_wave(tmp_path: Path) -> None:
    for outcome in run(tmp_path, budget={"epochs": 60}):
        assert outcome.curves["test_loss"][-1] < 0.02 < 0.2 < outcome.curves["train_loss"][0]
