"""Trainings of models of the catalogue: `training.engine`, with all seeds of a variant at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from replab.blocks import Block, components_of
from replab.files import sha256_of_json
from replab.runners.components import code_of, counted, data, data_sets, name_of, places, sees, sizes_of, unseen
from replab.runners.runner import Finished, Place, Work
from replab.spec import Strict, TrainingSpec
from replab.training.outcomes import Outcome

if TYPE_CHECKING:
    import pytorch_lightning as lightning

    from replab.data import DataSet
    from replab.params import Variant

__all__ = ["KEY", "SPEC", "code", "cost", "counted", "data", "data_sets", "places", "run", "timed", "unseen"]

KEY = ""
SPEC: type[Strict] = TrainingSpec
ROOTS = [("training/engine.py", "train_group")]
# What computes a run besides, if it names a component of this kind.
BROUGHT_ALONG = {
    "centers": [("training/starting.py", "Starter")],
    "measure": [("training/measuring.py", "Measures")],
    "series": [("training/ending.py", "series_of")],
    "subset": [("training/subsets.py", "train_on_subsets")],
}
# What computes a measure besides, if it names one of these.
OF_MEASURES = {
    "objective": ("training/last_steps.py", "LastSteps"),
    "seen_scores": ("training/generalization.py", "Gaps"),
}


def code(spec: Block) -> dict[str, str]:
    """The source of the engine, the components, and what they bring along."""
    measures = spec.get("measures", [])
    besides = [place for name, place in OF_MEASURES.items() if any(sees(block, name) for block in measures)]
    return code_of(spec, ROOTS + besides, BROUGHT_ALONG)


def cost(spec: Block) -> Work:
    """Seconds go with what a step computes: of losses and the like only the names count.

    Records may be older than a key of the spec: what they lack is None.
    """
    budget = spec["budget"]
    period = budget.get("evaluate_every")
    named: Block = {key: name_of(spec.get(key)) for key in ("loss", "optimizer", "schedule", "averaging")}
    named["regularizers"] = [name_of(block) for block in spec.get("regularizers", [])]
    rest = {key: spec.get(key) for key in ("data", "input", "model", "gradient", "batches", "precision", "strategy")}
    near = {"model": sizes_of(spec["model"]), "batch": spec["batches"]["size"], "data": spec["data"]["name"]}
    return Work(
        exact=sha256_of_json(named | rest | {"budget": period}),
        near=sha256_of_json(near | {"precision": spec["precision"], "budget": period}),
        amount=int(budget.get("epochs") or budget["steps"]),
        points=int(budget.get("epochs") or budget["steps"] // period),
    )


def timed(variant: Variant, root: Path, limit: float) -> tuple[float, int]:
    """A part of an epoch on random data of the right shape."""
    from replab.runners.calibration import of_training

    return of_training(variant, root, limit)


def run(spec: Block, seeds: list[int], place: Place) -> Iterator[Finished]:
    """Train the seeds together; the weights are kept and the series is drawn from each one's checkpoint."""
    from replab.data import load

    checked, dataset = TrainingSpec.model_validate(spec), load(spec["data"]["name"], place.data_root)
    for outcome in _outcomes(checked, seeds, dataset, place):
        if place.keep_weights:
            from replab.runners.weights import keep_weights

            keep_weights(place, outcome.seed)
        yield Finished(_complete(outcome, spec), _series(checked, outcome, dataset, place))


def _outcomes(spec: TrainingSpec, seeds: list[int], dataset: DataSet, place: Place) -> Iterable[Outcome]:
    from replab.data.points import VALUE
    from replab.training.engine import train
    from replab.training.subsets import train_on_subsets

    def callbacks() -> list[lightning.Callback]:
        return _callbacks(spec, place)

    if spec.subset:
        return train_on_subsets(spec, seeds, dataset, place.checkpoint, callbacks, place.accelerator)
    trained = train(spec, seeds, dataset, place.checkpoint, callbacks(), place.accelerator)
    return map(without_accuracy, trained) if dataset.classes == VALUE else trained


def _callbacks(spec: TrainingSpec, place: Place) -> list[lightning.Callback]:
    """What goes along with a training: the line on the screen, and what a spec's components bring."""
    from replab.training.denormals import Flushing
    from replab.training.generalization import Gaps
    from replab.training.last_steps import LastSteps
    from replab.training.measuring import Measures
    from replab.training.placing import Placed
    from replab.training.starting import Starter

    of_last_step = [block for block in spec.measures if sees(block, "objective")]
    of_gaps = [block for block in spec.measures if sees(block, "seen_scores")]
    others = [block for block in spec.measures if block not in of_last_step + of_gaps]
    groups = ((Measures, others), (Gaps, of_gaps), (LastSteps, of_last_step))
    measures: list[lightning.Callback] = [callback(blocks) for callback, blocks in groups if blocks]
    starter = [Starter()] if "centers" in dict(components_of(place.variant.spec)) else []
    return [Placed(), Flushing(), place.display.callback(place.variant), *measures, *starter]


def _complete(outcome: Outcome, spec: Block) -> Outcome:
    """An outcome with the units of its measures, and with how its steps treated denormal numbers."""
    from replab.training.denormals import noted
    from replab.training.measuring import with_units

    return noted(replace(outcome, metrics=with_units(outcome.metrics, spec.get("measures", []))))


def _series(spec: TrainingSpec, outcome: Outcome, dataset: DataSet, place: Place) -> dict[str, Any]:
    """The series of a finished run, by its checkpoint; {} where its spec has none."""
    from replab.training import checkpoints
    from replab.training.ending import series_of

    if outcome.diverged_step is not None or spec.series is None:
        return {}
    content = checkpoints.load(place.checkpoint(outcome.seed))
    return {"series": series_of(spec, outcome.seed, dataset, content["state"])} if content else {}


def without_accuracy(outcome: Outcome) -> Outcome:
    """An outcome without what it says of right classes and of nats, which numbers do not have."""
    kept = {name: values for name, values in outcome.curves.items() if "accuracy" not in name}
    metrics = {name: entry | {"unit": ""} for name, entry in outcome.metrics.items() if "accuracy" not in name}
    return replace(outcome, curves=kept, metrics=metrics)
