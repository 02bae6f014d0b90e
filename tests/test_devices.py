"""Which device a process takes, and what lies on it; the number of devices is made up."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from replab.codebase import PACKAGE, closure
from replab.runners import RUNNERS
from replab.training import checkpoints, devices
from replab.training.devices import held, one_device, visible_devices, without_cudnn
from replab.training.placing import placed


@pytest.fixture
def four(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """A machine with four devices, none of which is chosen yet; what torch rounds is put back."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    threads, tf32 = torch.get_num_threads(), torch.backends.cudnn.allow_tf32
    yield monkeypatch
    torch.set_num_threads(threads)
    torch.backends.cudnn.allow_tf32 = tf32


def take_in_turn(locks: Path, names: list[str], count: int) -> list[str | None]:
    """What so many processes get that all go on; here they are one process, whose locks are as good."""
    contexts = [held(locks, names) for _ in range(count)]
    found = [context.__enter__() for context in contexts]
    for context in reversed(contexts):
        context.__exit__(None, None, None)
    return found


def test_each_process_takes_a_device_of_its_own(four: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert take_in_turn(tmp_path, visible_devices(), 4) == ["0", "1", "2", "3"]


def test_more_processes_than_devices_share_them_evenly(four: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert take_in_turn(tmp_path, ["0", "1"], 5) == ["0", "1", "0", "1", "0"]


def test_the_choice_is_among_the_devices_that_the_scheduler_gave(four: pytest.MonkeyPatch, tmp_path: Path) -> None:
    four.setenv("CUDA_VISIBLE_DEVICES", "2, 3")
    four.setattr(torch.cuda, "device_count", lambda: 2)
    assert take_in_turn(tmp_path, visible_devices(), 3) == ["2", "3", "2"]


def test_devices_may_be_named_by_uuid(four: pytest.MonkeyPatch, tmp_path: Path) -> None:
    uuids = ["GPU-8932f937-d72c-4106-c12f-20bd9faed9f6", "MIG-7a1c/5/0"]
    four.setenv("CUDA_VISIBLE_DEVICES", ",".join(uuids))
    four.setattr(torch.cuda, "device_count", lambda: 2)
    assert take_in_turn(tmp_path, visible_devices(), 2) == uuids


@pytest.mark.parametrize("said", ["", "-1"])
def test_no_device_is_taken_where_none_is_visible(said: str, four: pytest.MonkeyPatch, tmp_path: Path) -> None:
    four.setenv("CUDA_VISIBLE_DEVICES", said)
    four.setattr(torch.cuda, "device_count", lambda: 0)
    with one_device(tmp_path, 1):
        assert devices.os.environ["CUDA_VISIBLE_DEVICES"] == said


def test_the_chosen_device_is_the_only_visible_one_and_the_choice_is_taken_back(
    four: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with one_device(tmp_path, 1):
        assert devices.os.environ["CUDA_VISIBLE_DEVICES"] == "0"
    assert "CUDA_VISIBLE_DEVICES" not in devices.os.environ
    four.setenv("CUDA_VISIBLE_DEVICES", "3,1")
    with one_device(tmp_path, 1):
        assert devices.os.environ["CUDA_VISIBLE_DEVICES"] == "3"
    assert devices.os.environ["CUDA_VISIBLE_DEVICES"] == "3,1"


@pytest.mark.parametrize("accelerator", ["cpu", "mps"])
def test_no_cuda_device_is_held_for_a_training_elsewhere(
    accelerator: str, four: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with one_device(tmp_path, 1, accelerator):
        assert "CUDA_VISIBLE_DEVICES" not in devices.os.environ
    assert not list(tmp_path.iterdir())


def _hold(locks: Path, started: Any) -> None:
    with held(locks, ["0", "1"]):
        started.set()
        multiprocessing.Event().wait()


def test_a_killed_process_gives_its_device_back(four: pytest.MonkeyPatch, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    started = context.Event()
    process = context.Process(target=_hold, args=(tmp_path, started))
    process.start()
    assert started.wait(60)
    assert take_in_turn(tmp_path, ["0", "1"], 1) == ["1"]
    process.kill()
    process.join()
    assert take_in_turn(tmp_path, ["0", "1"], 1) == ["0"]


def test_float32_is_not_rounded_to_tf32_on_any_device(four: pytest.MonkeyPatch, tmp_path: Path) -> None:
    torch.backends.cudnn.allow_tf32 = True
    with one_device(tmp_path, 1):
        assert not torch.backends.cudnn.allow_tf32
        assert not torch.backends.cuda.matmul.allow_tf32


def test_cudnn_is_left_out_for_a_while() -> None:
    before = torch.backends.cudnn.enabled
    with without_cudnn():
        assert not torch.backends.cudnn.enabled
    assert torch.backends.cudnn.enabled == before


def test_a_checkpoint_is_read_onto_the_cpu_wherever_it_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {}
    load = torch.load
    monkeypatch.setattr(torch, "load", lambda *args, **settings: asked.update(settings) or load(*args, **settings))
    checkpoints.save(tmp_path / "a.pt", {"weights": torch.ones(2)})
    checkpoints.load(tmp_path / "a.pt")
    assert asked == {"map_location": "cpu", "weights_only": True}


def test_a_state_is_brought_to_the_device_but_for_the_counters_of_steps() -> None:
    state = {"model": {"w": torch.ones(2, 3)}, "optimizer": {"w": {"step": torch.tensor(5.0), "m": torch.ones(2, 3)}}}
    found = placed(state, torch.device("meta"))
    assert found["model"]["w"].is_meta and found["optimizer"]["w"]["m"].is_meta
    assert found["optimizer"]["w"]["step"].item() == 5
    assert placed(None, torch.device("meta")) is None


@pytest.mark.parametrize("engine", [name for name, runner in RUNNERS.items() if hasattr(runner, "ROOTS")])
def test_no_identity_depends_on_how_a_device_is_chosen(engine: str) -> None:
    texts = closure([(PACKAGE / file, name) for file, name in RUNNERS[engine].ROOTS])
    names = ("one_device", "visible_devices", "held", "without_cudnn", "placing.py", "like_the_cpu")
    assert not [key for key in texts if any(name in key for name in names)]
