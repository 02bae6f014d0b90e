"""Autocast on an accelerator with the CPU's types. Here a CPU stands for the accelerator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence
from torch.utils._python_dispatch import TorchDispatchMode

from fake_values import PRODUCTS
from replab.training.like_the_cpu import RECURRENT, LikeTheCPU, like_the_cpu

KINDS = [
    nn.LSTM(6, 5, 2),
    nn.GRU(6, 5, bidirectional=True),
    nn.RNN(6, 5, nonlinearity="relu"),
    nn.RNN(6, 5, nonlinearity="tanh", batch_first=True),
    nn.LSTM(6, 5, proj_size=3, bias=False),
]
LENGTHS = torch.tensor([7, 4, 4, 1])
each_kind = pytest.mark.parametrize("layer", KINDS, ids=lambda layer: f"{layer.mode} {layer.extra_repr()}")
each_input = pytest.mark.parametrize("packed", [False, True], ids=["padded", "packed"])


class OnTheCPU(LikeTheCPU):
    """Computes on a CPU what it computes elsewhere."""

    spared = ""


class Types(TorchDispatchMode):
    """The types of the operands of every product of matrices."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[set[torch.dtype]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func.overloadpacket in PRODUCTS:
            self.found.append({each.dtype for each in args if isinstance(each, Tensor)})
        return func(*args, **(kwargs or {}))


@pytest.fixture(autouse=True)
def plain_kernels() -> Iterator[None]:
    """torch's own kernels, which an accelerator has, and not oneDNN's; weights are drawn anew."""
    torch.manual_seed(0)
    for layer in KINDS:
        layer.reset_parameters()
        layer.zero_grad()
    enabled = torch._C._get_mkldnn_enabled()
    torch._C._set_mkldnn_enabled(False)
    yield
    torch._C._set_mkldnn_enabled(enabled)


def inputs(packed: bool, layer: nn.Module) -> Tensor | PackedSequence:
    first = layer.batch_first  # rows or steps
    x = torch.randn(4, 7, 6) if first else torch.randn(7, 4, 6)
    return pack_padded_sequence(x, LENGTHS, batch_first=bool(first)) if packed else x


def outputs(layer: nn.Module, x: Any) -> Tensor:
    found = layer(x)[0]
    return found.data if isinstance(found, PackedSequence) else found


def in_bf16(layer: nn.Module, x: Any) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16), OnTheCPU():
        return outputs(layer, x)


@each_input
@each_kind
def test_a_recurrent_layer_is_what_its_weights_in_bf16_give(layer: nn.Module, packed: bool) -> None:
    x = inputs(packed, layer)
    found = in_bf16(layer, x)
    narrow = {name: weight.detach().bfloat16() for name, weight in layer.named_parameters()}
    expected = torch.func.functional_call(layer, narrow, (x.to(torch.bfloat16),))[0]
    assert found.dtype == torch.bfloat16
    assert torch.equal(found, expected.data if packed else expected)
    assert torch.allclose(found.float(), outputs(layer, x), atol=0.02)


@each_input
@each_kind
def test_every_product_has_one_type_and_gradients_are_float32(layer: nn.Module, packed: bool) -> None:
    x = inputs(packed, layer)
    outputs(layer, x).square().sum().backward()
    expected = {name: weight.grad.clone() for name, weight in layer.named_parameters()}
    layer.zero_grad()
    with Types() as types:
        in_bf16(layer, x).float().square().sum().backward()
    assert len(types.found) > 6 and all(kinds == {torch.bfloat16} for kinds in types.found)
    for name, weight in layer.named_parameters():
        assert weight.grad.dtype == torch.float32 and weight.grad.isfinite().all()
        assert (weight.grad - expected[name]).norm() < 0.03 * expected[name].norm()


def test_every_function_of_torchs_recurrent_layers_is_known() -> None:
    called = {layer.mode.lower() for layer in KINDS}
    assert called == {function.__name__ for function in RECURRENT}


@pytest.mark.parametrize("softmax", [torch.softmax, Tensor.softmax, nn.functional.softmax])
def test_a_softmax_has_the_type_of_its_scores(softmax: Any) -> None:
    scores = torch.randn(3, 4, dtype=torch.bfloat16)
    with torch.autocast("cpu", torch.bfloat16), OnTheCPU():
        assert softmax(scores, -1).dtype == torch.bfloat16 and softmax(scores.float(), -1).dtype == torch.float32


@each_input
@each_kind
@pytest.mark.parametrize("enabled", [False, True], ids=["float32", "bf16"])
def test_a_cpu_is_left_as_it_is_to_the_last_bit(layer: nn.Module, packed: bool, enabled: bool) -> None:
    x = inputs(packed, layer)
    with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
        expected = outputs(layer, x)
        with LikeTheCPU():
            found = outputs(layer, x)
    assert found.dtype == expected.dtype and torch.equal(found, expected)


def test_without_autocast_nothing_is_cast() -> None:
    with OnTheCPU():
        assert outputs(KINDS[0], inputs(False, KINDS[0])).dtype == torch.float32


def test_it_holds_where_there_is_an_accelerator_and_costs_a_cpu_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = torch.overrides._get_current_function_mode_stack
    for there in (False, True):
        monkeypatch.setattr(torch.accelerator, "is_available", lambda there=there: there)
        with like_the_cpu():
            assert [type(mode) for mode in stack()] == [LikeTheCPU] * there
            assert not torch.backends.cudnn.enabled
