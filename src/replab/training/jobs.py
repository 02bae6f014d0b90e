"""One job: every missing run of some variants, trained in one process, each record kept as it comes."""

from __future__ import annotations

import contextlib
import gc
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytorch_lightning as lightning

from replab import data, environment
from replab.blocks import components_of
from replab.data import DataSet, TextData
from replab.data.points import VALUE
from replab.errors import ReplabError
from replab.files import replacing
from replab.identity import code_sha256, places
from replab.params import Variant
from replab.project import Project
from replab.spec import FitSpec, SequenceSpec, TrainingSpec
from replab.store import Record, Store
from replab.training import checkpoints
from replab.training.devices import without_cudnn
from replab.training.ending import series_of
from replab.training.engine import train
from replab.training.fits import fit
from replab.training.measuring import Measures, with_units
from replab.training.outcomes import Outcome
from replab.training.placing import Placed
from replab.training.probes import measure
from replab.training.progress import Display
from replab.training.sequences import train_sequences
from replab.training.starting import Starter
from replab.training.subsets import train_on_subsets

Material = DataSet | TextData | None


def run_variants(project: Project, variants: Iterable[Variant], display: Display, accelerator: str) -> None:
    """Train what is missing. A failing variant does not stop the others.

    Raises ReplabError after all were tried, naming those that failed.
    """
    failures = []
    for variant in variants:
        wanted = project.identities(variant)
        try:
            _run_missing(project, variant, wanted, display, accelerator)
            gc.collect()  # a Trainer and its module refer to each other, and hold the data
        except (ReplabError, RuntimeError, ArithmeticError, TypeError, ValueError) as error:
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            failures.append(f"{variant.study} {variant.name}: {reason}")
            if not isinstance(error, ReplabError):  # whose message says it all
                display.log(traceback.format_exc())
            for identity in wanted.values():
                if project.store.get(identity) is None:
                    project.store.fail(identity, reason)
    if failures:
        more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        raise ReplabError(f"failed: {failures[0]}{more}; `replab status` lists all")


def _run_missing(
    project: Project, variant: Variant, wanted: dict[int, str], display: Display, accelerator: str
) -> None:
    store = project.store
    with contextlib.ExitStack() as held:
        for identity in sorted(wanted.values()):
            if store.get(identity) is None:
                held.enter_context(store.claim(identity))
        missing = [seed for seed, identity in wanted.items() if store.get(identity) is None]
        if not missing:
            return
        shared, material = _shared(project, variant), _material(project, variant)

        def path_of(seed: int) -> Path:
            return store.checkpoint(wanted[seed])

        for outcome in _outcomes(variant, material, missing, path_of, display, accelerator):
            if project.params.studies[variant.study].keep_weights:
                _keep_weights(store, wanted[outcome.seed])
            series = _series(variant, material, outcome, path_of(outcome.seed))
            store.put(shared | _own(variant, outcome, wanted[outcome.seed]) | series)


def _material(project: Project, variant: Variant) -> Material:
    """What the variant's runs are trained on, loaded once for all of them; None for a probe."""
    if variant.engine == "probe":
        return None
    load = data.load_text if variant.engine == "sequence" else data.load
    return load(variant.spec["data"]["name"], project.data_root)


def _keep_weights(store: Store, identity: str) -> None:
    """The parameters of a run's last evaluation, out of its checkpoint, as arrays that need no pickle to read."""
    checkpoint = checkpoints.load(store.checkpoint(identity))
    if checkpoint is not None:
        arrays = {name: value.numpy() for name, value in checkpoint["state"]["model"].items()}
        with replacing(store.weights(identity)) as file:
            np.savez(file, **arrays)


def _series(variant: Variant, material: Material, outcome: Outcome, checkpoint: Path) -> Record:
    """The series of a finished run, by its checkpoint; {} where its spec has none."""
    if outcome.diverged_step is not None or variant.spec.get("series") is None:
        return {}
    assert isinstance(material, DataSet)  # only specs of trainings have a series
    content = checkpoints.load(checkpoint)
    spec = TrainingSpec.model_validate(variant.spec)
    return {"series": series_of(spec, outcome.seed, material, content["state"])} if content else {}


def _outcomes(
    variant: Variant,
    material: Material,
    seeds: list[int],
    path_of: Callable[[int], Path],
    display: Display,
    accelerator: str,
) -> Iterable[Outcome]:
    if material is None:
        return measure(variant.spec["probe"], seeds)
    if isinstance(material, TextData):
        return _sequences(variant, material, seeds, path_of, display, accelerator)
    if variant.engine == "fit":
        return fit(FitSpec.model_validate(variant.spec), seeds, material)
    spec = TrainingSpec.model_validate(variant.spec)

    def callbacks() -> list[lightning.Callback]:
        return _callbacks(variant, spec, display)

    if spec.subset:
        return train_on_subsets(spec, seeds, material, path_of, callbacks, accelerator)
    trained = train(spec, seeds, material, path_of, callbacks(), accelerator)
    return map(_without_accuracy, trained) if material.classes == VALUE else trained


def _callbacks(variant: Variant, spec: TrainingSpec, display: Display) -> list[lightning.Callback]:
    """What goes along with a training: the line on the screen, and what a spec's components bring."""
    measures: list[lightning.Callback] = [Measures(spec.measures)] if spec.measures else []
    starter = [Starter()] if "centers" in dict(components_of(variant.spec)) else []
    return [Placed(), display.callback(variant), *measures, *starter]


def _sequences(
    variant: Variant,
    text: TextData,
    seeds: list[int],
    path_of: Callable[[int], Path],
    display: Display,
    accelerator: str,
) -> Iterator[Outcome]:
    """The outcomes of a network on sequences."""
    spec = SequenceSpec.model_validate(variant.spec)
    with without_cudnn():
        yield from train_sequences(
            spec, seeds, text, path_of, lambda: [Placed(), display.callback(variant)], accelerator
        )


def _without_accuracy(outcome: Outcome) -> Outcome:
    """An outcome without what it says of right classes and of nats, which numbers do not have."""
    kept = {name: values for name, values in outcome.curves.items() if "accuracy" not in name}
    metrics = {name: entry | {"unit": ""} for name, entry in outcome.metrics.items() if "accuracy" not in name}
    return replace(outcome, curves=kept, metrics=metrics)


def _shared(project: Project, variant: Variant) -> Record:
    """What the records of a variant's runs that are trained together have in common; looked up once, as they start."""
    sha256 = project.data_sha256(variant)
    return {
        "schema": 1,
        "spec": variant.spec,
        "environment": environment.describe(),
        "data": {"name": variant.spec["data"]["name"], "sha256": sha256} if sha256 else None,
        "code": places(variant.spec),
        "code_sha256": code_sha256(variant),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _own(variant: Variant, outcome: Outcome, identity: str) -> Record:
    """What a run's record has of its own."""
    return {
        "identity": identity,
        "seed": outcome.seed,
        "status": "done" if outcome.diverged_step is None else "diverged",
        "diverged_step": outcome.diverged_step,
        "metrics": with_units(outcome.metrics, variant.spec.get("measures", [])),
        "curves": outcome.curves,
        "cost": outcome.cost | environment.device_used(outcome.cost["device"]),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }
