"""Layers of LSTM cells over a sequence, with a linear read-out of the last step."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from replab.errors import ReplabError
from replab.nn.linear import affine
from replab.ranges import Component, Count, Counts, Real


class LSTM(nn.Module):
    """LSTM layers and a linear layer; see `lstm`."""

    stackable = True

    def __init__(self, cells: list[nn.Module], output: nn.Module, steps: int, forget_bias: float) -> None:
        super().__init__()
        self.cells, self.output = nn.ModuleList(cells), output
        self.steps, self.forget_bias = steps, forget_bias

    def forward(self, x: Tensor) -> Tensor:
        """x [B, *shape] -> scores [B, K], or both with a leading axis of replicates, as the parameters then have."""
        weight: Tensor = self.output.weight  # type: ignore[assignment]
        flat = x.flatten(weight.dim() - 1)
        sequence = flat.unflatten(-1, (self.steps, -1)).transpose(-3, -2)
        for cell in self.cells:
            sequence = _layer(sequence, cell.weight, cell.bias, self.forget_bias)  # type: ignore[arg-type]
        return affine(sequence.select(-3, -1), weight, self.output.bias)  # type: ignore[arg-type]


def _layer(sequence: Tensor, weight: Tensor, bias: Tensor, forget_bias: float) -> Tensor:
    """What a layer of H units gives at every step: sequence [T, B, F], weight [4 H, F + H], bias [4 H] -> [T, B, H].

    All may have a leading axis of replicates. The inputs' part of the gates is one product for all steps; at the first
    step the state is 0, and the state's part is left out.
    """
    features, hidden = sequence.shape[-1], weight.shape[-2] // 4
    shifted = bias + nn.functional.pad(bias.new_full((hidden,), forget_bias), (hidden, 2 * hidden))
    gates = affine(sequence.flatten(-3, -2), weight[..., :features], shifted).unflatten(-2, sequence.shape[-3:-1])
    recurrent = weight[..., features:].transpose(-1, -2)
    product = torch.addmm if recurrent.dim() == 2 else torch.baddbmm
    outputs: list[Tensor] = []
    state: Tensor | None = None
    for given in gates.unbind(-3):
        summed = product(given, outputs[-1], recurrent) if outputs else given
        opened, candidate = summed.split((3 * hidden, hidden), -1)
        into, forget, out = opened.sigmoid().chunk(3, -1)
        new = into * candidate.tanh()
        state = new if state is None else torch.addcmul(new, forget, state)
        outputs.append(out * state.tanh())
    return torch.stack(outputs, -3)


def lstm(
    *,
    shape: tuple[int, ...],
    classes: int,
    generator: torch.Generator,
    hidden: Counts,
    steps: Count,
    forget_bias: Real,
    weights_initializer: Component,
    biases_initializer: Component,
) -> LSTM:
    """Layers of LSTM cells, `hidden` their numbers of units, over x [B, *shape] as a sequence of T = `steps` steps:

        (i, f, o, j) = W (x_t, h_t-1) + b;  c_t = s(f + forget_bias) c_t-1 + s(i) tanh(j);  h_t = s(o) tanh(c_t)

    with s the logistic function and h_0 = c_0 = 0. An input of D numbers is T steps of D / T numbers each. The scores
    [B, K] are linear in h_T of the last layer. Parameters: `cells.i.weight` [4 H, F + H], which is W with a layer's F
    inputs first, and `cells.i.bias` [4 H], in the order i, f, o, j; `output.weight` [K, H] and `output.bias`; drawn in
    order. With one step the state never comes back: h_0 is 0, and its part of W means nothing.

    Raises ReplabError without a layer, or where D is no multiple of T.

    Source: Hochreiter & Schmidhuber 1997, "Long short-term memory", with the forget gate of Gers, Schmidhuber &
    Cummins 2000; TensorFlow's BasicLSTMCell with a forget_bias of 1, as report 004 uses it, two layers of 30 units.
    Departure: TensorFlow has the gates in the order i, j, f, o.
    """
    numbers = math.prod(shape)
    if not hidden:
        raise ReplabError("model 'lstm': hidden must hold the units of one layer at least")
    if numbers % steps:
        raise ReplabError(f"model 'lstm': inputs of {numbers} numbers cannot be {steps} steps of equal size")
    # skip_init: Linear would otherwise draw from the global generator.
    cells = [skip_init(nn.Linear, n + m, 4 * m) for n, m in pairwise([numbers // steps, *hidden])]
    output = skip_init(nn.Linear, hidden[-1], classes)
    for layer in [*cells, output]:
        weights_initializer(layer.weight, generator=generator)
        biases_initializer(layer.bias, generator=generator)
    return LSTM(cells, output, steps, forget_bias)
