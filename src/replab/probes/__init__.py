"""Probes: measurements that need no training, `probe(*, generator) -> {metric: (value, unit)}`.

One that names `draw` measures on images of a data set: `probe(*, generator, draw)`; its spec has `data` and `input`.
"""

from __future__ import annotations

from collections.abc import Callable

from replab.probes.gradient_checks import (
    gradient_convergence,
    linear_gradient_check,
    three_layer_gradient_check,
)
from replab.probes.linear import initial_loss
from replab.probes.linear_on_images import (
    initial_loss_on_images,
    linear_gradient_check_on_images,
    softmax_loops_and_matrices_on_images,
)
from replab.probes.measured import Measured
from replab.probes.normalizers import normalizer_convexity, normalizer_gradient_ratio
from replab.probes.numerics import log_of_zero, softmax_overflow, zero_over_zero
from replab.probes.optimizer_paths import optimizer_path
from replab.probes.pooling import gaussian_window
from replab.probes.schedules import scheduled_rate
from replab.probes.softmax_layer import softmax_layer_difference, softmax_layer_gradient
from replab.probes.toy import three_layer_toy, three_layer_toy_score
from replab.probes.vectorization import softmax_loops_and_matrices

PROBES: dict[str, Callable[..., Measured]] = {
    "softmax_overflow": softmax_overflow,
    "log_of_zero": log_of_zero,
    "zero_over_zero": zero_over_zero,
    "initial_loss": initial_loss,
    "linear_gradient_check": linear_gradient_check,
    "three_layer_gradient_check": three_layer_gradient_check,
    "gradient_convergence": gradient_convergence,
    "softmax_layer_gradient": softmax_layer_gradient,
    "softmax_layer_difference": softmax_layer_difference,
    "softmax_loops_and_matrices": softmax_loops_and_matrices,
    "three_layer_toy": three_layer_toy,
    "three_layer_toy_score": three_layer_toy_score,
    "normalizer_gradient_ratio": normalizer_gradient_ratio,
    "normalizer_convexity": normalizer_convexity,
    "gaussian_window": gaussian_window,
    "optimizer_path": optimizer_path,
    "scheduled_rate": scheduled_rate,
    "initial_loss_on_images": initial_loss_on_images,
    "linear_gradient_check_on_images": linear_gradient_check_on_images,
    "softmax_loops_and_matrices_on_images": softmax_loops_and_matrices_on_images,
}
