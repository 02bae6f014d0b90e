"""Every study whose steps an engine makes, on a device that is made up: a tensor that stays on the CPU fails.

Each is built, makes steps, is evaluated and measured, and another one goes on from its checkpoint. Networks on
sequences are tried in their own precision, with CUDA's autocast: a product of two types fails, too. Fits and
measurements are made on the CPU, wherever they are. Not covered: Lightning's own moves, and bfloat16 in the common
engine. These need a real device: benchmarks/device.py.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from ours import our_params
from replab.params import resolve

HERE = Path(__file__).parent
PARAMS = our_params()
STEPPED = [
    study for study in PARAMS.studies if {"optimizer", "batches"} <= resolve(PARAMS, study, "full")[0].spec.keys()
]


SEQUENCES = [
    f"{study} {variant.name}"
    for study in PARAMS.studies
    for variant in resolve(PARAMS, study, "sample")
    if "network" in variant.spec
]


@cache
def found(file: str = "fake_device.py") -> dict[str, str]:
    script = [sys.executable, "-W", "ignore", str(HERE / file)]
    done = subprocess.run(script, capture_output=True, text=True, check=True)
    answers: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return answers


@pytest.mark.parametrize("study", STEPPED)
def test_no_tensor_of_a_training_is_left_on_the_cpu(study: str) -> None:
    assert found()[study] == "ok"


@pytest.mark.parametrize("what", ["a softmax", "a resume"])
def test_what_forgets_the_device_is_found(what: str) -> None:
    assert "same device" in found()[f"{what} that forgets the device"]


@pytest.mark.parametrize("variant", SEQUENCES)
def test_a_network_on_sequences_trains_resumes_and_is_measured_on_the_device(variant: str) -> None:
    assert found("fake_sequences.py")[variant] == "ok"


def test_a_product_of_two_types_is_found_which_an_h200_refused() -> None:
    assert found("fake_sequences.py")["without the mend"] == "RuntimeError: mm of torch.float32, torch.bfloat16"
