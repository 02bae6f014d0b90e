"""Fine-tuning under the engine, and training on subsets that are drawn by seed."""

from __future__ import annotations

import copy
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from replab import identity
from replab.building import build
from replab.data import DataSet
from replab.errors import ReplabError
from replab.params import resolve
from replab.params_loading import check_params
from replab.spec import TrainingSpec
from replab.training.checkpoints import load
from replab.training.outcomes import Outcome
from replab.training.randomness import generator
from replab.training.subsets import drawn, train_on_subsets
from tiny import BASE, params

MODEL: dict[str, Any] = {
    "name": "fine_tuned",
    "backbone": {"name": "efficientnet_lite0", "weights": "random", "batch_norm_momentum": 0.9},
    "from_trunk": False,
    "trained": "all",
    "fixed_statistics": False,
    "weights_initializer": {"name": "normal", "std": 0.01},
    "biases_initializer": {"name": "zeros"},
}
SUBSET = {"name": "balanced", "per_class": 2}


def pictures(count: int = 40) -> DataSet:
    """Dark and bright images, 3 x 16 x 16."""
    random = np.random.default_rng(3)
    labels = np.arange(count) % 2
    images = (
        random.integers(0, 100, (count, 3, 16, 16), np.uint8) + (labels * 150).astype(np.uint8)[:, None, None, None]
    )
    cut = count * 3 // 4
    return DataSet("tiny", images[:cut], labels[:cut], images[cut:], labels[cut:], ("dark", "bright"), "0" * 64, True)


def spec(lr: float = 0.001, **model: Any) -> TrainingSpec:
    block = copy.deepcopy(BASE) | {
        "input": {"name": "shift_scale", "shift": 127, "scale": 128},
        "model": MODEL | model,
        "subset": SUBSET,
        "optimizer": {"name": "sgd", "lr": lr, "momentum": 0, "weight_decay": 0},
        "batches": {"name": "replacement", "size": 6},
        "budget": {"steps": 3, "evaluate_every": 3},
    }
    return TrainingSpec.model_validate(block)


def make(shape: tuple[int, ...] = (3, 16, 16), **changes: Any) -> Any:
    return build("model", MODEL | changes, shape=shape, classes=2, generator=generator(0, "weights"))


def trained(spec: TrainingSpec, folder: Path, seeds: list[int], dataset: DataSet | None = None) -> list[Outcome]:
    dataset = dataset or pictures()
    return list(train_on_subsets(spec, seeds, dataset, lambda seed: folder / f"{seed}", lambda: [], "cpu"))


@pytest.mark.parametrize("part", ["all", "last_block", "output"])
def test_what_is_not_trained_stays_as_it_was_running_averages_included(part: str, tmp_path: Path) -> None:
    trained(spec(trained=part), tmp_path, [0])
    checkpoint = load(tmp_path / "0")
    assert checkpoint is not None
    before, after = make().state_dict(), checkpoint["state"]["model"]
    moved = Counter(name.split(".")[0] for name in before if not torch.equal(before[name], after[name]))
    assert (
        set(moved) == {"all": {"trunk", "top", "output"}, "last_block": {"top", "output"}, "output": {"output"}}[part]
    )


def test_fixed_statistics_stay_while_everything_else_is_trained(tmp_path: Path) -> None:
    trained(spec(fixed_statistics=True), tmp_path, [0])
    checkpoint = load(tmp_path / "0")
    assert checkpoint is not None
    before, after = make().state_dict(), checkpoint["state"]["model"]
    still = {name for name in before if torch.equal(before[name], after[name])}
    statistics = {name for name in before if name.endswith(("running_mean", "running_var", "num_batches_tracked"))}
    assert statistics <= still and not any(name.endswith("conv.weight") for name in still)


def test_scores_from_the_trunk_s_output_are_those_of_the_images() -> None:
    whole, x = make(trained="last_block").eval(), torch.randn(3, 3, 32, 32)
    maps = whole.trunk(x)
    model = make(tuple(maps.shape[1:]), from_trunk=True, trained="last_block").eval()
    torch.testing.assert_close(model(maps), whole(x))
    assert not any(name.startswith("trunk") for name in model.state_dict())


def test_images_are_evaluated_in_pieces() -> None:
    model, x = make().eval(), torch.randn(120, 3, 8, 8)
    with torch.no_grad():
        torch.testing.assert_close(model(x), model._scores(x), rtol=1e-4, atol=1e-5)
        assert model(x).shape == (120, 2)


@pytest.mark.parametrize(
    ("changes", "shape", "message"),
    [
        ({"trained": "head"}, (3, 16, 16), "trained is one of all, last_block, output, not 'head'"),
        ({}, (16, 16), r"takes images or maps \[C, H, W\], not inputs of shape \[16, 16\]"),
    ],
)
def test_a_mistake_is_named(changes: dict[str, Any], shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(ReplabError, match=message):
        make(shape, **changes)


def test_a_subset_has_as_many_of_each_class_and_another_seed_another() -> None:
    labels = torch.arange(30) % 3
    first, again, other = (build("subset", SUBSET)(labels, generator=generator(s, "subset")) for s in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert Counter(labels[first].tolist()) == {0: 2, 1: 2, 2: 2}


def test_fewer_images_are_part_of_more() -> None:
    labels = torch.arange(30) % 3
    few, more = (
        set(build("subset", SUBSET | {"per_class": n})(labels, generator=generator(0, "subset")).tolist())
        for n in (1, 5)
    )
    assert few < more


def test_more_images_than_a_class_has_are_refused() -> None:
    with pytest.raises(ReplabError, match="9 examples of each class wanted, one has 3"):
        build("subset", SUBSET | {"per_class": 9})(
            torch.tensor([0, 0, 0, 1, 1, 1, 1]), generator=generator(0, "subset")
        )


def test_a_seed_sees_its_own_images_and_all_of_the_test_s() -> None:
    whole = pictures()
    first, other = (drawn(SUBSET, seed, whole) for seed in (0, 1))
    assert len(first.train_y) == 4 and not np.array_equal(first.train_x, other.train_x)
    assert first.test_x is whole.test_x


def test_a_replicate_on_a_subset_does_not_depend_on_its_neighbours(tmp_path: Path) -> None:
    slow = spec(lr=1e-6)  # larger ones diverge on some processors: six images give noisy batch statistics
    together = {outcome.seed: outcome for outcome in trained(slow, tmp_path / "a", [0, 1])}
    [alone] = trained(slow, tmp_path / "b", [1])
    assert alone.diverged_step is None and alone.metrics == together[1].metrics != together[0].metrics
    assert together[0].cost["replicates"] == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"data": {"name": "mnist_sample", "validation": 5}},
        {"data": {"name": "mnist_sample", "validation": 0, "train": 50}},
        {"batches": {"name": "shuffled", "size": 6}},
    ],
)
def test_a_subset_of_a_part_or_in_epochs_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"subset: needs data\.validation 0"):
        TrainingSpec.model_validate(spec().model_dump() | changes)


def test_a_subset_is_part_of_a_run_s_identity_and_its_lack_is_not() -> None:
    more = {
        "subset": SUBSET,
        "optimizer": {"name": "sgd", "lr": 0.001, "momentum": 0, "weight_decay": 0},
        "batches": {"name": "replacement", "size": 6},
        "budget": {"steps": 3, "evaluate_every": 3},
    }
    replaced = {"batches": more["batches"], "budget": {"steps": 3, "evaluate_every": 3, "epochs": None}}
    tree = params(variants={"plain": {}, "few": replaced | {"subset": SUBSET}})
    plain, few = resolve(check_params(tree), "tiny", "sample")
    assert "subset" not in plain.spec and few.spec["subset"] == SUBSET
    code = identity.code_parts(few)
    assert "src/replab/nn/subsets.py:balanced" in code and "src/replab/training/subsets.py:drawn" in code
    assert not any("subsets.py" in key for key in identity.code_parts(plain))
