"""The weights of the engines' runs, kept where their study asks for it."""

from __future__ import annotations

import numpy as np

from replab.files import replacing
from replab.runners.runner import Place
from replab.training import checkpoints


def keep_weights(place: Place, seed: int) -> None:
    """The parameters of a run's last evaluation, out of its checkpoint, as arrays that need no pickle to read."""
    checkpoint = checkpoints.load(place.checkpoint(seed))
    if checkpoint is not None:
        arrays = {name: value.numpy() for name, value in checkpoint["state"]["model"].items()}
        with replacing(place.store.weights(place.identities[seed])) as file:
            np.savez(file, **arrays)
