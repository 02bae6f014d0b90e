"""The time that a seed may take: a training that takes longer is a failure, not a finished run."""

from __future__ import annotations

import time
from typing import Any

from pytorch_lightning.callbacks import Callback

from replab.errors import ReplabError


class Limit(Callback):
    """Stops a training, or its test, after `seconds` (None: never). Raises ReplabError, after a batch.

    What was spent is in the checkpoint: a training that goes on has what is left of its time. It is no Timer of
    Lightning's. A Timer ends a training as if it were finished, and Trainer ignores `max_time` beside another Timer.
    """

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self.before, self.started = 0.0, time.monotonic()

    @property
    def spent(self) -> float:
        """Seconds until now, and until the checkpoint that the training goes on from."""
        return self.before + time.monotonic() - self.started

    def state_dict(self) -> dict[str, Any]:
        """For the checkpoint."""
        return {"spent": self.spent}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """From the checkpoint."""
        self.before = state_dict["spent"]

    def stop_if_over(self, *args: Any, **kwargs: Any) -> None:
        """After a batch, also of a validation and of the test; and at the start, when the checkpoint has been read."""
        if self.seconds is not None and self.spent >= self.seconds:
            raise ReplabError(f"the training was stopped after its timeout of {self.seconds:g} s")

    on_fit_start = on_train_batch_end = on_validation_batch_end = on_test_batch_end = stop_if_over
