"""`build`, the only crossing from a name to code."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch

from replab.building import build
from replab.errors import ReplabError
from replab.nn.activations import tanh
from replab.nn.losses import focal

MLP = {
    "name": "mlp",
    "hidden": [3],
    "activation": {"name": "tanh"},
    "weights_initializer": {"name": "normal", "std": 0.1},
    "biases_initializer": {"name": "zeros"},
}
SGD = {"name": "sgd", "lr": 0.5, "momentum": 0, "weight_decay": 0}


def make(**changes: Any) -> Any:
    generator = torch.Generator().manual_seed(0)
    return build("model", {**MLP, **changes}, shape=(4,), classes=2, generator=generator)


def test_a_loss_comes_with_its_parameters_bound() -> None:
    loss = build("loss", {"name": "focal", "gamma": 2, "alpha": 0.1})
    assert isinstance(loss, partial) and loss.func is focal and loss.keywords == {"gamma": 2, "alpha": 0.1}


def test_a_model_and_an_optimizer_are_made() -> None:
    model = make()
    assert isinstance(model, torch.nn.Module)
    optimizer = build("optimizer", SGD, parameters=list(model.parameters()))
    assert isinstance(optimizer, torch.optim.Optimizer) and optimizer.param_groups[0]["lr"] == 0.5


def test_a_nested_component_is_built_before_it_is_passed() -> None:
    activation = make().activation
    assert isinstance(activation, partial) and activation.func is tanh
    nested = {"name": "selu", "scale": 1.0507, "alpha": 1.67326}
    assert make(activation=nested).activation.keywords == {"scale": 1.0507, "alpha": 1.67326}


def test_the_parameters_of_the_block_reach_the_numbers() -> None:
    doubled = make(weights_initializer={"name": "normal", "std": 0.2})
    assert torch.equal(2 * make().layers[0].weight, doubled.layers[0].weight)


def test_context_that_nobody_names_is_left_out() -> None:
    schedule = build("schedule", {"name": "constant"}, steps_per_epoch=550, generator=None, epochs=3)
    assert schedule.keywords == {"steps_per_epoch": 550} and schedule(7) == 1


def test_context_cannot_stand_in_for_a_parameter() -> None:
    with pytest.raises(ReplabError, match="lacks alpha"):
        build("loss", {"name": "focal", "gamma": 2}, alpha=0.1)


@pytest.mark.parametrize(
    ("kind", "block", "message"),
    [
        ("loss", {"name": "focl"}, "loss 'focl' unknown; did you mean 'focal'?"),
        ("los", {"name": "focal"}, "kind of component 'los' unknown; did you mean 'loss'?"),
        (
            "loss",
            {"name": "hinge", "margn": 5},
            "loss 'hinge': parameter 'margn' unknown; did you mean 'margin'?",
        ),
        ("loss", {"name": "focal"}, "loss 'focal' lacks gamma, alpha"),
        ("loss", {"name": "cross_entropy", "generator": 1}, "parameter 'generator' unknown; known: none"),
        ("loss", {"gamma": 2}, "loss: {'gamma': 2} is not a block with a name"),
        ("loss", "focal", "loss: 'focal' is not a block with a name"),
        ("model", {**MLP, "activation": {"name": "tnh"}}, "activation 'tnh' unknown; did you mean 'tanh'?"),
        ("model", {**MLP, "shape": [4]}, "model 'mlp': parameter 'shape' unknown"),
        ("optimizer", {**SGD, "lr_": 1}, "optimizer 'sgd': parameter 'lr_' unknown; did you mean 'lr'?"),
    ],
)
def test_a_mistake_is_named(kind: str, block: Any, message: str) -> None:
    with pytest.raises(ReplabError) as caught:
        build(kind, block)
    assert message in str(caught.value)
