"""Report 002's regularised step against the engine's: penalties in the objective, biases included."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from replab.blocks import check_component
from replab.building import build
from replab.errors import ReplabError
from replab.spec import TrainingSpec
from replab.training.examples import Examples
from replab.training.loop import LoopReplicates
from test_mlp_variants import softmax_less_target
from tiny import BASE

LR, RATIO = 0.03, 0.01


def spec(penalty: dict[str, Any]) -> TrainingSpec:
    network = {"hidden": [], "activation": {"name": "identity"}, "weights_initializer": {"name": "uniform_fan"}}
    changes = {
        "model": {"name": "mlp_biases_as_weights", **network},
        "optimizer": {"name": "sgd", "lr": LR, "momentum": 0, "weight_decay": 0},
        "regularizers": [penalty],
        "precision": "float64",
    }
    return TrainingSpec.model_validate(BASE | changes)


@pytest.mark.parametrize(
    ("name", "strength", "pull"),
    [("l1", RATIO, np.sign), ("l2", 2 * RATIO, lambda w: 2 * w)],
)
def test_a_step_is_the_report_s(name: str, strength: float, pull: Any) -> None:
    """w - lr (g + ratio sign(w)), or w - lr (g + ratio 2w), for weights and biases, g the mean over the batch."""
    wanted = spec({"name": name, "strength": strength, "biases": True})
    random = torch.Generator().manual_seed(0)
    x, y = torch.randn(20, 7, generator=random).double(), torch.randint(3, (20,), generator=random)
    model = build("model", wanted.model, shape=(7,), classes=3, generator=random).double()
    with torch.no_grad():
        model.layers[0].weight[0, 0] = 0.0  # where sign(w) is 0
    matrix = np.column_stack([model.layers[0].weight.detach(), model.layers[0].bias.detach()])
    replicates = LoopReplicates(wanted, [model], [0])
    replicates.prepare()
    replicates.run(Examples(x, y, None), torch.arange(20).view(1, 1, 20), [LR], [True], 0)
    augmented = np.column_stack([x, np.ones(20)])
    gradient = softmax_less_target(augmented @ matrix.T, y.numpy()).T @ augmented
    expected = matrix - LR * (gradient + RATIO * pull(matrix))
    found = np.column_stack([model.layers[0].weight.detach(), model.layers[0].bias.detach()])
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("power", [-2, -1, 0.5, 1, 2, 4])
def test_the_gradient_of_the_lp_penalty_is_0_at_0_and_finite_beside_it(power: float) -> None:
    floor = 1e-12
    w = torch.tensor([[0.0, floor / 2, 2 * floor, 0.3, -0.3]], requires_grad=True)
    penalty = build("regularizer", {"name": "lp_of_kernels", "strength": 0.001, "power": power, "floor": floor})
    value = penalty({"weight": w})
    (gradient,) = torch.autograd.grad(value, w)
    assert value.isfinite() and gradient.isfinite().all()
    assert gradient[0, :2].tolist() == [0.0, 0.0]
    slope = 0.001 * power * 0.3 ** (power - 1)
    assert gradient[0, 3:].tolist() == pytest.approx([slope, -slope])


def test_a_negative_penalty_is_the_positive_one_turned_round() -> None:
    parameters = {"weight": torch.randn(3, 4, generator=torch.Generator().manual_seed(0))}
    for block in ({"name": "l2_of_kernels"}, {"name": "lp_of_kernels", "power": 2, "floor": 1e-12}):
        plus, minus = (build("regularizer", block | {"strength": sign})(parameters) for sign in (1, -1))
        assert plus > 0 and minus == -plus


def test_an_lp_penalty_of_power_0_is_refused() -> None:
    block = {"name": "lp_of_kernels", "strength": 0.001, "power": 0, "floor": 1e-12}
    with pytest.raises(ReplabError, match="regularizer 'lp_of_kernels': power must be a number other than 0, not 0"):
        check_component("regularizer", block)
