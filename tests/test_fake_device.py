"""Every study whose steps the common engine makes, on a device that is made up: a tensor that stays on the CPU fails.

Not covered: the networks for sequences, the closed fits, Lightning's own moves, and products in bfloat16. These need a
real device: benchmarks/device.py.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from replab.params import load_params, resolve

HERE = Path(__file__).parent
PARAMS = load_params(HERE.parent / "params.yaml")
STEPPED = [
    study for study in PARAMS.studies if {"optimizer", "batches"} <= resolve(PARAMS, study, "full")[0].spec.keys()
]


@cache
def found() -> dict[str, str]:
    script = [sys.executable, "-W", "ignore", str(HERE / "fake_device.py")]
    done = subprocess.run(script, capture_output=True, text=True, check=True)
    answers: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return answers


@pytest.mark.parametrize("study", STEPPED)
def test_no_tensor_of_a_step_is_left_on_the_cpu(study: str) -> None:
    assert found()[study] == "ok"


def test_a_component_that_forgets_the_device_is_found() -> None:
    assert "at least two devices" in found()["a softmax that forgets the device"]
