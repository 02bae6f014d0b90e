"""How a component of each kind is compared with its oracle: `AGREE[kind](block, oracle)` asserts it."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

import sequence_oracles
import translation_oracles
from oracles import Oracle
from rbf_oracles import WIDTH
from replab.building import build
from replab.nn.inputs import INPUTS
from replab.nn.measures import MEASURES
from replab.nn.radials import gaussian, squared_distances
from replab.probes.linear import made_up_images

SHAPE, CLASSES = (2, 4, 4), 5
EXTREME = torch.tensor([[a, b, b, c] for a in (-1e4, 0, 1e4) for b in (-1e4, 0, 1e4) for c in (-1e4, 20, 1e4)])

Block = dict[str, Any]

# The texts of the tests of sequences, and how they are cut for a network's example.
TOKENS = sequence_oracles.TOKENS | translation_oracles.TOKENS
VOCABULARIES: dict[str, tuple[str, ...]] = sequence_oracles.VOCABULARIES | translation_oracles.VOCABULARIES
BATCHING: dict[str, Block] = sequence_oracles.BATCHING | dict.fromkeys(
    ("bahdanau_lstm", "seq2seq_lstm"), translation_oracles.PAIRING
)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def parameters_in(block: Block) -> dict[str, Any]:
    return {key: value for key, value in block.items() if key != "name"}


def close(actual: Tensor, expected: Any, atol: float = 1e-12) -> None:
    """Equal to the rounding of float64, or of float32 where the actual values are float32."""
    single = actual.dtype == torch.float32
    rtol, atol = (5e-6, 5e-6) if single else (1e-12, atol)
    np.testing.assert_allclose(actual.detach().numpy(), np.asarray(expected), rtol=rtol, atol=atol)


def make_model(block: Block, seed: int) -> torch.nn.Module:
    """In evaluation mode: what draws while it trains has tests of its own."""
    model: torch.nn.Module = build("model", block, shape=SHAPE, classes=CLASSES, generator=seeded(seed)).eval()
    return model


def weights_and_gradients(*shape: int) -> tuple[Tensor, Tensor]:
    """Float64 weights of this shape, and ten gradients for them."""
    drawn = torch.randn(11, *shape, generator=seeded(), dtype=torch.float64)
    return drawn[0], drawn[1:]


def optimized(block: Block, weights: Tensor, gradients: Tensor) -> Tensor:
    """The weights after a step for each gradient."""
    weights = weights.clone().requires_grad_()
    optimizer = build("optimizer", block, parameters=[weights])
    for gradient in gradients:
        weights.grad = gradient.clone()
        optimizer.step()
    return weights.detach()


def averaged(block: Block, start: Tensor, sequence: Tensor) -> Tensor:
    """The average after each of a sequence of weights."""
    average, averaging = [start.clone()], build("averaging", block)
    for step, weights in enumerate(sequence):
        averaging(average, [weights], step=step)
    return average[0]


def named_weights(seed: int = 0) -> dict[str, Tensor]:
    drawn = torch.randn(3, 4, generator=seeded(seed), dtype=torch.float64)
    return {"layers.0.weight": drawn[:2], "layers.0.bias": drawn[2], "layers.1.weight": drawn[:1] ** 2}


def agree_activation(block: Block, oracle: Oracle) -> None:
    for sample in (4 * torch.randn(6, 50, generator=seeded()), EXTREME):
        expected = [[oracle.reference(x, **parameters_in(block)) for x in row] for row in sample.tolist()]
        for dtype in (torch.float32, torch.float64):
            y = build("activation", block)(sample.to(dtype))
            assert y.shape == sample.shape and y.dtype == dtype
            close(y, expected)


def agree_input(block: Block, oracle: Oracle) -> None:
    """Every byte, 64 inputs wide; what is fitted gets 8 training inputs, and its oracle their column."""
    x = torch.arange(256, dtype=torch.uint8).reshape(4, 64)
    fitted_on = torch.randint(256, (8, 64), generator=seeded(), dtype=torch.uint8)
    y = build("input", block, fitted_on=fitted_on)(x)
    assert y.shape == x.shape and y.dtype == torch.float32
    fitted = "fitted_on" in inspect.signature(INPUTS[block["name"]]).parameters
    columns = [{"column": column} if fitted else {} for column in fitted_on.T.tolist()]

    def expected(byte: int, column: dict[str, Any]) -> float:
        return oracle.reference(byte, **column, **parameters_in(block))

    close(y, [[expected(byte, column) for byte, column in zip(row, columns, strict=True)] for row in x.tolist()])


def examples_to_choose_from() -> tuple[Tensor, Tensor]:
    """60 inputs [60, 6] and their targets."""
    inputs = torch.randn(60, 6, generator=seeded(), dtype=torch.float64)
    return inputs, torch.randint(CLASSES, (60,), generator=seeded())


def chosen_centers(block: Block, seed: int = 0) -> Tensor:
    """What a method chooses among these, with Gaussian units of one width."""
    inputs, targets = examples_to_choose_from()
    generator = seeded(seed)

    def draw(count: int) -> tuple[Tensor, Tensor]:
        indices = torch.randperm(len(inputs), generator=generator)[:count]
        return inputs[indices], targets[indices]

    def units_at(centers: Tensor) -> Callable[[Tensor], Tensor]:
        widths = torch.full((len(centers),), WIDTH, dtype=torch.float64)
        return lambda some: gaussian(squared_distances(some, centers), widths)

    centers: Tensor = build("centers", block)(draw, units_at, generator=generator)
    return centers


def agree_centers(block: Block, oracle: Oracle) -> None:
    inputs, targets = examples_to_choose_from()
    found = chosen_centers(block)
    close(found, oracle.reference(inputs.numpy(), targets.numpy(), found.numpy(), **parameters_in(block)))


def agree_radial(block: Block, oracle: Oracle) -> None:
    squares = torch.tensor([0, 1e-8, 0.3, 1, 7, 50, 900, 1e8])
    widths = torch.tensor([0.01, 0.5, 1, 6])
    for dtype in (torch.float32, torch.float64):
        found = build("radial", block)(squares.to(dtype)[:, None], widths.to(dtype))
        assert found.shape == (8, 4) and found.dtype == dtype
        close(found, [[oracle.reference(s, w) for w in widths.to(dtype).tolist()] for s in squares.to(dtype).tolist()])


def agree_widths(block: Block, oracle: Oracle) -> None:
    centers = torch.randn(9, 4, generator=seeded(), dtype=torch.float64)
    for units in (9, 3):
        found = build("widths", block)(centers, units)
        assert found.shape == (9,)
        close(found, oracle.reference(centers.numpy(), units, **parameters_in(block)))


def agree_series(block: Block, oracle: Oracle) -> None:
    scores = torch.randn(20, CLASSES, generator=seeded(), dtype=torch.float64)
    targets = torch.randint(CLASSES, (20,), generator=seeded())
    found = build("series", block)(scores, targets)
    expected = oracle.reference(scores.tolist(), targets.tolist(), **parameters_in(block))
    assert found.keys() == expected.keys()
    for name, values in found.items():
        assert isinstance(values, list) and len(values) == len(expected[name])
        close(torch.tensor(values, dtype=torch.float64), expected[name])


def agree_solver(block: Block, oracle: Oracle) -> None:
    """In blocks of uneven sizes, on features far from 0."""
    features = 5 + torch.randn(50, 6, generator=seeded(), dtype=torch.float64)
    targets = torch.randn(50, CLASSES, generator=seeded(), dtype=torch.float64)
    weight, bias = build("solver", block)(iter(zip(features.split(17), targets.split(17), strict=True)))
    found = torch.cat([weight, bias[:, None]], 1)
    close(found, oracle.reference(features.numpy(), targets.numpy(), **parameters_in(block)), atol=1e-9)


def scores_and_targets() -> list[tuple[Tensor, Tensor]]:
    drawn = [scale * torch.randn(20, CLASSES, generator=seeded()) for scale in (0.1, 3, 30)]
    targets = torch.randint(CLASSES, (20,), generator=seeded())
    extreme = [(EXTREME, torch.full((len(EXTREME),), k)) for k in range(EXTREME.shape[1])]
    return [*((scores, targets) for scores in drawn), *extreme]


def agree_loss(block: Block, oracle: Oracle) -> None:
    for scores, targets in scores_and_targets():
        rows = zip(scores.tolist(), targets.tolist(), strict=True)
        expected = [oracle.reference(row, target, **parameters_in(block)) for row, target in rows]
        for dtype in (torch.float32, torch.float64):
            losses = build("loss", block)(scores.to(dtype), targets)
            assert losses.shape == targets.shape and losses.dtype == dtype
            close(losses, expected, atol=1e-10)


def agree_initializer(block: Block, oracle: Oracle) -> None:
    tensor = torch.full((200, 100), math.nan)
    assert build("initializer", block)(tensor, generator=seeded()) is tensor
    expected = oracle.reference(**parameters_in(block))
    if isinstance(expected, float):
        close(tensor, np.full(tensor.shape, expected))
    else:
        assert stats.kstest(tensor.flatten().double().numpy(), expected.cdf).pvalue > 1e-3


def agree_optimizer(block: Block, oracle: Oracle) -> None:
    """After each of ten steps."""
    weights, gradients = weights_and_gradients(3, 5)
    for steps in range(1, len(gradients) + 1):
        expected = oracle.reference(weights.numpy(), list(gradients[:steps].numpy()), **parameters_in(block))
        close(optimized(block, weights, gradients[:steps]), expected)


def agree_averaging(block: Block, oracle: Oracle) -> None:
    start, sequence = weights_and_gradients(3, 5)
    expected = oracle.reference(start.numpy(), list(sequence.numpy()), **parameters_in(block))
    close(averaged(block, start, sequence), expected)


def agree_measure(block: Block, oracle: Oracle) -> None:
    weights, targets = named_weights(), torch.randint(CLASSES, (20,), generator=seeded())
    scores = 4 * torch.randn(20, CLASSES, generator=seeded(), dtype=torch.float64)
    firsts, firsts_targets = scores.flip(1)[:15], targets[5:]
    seen = {"scores": scores, "targets": targets, "parameters": weights, "objective": scores.mean()}
    seen |= {"seen_scores": firsts, "seen_targets": firsts_targets}
    plain = {
        "objective": scores.mean().item(),
        "seen_scores": firsts.tolist(),
        "seen_targets": firsts_targets.tolist(),
        "scores": scores.tolist(),
        "targets": targets.tolist(),
        "parameters": {name: tensor.flatten().tolist() for name, tensor in weights.items()},
    }
    named = inspect.signature(MEASURES[block["name"]]).parameters
    given = {key: value for key, value in plain.items() if key in named}
    close(build("measure", block, **seen)(), oracle.reference(**given, **parameters_in(block)))


def agree_regularizer(block: Block, oracle: Oracle) -> None:
    weights = named_weights()
    numbers = {name: tensor.flatten().tolist() for name, tensor in weights.items()}
    penalty = build("regularizer", block)(weights)
    assert penalty.shape == ()
    close(penalty, oracle.reference(numbers, **parameters_in(block)))


def agree_normalizer(block: Block, oracle: Oracle) -> None:
    for scores, _ in scores_and_targets():
        expected = [oracle.reference(row, **parameters_in(block)) for row in scores.tolist()]
        for dtype in (torch.float32, torch.float64):
            result = build("normalizer", block)(scores.to(dtype))
            assert result.shape == scores.shape and result.dtype == dtype
            close(result, expected, atol=1e-10)


def agree_pooling(block: Block, oracle: Oracle) -> None:
    """Even and odd sizes, down to one pixel; values above 0, as most follow a ReLU."""
    for size in ((8, 8), (7, 5), (2, 3), (1, 1)):
        x = torch.rand(2, 3, *size, generator=seeded(), dtype=torch.float64) + 0.01
        expected = [[oracle.reference(one, **parameters_in(block)) for one in image] for image in x.tolist()]
        for dtype in (torch.float32, torch.float64):
            result = build("pooling", block)(x.to(dtype))
            assert result.dtype == dtype
            close(result, expected)


def agree_schedule(block: Block, oracle: Oracle) -> None:
    schedule = build("schedule", block, steps_per_epoch=7)
    actual = torch.tensor([schedule(step) for step in range(100)], dtype=torch.float64)
    close(actual, [oracle.reference(step, 7, **parameters_in(block)) for step in range(100)])


def agree_model(block: Block, oracle: Oracle) -> None:
    model = make_model(block, 0).double()
    with torch.no_grad():  # random everywhere: an initial 0 would hide a bias that is left out
        for weights in model.parameters():
            spread = weights[0].numel() ** -0.5 if weights.dim() > 1 else 1.0  # deep networks would amplify rounding
            weights.normal_(0, spread, generator=seeded(weights.numel()))
        for buffer in model.buffers():  # running averages, of which a variance is above 0
            if buffer.is_floating_point():
                buffer.uniform_(0.5, 2, generator=seeded(buffer.numel()))
    x = torch.randn(3, *SHAPE, generator=seeded(), dtype=torch.float64)
    scores = model(x)
    assert scores.shape == (3, CLASSES)
    numbers = {name: value.numpy() for name, value in model.state_dict().items()}
    close(scores, oracle.reference(x.numpy(), numbers, **parameters_in(block)))


def randomized(model: torch.nn.Module) -> torch.nn.Module:
    """In float64 and evaluation, batch normalization random too: an initial 0 or 1 would hide what is left out."""
    model = model.double().eval()
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if value.dim() == 1:
                value.uniform_(0.5, 1.5, generator=seeded(len(name)))
    return model


def agree_backbone(block: Block, oracle: Oracle) -> None:
    """Of the least images that Inception-v3 takes, of odd sizes."""
    backbone = randomized(build("backbone", block)(channels=2, generator=seeded()))
    x = torch.randn(1, 2, 75, 77, generator=seeded(), dtype=torch.float64)
    with torch.no_grad():
        features = backbone(x)
    numbers = {name: value.numpy() for name, value in backbone.state_dict().items()}
    assert features.shape == (1, backbone.width)
    close(features, oracle.reference(x.numpy(), numbers, **parameters_in(block)), atol=1e-9)


def agree_subset(block: Block, oracle: Oracle) -> None:
    labels = torch.randint(CLASSES, (60,), generator=seeded(1))
    found = build("subset", block)(labels, generator=seeded())
    order = torch.randperm(len(labels), generator=seeded()).tolist()
    assert found.dtype == torch.int64
    np.testing.assert_array_equal(found, oracle.reference(labels.tolist(), order, **parameters_in(block)))


def drawn_images(count: int) -> tuple[Tensor, Tensor]:
    """Images of 3,072 values with the root mean squares that the oracles of probes reckon with, and their classes."""
    inputs, targets = made_up_images(count, seeded(1))
    return torch.from_numpy(inputs[:, :-1]), torch.from_numpy(targets)


def agree_probe(block: Block, oracle: Oracle) -> None:
    measured = build("probe", block, generator=seeded(), draw=drawn_images)()
    expected = oracle.reference(**parameters_in(block))
    assert measured.keys() == expected.keys()
    for metric, (value, unit) in measured.items():
        assert (not unit or metric.endswith(f"_{unit}")) and isinstance(value, float)
        assert value == pytest.approx(expected[metric][0], rel=0, abs=expected[metric][1])


def text_tokens() -> dict[str, Tensor]:
    """The texts of the tests of sequences, as the engine hands them over."""
    return {name: torch.from_numpy(array).long() for name, array in TOKENS.items()}


def cut(block: Block, split: str) -> list[Any]:
    """The batches that it is cut into for an epoch."""
    return list(build("sequences", block)(text_tokens(), split, generator=seeded()))


def plain(batch: Any) -> dict[str, Any]:
    """The fields of a batch, tensors as lists."""
    return {key: value.tolist() if isinstance(value, Tensor) else value for key, value in vars(batch).items()}


def agree_sequences(block: Block, oracle: Oracle) -> None:
    """On every split; what draws takes from the same generator as its oracle."""
    for split in ("train", "validation", "test"):
        expected = oracle.reference(TOKENS, split, **parameters_in(block))
        assert [plain(batch) for batch in cut(block, split)] == expected


def make_network(block: Block, seed: int) -> Any:
    """In evaluation mode, in float64, with random weights everywhere: an initial 0 would hide a bias left out."""
    network = build("network", block, vocabularies=VOCABULARIES, generator=seeded(seed)).double()
    with torch.no_grad():
        for weights in network.parameters():
            weights.normal_(generator=seeded(weights.numel()))
    return network.eval()


def agree_network(block: Block, oracle: Oracle) -> None:
    network = make_network(block, 0)
    first = cut(BATCHING[block["name"]], "validation")[0]
    nats, tokens, _ = network.nats(first, None)
    assert nats.shape == () and tokens > 0
    numbers = {name: value.numpy() for name, value in network.state_dict().items()}
    close(nats, oracle.reference(first, numbers, **parameters_in(block)))


AGREE: dict[str, Callable[[Block, Oracle], None]] = {
    "activation": agree_activation,
    "averaging": agree_averaging,
    "backbone": agree_backbone,
    "centers": agree_centers,
    "initializer": agree_initializer,
    "input": agree_input,
    "loss": agree_loss,
    "measure": agree_measure,
    "model": agree_model,
    "network": agree_network,
    "normalizer": agree_normalizer,
    "optimizer": agree_optimizer,
    "pooling": agree_pooling,
    "probe": agree_probe,
    "radial": agree_radial,
    "regularizer": agree_regularizer,
    "schedule": agree_schedule,
    "sequences": agree_sequences,
    "series": agree_series,
    "solver": agree_solver,
    "subset": agree_subset,
    "widths": agree_widths,
}
