"""A training step as one CUDA graph: a trial beside the engines, which do not capture.

The host says `replay` once a step and nothing else: which examples a step takes, at which learning rate, and where its
loss is kept, the device looks up by a counter of its own.
Source: "CUDA semantics, CUDA graphs, whole-network capture" in PyTorch's documentation.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator

import made_up
import torch
from device_runs import FEWER, TINY, Items, Row, Setting, cut, memory, reset_memory, seconds_of, variant_of
from torch import Tensor

from replab.params import Variant
from replab.spec import TrainingSpec
from replab.training.engine import _splits
from replab.training.examples import Examples
from replab.training.loop import LoopReplicates
from replab.training.module import CHUNK
from replab.training.randomness import batch_indices
from replab.training.replicates import Replicates, make_models, make_replicates

WARM_UP, REPEATS = 3, 5
STEPS = {"mlp": CHUNK, "cnn": 50}
TOLERANCES = {
    "mlp": 1e-4,
    "cnn": 0.02,
}  # of a step's loss; for the network with batch normalization see device_right.py


class Captured:
    """`run`, as `Replicates.run` of replicates that all live and keep no average, with the step of its constructor.

    The optimizer is SGD or Adam, whose moments are 0 at first.
    """

    def __init__(self, replicates: Replicates, examples: Examples, shape: tuple[int, int, int]) -> None:
        device = examples.targets.device
        self.replicates, self.examples = replicates, examples
        self.indices = torch.zeros(shape, dtype=torch.int64, device=device)
        self.lrs, self.losses = torch.zeros(shape[1], device=device), torch.zeros(shape[:2], device=device)
        self.counter = torch.zeros(1, dtype=torch.int64, device=device)
        self.lr = torch.zeros((), device=device)
        for group in replicates.optimizer.param_groups:  # type: ignore[attr-defined]
            group["lr"] = self.lr
            if "capturable" in group:
                group["capturable"] = device.type == "cuda"
        self.step = capture(self._step, self._restoring()) if device.type == "cuda" else self._step

    def _restoring(self) -> Callable[[], None]:
        """What takes the steps of the warm-up back."""
        weights = [*self.replicates.module.parameters(), *self.replicates.module.buffers()]
        before = [each.detach().clone() for each in weights]

        @torch.no_grad()
        def restore() -> None:
            for each, value in zip(weights, before, strict=True):
                each.copy_(value)
            states = self.replicates.optimizer.state.values()  # type: ignore[attr-defined]
            for moment in [self.counter, *(moment for state in states for moment in state.values())]:
                moment.zero_()
            self.replicates.optimizer.zero_grad()  # type: ignore[attr-defined]

        return restore

    def _step(self) -> None:
        batch = self.indices.index_select(1, self.counter).squeeze(1)
        self.lr.copy_(self.lrs.index_select(0, self.counter).squeeze(0))
        step = _looped if isinstance(self.replicates, LoopReplicates) else _stacked
        self.losses.index_copy_(1, self.counter, step(self.replicates, self.examples, batch, self.lr)[:, None])
        self.counter.add_(1)

    def run(self, indices: Tensor, lrs: list[float]) -> Tensor:
        """Train on `indices` [R, S, B], one learning rate a step; each step's objective, [R, S]."""
        steps = indices.shape[1]
        self.indices[:, :steps].copy_(indices)
        self.lrs[:steps].copy_(torch.tensor(lrs))
        self.counter.zero_()
        for _ in range(steps):
            self.step()
        return self.losses[:, :steps].cpu()


def capture(step: Callable[[], None], restore: Callable[[], None]) -> Callable[[], None]:
    """What replays the step. It runs some times beforehand, so that libraries and moments are there; then `restore`."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(WARM_UP):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    restore()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


def _looped(replicates: LoopReplicates, examples: Examples, batch: Tensor, lr: Tensor) -> Tensor:
    return replicates._step(examples, batch, lr, list(range(len(batch))), 0).float()  # type: ignore[arg-type]


def _stacked(replicates: Replicates, examples: Examples, batch: Tensor, lr: Tensor) -> Tensor:
    """As a step of `StackedReplicates.run`; `lr` is the optimizer's already."""
    parameters = replicates._parameters()  # type: ignore[attr-defined]
    replicates.optimizer.zero_grad()  # type: ignore[attr-defined]
    inputs, targets = examples.batch(batch)
    scores = replicates._forward(parameters, inputs)  # type: ignore[attr-defined]
    loss: Tensor = replicates.objective(scores, targets, parameters)  # type: ignore[attr-defined]
    loss.sum().backward()
    replicates.optimizer.step()  # type: ignore[attr-defined]
    return loss.detach()


