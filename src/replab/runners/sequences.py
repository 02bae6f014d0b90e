"""Networks that are trained on a text: `training.sequences`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from replab.blocks import Block
from replab.files import sha256_of_json
from replab.runners.components import code_of, counted, data, data_sets, places, sizes_of, unseen
from replab.runners.runner import Finished, Place, Work
from replab.spec import SequenceSpec, Strict

if TYPE_CHECKING:
    import pytorch_lightning as lightning

    from replab.params import Variant

__all__ = ["KEY", "SPEC", "code", "cost", "counted", "data", "data_sets", "places", "run", "timed", "unseen"]

KEY = "sequences"
SPEC: type[Strict] = SequenceSpec
ROOTS = [("training/sequences.py", "train_sequences")]


def code(spec: Block) -> dict[str, str]:
    """The source of the engine and the components."""
    return code_of(spec, ROOTS)


def cost(spec: Block) -> Work:
    """Seconds go with the epochs."""
    near = {key: sizes_of(spec[key]) for key in ("network", "sequences", "data")}
    epochs = spec["budget"]["epochs"]
    return Work(sha256_of_json(spec), sha256_of_json(near | {"precision": spec["precision"]}), epochs, epochs)


def timed(variant: Variant, root: Path, limit: float) -> tuple[float, int]:
    """The first steps on the text itself."""
    from replab.runners.calibration import of_sequences

    return of_sequences(variant, root, limit)


def run(spec: Block, seeds: list[int], place: Place) -> Iterator[Finished]:
    """Train one network a seed, one after the other."""
    from replab.data import load_text
    from replab.runners.weights import keep_weights
    from replab.training.denormals import Flushing, noted
    from replab.training.like_the_cpu import like_the_cpu
    from replab.training.placing import Placed
    from replab.training.sequences import train_sequences

    checked, text = SequenceSpec.model_validate(spec), load_text(spec["data"]["name"], place.data_root)

    def callbacks() -> list[lightning.Callback]:
        return [Placed(), Flushing(), place.display.callback(place.variant)]

    with like_the_cpu():
        for outcome in train_sequences(checked, seeds, text, place.checkpoint, callbacks, place.accelerator):
            if place.keep_weights:
                keep_weights(place, outcome.seed)
            yield Finished(noted(outcome))
