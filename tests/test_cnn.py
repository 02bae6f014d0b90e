"""The network of report 000: its size, its numbers by numpy, and its batch normalization under the engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as lightning
import torch

import cnn_oracles
from replab.building import build
from replab.data import DataSet
from replab.errors import ReplabError
from replab.nn.regularizers import kernels
from replab.spec import TrainingSpec
from replab.training.checkpoints import load
from replab.training.outcomes import Outcome
from replab.training.randomness import generator
from replab.training.replicates import make_models
from test_engine import KillAfter, Killed
from tiny import BASE
from training import trained

BLOCK: dict[str, Any] = {
    "name": "cnn",
    "channels": [16, 32, 64, 128],
    "convolutions": [1, 2, 2, 2],
    "batch_norm_momentum": 0.99,
    "batch_norm_epsilon": 0.001,
    "activation": {"name": "relu"},
    "pooling": {"name": "max_pool", "size": 2},
    "weights_initializer": {"name": "variance_scaling", "factor": 1},
    "biases_initializer": {"name": "zeros"},
    "normalizer": {"name": "softmax"},
}
SMALL = BLOCK | {"channels": [3, 4], "convolutions": [1, 2], "batch_norm_momentum": 0.8}


def make(shape: tuple[int, ...] = (3, 32, 32), **changes: Any) -> Any:
    return build("model", BLOCK | changes, shape=shape, classes=10, generator=generator(0, "weights"))


def pictures(count: int = 96) -> DataSet:
    """Colour images, the brightest of whose ten columns is the label."""
    random = np.random.default_rng(3)
    labels = random.integers(0, 10, count, np.int64)
    images = random.integers(0, 120, (count, 3, 10, 10), np.uint8)
    images[np.arange(count), :, :, labels] += 100
    cut = count * 2 // 3
    names = tuple("0123456789")
    return DataSet("tiny", images[:cut], labels[:cut], images[cut:], labels[cut:], names, "0" * 64, True)


def spec(**overrides: Any) -> TrainingSpec:
    changes = {
        "input": {"name": "shift_scale", "shift": 0, "scale": 1},
        "model": SMALL,
        "loss": {"name": "clipped_nll", "clip": 1e-10},
        "optimizer": {"name": "adam", "lr": 0.01, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8},
        "batches": {"name": "shuffled", "size": 16},
    }
    return TrainingSpec.model_validate(BASE | changes | overrides)


def run(
    folder: Path, seeds: list[int], callbacks: list[lightning.Callback] | None = None, **overrides: Any
) -> dict[int, Outcome]:
    return trained(spec(**overrides), seeds, pictures(), folder, callbacks)


def test_it_has_as_many_parameters_as_counted_by_hand() -> None:
    convolutions = [27 * 16, 144 * 32, 288 * 32, 288 * 64, 576 * 64, 576 * 128, 1152 * 128]
    channels = 16 + 32 + 32 + 64 + 64 + 128 + 128
    model = make()
    assert sum(weights.numel() for weights in model.parameters()) == sum(convolutions) + 3 * channels + 1290 == 293_418
    assert [weights.numel() for weights in kernels(dict(model.named_parameters()))] == [*convolutions, 1280]


def test_a_penalty_of_kernels_leaves_biases_and_batch_normalization_alone() -> None:
    model = make()
    block = {"name": "lp_of_kernels", "strength": 1, "power": 2, "floor": 1e-12}
    build("regularizer", block)(dict(model.named_parameters())).backward()
    touched = {name for name, weights in model.named_parameters() if weights.grad is not None}
    convolutions = {f"stages.{i}.{j}.convolution.weight" for i, n in enumerate(BLOCK["convolutions"]) for j in range(n)}
    assert touched == convolutions | {"output.weight"}


@pytest.mark.parametrize("training", [True, False])
def test_the_whole_network_gives_what_numpy_gives(training: bool) -> None:
    """Batch normalization by the batch's moments in training, by the running ones in evaluation."""
    model = make().double().train(training)
    with torch.no_grad():
        for number, (name, value) in enumerate(model.state_dict().items()):
            if "normalization" in name and value.is_floating_point():
                value.uniform_(0.5, 2, generator=torch.Generator().manual_seed(number))
    x = 255 * np.random.default_rng(0).random((2, 3, 32, 32))
    weights = {name: value.clone().numpy() for name, value in model.state_dict().items()}
    found = model(torch.from_numpy(x)).detach().numpy()
    expected = cnn_oracles.cnn(
        x,
        weights,
        BLOCK["convolutions"],
        BLOCK["batch_norm_epsilon"],
        lambda image: cnn_oracles.max_pool(image, 2),
        lambda row: np.exp(cnn_oracles.log_softmax(row)).tolist(),
        training,
    )
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_running_averages_keep_99_of_100_parts_and_take_the_variance_by_n_minus_1() -> None:
    model, x = make(channels=[5], convolutions=[1]).double(), torch.rand(4, 3, 6, 6, dtype=torch.float64)
    convolution, normalization = model.stages[0][0]
    seen = convolution(x).transpose(0, 1).flatten(1)
    model.train()(x)
    torch.testing.assert_close(normalization.running_mean, 0.01 * seen.mean(1))
    torch.testing.assert_close(normalization.running_var, 0.99 + 0.01 * seen.var(1, correction=1))


