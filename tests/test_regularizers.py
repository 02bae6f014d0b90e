"""Report 002's regularised step against the engine's: penalties in the objective, biases included."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from replab.nn import build
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
