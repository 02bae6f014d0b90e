"""The names of metrics say which examples they were measured on.

Engines call whatever they test on "test". The data set of a run may test on the training examples
(`data.derived.on_train`): there `test_accuracy` would be read as that of the test images.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TESTS_ON_TRAINING_IMAGES = "_on_train"  # how the names of such data sets end
TEST = "test_"


def with_metrics_by_data(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """A run's record, in which `test_accuracy` of training images is `accuracy_on_training_images`; curves likewise."""
    if not str((record.get("data") or {}).get("name", "")).endswith(TESTS_ON_TRAINING_IMAGES):
        return record
    return {**record, **{part: _renamed(record[part]) for part in ("metrics", "curves") if record.get(part)}}


def _renamed(values: Mapping[str, Any]) -> dict[str, Any]:
    names = {name: f"{name.removeprefix(TEST)}_on_training_images" for name in values if name.startswith(TEST)}
    return {names.get(name, name): value for name, value in values.items()}
