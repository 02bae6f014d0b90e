"""Models: `model(*, shape, classes, generator) -> nn.Module` with forward(x [B, *shape]) -> scores [B, K].

They draw from `generator` alone, on the CPU in float32; cast or move them afterwards. Without buffers they work under
`torch.func.vmap` over stacked parameters, in evaluation mode at least; those with buffers are trained by `loop`. One
file a model.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from replab.nn.models.cnn import cnn
from replab.nn.models.fine_tuned import fine_tuned
from replab.nn.models.lenet5 import lenet5
from replab.nn.models.lstm import lstm
from replab.nn.models.mlp import mlp
from replab.nn.models.mlp_biases_as_weights import mlp_biases_as_weights
from replab.nn.models.mlp_crelu import mlp_crelu
from replab.nn.models.mlp_dropout import mlp_dropout
from replab.nn.models.mlp_preactivation_gradient import mlp_preactivation_gradient
from replab.nn.models.mlp_probabilities import mlp_probabilities
from replab.nn.models.rbf import rbf

MODELS: dict[str, Callable[..., nn.Module]] = {
    "cnn": cnn,
    "fine_tuned": fine_tuned,
    "lenet5": lenet5,
    "lstm": lstm,
    "mlp": mlp,
    "mlp_biases_as_weights": mlp_biases_as_weights,
    "mlp_crelu": mlp_crelu,
    "mlp_dropout": mlp_dropout,
    "mlp_preactivation_gradient": mlp_preactivation_gradient,
    "mlp_probabilities": mlp_probabilities,
    "rbf": rbf,
}
