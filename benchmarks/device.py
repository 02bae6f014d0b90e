"""What replab does on an accelerator: is it right, and how fast is it? One command; a few minutes.

    python benchmarks/device.py [--cpu] [--seconds 240]

1. Right: each engine trains the same seeds on the CPU and on the device, for a few steps; the greatest difference of
   any metric, relative to its size, must stay below `TOLERANCE`. A run that was interrupted goes on, and two processes
   share the device.
2. Fast: replicate-steps a second of four kinds of network with 1, 8 and 64 replicates, looped and stacked, and one
   step of the small network as a captured CUDA graph (a trial; the engine does not capture).
3. Peak: products of 8192 x 8192 matrices and copies, for the share of the device that the engine uses.

`--cpu` tries the script without an accelerator, at tiny sizes. Data are MNIST, XOR's points and PTB, prepared under
REPLAB_DATA; the convolutional network gets random images, since speed does not depend on them.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cnn
import numpy as np
import torch
from rounds import be_quiet

from replab import data
from replab.params import load_params, resolve
from replab.spec import SequenceSpec, TrainingSpec
from replab.training.devices import without_cudnn
from replab.training.engine import train
from replab.training.like_the_cpu import like_the_cpu
from replab.training.outcomes import Outcome
from replab.training.placing import Placed
from replab.training.sequences import train_sequences

TOLERANCE = 0.02
# Batch normalization takes the biases before it out again, so that their gradient is 0 but for rounding, of which Adam
# makes whole steps. Training does not see them; the running means, which lag, do: the test loss of few steps is noise.
# On the CPU alone it differs by 7 % between float32 and float64 after ten steps, the training loss by .3 %.
COMPARED = {"CNN, float32": "train_loss"}
PARAMS = Path(__file__).parents[1] / "params.yaml"
Spec = dict[str, Any]
XOR = "positives_only_control"
STARTED = time.perf_counter()


def spec_of(study: str, variant: str, profile: str = "full", **changes: Any) -> Spec:
    """A variant's resolved settings under a profile, with some keys replaced."""
    [found] = [v for v in resolve(load_params(PARAMS), study, profile) if v.name == variant]
    return found.spec | changes


def cnn_spec(precision: str) -> Spec:
    """The settings of report 000's network, for as many steps as 10,240 random images give in an epoch."""
    return cnn.make_spec(precision).model_dump(mode="json") | {"budget": {"epochs": 1}}


def trained(spec: Spec, seeds: list[int], accelerator: str, folder: Path, dataset: Any = None) -> list[Outcome]:
    """The outcomes of some seeds; checkpoints lie in `folder`."""
    root = data.default_root()

    def path_of(seed: int) -> Path:
        return folder / f"{seed}.pt"

    if "network" in spec:
        text = data.load_text(spec["data"]["name"], root)
        sequences = SequenceSpec.model_validate(spec)
        with like_the_cpu():
            return list(train_sequences(sequences, seeds, text, path_of, lambda: [Placed()], accelerator))
    dataset = dataset or data.load(spec["data"]["name"], root)
    return list(train(TrainingSpec.model_validate(spec), seeds, dataset, path_of, [Placed()], accelerator))


def seconds_of(run: Callable[[], Any]) -> float:
    """How long a call takes."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def difference(first: list[Outcome], second: list[Outcome], only: str = "") -> tuple[str, float]:
    """The metric (or `only` this one) that differs most between runs of the same seeds, relative to its size."""
    worst = ("", 0.0)
    for one, other in zip(first, second, strict=True):
        for name, entry in one.metrics.items():
            if only not in {"", name}:
                continue
            a, b = float(entry["value"]), float(other.metrics[name]["value"])
            size = 100.0 if "accuracy" in name else max(abs(a), abs(b), 1e-3)
            worst = max(worst, (name, abs(a - b) / size), key=lambda pair: pair[1])
    return worst


def checks() -> dict[str, Spec]:
    """What is compared between CPU and device: every engine that trains, and every way of replicates."""
    steps = {"budget": {"steps": 300, "evaluate_every": 100}}
    few = {"budget": {"steps": 10, "evaluate_every": 10}}  # beyond, rounding errors grow at these learning rates
    found = {
        "MLP, stacked": spec_of("mnist_activations_losses", "tanh_cross_entropy", **steps),
        "MLP, looped": spec_of("mnist_regularization", "l2_1e-4", **few),
        "MLP with dropout": spec_of("mnist_dropout", "dropout", **steps),
        "XOR": spec_of("xor_mlp", XOR, budget={"steps": 200, "evaluate_every": 50}),
        "CNN, float32": cnn_spec("float32") | few,
        "LSTM on a sine": spec_of("lstm_sine", "one_step", **steps),
        "language model": spec_of("ptb_lstm", "report", "sample", precision="float32"),
    }
    found["language model"]["network"] |= {"width": 64}
    found["language model"]["budget"] |= {"epochs": 1, "running_at": []}
    found["language model in bf16"] = found["language model"] | {"precision": "bf16"}
    return found


def correctness(accelerator: str) -> list[tuple[str, ...]]:
    """(what, the worst metric, its difference, verdict) a row."""
    rows = []
    for name, spec in checks().items():
        dataset = cnn.make_data() if name.startswith("CNN") else None
        seeds = [0, 1]
        with tempfile.TemporaryDirectory() as cpu, tempfile.TemporaryDirectory() as device:
            try:
                first = trained(spec, seeds, "cpu", Path(cpu), dataset)
                second = trained(spec, seeds, accelerator, Path(device), dataset)
            except Exception as error:
                rows.append((name, "", "", f"FAILED: {type(error).__name__}: {str(error).splitlines()[0][:150]}"))
                say(*rows[-1])
                continue
        metric, value = difference(first, second, COMPARED.get(name, ""))
        words = f"{second[0].cost['device']} ({second[0].cost['strategy']})"
        rows.append((name, metric, f"{value:.2g}", f"{'ok' if value <= TOLERANCE else 'TOO FAR'} on {words}"))
        say(*rows[-1])
    return rows


def kinds_of_lstm(device: torch.device) -> list[tuple[str, ...]]:
    """Which type torch's LSTM computes in under autocast to bf16: with cuDNN, without, and as the engine has it."""
    rows, engine = [], ("as the engine has it", like_the_cpu())
    for words, context in (("as torch has it", contextlib.nullcontext()), ("without cuDNN", without_cudnn()), engine):
        lstm = torch.nn.LSTM(8, 8).to(device)
        with context, torch.autocast(device.type, torch.bfloat16):
            dtype = lstm(torch.randn(5, 3, 8, device=device))[0].dtype
        rows.append((f"nn.LSTM under bf16, {words}", "type of the outputs", str(dtype), ""))
        say(*rows[-1])
    return rows


