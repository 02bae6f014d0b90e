"""Which device a process takes, and what lies on it; the number of devices is made up."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from ours import our_params
from replab.__main__ import main
from replab.codebase import PACKAGE, closure
from replab.errors import ReplabError
from replab.params import resolve
from replab.runners import RUNNERS, jobs, slots
from replab.runners.lightning_kept import Kept
from replab.training import checkpoints, devices
from replab.training.devices import held, one_device, visible_devices, without_cudnn
from replab.training.like_the_cpu import LikeTheCPU
from replab.training.placing import Placed, placed
from tiny import params, write_params


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


UUIDS = [f"GPU-{number}932f937-d72c-4106-c12f-20bd9faed9f6" for number in range(4)]
VISIBLE = {
    "2,3": ["2", "3"],
    " 3 , 1 ": ["3", "1"],
    "0,9,1": ["0"],  # CUDA leaves out what stands behind one that is not there
    "1,-1,2": ["1"],
    "1,1": [],
    "": [],
    "-1": [],
    "NoDevFiles": [],  # what SLURM writes for a job without a device
    f"{UUIDS[2]},{UUIDS[0]}": [UUIDS[2], UUIDS[0]],
    UUIDS[3][:9]: [UUIDS[3][:9]],
    f"{UUIDS[1]},GPU-no": [UUIDS[1]],
    "MIG-a,MIG-b": ["MIG-a", "MIG-b"],
    "MIG-GPU-8932/5/0": ["MIG-GPU-8932/5/0"],
    "MIG-a,0": ["MIG-a"],
}


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A machine with four devices as NVIDIA's management library tells torch of them; CUDA itself is not asked."""
    monkeypatch.setattr(torch.cuda, "_is_compiled", lambda: True)
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: True)
    monkeypatch.setattr(torch.cuda, "_raw_device_count_nvml", lambda: len(UUIDS))
    monkeypatch.setattr(torch.cuda, "_raw_device_uuid_nvml", lambda: UUIDS)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    (tmp_path / "nvidiactl").touch()
    monkeypatch.setattr(slots, "DRIVERS", (tmp_path / "nvidiactl",))
    return monkeypatch


@pytest.mark.parametrize("said", VISIBLE)
def test_devices_are_those_that_torch_reads_out_of_the_variable(said: str, driver: pytest.MonkeyPatch) -> None:
    driver.setenv("CUDA_VISIBLE_DEVICES", said)
    assert visible_devices() == VISIBLE[said]


def test_all_devices_are_visible_where_nobody_chose(driver: pytest.MonkeyPatch) -> None:
    assert visible_devices() == ["0", "1", "2", "3"]


@pytest.mark.parametrize(("accelerator", "taken"), [("auto", "2"), ("gpu", "2"), ("cuda", "2"), ("cpu", "2,3")])
def test_a_training_holds_one_of_the_devices_that_it_was_given(
    accelerator: str, taken: str, driver: pytest.MonkeyPatch, folder: Path
) -> None:
    seen: list[Any] = []

    def note(*_: Any) -> None:
        seen.append((devices.os.environ["CUDA_VISIBLE_DEVICES"], take_in_turn(Path(".replab/locks"), ["2"], 1)))
        seen.append([path.name for path in Path(".replab/locks").glob("gpu-2-1.lock")])

    driver.setenv("CUDA_VISIBLE_DEVICES", "2,3")
    driver.setattr(jobs, "run_variants", note)
    write_params(folder / "params.yaml", params())
    assert main(["train", "tiny", "--quiet", "--threads", "1", "--accelerator", accelerator]) == 0
    second = ["gpu-2-1.lock"] * (accelerator != "cpu")  # a second process finds the first slot held
    assert seen == [(taken, ["2"]), second] and devices.os.environ["CUDA_VISIBLE_DEVICES"] == "2,3"


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


def test_lightnings_module_is_brought_back_to_the_device_and_a_resumed_state_to_it() -> None:
    there, network = torch.device("meta"), torch.nn.Linear(2, 3)
    module: Any = SimpleNamespace(states=[{"model": {"w": torch.ones(2, 3)}}, None], device=there)
    trainer: Any = SimpleNamespace(strategy=SimpleNamespace(root_device=there))
    Placed().on_fit_start(trainer, module)
    Placed().on_fit_end(trainer, network)  # type: ignore[arg-type]
    assert module.states[0]["model"]["w"].is_meta and module.states[1] is None and network.weight.is_meta


def test_networks_on_sequences_are_trained_as_the_device_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def trains(*arguments: Any) -> list[Any]:
        modes = [type(mode) for mode in torch.overrides._get_current_function_mode_stack()]
        seen.extend([*map(type, arguments[4]()), *modes, torch.backends.cudnn.enabled])
        return []

    monkeypatch.setattr("replab.training.sequences.train_sequences", trains)
    monkeypatch.setattr("replab.data.load_text", lambda *_: None)
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    [variant, *_] = resolve(our_params(), "ptb_lstm", "sample")
    display = SimpleNamespace(callback=lambda _: None)
    place: Any = SimpleNamespace(variant=variant, display=display, data_root=None, checkpoint=None, accelerator="auto")
    assert list(RUNNERS["sequences"].run(variant.spec, [0], place)) == []
    assert Placed in seen and LikeTheCPU in seen and seen[-1] is False


