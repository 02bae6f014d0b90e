"""LeNet-5: its sizes by hand, what is penalised, dropped and averaged, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as lightning
import torch

from replab.building import build
from replab.errors import ReplabError
from replab.spec import TrainingSpec
from replab.training.checkpoints import load
from replab.training.outcomes import Outcome
from replab.training.randomness import generator
from replab.training.replicates import make_models
from test_cnn import pictures
from test_engine import KillAfter, Killed
from tiny import BASE
from training import trained

BLOCK: dict[str, Any] = {
    "name": "lenet5",
    "kernel": 5,
    "channels": [32, 64],
    "hidden": [512],
    "keep_hidden": 1,
    "activation": {"name": "relu"},
    "pooling": {"name": "max_pool", "size": 2},
    "weights_initializer": {"name": "truncated_normal", "std": 0.1},
    "convolution_biases_initializer": {"name": "zeros"},
    "dense_biases_initializer": {"name": "constant", "value": 0.1},
}
SMALL = BLOCK | {"kernel": 3, "channels": [3, 4], "hidden": [8]}
PENALTY = {"name": "l2_of_matrices", "strength": 0.0001}


def make(shape: tuple[int, ...] = (28, 28), **changes: Any) -> Any:
    return build("model", BLOCK | changes, shape=shape, classes=10, generator=generator(0, "weights"))


def spec(**overrides: Any) -> TrainingSpec:
    changes = {
        "input": {"name": "shift_scale", "shift": 0, "scale": 255},
        "model": SMALL,
        "optimizer": {"name": "adam", "lr": 0.01, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8},
        "regularizers": [PENALTY],
        "averaging": {"name": "exponential", "decay": 0.9},
        "batches": {"name": "shuffled", "size": 16},
    }
    return TrainingSpec.model_validate(BASE | changes | overrides)


def run(
    folder: Path, seeds: list[int], callbacks: list[lightning.Callback] | None = None, **overrides: Any
) -> dict[int, Outcome]:
    return trained(spec(**overrides), seeds, pictures(), folder, callbacks)


def test_it_has_as_many_parameters_as_counted_by_hand() -> None:
    """Padding keeps 28 x 28, two poolings leave 7 x 7."""
    sizes = {name: list(weights.shape) for name, weights in make().named_parameters() if name.endswith("weight")}
    assert sizes == {
        "convolutions.0.weight": [32, 1, 5, 5],
        "convolutions.1.weight": [64, 32, 5, 5],
        "layers.0.weight": [512, 7 * 7 * 64],
        "layers.1.weight": [10, 512],
    }
    assert sum(weights.numel() for weights in make().parameters()) == 832 + 51_264 + 1_606_144 + 5_130


def test_its_biases_begin_as_in_the_books_code() -> None:
    biases = {name: weights for name, weights in make().named_parameters() if name.endswith("bias")}
    assert all((bias == (0 if name.startswith("conv") else 0.1)).all() for name, bias in biases.items())


def test_the_penalty_is_of_the_dense_layers_alone_and_begins_at_six_tenths_of_a_nat() -> None:
    """Truncated at two standard deviations, .1 becomes a variance of .774 x .01."""
    model = make()
    value = build("regularizer", PENALTY)(dict(model.named_parameters()))
    value.backward()
    touched = {name for name, weights in model.named_parameters() if weights.grad is not None}
    assert touched == {"layers.0.weight", "layers.1.weight"}
    assert value.item() == pytest.approx(0.5e-4 * 0.01 * 0.7737 * (3136 * 512 + 5120), rel=0.01)


@pytest.mark.parametrize("shape", [(28, 28), (1, 28, 28), (3, 32, 32), (2, 5, 7)])
def test_it_takes_images_of_any_size_and_with_or_without_channels(shape: tuple[int, ...]) -> None:
    assert make(shape)(torch.rand(2, *shape)).shape == (2, 10)


@pytest.mark.parametrize(
    ("shape", "changes", "message"),
    [
        ((784,), {}, r"takes images \[H, W\] or \[C, H, W\], not inputs of shape \[784\]"),
        ((28, 28), {"kernel": 4}, "kernel must be odd, not 4"),
    ],
)
def test_what_it_cannot_be_built_from_is_refused(shape: tuple[int, ...], changes: Any, message: str) -> None:
    with pytest.raises(ReplabError, match=message):
        make(shape, **changes)


def test_scores_are_those_of_the_averages_that_training_left(tmp_path: Path) -> None:
    """The recorded accuracy and loss are those of the checkpoint's averaged weights, computed apart."""
    outcome = run(tmp_path, [5])[5]
    (model,) = make_models(spec(), [5], (3, 10, 10), 10)
    checkpoint = load(tmp_path / "5.pt")
    assert checkpoint is not None
    model.load_state_dict(checkpoint["state"]["average"])
    data = pictures()
    scores = model.eval()(torch.from_numpy(data.test_x).float() / 255)
    targets = torch.from_numpy(data.test_y)
    right = 100 * (scores.argmax(1) == targets).float().mean().item()
    assert outcome.curves["test_accuracy"][-1] == pytest.approx(right, abs=1e-3)
    loss = torch.nn.functional.cross_entropy(scores, targets).item()
    assert outcome.curves["test_loss"][-1] == pytest.approx(loss, rel=1e-4) != outcome.curves["test_raw_loss"][-1]


def test_an_interrupted_run_goes_on_with_its_averages_and_its_noise(tmp_path: Path) -> None:
    dropping = {"model": SMALL | {"keep_hidden": 0.5}, "budget": {"epochs": 4}}
    whole = run(tmp_path / "a", [0, 1], **dropping)
    with pytest.raises(Killed):
        run(tmp_path / "b", [0, 1], [KillAfter(2)], **dropping)
    resumed = run(tmp_path / "b", [0, 1], **dropping)
    assert {seed: outcome.curves for seed, outcome in resumed.items()} == {s: o.curves for s, o in whole.items()}


def test_a_replicate_does_not_depend_on_its_neighbours(tmp_path: Path) -> None:
    assert run(tmp_path / "a", [3, 1])[1].curves == run(tmp_path / "b", [1])[1].curves


def test_dropping_moves_training_and_keeping_all_does_not(tmp_path: Path) -> None:
    kept, dropped = (run(tmp_path / str(p), [0], model=SMALL | {"keep_hidden": p})[0] for p in (1, 0.5))
    assert dropped.curves["train_loss"] != kept.curves["train_loss"]
    model, x = make((10, 10), **(SMALL | {"keep_hidden": 0.5})), torch.rand(2, 10, 10)
    model.dropout.generator = generator(0, "noise")
    assert not torch.equal(model.train()(x), model.eval()(x))


def test_it_learns_in_single_and_in_half_precision(tmp_path: Path) -> None:
    for precision in ("float32", "bf16"):
        outcome = run(tmp_path / precision, [0], precision=precision, budget={"epochs": 25})[0]
        assert outcome.curves["train_loss"][-1] < outcome.curves["train_loss"][0] / 2
        assert outcome.metrics["test_accuracy"]["value"] > 40


def test_the_strategy_vmap_is_refused_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(ReplabError, match="model 'lenet5' has buffers or noise: its strategy must be loop"):
        run(tmp_path, [0], strategy="vmap")
