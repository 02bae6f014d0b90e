"""Every study on a device that is made up, in a process of its own: prints JSON, study -> "ok" or why not.

A training of two steps with its evaluation and measures, and another one that goes on from its checkpoints.

Tensors are fakes: they have a shape and a device and no values, so that a CPU build of torch can hold them "on" a
device. Whatever mixes two devices raises. The device is torch's PrivateUse1, whose registration holds for a process.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
import torch
from pytorch_lightning import Callback
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._pytree import tree_map_only
from torch.utils.backend_registration import _DummyBackendModule, _setup_privateuseone_for_python_backend

from fake_values import Answers
from replab import data
from replab.blocks import components_of
from replab.data import DataSet
from replab.nn.normalizers import NORMALIZERS
from replab.params import Variant, resolve
from replab.params_loading import load_params
from replab.runners.training import _callbacks
from replab.spec import TrainingSpec
from replab.training.denormals import Flushing
from replab.training.engine import _splits
from replab.training.module import ReplicatesModule
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


def spec_of(variant: Variant) -> TrainingSpec:
    """The variant's in float32, with small batches: autocast does not know a device that is made up.

    Centres are drawn at random: how others are found goes by values, on the CPU.
    """
    block = variant.spec
    if "centers" in block["model"]:
        block = block | {"model": block["model"] | {"centers": {"name": "random", "count": 4}}}
    return TrainingSpec.model_validate(
        block
        | {"precision": "float32", "data": {"name": block["data"]["name"], "validation": 0}}
        | {"batches": block["batches"] | {"size": BATCH}}
    )


class Training:
    """What Lightning does with the engine's module and the runner's callbacks in an epoch, in its order."""

    def __init__(self, variant: Variant, dataset: DataSet) -> None:
        spec = spec_of(variant)
        models = make_models(spec, SEEDS, dataset.train_x.shape[1:], len(dataset.classes))
        replicates = make_replicates(spec, models, SEEDS, choose_strategy(spec, models[0], NAME))
        classes, run = len(dataset.classes), replicates.run
        replicates.run = lambda examples, rows, *rest: run(examples, Rows(rows), *rest)  # type: ignore
        self.module = ReplicatesModule(spec, SEEDS, replicates, lambda device: _splits(spec, dataset, device), classes)
        silent: Any = SimpleNamespace(callback=lambda _: Callback())
        place: Any = SimpleNamespace(display=silent, variant=SimpleNamespace(spec=variant.spec))
        self.callbacks = [each for each in _callbacks(spec, place) if not isinstance(each, Flushing)]

    def call(self, hook: str, *arguments: Any) -> None:
        """Callbacks come before the module."""
        for callback in self.callbacks:
            getattr(callback, hook)(self.module._trainer, self.module, *arguments)

    def run(self, start: list[Any], mode: FakeTensorMode) -> list[Any]:
        """Two steps, evaluation and measures; the checkpoints, as they are read again: on the CPU."""
        module, device = self.module, torch.device(NAME, 0)
        module._trainer = SimpleNamespace(strategy=SimpleNamespace(root_device=device), current_epoch=0)  # type: ignore
        module._device = device
        module.resume(len([one for one in start if one]), start)
        module.setup("fit")
        move(module, mode, device)
        for metric in module.metrics.values():
            metric.to(device)  # metrics have states beside their buffers
        module.configure_optimizers()
        self.call("on_fit_start")
        module.on_fit_start()
        module.training_step((0, 2), 0)
        self.call("on_train_batch_end", None, (0, 2), 0)
        module.validation_step(torch.arange(BATCH), 0)
        module.on_validation_epoch_end()
        self.call("on_validation_end")
        assert all(curves for curves in module.curves)
        states = [module.replicates.state(number) for number in range(len(SEEDS))]
        on_cpu = tree_map_only(Tensor, lambda tensor: tensor.cpu(), states)
        return [{"curves": {}, "diverged_step": None, "state": state} for state in on_cpu]


def copied(default: Any) -> Any:
    """What a metric begins with, copied: copy.deepcopy cannot copy a fake. See `tensor` for its one number."""
    if not isinstance(default, Tensor):
        return list(default)
    default.constant = None  # type: ignore[attr-defined]
    return default.clone()


def on_cpu(draw: Any, count: int) -> tuple[Tensor, Tensor]:
    """What a model is started with; some centres are found by scikit-learn, which knows no device."""
    inputs, targets = draw(count)
    assert (inputs.device.type, targets.device.type) == ("cpu", "cpu"), "started with what lies on two devices"
    return inputs, targets


def trained(variant: Variant) -> None:
    """A training, and another that goes on from its checkpoints. Not covered: what Lightning itself moves."""
    dataset = made_up(variant.spec["data"]["name"])
    first, second = Training(variant, dataset), Training(variant, dataset)
    fresh = make_models(spec_of(variant), SEEDS, dataset.train_x.shape[1:], len(dataset.classes))

    def started(*_: Any) -> list[nn.Module]:
        """A model to be started; one that is made among fakes cannot be built."""
        move(model := fresh.pop(), mode, torch.device("cpu"))
        begin: Any = model.start
        model.start = lambda draw, **rest: begin(partial(on_cpu, draw), **rest)  # type: ignore
        return [model]

    with (
        fakes() as mode,
        Answers(),
        mock.patch("torchmetrics.metric.deepcopy", copied),
        mock.patch("replab.training.starting.make_models", started),
    ):
        second.run(first.run([None for _ in SEEDS], mode), mode)


def tried(variant: Variant) -> str:
    try:
        trained(variant)
    except Exception as error:  # whatever it is, the test shows it
        return f"{variant.name}: {type(error).__name__}: {error}"[:300]
    return "ok"


def different(variants: list[Variant]) -> list[Variant]:
    """The first variant of each study, and those with a component that none before them has."""
    known: set[tuple[str, str]] = set()
    found: dict[str, list[Variant]] = {}
    for variant in variants:
        components = set(components_of(variant.spec))
        if variant.study not in found or not components <= known:
            found.setdefault(variant.study, []).append(variant)
        known |= components
    return [variant for own in found.values() for variant in own]


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
    variants = [variant for study in params.studies for variant in resolve(params, study, "full")]
    stepped = [variant for variant in variants if {"optimizer", "batches"} <= variant.spec.keys()]
    found = dict.fromkeys((variant.study for variant in stepped), "ok")
    for variant in different(stepped):
        found[variant.study] = found[variant.study].replace("ok", tried(variant))
    softmax = next(variant for variant in stepped if variant.study == "svhn_losses")
    with mock.patch.dict(NORMALIZERS, softmax=forgetful):
        found["a softmax that forgets the device"] = tried(softmax)
    with mock.patch("replab.training.placing.placed", lambda state, _: state):
        found["a resume that forgets the device"] = tried(softmax)
    say(found)


if __name__ == "__main__":
    main()
