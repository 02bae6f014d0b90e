"""Models by the numbers of the reports; what holds for every model is in `test_every_component`."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from replab.building import build
from replab.nn.linear import LARGE, Linear


def mlp(hidden: list[int], shape: tuple[int, ...] = (28, 28), seed: int = 0, **changes: Any) -> Any:
    block = {
        "name": "mlp",
        "hidden": hidden,
        "activation": {"name": "tanh"},
        "weights_initializer": {"name": "normal", "std": 0.01},
        "biases_initializer": {"name": "zeros"},
    }
    generator = torch.Generator().manual_seed(seed)
    return build("model", {**block, **changes}, shape=shape, classes=10, generator=generator)


@pytest.mark.parametrize(("hidden", "weights"), [([128], 101_770), ([256, 128], 235_146), ([], 7_850)])
def test_report_003s_networks_have_as_many_weights_as_counted_by_hand(hidden: list[int], weights: int) -> None:
    assert sum(one.numel() for one in mlp(hidden).parameters()) == weights


def test_weights_are_normal_with_the_reports_deviation_and_biases_are_zero() -> None:
    for layer in mlp([256, 128]).layers:
        sampling_error = 0.01 / (2 * layer.weight.numel()) ** 0.5
        assert layer.weight.std().item() == pytest.approx(0.01, abs=4 * sampling_error)
        assert layer.weight.mean().item() == pytest.approx(0, abs=6 * sampling_error)
        assert not layer.bias.any()


def test_layers_draw_one_after_the_other_from_one_generator() -> None:
    generator = torch.Generator().manual_seed(5)
    model = mlp([3], shape=(4,), seed=5)
    assert torch.equal(model.layers[0].weight, torch.empty(3, 4).normal_(0, 0.01, generator=generator))
    assert torch.equal(model.layers[1].weight, torch.empty(10, 3).normal_(0, 0.01, generator=generator))


def test_a_seed_gives_the_same_numbers_in_double_precision() -> None:
    single, double = mlp([5]), mlp([5]).double()
    for one, other in zip(single.parameters(), double.parameters(), strict=True):
        assert other.dtype == torch.float64 and torch.equal(one.double(), other)


def test_without_hidden_layers_it_is_linear() -> None:
    model = mlp([])
    x, y = torch.randn(2, 5, 28, 28, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(model(x + 2 * y), model(x) + 2 * model(y))


def test_with_a_hidden_layer_the_activation_bites() -> None:
    x = torch.randn(5, 28, 28, generator=torch.Generator().manual_seed(0))
    assert not torch.allclose(mlp([8])(x), mlp([8], activation={"name": "identity"})(x), rtol=1e-3, atol=0)


def test_an_image_is_read_as_its_flattened_pixels() -> None:
    x = torch.randn(3, 2, 4, 5, generator=torch.Generator().manual_seed(0))
    assert torch.equal(mlp([6], shape=(2, 4, 5))(x), mlp([6], shape=(40,))(x.reshape(3, 40)))


def test_every_weight_gets_a_gradient() -> None:
    model = mlp([7, 6], weights_initializer={"name": "normal", "std": 0.5})
    model(torch.randn(4, 28, 28, generator=torch.Generator().manual_seed(0))).square().sum().backward()
    assert all(weights.grad is not None and weights.grad.any() for weights in model.parameters())


@pytest.mark.parametrize("replicates", [0, 3], ids=["one", "stacked"])
@pytest.mark.parametrize("width", [4, LARGE // 100 + 1], ids=["small", "large"])
def test_the_affine_layer_agrees_with_torch_s_in_double_precision(width: int, replicates: int) -> None:
    """float32 through whichever library, against autograd through plain matrix products in float64."""
    leading = [replicates] if replicates else []
    generator = torch.Generator().manual_seed(0)
    shapes = {"x": (6, width), "weight": (100, width), "bias": (100,), "seen": (6, 100)}
    drawn = {name: torch.randn(*leading, *shape, generator=generator) for name, shape in shapes.items()}
    layer = Linear(width, 100)
    names = ["x", "weight", "bias"]
    single = {name: drawn[name].clone().requires_grad_() for name in names}
    double = {name: drawn[name].double().requires_grad_() for name in names}
    ours = torch.func.functional_call(layer, {name: single[name] for name in names[1:]}, (single["x"],))
    plain = double["x"] @ double["weight"].mT + double["bias"].unsqueeze(-2)
    torch.testing.assert_close(ours.double(), plain, rtol=1e-5, atol=1e-4)
    gradients = torch.autograd.grad((ours * drawn["seen"]).sum(), list(single.values()))
    expected = torch.autograd.grad((plain * drawn["seen"].double()).sum(), list(double.values()))
    for gradient, right in zip(gradients, expected, strict=True):
        torch.testing.assert_close(gradient.double(), right, rtol=1e-5, atol=1e-4)
