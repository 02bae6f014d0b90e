"""One job: every missing run of some variants, trained in one process, each record kept as it comes."""

from __future__ import annotations

import contextlib
import gc
import traceback
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytorch_lightning as lightning

from replab import data, environment
from replab.blocks import components_of
from replab.data.points import VALUE
from replab.errors import ReplabError
from replab.files import replacing
from replab.identity import code_sha256, places
from replab.params import Variant
from replab.project import Project
from replab.spec import FitSpec, SequenceSpec, TrainingSpec
from replab.store import Record, Store
from replab.training import checkpoints
from replab.training.ending import series_of
from replab.training.engine import train
from replab.training.fits import fit
from replab.training.measuring import Measures, with_units
from replab.training.outcomes import Outcome
from replab.training.probes import measure
from replab.training.progress import Display
from replab.training.sequences import train_sequences
from replab.training.starting import Starter
from replab.training.subsets import train_on_subsets


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
        shared = _shared(project, variant) if missing else {}
        for outcome in _outcomes(project, variant, missing, wanted, display, accelerator) if missing else ():
            if project.params.studies[variant.study].keep_weights:
                _keep_weights(store, wanted[outcome.seed])
            kept = _series(project, variant, outcome, wanted[outcome.seed])
            store.put(shared | _own(variant, outcome, wanted[outcome.seed]) | kept)


def _keep_weights(store: Store, identity: str) -> None:
    """The parameters of a run's last evaluation, out of its checkpoint, as arrays that need no pickle to read."""
    checkpoint = checkpoints.load(store.checkpoint(identity))
    if checkpoint is not None:
        arrays = {name: value.numpy() for name, value in checkpoint["state"]["model"].items()}
        with replacing(store.weights(identity)) as file:
            np.savez(file, **arrays)


def _series(project: Project, variant: Variant, outcome: Outcome, identity: str) -> Record:
    """The series of a finished run, by its checkpoint; {} where its spec has none."""
    if outcome.diverged_step is not None or variant.spec.get("series") is None:
        return {}
    spec, dataset = (
        TrainingSpec.model_validate(variant.spec),
        data.load(variant.spec["data"]["name"], project.data_root),
    )
    checkpoint = checkpoints.load(project.store.checkpoint(identity))
    return {"series": series_of(spec, outcome.seed, dataset, checkpoint["state"])} if checkpoint else {}


def _outcomes(
    project: Project,
    variant: Variant,
    seeds: list[int],
    wanted: dict[int, str],
    display: Display,
    accelerator: str,
) -> Iterable[Outcome]:
    if variant.engine == "probe":
        return measure(variant.spec["probe"], seeds)

    def path_of(seed: int) -> Path:
        return project.store.checkpoint(wanted[seed])

    if variant.engine == "sequence":
        text = data.load_text(variant.spec["data"]["name"], project.data_root)
        sequences = SequenceSpec.model_validate(variant.spec)
        return train_sequences(sequences, seeds, text, path_of, lambda: [display.callback(variant)], accelerator)
    dataset = data.load(variant.spec["data"]["name"], project.data_root)
    if variant.engine == "fit":
        return fit(FitSpec.model_validate(variant.spec), seeds, dataset)
    spec = TrainingSpec.model_validate(variant.spec)

    def callbacks() -> list[lightning.Callback]:
        return _callbacks(variant, spec, display)

    if spec.subset:
        return train_on_subsets(spec, seeds, dataset, path_of, callbacks, accelerator)
    trained = train(spec, seeds, dataset, path_of, callbacks(), accelerator)
    return map(_without_accuracy, trained) if dataset.classes == VALUE else trained


def _callbacks(variant: Variant, spec: TrainingSpec, display: Display) -> list[lightning.Callback]:
    """What goes along with a training: the line on the screen, and what a spec's components bring."""
    measures: list[lightning.Callback] = [Measures(spec.measures)] if spec.measures else []
    starter = [Starter()] if "centers" in dict(components_of(variant.spec)) else []
    return [display.callback(variant), *measures, *starter]


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
        "cost": outcome.cost,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }
