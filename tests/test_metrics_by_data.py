"""What a metric is called follows from the examples that it was measured on."""

from __future__ import annotations

import pytest

from replab.data import DATASETS
from replab.data.derived import training_examples_twice
from replab.judging.metrics_by_data import TESTS_ON_TRAINING_IMAGES, with_metrics_by_data
from replab.metric_words import direction, is_share


def record(data: str) -> dict[str, object]:
    metrics = {"test_accuracy": {"value": 1.0}, "validation_accuracy": {"value": 2.0}}
    return {"data": {"name": data}, "metrics": metrics, "curves": {"step": [1], "test_accuracy": [1.0]}}


def test_the_accuracy_of_training_images_is_called_so() -> None:
    found = with_metrics_by_data(record("cifar10_on_train"))
    assert found["metrics"] == {"accuracy_on_training_images": {"value": 1.0}, "validation_accuracy": {"value": 2.0}}
    assert found["curves"] == {"step": [1], "accuracy_on_training_images": [1.0]}
    assert is_share("accuracy_on_training_images") and direction("accuracy_on_training_images") > 0


def test_that_of_test_images_keeps_its_name() -> None:
    for run in (record("cifar10"), {"status": "diverged"}):
        assert with_metrics_by_data(run) is run


def test_every_data_set_that_tests_on_training_images_is_named_so() -> None:
    tests_on_them = {
        name for name, source in DATASETS.items() if getattr(source, "decode", None) is training_examples_twice
    }
    assert tests_on_them == {name for name in DATASETS if name.endswith(TESTS_ON_TRAINING_IMAGES)} != set()


@pytest.mark.parametrize(
    "metric", ["accuracy_drop", "error_reduction", "neg_log_loss", "bleu_improvement", "forgetting"]
)
def test_a_change_of_a_metric_and_one_with_its_sign_turned_have_no_direction_by_their_names(metric):
    assert direction(metric) == 0 and not is_share(metric)