def resumed(accelerator: str) -> tuple[str, ...]:
    """One row: an interrupted run goes on from its checkpoint on the device, and ends as if nothing had happened."""
    spec = spec_of("mnist_regularization", "l2_1e-4", budget={"steps": 400, "evaluate_every": 100})
    half = spec | {"budget": {"steps": 200, "evaluate_every": 100}}
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other:
        trained(half, [0], accelerator, Path(folder))
        first = trained(spec, [0], accelerator, Path(folder))
        second = trained(spec, [0], accelerator, Path(other))
    metric, value = difference(first, second)
    return "resumed on the device", metric, f"{value:.2g}", "ok" if value <= 1e-3 else "TOO FAR"


def shared(accelerator: str) -> tuple[str, ...]:
    """One row: two processes train on the device at the same time, with the same result as one."""
    command = [sys.executable, __file__, "--one-run", accelerator]
    jobs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    texts = [job.communicate()[0].strip().splitlines()[-1] for job in jobs]
    value = abs(float(texts[0]) - float(texts[1]))
    return "two jobs on one device", "test_accuracy", f"{value / 100:.2g}", "ok" if value < 0.5 else "TOO FAR"


def workloads(tiny: bool) -> dict[str, tuple[Spec, int, Any]]:
    """name -> settings, steps to time, and the data where they are not prepared ones."""
    few = 20 if tiny else 1
    precision = "float32" if tiny else "bf16"
    return {
        "MLP 784-128-10, batch 100": (spec_of("mnist_activations_losses", "tanh_cross_entropy"), 2000 // few, None),
        "MLP 784-500-10, batch 100": (spec_of("mnist_regularization", "l2_1e-4"), 1000 // few, None),
        "CNN of report 000, batch 256": (cnn_spec(precision), 200 // few, cnn.make_data()),
        "XOR 2-3-1, batch 8": (spec_of("xor_mlp", XOR), 1000 // few, None),
    }


def speeds(accelerator: str, tiny: bool, until: float) -> list[tuple[str, ...]]:
    """(network, replicates, way, replicate-steps a second, peak MiB on the device) a row."""
    rows = []
    for name, (spec, steps, dataset) in workloads(tiny).items():
        for replicates in (1, 8, 64):
            for strategy in ("loop", "vmap"):
                if (name.startswith("CNN") and strategy == "vmap") or time.perf_counter() - STARTED > until:
                    continue
                if strategy == "loop" and replicates == 64:
                    continue
                rows.append(_speed(name, spec | {"strategy": strategy}, steps, replicates, accelerator, dataset))
                say(*rows[-1])
    return rows


def _speed(name: str, spec: Spec, steps: int, replicates: int, accelerator: str, dataset: Any) -> tuple[str, ...]:
    def run(count: int) -> float:
        budget = {"budget": {"steps": count, "evaluate_every": count}}
        with tempfile.TemporaryDirectory() as folder:
            seeds = list(range(replicates))
            return seconds_of(lambda: trained(spec | budget, seeds, accelerator, Path(folder), dataset))

    try:
        reset_memory()
        run(max(2, steps // 10))
        short, long = run(max(2, steps // 10)), run(steps + max(2, steps // 10))
        found = f"{replicates * steps / max(long - short, 1e-9):,.0f}"
    except Exception as error:
        found = f"FAILED: {type(error).__name__}: {str(error).splitlines()[0][:100]}"
    return name, str(replicates), spec["strategy"], found, memory()


def reset_memory() -> None:
    """Forget the peak so far."""
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()


def memory() -> str:
    """The peak on the device, in MiB."""
    return f"{torch.cuda.max_memory_allocated() / 2**20:.0f}" if torch.cuda.is_available() else ""


def captured(device: torch.device) -> list[tuple[str, ...]]:
    """Replicate-steps a second of a 784-128-10 network whose step is one CUDA graph, for 8 and 64 replicates."""
    rows = []
    for replicates in (1, 8, 64):
        step = _graph(replicates, device)
        torch.cuda.synchronize()
        seconds = seconds_of(lambda step=step: ([step() for _ in range(2000)], torch.cuda.synchronize()))
        found = f"{replicates * 2000 / seconds:,.0f}"
        rows.append(("MLP 784-128-10, batch 100", str(replicates), "captured (trial)", found, memory()))
        say(*rows[-1])
    return rows


def _graph(replicates: int, device: torch.device) -> Callable[[], None]:
    x = torch.randn(replicates, 100, 784, device=device)
    y = torch.randint(0, 10, (replicates * 100,), device=device)
    shapes = [(784, 128), (1, 128), (128, 10), (1, 10)]
    weights = [(0.01 * torch.randn(replicates, *s, device=device)).requires_grad_() for s in shapes]
    speed = [torch.zeros_like(w) for w in weights]

    def step() -> None:
        hidden = torch.tanh(torch.baddbmm(weights[1], x, weights[0]))
        scores = torch.baddbmm(weights[3], hidden, weights[2])
        loss = torch.nn.functional.cross_entropy(scores.reshape(-1, 10), y, reduction="sum")
        gradients = torch.autograd.grad(loss, weights)
        torch._foreach_mul_(speed, 0.9)
        torch._foreach_add_(speed, gradients)
        with torch.no_grad():
            torch._foreach_add_(weights, speed, alpha=-1e-4)

    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


def peaks(device: torch.device) -> list[tuple[str, ...]]:
    """(what, how much) a row: what the device can do at most."""
    rows, size = [], 8192 if device.type == "cuda" else 512
    for name, dtype in (("float32", torch.float32), ("bf16", torch.bfloat16)):
        a, b = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
        seconds = _median_seconds(lambda a=a, b=b: a @ b, device)
        rows.append((f"product of two {size} x {size} matrices, {name}", f"{2 * size**3 / seconds / 1e12:.1f} TFLOP/s"))
    a = torch.randn(size * size, device=device)
    seconds = _median_seconds(a.clone, device)
    rows.append(("copy on the device, read and written", f"{2 * a.numel() * 4 / seconds / 1e12:.2f} TB/s"))
    return rows


def _median_seconds(run: Callable[[], Any], device: torch.device) -> float:
    times = []
    for number in range(8):
        started = time.perf_counter()
        run()
        if device.type == "cuda":
            torch.cuda.synchronize()
        if number > 2:
            times.append(time.perf_counter() - started)
    return float(np.median(times))


def say(*words: str) -> None:
    """A row of a table, at once."""
    print("| " + " | ".join(words) + " |", flush=True)


def main() -> int:
    """Run it all; exit status 1 where something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cpu", action="store_true", help="try it without an accelerator")
    parser.add_argument("--seconds", type=float, default=240, help="begin no further speed after this time")
    parser.add_argument("--right", action="store_true", help="the first part alone")
    parser.add_argument("--one-run", help=argparse.SUPPRESS)
    args = parser.parse_args()
    be_quiet(1)
    torch.backends.cudnn.allow_tf32 = False  # float32 means float32, as on a CPU
    if args.one_run:
        spec = spec_of("mnist_regularization", "l2_1e-4", budget={"steps": 200, "evaluate_every": 200})
        with tempfile.TemporaryDirectory() as folder:
            print(trained(spec, [0], args.one_run, Path(folder))[0].metrics["test_accuracy"]["value"])
        return 0
    accelerator = "cpu" if args.cpu else "gpu"
    device = torch.device("cpu" if args.cpu else "cuda")
    name = "CPU" if args.cpu else torch.cuda.get_device_name()
    print(f"\nDevice: {name}; torch {torch.__version__}\n\n## Right\n", flush=True)
    say("what", "metric that differs most", "relative difference", "verdict")
    say("---", "---", "--:", "---")
    rows = correctness(accelerator)
    for extra in (resumed, shared):
        rows.append(extra(accelerator))
        say(*rows[-1])
    kinds_of_lstm(device)
    if args.right:
        return int(any("FAILED" in row[-1] or "TOO FAR" in row[-1] for row in rows))
    print("\n## Peak\n")
    say("what", "how much")
    say("---", "--:")
    for row in peaks(device):
        say(*row)
    print("\n## Fast\n")
    say("network", "replicates", "way", "replicate-steps a second", "peak MiB")
    say("---", "--:", "---", "--:", "--:")
    if not args.cpu:
        captured(device)
    speeds(accelerator, args.cpu, args.seconds)
    print(json.dumps({"seconds": round(time.perf_counter() - STARTED)}))
    return int(any("FAILED" in row[-1] or "TOO FAR" in row[-1] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
