"""How long an epoch takes here: measured in a second on a part of it, with data of the right shape."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from replab import data
from replab.blocks import Block
from replab.data import DataSet
from replab.errors import ReplabError
from replab.spec import Data, FitSpec, ProbeSpec, SequenceSpec, TrainingSpec

if TYPE_CHECKING:
    from replab.params import Variant

FIRST_STEPS = 10
SLOW_STEP = 0.2  # seconds: next to it, what an epoch costs besides its steps is little
EPOCHS = 3  # the first one warms up
IMPORTS = 4.0  # seconds: what a first measurement imports takes less
HARMLESS = 1e-12  # a learning rate that makes nothing of random data diverge


def seconds_per_unit(variant: Variant, root: Path, limit: float) -> tuple[float, int]:
    """(seconds that an epoch, or a step, of one of the variant's runs takes; its parameters), within about `limit` s.

    Raises ReplabError where the data set's shape is unknown, a text is not prepared, or nothing can be timed.
    """
    return variant.runner.timed(variant, root, limit)


def of_training(variant: Variant, root: Path, limit: float) -> tuple[float, int]:
    """Of a training. As many seeds as the variant has are trained together, by the engine itself, on random bytes of
    the data's shape: speed does not depend on them.

    Train and test sets are cut alike, so that the share of evaluating stays. One step says enough of a slow run; of
    others two lengths tell what goes with the steps from what does not.
    """
    spec = TrainingSpec.model_validate(variant.spec)
    sizes = _sizes(spec.data, root)
    period = spec.budget.evaluate_every or sizes["train"] // spec.batches.size
    one, parameters = _epoch(variant, sizes, 1 / period, root)
    whole = one * period if one > SLOW_STEP or period == 1 else _whole(variant, sizes, period, root, limit)
    return whole / len(_together(variant)) / (period if spec.budget.steps else 1), parameters


def _whole(variant: Variant, sizes: dict[str, int], period: int, root: Path, limit: float) -> float:
    """Seconds of an epoch of `period` steps, by two parts of it."""
    few = min(FIRST_STEPS, period)
    first = _epoch(variant, sizes, few / period, root)[0]
    in_time = int(few * limit / (first * EPOCHS))
    # A longer part too where there is time for it, a shorter one where there is not.
    other = few if few == period else min(period, in_time) if in_time >= 2 * few else max(1, few // 3)
    second = _epoch(variant, sizes, other / period, root)[0] if other != few else first
    (few, short), (more, long) = sorted([(few, first), (other, second)])
    # What an epoch costs besides its steps (checkpoints, the Trainer) is in both, and is paid once.
    return long + max(0.0, long - short) / max(1, more - few) * (period - more)


def _together(variant: Variant) -> list[int]:
    """The seeds that a process trains at a time: one, where each has examples of its own."""
    return list(variant.seeds[:1] if variant.spec.get("subset") else variant.seeds)


def _seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def of_probe(variant: Variant, root: Path) -> tuple[float, int]:
    """Of a measurement, done in whole; on random data, where it is on data.

    A short one is done again: the first one of a process imports what it needs, which takes seconds.
    """
    from replab.training.probes import measure
    from replab.training.probes_on_data import measure_on_data

    spec, seeds = ProbeSpec.model_validate(variant.spec), [variant.seeds[0]]
    if spec.data is None:
        work = partial(_seconds, lambda: list(measure(spec.probe, seeds)))
        first = work()
        return (first if first > IMPORTS else work()), 0
    [outcome] = measure_on_data(spec, seeds, _random(spec.data.name, _sizes(spec.data, root), root))
    return outcome.cost["train_seconds"], 0


def of_fit(variant: Variant, root: Path) -> tuple[float, int]:
    """Of a fit, done once in whole, on random data."""
    from replab.training.fits import fit

    spec = FitSpec.model_validate(variant.spec)
    [outcome] = fit(spec, [variant.seeds[0]], _random(spec.data.name, _sizes(spec.data, root), root))
    return outcome.cost["train_seconds"], outcome.cost["parameters"]


def of_sequences(variant: Variant, root: Path, limit: float) -> tuple[float, int]:
    """Of an epoch of one network, from its first steps on the text itself."""
    import torch

    from replab.building import build
    from replab.training.randomness import generator
    from replab.training.sequence_module import SequenceModule

    spec, text = SequenceSpec.model_validate(variant.spec), data.load_text(variant.spec["data"]["name"], root)
    network = build("network", spec.network, vocabularies=text.vocabularies, generator=generator(0, "weights"))
    module = SequenceModule(spec, 0, network, text)
    module.to_device(torch.device("cpu"))
    steps = len(module.train_dataloader())
    module.on_train_epoch_start()
    module.training_step(0, 0)  # the first one warms up
    times: list[float] = []
    while sum(times) < limit and len(times) < steps - 1:
        number = len(times) + 1
        times.append(_seconds(partial(module.training_step, number, number)))
    return float(np.mean(times or [0.0])) * steps, sum(parameter.numel() for parameter in network.parameters())


def _arrays(name: str, root: Path) -> dict[str, tuple[tuple[int, ...], str]]:
    """array -> (shape, dtype), from the manifest, or from what the data set says of itself."""
    try:
        arrays = data.manifest(name, root)["arrays"]
    except ReplabError:
        source = data.find(name)
        kinds = {"x": getattr(source, "dtype", "uint8"), "y": "int64"}
        return {array: (shape, kinds[array[-1]]) for array, shape in source.array_shapes.items()}
    return {array.removesuffix(".npy"): (tuple(entry["shape"]), entry["dtype"]) for array, entry in arrays.items()}


def _sizes(wanted: Data, root: Path) -> dict[str, int]:
    """How many examples a run trains, validates and tests on."""
    arrays = _arrays(wanted.name, root)
    train = arrays["train_x"][0][0] - wanted.validation
    test = arrays["test_x"][0][0]
    return {
        "train": min(train, wanted.train or train),
        "validation": wanted.validation,
        "test": min(test, wanted.test or test),
    }


def _epoch(variant: Variant, sizes: dict[str, int], share: float, root: Path) -> tuple[float, int]:
    """Seconds of `share` of an epoch, all of the variant's seeds together, and the parameters of one."""
    from pytorch_lightning.callbacks import LambdaCallback

    from replab.training.engine import train

    cut = {name: max(1, round(size * share)) if size else 0 for name, size in sizes.items()}
    batch = variant.spec["batches"]["size"]
    cut["train"] = max(batch, cut["train"] // batch * batch)
    changed: Block = {
        "data": {"name": variant.spec["data"]["name"], "validation": cut["validation"]},
        "budget": {"epochs": EPOCHS},
        "optimizer": variant.spec["optimizer"] | {"lr": HARMLESS},
    }
    spec, times = TrainingSpec.model_validate(variant.spec | changed), []
    clock = LambdaCallback(on_train_epoch_end=lambda *_: times.append(time.perf_counter()))
    dataset = _random(spec.data.name, cut, root)
    with tempfile.TemporaryDirectory() as folder:
        outcomes = list(train(spec, _together(variant), dataset, lambda seed: Path(folder) / str(seed), [clock]))
    if len(times) < 2:
        raise ReplabError("its training diverges on random data at once, so that no epoch can be timed")
    return float(np.mean(np.diff(times))), outcomes[0].cost["parameters"]


def _random(name: str, cut: dict[str, int], root: Path) -> DataSet:
    """Random data of the shape and type of a data set's, so many examples."""
    random, arrays, source = np.random.default_rng(0), _arrays(name, root), data.find(name)

    def inputs(array: str, examples: int) -> np.ndarray:
        shape, dtype = arrays[array]
        size = (examples, *shape[1:])
        return random.integers(0, 256, size, np.uint8) if dtype == "uint8" else random.normal(size=size).astype(dtype)

    def labels(examples: int) -> np.ndarray:
        return random.integers(0, len(source.classes), examples)

    seen, tested = cut["train"] + cut["validation"], cut["test"]
    splits = inputs("train_x", seen), labels(seen), inputs("test_x", tested), labels(tested)
    return DataSet(name, *splits, source.classes, "0" * 64, source.sample)