@pytest.mark.parametrize("engine", [name for name, runner in RUNNERS.items() if hasattr(runner, "ROOTS")])
def test_no_identity_depends_on_how_a_device_is_chosen(engine: str) -> None:
    texts = closure([(PACKAGE / file, name) for file, name in RUNNERS[engine].ROOTS])
    names = ("one_device", "devices.py:exact", "visible_devices", "held", "without_cudnn", "placing.py", "like_the_cpu")
    assert not [key for key in texts if any(name in key for name in names)]


def test_sums_of_products_in_bf16_are_float32_as_on_a_cpu(four: pytest.MonkeyPatch, tmp_path: Path) -> None:
    matmul = torch.backends.cuda.matmul
    before = matmul.allow_bf16_reduced_precision_reduction
    matmul.allow_tf32 = matmul.allow_bf16_reduced_precision_reduction = True
    try:
        with one_device(tmp_path, 1):
            assert not matmul.allow_tf32 and not matmul.allow_bf16_reduced_precision_reduction
    finally:
        matmul.allow_tf32, matmul.allow_bf16_reduced_precision_reduction = False, before


@pytest.mark.parametrize("asked", ["gpu", "cuda", "mps"])
def test_an_accelerator_that_is_not_there_is_said_before_anything_runs(asked: str, tmp_path: Path) -> None:
    with pytest.raises(ReplabError, match=f"--accelerator {asked}: torch .* finds none on this machine"):
        slots.device_slot(tmp_path, 1, asked).__enter__()


def test_linux_within_windows_has_an_accelerator_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(slots, "DRIVERS", (tmp_path / "nvidiactl", tmp_path / "dxg"))
    assert slots.device() == "cpu"
    (tmp_path / "dxg").touch()
    assert slots.device() == "cuda"


class AcceleratorError(RuntimeError):
    """As torch's, which needs an accelerator to be made."""


@pytest.mark.parametrize(
    ("error", "said", "tried", "shown"),
    [
        (
            torch.OutOfMemoryError("CUDA out of memory. Tried\nmore"),
            "the accelerator has too little memory .*--accelerator cpu",
            2,
            0,
        ),
        (AcceleratorError("CUDA error: unspecified"), "AcceleratorError: CUDA error", 1, 1),
        (RuntimeError(""), "RuntimeError: ", 2, 2),
    ],
)
def test_what_a_device_lacks_is_one_line_and_a_lost_device_ends_the_job(
    error: Exception, said: str, tried: int, shown: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, reasons, logged = [], {}, []

    def fails(*_: Any) -> None:
        calls.append(1)
        raise error

    monkeypatch.setattr(jobs, "_run_missing", fails)
    store = SimpleNamespace(get=lambda identity: None, fail=reasons.__setitem__)
    project = SimpleNamespace(store=store, identities=lambda variant: {0: variant.name})
    variants = [SimpleNamespace(study="s", name=name) for name in "ab"]
    with pytest.raises(ReplabError, match=f"^failed: s a: {said}"):
        jobs.run_variants(project, variants, SimpleNamespace(log=logged.append), "gpu")  # type: ignore[arg-type]
    assert (len(calls), len(reasons), len(logged)) == (tried, tried, shown)
    assert "\n" not in reasons["a"]


def test_a_lightning_module_goes_on_with_the_random_numbers_of_its_device(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    there = SimpleNamespace(device=torch.device("cuda", 0))
    trainer: Any = SimpleNamespace(
        global_step=1, current_epoch=0, logged_metrics={}, callback_metrics={}, fit_loop=SimpleNamespace()
    )
    checkpoint: dict[str, Any] = {}
    given = []
    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda device: torch.tensor([7], dtype=torch.uint8))
    monkeypatch.setattr(torch.cuda, "set_rng_state", lambda state, device: given.append((state.item(), device)))
    Kept(tmp_path / "a").on_save_checkpoint(trainer, there, checkpoint)
    for module in (SimpleNamespace(device=torch.device("cpu")), there):
        other = Kept(tmp_path / "a")
        other.on_load_checkpoint(trainer, module, checkpoint)
        other.on_train_start(trainer, module)  # type: ignore[arg-type]
    assert given == [(7, there.device)]


def test_no_module_asks_for_a_device_when_it_is_imported() -> None:
    """The fork server imports them and forks: CUDA that has begun in a process does not work in its copies."""
    program = (
        "import torch, importlib\n"
        "def asked(*_, **__): raise AssertionError('CUDA is asked for')\n"
        "for name in ('is_available', 'device_count', 'init', 'current_device'): setattr(torch.cuda, name, asked)\n"
        "torch.accelerator.is_available = torch.accelerator.current_accelerator = asked\n"
        "from replab.fork_server import IMPORTS, TRAINING\n"
        "for name in IMPORTS['train'] + TRAINING + ('replab.runners.training', 'replab.training.sequences'): "
        "importlib.import_module(name)\n"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True)