def _sizes(setting: Setting) -> tuple[int, int]:
    return TINY if setting.small else FEWER


def prepared(variant: Variant, seeds: list[int], setting: Setting) -> tuple[Replicates, Examples]:
    """Replicates on the device with their optimizer, and examples."""
    spec = TrainingSpec.model_validate(variant.spec)
    dataset = made_up.examples(spec.data.name, *_sizes(setting))
    examples = _splits(spec, dataset, setting.device)["train"]
    models = make_models(spec, seeds, dataset.train_x.shape[1:], len(dataset.classes))
    replicates = make_replicates(spec, models, seeds, spec.strategy)
    replicates.module.to(setting.device)
    replicates.prepare()
    return replicates, examples


def compared(variant: Variant, count: int, setting: Setting) -> Row:
    """(network, replicates, way, difference of the losses, steps a second of both, their ratio, MiB, verdict)."""
    device, spec, seeds = setting.device, TrainingSpec.model_validate(variant.spec), list(range(count))
    few, chunk = (3, 6) if setting.small else (10, STEPS[spec.model["name"]])
    lr = spec.optimizer["lr"]

    plain, examples = prepared(variant, seeds, setting)

    def indices(first: int, steps: int) -> Tensor:
        rows = [batch_indices(spec.batches, len(examples), seed, first, steps) for seed in seeds]
        return torch.stack(rows).to(device)

    expected = plain.run(examples, indices(0, few), [lr] * few, [True] * count, 0)
    slow = [
        seconds_of(lambda: plain.run(examples, indices(few, chunk), [lr] * chunk, [True] * count, few), device)
        for _ in range(2 if setting.small else 3)
    ]
    reset_memory(device)
    other, examples = prepared(variant, seeds, setting)
    captured = Captured(other, examples, (count, chunk, spec.batches.size))
    found = captured.run(indices(0, few), [lr] * few)
    far = ((found - expected).abs() / expected.abs().clamp(min=1e-3)).max().item()
    fast = [
        seconds_of(lambda: captured.run(indices(few, chunk), [lr] * chunk), device)
        for _ in range(2 if setting.small else REPEATS)
    ]
    rates = [count * chunk / statistics.median(times[1:]) for times in (slow, fast)]
    words = (f"{rates[0]:,.0f}", f"{rates[1]:,.0f}", f"{rates[1] / rates[0]:.1f}", memory(device))
    verdict = "ok" if far <= TOLERANCES[spec.model["name"]] else "TOO FAR"
    return f"{variant.study} {variant.name}", str(count), spec.strategy, f"{far:.2g}", *words, verdict


def items(setting: Setting) -> Items:
    """Each network, way and number of replicates."""
    small = variant_of("mnist_activations_losses", "tanh_cross_entropy", strategy="vmap")
    cnn = variant_of("svhn_precision", "float32")
    trials = [(small, count) for count in (1, 8, 64)] + [(cnn, 1), (cnn, 8)]
    trials += [(variant_of("svhn_losses", "cross_entropy_wd_1e-10"), 1)]
    trials += [(variant_of("mnist_activations_losses", "tanh_cross_entropy", strategy="loop"), 8)]
    return dict(_named(trials[:1] + trials[3:] if setting.small else trials, setting))


def _named(trials: list[tuple[Variant, int]], setting: Setting) -> Iterator[tuple[str, Callable[[], list[Row]]]]:
    for variant, count in trials:
        name = f"{variant.study} {variant.name}, {count}, {variant.spec['strategy']}"
        yield (
            name,
            lambda variant=variant, count=count: [
                compared(cut(variant, _sizes(setting)), 2 if setting.small else count, setting)
            ],
        )
