"""Dropout while training: the share that is kept, its scale, and where its draws come from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from agreement import seeded
from replab.blocks import merge
from replab.errors import ReplabError
from replab.nn.models.mlp_dropout import Dropout
from replab.params_loading import check_params
from replab.spec import TrainingSpec
from replab.training.engine import train
from tiny import BASE, digits, params

MODEL = {**BASE["model"], "name": "mlp_dropout", "keep_inputs": 0.8, "keep_hidden": 0.5}


def dropped(keep: float, seed: int = 0) -> torch.Tensor:
    layer = Dropout(keep)
    layer.generator = seeded(seed)
    result: torch.Tensor = layer(torch.ones(100, 1000))
    return result


def test_kept_entries_are_scaled_up_and_the_others_are_zero() -> None:
    values = dropped(0.8)
    assert set(values.unique().tolist()) == {0.0, 1.25}
    assert (values > 0).float().mean().item() == pytest.approx(0.8, abs=5 * (0.8 * 0.2 / 1e5) ** 0.5)
    assert torch.equal(dropped(1.0), torch.ones(100, 1000))


def test_masks_come_from_the_generator_alone() -> None:
    before = torch.get_rng_state()
    assert torch.equal(dropped(0.5, 1), dropped(0.5, 1)) and not torch.equal(dropped(0.5, 1), dropped(0.5, 2))
    assert torch.equal(before, torch.get_rng_state())


def test_nothing_is_dropped_in_evaluation() -> None:
    assert torch.equal(Dropout(0.5).eval()(torch.ones(3, 4)), torch.ones(3, 4))


def curves(folder: Path, seeds: list[int], **overrides: Any) -> dict[int, Any]:
    spec = TrainingSpec.model_validate(merge(BASE, {"model": MODEL, **overrides}))
    outcomes = train(spec, seeds, digits(), lambda seed: folder / f"{seed}.pt", [], "cpu")
    return {outcome.seed: outcome.curves for outcome in outcomes}


def test_a_replicate_with_dropout_does_not_depend_on_its_neighbours(tmp_path: Path) -> None:
    assert curves(tmp_path / "a", [3, 1, 2])[1] == curves(tmp_path / "b", [1])[1]


def test_dropout_changes_training_and_not_evaluation(tmp_path: Path) -> None:
    kept = {**MODEL, "keep_inputs": 1.0, "keep_hidden": 1.0}
    plain = TrainingSpec.model_validate(BASE)
    (expected,) = train(plain, [0], digits(), lambda seed: tmp_path / "plain.pt", [], "cpu")
    assert curves(tmp_path / "kept", [0], model=kept)[0] == expected.curves
    assert curves(tmp_path / "dropped", [0])[0]["train_loss"] != expected.curves["train_loss"]


def test_dropout_is_not_stacked(tmp_path: Path) -> None:
    with pytest.raises(ReplabError, match="its strategy must be loop"):
        curves(tmp_path, [0], strategy="vmap")


@pytest.mark.parametrize("keep", [0, -0.5, 1.5, "half", True])
def test_a_keep_probability_outside_its_range_is_refused_in_a_line(keep: Any) -> None:
    content = params()
    content["studies"]["tiny"]["base"]["model"] = {**MODEL, "keep_hidden": keep}
    with pytest.raises(ReplabError, match=r"keep_hidden must be a number in \(0, 1\]"):
        check_params(content)
