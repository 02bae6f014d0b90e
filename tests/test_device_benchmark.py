"""The benchmark of accelerators, without one: what goes wrong in it costs only what went wrong."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # from Python 3.12 on


@pytest.fixture(scope="module")
def device() -> Iterator[ModuleType]:
    sys.path.insert(0, str(BENCHMARKS))
    import device as module

    yield module
    sys.path.remove(str(BENCHMARKS))


class AcceleratorError(RuntimeError):
    """As torch's, which needs an accelerator to be made."""


def lost() -> list[Any]:
    raise AcceleratorError("CUDA error: an illegal memory access was encountered")


def wrong() -> list[Any]:
    raise ValueError("first\nlast")


def process() -> list[Any]:
    return [("process", str(os.getpid()))]


def page_of(
    device: ModuleType, items: dict[str, Callable[[], list[Any]]], monkeypatch: pytest.MonkeyPatch, path: Path
) -> tuple[str, int]:
    """The page of a benchmark of these items, and how many went wrong."""
    part = device.Part("Tried", 1000, ("what", "verdict"), lambda setting: items)
    monkeypatch.setattr(device, "PARTS", {"tried": part})
    setting, report = device.Setting("cpu", True), device.Report(path)
    device.part_done("tried", setting, report, get_context("fork"), time.monotonic() + 500)
    return path.read_text("utf-8"), report.wrong


def test_an_error_a_crash_and_a_lost_device_cost_the_other_items_nothing(
    device: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    items: dict[str, Callable[[], list[Any]]] = {
        "far": lambda: [("far", "TOO FAR on cuda")],
        "raises": wrong,
        "first": process,
        "dies": lambda: os._exit(3),
        "second": process,
        "loses the device": lost,
        "third": process,
    }
    text, count = page_of(device, items, monkeypatch, tmp_path / "page.md")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    processes = [row[1] for row in rows if row[0] == "process"]
    assert len(set(processes)) == 3, "each of the three had to begin a process of its own"
    assert ["raises", "FAILED: ValueError: first last"] in rows and [
        "dies",
        "FAILED: its process ended with status 3",
    ] in rows
    assert "### raises\n\n```\nTraceback" in text and "illegal memory access" in text
    assert count == 4


def test_an_item_that_hangs_is_ended(device: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(device, "ITEM_SECONDS", 0.1)
    text, count = page_of(device, {"hangs": lambda: time.sleep(1000)}, monkeypatch, tmp_path / "page.md")  # type: ignore[dict-item,return-value]
    assert "| hangs | FAILED: it did not end in its time |" in text and count == 1


def test_what_is_not_reached_is_said(device: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(device, "NEEDED", 1e6)
    text, count = page_of(device, {"late": process}, monkeypatch, tmp_path / "page.md")
    assert "| late | FAILED: not reached" in text and count == 1


def test_all_parts_fit_into_the_time_of_all(device: ModuleType) -> None:
    assert device.SECONDS <= 8 * 60


@pytest.mark.parametrize(
    ("study", "name", "way"),
    [("mnist_adam_betas", "beta_1_0.9_beta_2_0.999", "loop"), ("mnist_activations_losses", "tanh_hinge", "vmap")],
)
def test_the_step_that_is_captured_is_the_step_of_the_engine(
    device: ModuleType, study: str, name: str, way: str
) -> None:
    """Without the capture itself: indices, rates and losses by a counter on the device, from the same first weights."""
    runs = sys.modules["device_runs"]
    variant = runs.variant_of(study, name, averaging={"name": "none"}, strategy=way)
    trial = sys.modules["device_captured"].compared(runs.cut(variant, runs.TINY), 2, device.Setting("cpu", True))
    assert trial[-1] == "ok" and float(trial[3]) < 1e-5


def test_the_warm_up_of_a_capture_is_taken_back(device: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    trial, runs = sys.modules["device_captured"], sys.modules["device_runs"]
    setting = device.Setting("cpu", True)
    variant = runs.cut(runs.variant_of("mnist_activations_losses", "tanh_cross_entropy", strategy="vmap"), runs.TINY)
    replicates, examples = trial.prepared(variant, [0], setting)
    captured = trial.Captured(replicates, examples, (1, 4, variant.spec["batches"]["size"]))
    restore, before = captured._restoring(), [weights.clone() for weights in replicates.module.parameters()]
    captured.lrs.fill_(0.1)
    captured.step()
    assert not all(a.equal(b) for a, b in zip(before, replicates.module.parameters(), strict=True))
    restore()
    assert all(a.equal(b) for a, b in zip(before, replicates.module.parameters(), strict=True))
    moments = [moment for state in replicates.optimizer.state.values() for moment in state.values()]
    assert moments and not any(moment.any() for moment in moments) and captured.counter.item() == 0


@pytest.mark.slow
def test_a_dry_run_goes_through_every_part(tmp_path: Path) -> None:
    command = [sys.executable, str(BENCHMARKS / "device.py"), "--dry-run", "--output", str(tmp_path / "page.md")]
    done = subprocess.run(command, capture_output=True, text=True)
    text = (tmp_path / "page.md").read_text("utf-8")
    assert done.returncode == 0, text + done.stderr
    assert text.count("\n## ") == 7 and "FAILED" not in text