def test_weights_are_drawn_with_the_variance_of_one_by_fan_in() -> None:
    weights = make().stages[3][1].convolution.weight
    assert weights.var().item() * 128 * 9 == pytest.approx(1.3 * 0.7737, rel=0.02)
    assert weights.abs().max().item() <= 2 * (1.3 / (128 * 9)) ** 0.5


@pytest.mark.parametrize("shape", [(28, 28), (1, 28, 28), (3, 32, 32), (2, 5, 7)])
def test_it_takes_images_of_any_size_and_with_or_without_channels(shape: tuple[int, ...]) -> None:
    assert make(shape)(torch.rand(2, *shape)).shape == (2, 10)


@pytest.mark.parametrize(
    ("shape", "changes", "message"),
    [
        ((324,), {}, r"takes images \[H, W\] or \[C, H, W\], not inputs of shape \[324\]"),
        ((3, 8, 8), {"channels": [4]}, "channels .4. and convolutions .1, 2, 2, 2. must be as many"),
        ((3, 8, 8), {"channels": [], "convolutions": []}, "must be as many, and some"),
    ],
)
def test_what_it_cannot_be_built_from_is_refused(shape: tuple[int, ...], changes: Any, message: str) -> None:
    with pytest.raises(ReplabError, match=message):
        make(shape, **changes)


class Modes(lightning.Callback):
    """Records whether the networks' batch normalizations are in training mode, by hook."""

    def __init__(self) -> None:
        self.seen: dict[str, set[bool]] = {"training": set(), "evaluation": set()}

    def _see(self, hook: str, module: lightning.LightningModule) -> None:
        found = [m.training for m in module.modules() if isinstance(m, torch.nn.BatchNorm2d)]
        assert len(found) == 3 * 2
        self.seen[hook] |= set(found)

    def on_train_batch_start(self, _: Any, module: lightning.LightningModule, *__: Any) -> None:
        self._see("training", module)

    def on_validation_batch_start(self, _: Any, module: lightning.LightningModule, *__: Any) -> None:
        self._see("evaluation", module)

    def on_validation_end(self, _: Any, module: lightning.LightningModule) -> None:
        self._see("evaluation", module)


def test_batch_normalization_trains_in_training_and_rests_in_evaluation(tmp_path: Path) -> None:
    modes = Modes()
    run(tmp_path, [0, 1], [modes])
    assert modes.seen == {"training": {True}, "evaluation": {False}}


def test_scores_are_those_of_the_running_averages_that_training_left(tmp_path: Path) -> None:
    """The recorded accuracy is that of the checkpoint's weights and buffers in evaluation mode, computed apart."""
    outcome = run(tmp_path, [5])[5]
    (model,) = make_models(spec(), [5], (3, 10, 10), 10)
    checkpoint = load(tmp_path / "5.pt")
    assert checkpoint is not None
    model.load_state_dict(checkpoint["state"]["model"])
    data = pictures()
    predicted = model.eval()(torch.from_numpy(data.test_x).float()).argmax(1).numpy()
    assert outcome.curves["test_accuracy"][-1] == pytest.approx(100 * (predicted == data.test_y).mean(), abs=1e-3)
    steps = 3 * (len(data.train_y) // 16)
    assert checkpoint["state"]["model"]["stages.0.0.normalization.num_batches_tracked"] == steps


def test_an_interrupted_run_goes_on_with_its_running_averages(tmp_path: Path) -> None:
    whole = run(tmp_path / "a", [0, 1], budget={"epochs": 4})
    with pytest.raises(Killed):
        run(tmp_path / "b", [0, 1], [KillAfter(2)], budget={"epochs": 4})
    resumed = run(tmp_path / "b", [0, 1], budget={"epochs": 4})
    assert {seed: outcome.curves for seed, outcome in resumed.items()} == {s: o.curves for s, o in whole.items()}
    ends = [load(tmp_path / folder / "0.pt") for folder in "ab"]
    first, second = (end["state"]["model"] for end in ends if end is not None)
    assert first["stages.1.0.normalization.running_var"].std() > 0
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_replicate_does_not_depend_on_its_neighbours(tmp_path: Path) -> None:
    together, alone = run(tmp_path / "a", [3, 1]), run(tmp_path / "b", [1])
    assert together[1].curves == alone[1].curves


def test_it_learns_in_single_and_in_half_precision(tmp_path: Path) -> None:
    for precision in ("float32", "bf16"):
        outcome = run(tmp_path / precision, [0], precision=precision, budget={"epochs": 25})[0]
        assert outcome.curves["train_loss"][-1] < outcome.curves["train_loss"][0] / 2
        assert outcome.metrics["test_accuracy"]["value"] > 40


@pytest.mark.parametrize("normalizer", ["abs_max", "square_max", "plus_one_abs_max", "non_negative_max"])
def test_every_normalizer_trains_without_a_loss_that_is_not_finite(normalizer: str, tmp_path: Path) -> None:
    outcome = run(tmp_path, [0], model=SMALL | {"normalizer": {"name": normalizer}})[0]
    assert outcome.diverged_step is None and len(outcome.curves["train_loss"]) == 3


def test_the_strategy_vmap_is_refused_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(ReplabError, match="model 'cnn' has buffers or noise: its strategy must be loop"):
        run(tmp_path, [0], strategy="vmap")
