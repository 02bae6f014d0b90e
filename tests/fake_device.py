"""Two steps of every study on a device that is made up, in a process of its own: prints JSON, study -> "ok" or why not.

Tensors are fakes: they have a shape and a device and no values, so that a CPU build of torch can hold them "on" a
device. Whatever mixes two devices raises. The device is torch's PrivateUse1, whose registration holds for a process.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils.backend_registration import _DummyBackendModule, _setup_privateuseone_for_python_backend

from replab import data
from replab.data import DataSet
from replab.nn.normalizers import NORMALIZERS
from replab.params import Variant, resolve
from replab.params_loading import load_params
from replab.spec import TrainingSpec
from replab.training.engine import _splits
from replab.training.replicates import choose_strategy, make_models, make_replicates

PARAMS = Path(__file__).parents[1] / "params.yaml"
NAME, SEEDS, BATCH = "madeup", [0, 1], 8
_from_numpy, _tensor = torch.from_numpy, torch.tensor


class Backend(_DummyBackendModule):  # type: ignore[misc]
    """What torch.autocast asks of a device, enabled or not."""

    def get_amp_supported_dtype(self) -> list[torch.dtype]:
        return [torch.bfloat16]


class Rows:
    """Indices [R, S, B]; a list of rows is taken without torch's C++ code, which would make a tensor on the device."""

    def __init__(self, indices: Tensor) -> None:
        self.indices, self.shape = indices, indices.shape

    def __getitem__(self, rows: list[int]) -> Tensor:
        return torch.stack([self.indices[row] for row in rows])

    def unbind(self, axis: int) -> tuple[Tensor, ...]:
        return self.indices.unbind(axis)


def fused_sgd(weights: list[Tensor], grads: list[Tensor], momenta: list[Tensor], **_: Any) -> None:
    """torch's own has no fake: this asks the same of the devices."""
    for number, (weight, grad) in enumerate(zip(weights, grads, strict=True)):
        weight.add_(momenta[number].add_(grad) if momenta else grad)


def tensor(values: Any, *, device: Any = "cpu", **settings: Any) -> Tensor:
    """torch's own fills a tensor on the device, which nothing can. So would a fake that remembers its one number."""
    made = _tensor(values, **settings)
    if torch.device(device).type == NAME:
        made.constant = None
    return made.to(device)


@contextmanager
def fakes() -> Iterator[FakeTensorMode]:
    with (
        FakeTensorMode(allow_non_fake_inputs=True) as mode,
        mock.patch("torch.from_numpy", lambda array: mode.from_tensor(_from_numpy(array))),
        mock.patch("torch.tensor", tensor),
        mock.patch("torch._fused_sgd_", fused_sgd),
    ):
        yield mode


def move(module: nn.Module, mode: FakeTensorMode, device: torch.device) -> None:
    """Parameters and buffers become fakes on the device; Module.to cannot swap a tensor for a fake."""
    for part in module.modules():
        for name, weight in part._parameters.items():
            if weight is not None:
                fake = mode.from_tensor(weight.detach()).to(device)
                part._parameters[name] = nn.Parameter(fake, requires_grad=weight.requires_grad)
        for name, buffer in part._buffers.items():
            part._buffers[name] = None if buffer is None else mode.from_tensor(buffer).to(device)
        if isinstance(part, nn.RNNBase):
            part._init_flat_weights()  # torch's own list of its parameters, which Module.to makes anew


def made_up(name: str) -> DataSet:
    kind, random = data.find(name), np.random.default_rng(0)
    x = random.integers(0, 255, (5 * BATCH, *kind.image_shape), np.uint8)
    y = random.integers(0, max(len(kind.classes), 1), 5 * BATCH, np.int64)
    return DataSet(name, x, y, x, y, tuple(kind.classes), "0" * 64, True)


def two_steps(variant: Variant) -> None:
    """Examples, models, two steps, scores, and a checkpoint's state that is taken and put back.

    In float32: autocast does not know a device that is made up. What is not covered: Lightning's own moves.
    """
    block = variant.spec
    spec = TrainingSpec.model_validate(
        block
        | {"precision": "float32", "data": {"name": block["data"]["name"], "validation": 0}}
        | {"batches": block["batches"] | {"size": BATCH}}
    )
    device, dataset = torch.device(NAME, 0), made_up(spec.data.name)
    models = make_models(spec, SEEDS, dataset.train_x.shape[1:], len(dataset.classes))
    replicates = make_replicates(spec, models, SEEDS, choose_strategy(spec, models[0], NAME))
    with fakes() as mode:
        splits = _splits(spec, dataset, device)
        move(replicates.module, mode, device)
        replicates.prepare()
        indices = torch.arange(2 * BATCH).view(2, BATCH).expand(len(SEEDS), 2, BATCH).to(device)
        replicates.run(splits["train"], Rows(indices), [0.1, 0.1], [True, True], 0)  # type: ignore[arg-type]
        for averaged in {False, spec.averaging["name"] != "none"}:
            assert replicates.scores(splits["test"].inputs[:BATCH], averaged).device == device
        replicates.load(1, replicates.state(0))


def tried(variant: Variant) -> str:
    try:
        two_steps(variant)
    except Exception as error:  # whatever it is, the test shows it
        return f"{variant.name}: {type(error).__name__}: {error}"[:300]
    return "ok"


def forgetful(scores: Tensor) -> Tensor:
    """A softmax that forgets the device: what the test is to find."""
    return (scores + torch.zeros(scores.shape[-1])).softmax(-1)


def say(found: dict[str, str]) -> None:
    """Print what was found as JSON, and end the process at once.

    torch keeps a thread for the made-up device. At a usual end it wakes up while Python closes, and one process in
    24 was aborted then ("terminate called without an active exception"), long after the last answer.
    """
    print(json.dumps(found), flush=True)
    os._exit(0)


def main() -> None:
    params = load_params(PARAMS)
    _setup_privateuseone_for_python_backend(NAME, Backend())
    variants = {study: resolve(params, study, "full") for study in params.studies}
    trained = {study: own[0] for study, own in variants.items() if {"optimizer", "batches"} <= own[0].spec.keys()}
    found = {study: tried(variant) for study, variant in trained.items()}
    with mock.patch.dict(NORMALIZERS, softmax=forgetful):
        found["a softmax that forgets the device"] = tried(trained["svhn_losses"])
    say(found)


if __name__ == "__main__":
    main()
