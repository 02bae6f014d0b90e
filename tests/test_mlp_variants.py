"""The perceptrons of reports 001 and 002: biases that are a column of the weights, and a gradient that is wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats

from replab.building import build

UNIFORM = {"name": "uniform_fan"}
NORMAL = {"name": "normal", "std": 0.5}


def model(name: str, hidden: list[int], inputs: int = 6, seed: int = 0, **changes: Any) -> Any:
    block = {"name": name, "hidden": hidden, "activation": {"name": "relu"}, "weights_initializer": NORMAL, **changes}
    if name != "mlp_biases_as_weights":
        block.setdefault("biases_initializer", NORMAL)
    return build("model", block, shape=(inputs,), classes=4, generator=torch.Generator().manual_seed(seed))


def batch(inputs: int = 6) -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(1)
    return torch.randn(9, inputs, generator=random).double(), torch.randint(4, (9,), generator=random)


def softmax_less_target(scores: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The gradient of the mean cross entropy with respect to the scores, [B, K]."""
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return (powers / powers.sum(1, keepdims=True) - np.eye(scores.shape[1])[targets]) / len(targets)


def test_a_bias_is_the_weight_of_an_appended_one() -> None:
    """Report 001's W [10, 3073]: scores, gradient and penalty of one matrix with a column for the constant 1."""
    linear, (x, y) = model("mlp_biases_as_weights", []).double(), batch()
    [layer] = linear.layers
    matrix = np.column_stack([layer.weight.detach(), layer.bias.detach()])
    augmented = np.column_stack([x, np.ones(len(x))])
    scores = linear(x)
    np.testing.assert_allclose(scores.detach(), augmented @ matrix.T)
    penalty = build("regularizer", {"name": "l2", "strength": 0.3, "biases": True})
    value = torch.nn.functional.cross_entropy(scores, y) + penalty(dict(linear.named_parameters()))
    value.backward()
    expected = softmax_less_target(augmented @ matrix.T, y.numpy()).T @ augmented + 0.3 * matrix
    np.testing.assert_allclose(np.column_stack([layer.weight.grad, layer.bias.grad]), expected)


def test_biases_are_drawn_as_their_layer_s_weights_are() -> None:
    """For U(-l, l), l = sqrt(6 / (in + out)), which a bias [out] by itself does not tell."""
    drawn = [model("mlp_biases_as_weights", [50], 30, seed, weights_initializer=UNIFORM) for seed in range(20)]
    for number, (inputs, outputs) in enumerate([(30, 50), (50, 4)]):
        limit = (6 / (inputs + outputs)) ** 0.5
        for part in ("weight", "bias"):
            values = torch.cat([one.layers[number].get_parameter(part).flatten() for one in drawn]).detach().numpy()
            assert stats.kstest(values, stats.uniform(-limit, 2 * limit).cdf).pvalue > 1e-3


def test_biases_are_no_copies_of_weights() -> None:
    layer = model("mlp_biases_as_weights", [5]).layers[0]
    assert not set(layer.bias.tolist()) & set(layer.weight.flatten().tolist())


@pytest.mark.parametrize("hidden", [[5], [5, 3]])
def test_the_faulty_gradient_has_preactivations_where_activations_belong(hidden: list[int]) -> None:
    network, (x, y) = model("mlp_preactivation_gradient", hidden).double(), batch()
    torch.nn.functional.cross_entropy(network(x), y).backward()
    weights = [layer.weight.detach().numpy() for layer in network.layers]
    biases = [layer.bias.detach().numpy() for layer in network.layers]
    before = [x.numpy()]
    for weight, bias in zip(weights, biases, strict=True):
        before.append((np.maximum(before[-1], 0) if len(before) > 1 else before[-1]) @ weight.T + bias)
    gradient = softmax_less_target(before[-1], y.numpy())
    for number in reversed(range(len(weights))):
        np.testing.assert_allclose(network.layers[number].weight.grad, gradient.T @ before[number], atol=1e-12)
        np.testing.assert_allclose(network.layers[number].bias.grad, gradient.sum(0), atol=1e-12)
        gradient = (gradient @ weights[number]) * (before[number] > 0)


def test_only_the_gradients_behind_an_activation_are_faulty() -> None:
    right, wrong = (model(name, [5, 3]).double() for name in ("mlp", "mlp_preactivation_gradient"))
    x, y = batch()
    for network in (right, wrong):
        torch.nn.functional.cross_entropy(network(x), y).backward()
    torch.testing.assert_close(right(x), wrong(x))
    gradients = [dict(network.named_parameters()) for network in (right, wrong)]
    same = [name for name in gradients[0] if torch.allclose(gradients[0][name].grad, gradients[1][name].grad)]
    assert same == ["layers.0.weight", "layers.0.bias", "layers.1.bias", "layers.2.bias"]
