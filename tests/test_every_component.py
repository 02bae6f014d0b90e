"""The contract of every entry of every catalogue. A new component falls under it by itself: see `oracles`."""

from __future__ import annotations

import inspect
import math
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch
from scipy import stats

import agreement
from agreement import AGREE, CLASSES, EXTREME, SHAPE, Block, close, make_model, parameters_in, seeded
from oracles import ORACLES, Oracle
from replab import catalogue
from replab.building import CATALOGUES, build, parameters_of
from replab.errors import ReplabError
from replab.ranges import CHECKS, kind_of
from replab.training.stacked import StackedReplicates

COMPONENTS = [(kind, name) for kind, catalogue in CATALOGUES.items() for name in catalogue]
each_component = pytest.mark.parametrize(("kind", "name"), COMPONENTS)
single_and_double = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)


def examples(*kinds: str) -> pytest.MarkDecorator:
    """One case for each example of each component of these kinds: its kind, its block, its oracle."""
    cases = [
        pytest.param(kind, {"name": name, **parameters}, ORACLES[kind, name], id=f"{kind}-{name}-{i}")
        for kind, name in COMPONENTS
        if kind in kinds and (kind, name) in ORACLES
        for i, parameters in enumerate(ORACLES[kind, name].examples)
    ]
    return pytest.mark.parametrize(("kind", "block", "oracle"), cases)


def spoilt(oracle: Oracle) -> Oracle:
    """The oracle with an error of a tenth, or without the first of many batches."""

    def reference(*args: Any, **parameters: Any) -> Any:
        right = oracle.reference(*args, **parameters)
        if isinstance(right, list) and isinstance(right[0], dict):
            return right[1:]
        if isinstance(right, dict):
            return {name: spoilt_entry(entry) for name, entry in right.items()}
        return stats.norm(right.mean(), 1.1 * right.std()) if hasattr(right, "cdf") else 1.1 * np.asarray(right) + 0.1

    return Oracle(reference)


def spoilt_entry(entry: Any) -> Any:
    """A series' numbers, or a metric's value, whose tolerance stays."""
    if isinstance(entry, list):
        return [1.1 * value + 0.1 for value in entry]
    value, within = entry
    return 1.1 * value + 0.1, within


@each_component
def test_it_has_an_oracle(kind: str, name: str) -> None:
    assert (kind, name) in ORACLES, f"add ORACLES['{kind}', '{name}'] to tests/oracles.py: see its docstring"
    assert kind in AGREE, f"add agree_{kind} to tests/agreement.py: how a {kind} is compared with its oracle"


def test_a_component_without_an_oracle_is_told_what_to_add() -> None:
    with pytest.raises(AssertionError, match="add ORACLES"):
        test_it_has_an_oracle("loss", "brand_new")


def test_no_oracle_is_left_without_its_component() -> None:
    assert ORACLES.keys() - set(COMPONENTS) == set()


@examples(*AGREE)
def test_it_agrees_with_its_oracle(kind: str, block: Block, oracle: Oracle) -> None:
    AGREE[kind](block, oracle)


@examples(*AGREE)
def test_a_wrong_oracle_is_detected(kind: str, block: Block, oracle: Oracle) -> None:
    with pytest.raises(AssertionError):
        AGREE[kind](block, spoilt(oracle))


@each_component
def test_it_says_what_it_computes_and_where_it_is_from(kind: str, name: str) -> None:
    what, _, source = (inspect.getdoc(CATALOGUES[kind][name]) or "").partition("Source: ")
    assert what.strip() and source.strip(), f"{kind} '{name}' needs a docstring with a formula and 'Source: ...'"


@each_component
def test_its_keyword_arguments_have_no_defaults(kind: str, name: str) -> None:
    arguments = inspect.signature(CATALOGUES[kind][name]).parameters.values()
    assert [a.name for a in arguments if a.default is not a.empty or a.annotation is a.empty] == []


@each_component
def test_its_nested_components_are_named_after_a_kind(kind: str, name: str) -> None:
    parameters = parameters_of(CATALOGUES[kind][name])
    assert all(kind_of(key) in CATALOGUES for key, wanted in parameters.items() if wanted == "Component")


@examples(*AGREE)
def test_its_examples_are_within_their_ranges(kind: str, block: Block, oracle: Oracle) -> None:
    parameters = parameters_of(CATALOGUES[kind][block["name"]])
    assert all(CHECKS[parameters[key]][1](value) for key, value in parameters_in(block).items())


@each_component
def test_it_is_read_from_its_file_as_it_is_imported(kind: str, name: str) -> None:
    function, read = CATALOGUES[kind][name], catalogue.component(kind, name)
    assert read.parameters == parameters_of(function)
    assert str(read.file) == inspect.getsourcefile(inspect.unwrap(function))
    assert function.__name__ == name


def test_the_catalogues_that_are_read_are_the_ones_that_are_imported() -> None:
    imported = {kind: list(catalogue) for kind, catalogue in CATALOGUES.items()}
    assert {kind: catalogue.names(kind) for kind in catalogue.CATALOGUE_FILES} == imported


@examples("activation", "normalizer")
def test_its_slope_is_its_derivative(kind: str, block: Block, oracle: Oracle) -> None:
    x = 4 * torch.randn(8, CLASSES, generator=seeded(), dtype=torch.float64)
    assert torch.autograd.gradcheck(build(kind, block), x.requires_grad_())


@examples("radial")
def test_the_slopes_of_a_radial_function_are_its_derivatives(kind: str, block: Block, oracle: Oracle) -> None:
    squares = torch.rand(6, 4, generator=seeded(), dtype=torch.float64) * 9
    widths = 0.5 + torch.rand(4, generator=seeded(), dtype=torch.float64)
    inputs = squares.requires_grad_(), widths.requires_grad_()
    assert torch.autograd.gradcheck(build(kind, block), inputs)


@examples("radial")
def test_a_radial_function_falls_and_its_slopes_are_finite_from_a_centre_to_far_away(
    kind: str, block: Block, oracle: Oracle
) -> None:
    squares = torch.tensor([[0.0], [0.1], [1], [10], [1e4], [1e8]], requires_grad=True)
    widths = torch.tensor([0.01, 1, 100], requires_grad=True)
    values = build(kind, block)(squares, widths)
    values.sum().backward()
    assert (values.diff(dim=0) <= 0).all() and (values[0] > 0).all()
    assert all(grad is not None and grad.isfinite().all() for grad in (squares.grad, widths.grad))


@examples("centers")
def test_centres_are_drawn_from_their_generator_alone(kind: str, block: Block, oracle: Oracle) -> None:
    before, numpy_s = torch.get_rng_state(), np.random.get_state()[1].copy()
    first, again = (agreement.chosen_centers(block, seed) for seed in (1, 1))
    assert torch.equal(first, again) and len(first) == block["count"]
    assert torch.equal(before, torch.get_rng_state()) and (numpy_s == np.random.get_state()[1]).all()


@examples("centers")
def test_more_centres_than_examples_are_refused(kind: str, block: Block, oracle: Oracle) -> None:
    with pytest.raises(ReplabError, match="61 centres cannot be "):
        agreement.chosen_centers(block | {"count": 61})


@examples("loss")
def test_the_gradient_of_a_loss_is_its_derivative(kind: str, block: Block, oracle: Oracle) -> None:
    targets = torch.randint(CLASSES, (20,), generator=seeded())
    scores = (4 * torch.randn(20, CLASSES, generator=seeded(), dtype=torch.float64)).requires_grad_()
    loss = build(kind, block)
    if oracle.gradient is None:
        assert torch.autograd.gradcheck(lambda x: loss(x, targets), scores)
    else:
        (gradient,) = torch.autograd.grad(loss(scores, targets).sum(), scores)
        rows = zip(scores.tolist(), targets.tolist(), strict=True)
        close(gradient, [oracle.gradient(row, target, **parameters_in(block)) for row, target in rows])


@examples("pooling")
def test_the_gradient_of_a_pooling_is_its_derivative(kind: str, block: Block, oracle: Oracle) -> None:
    for size in ((4, 6), (5, 3)):
        x = torch.rand(2, 2, *size, generator=seeded(), dtype=torch.float64) + 0.05
        assert torch.autograd.gradcheck(build(kind, block), x.requires_grad_())


@examples("regularizer")
def test_the_gradient_of_a_regularizer_is_its_derivative(kind: str, block: Block, oracle: Oracle) -> None:
    names, tensors = zip(*agreement.named_weights().items(), strict=True)
    inputs = [tensor.detach().clone().requires_grad_() for tensor in tensors]
    penalty = build(kind, block)
    assert torch.autograd.gradcheck(lambda *ws: penalty(dict(zip(names, ws, strict=True))), inputs)


# Models of many layers or steps take a second a difference: of them, the derivatives by so many pixels. (The fast mode
# of gradcheck looks along one direction; it misses a pixel whose gradient is wrong by a tenth.)
FEW_PIXELS = {"fine_tuned": 6, "lstm": 12}


@examples("model")
def test_the_gradient_of_a_model_is_its_derivative(kind: str, block: Block, oracle: Oracle) -> None:
    x = torch.randn(2 * math.prod(SHAPE), generator=seeded(), dtype=torch.float64)
    chosen = torch.randperm(len(x), generator=seeded())[: FEW_PIXELS.get(block["name"], len(x))]
    model = make_model(block, 0).double()

    def scores(pixels: torch.Tensor) -> torch.Tensor:
        return model(x.index_copy(0, chosen, pixels).view(2, *SHAPE))

    pixels, scale = x[chosen].requires_grad_(), torch.ones(())
    if block["name"] in FEW_PIXELS:  # gradcheck passes what is wrong by less than 1e-5, and all of theirs can be less
        scale = torch.autograd.grad(scores(pixels)[:, 0].sum(), pixels)[0].abs().max()
    assert torch.autograd.gradcheck(lambda pixels: scores(pixels) / scale, pixels)


@single_and_double
@examples("activation", "loss", "normalizer")
def test_extreme_scores_give_finite_values_and_gradients(
    kind: str, block: Block, oracle: Oracle, dtype: torch.dtype
) -> None:
    for target in range(EXTREME.shape[1]):
        scores = EXTREME.to(dtype, copy=True).requires_grad_()
        values = build(kind, block, targets=torch.full((len(scores),), target))(scores)
        (gradient,) = torch.autograd.grad(values.sum(), scores)
        assert values.isfinite().all() and gradient.isfinite().all()


@examples("activation", "loss", "normalizer")
def test_stacked_replicates_get_what_each_gets_alone(kind: str, block: Block, oracle: Oracle) -> None:
    scores = 4 * torch.randn(3, 6, CLASSES, generator=seeded())
    arguments = [scores, torch.randint(CLASSES, (3, 6), generator=seeded())][: 2 if kind == "loss" else 1]

    def summed(*one: torch.Tensor) -> torch.Tensor:
        return build(kind, block)(*one).sum()

    stacked = torch.func.vmap(torch.func.grad_and_value(summed))(*arguments)
    alone = [torch.func.grad_and_value(summed)(*one) for one in zip(*arguments, strict=True)]
    for together, apart in zip(stacked, zip(*alone, strict=True), strict=True):
        torch.testing.assert_close(together, torch.stack(apart))


@examples("activation", "loss", "normalizer")
def test_a_sample_counts_for_itself_whatever_stands_beside_it(kind: str, block: Block, oracle: Oracle) -> None:
    """The engine hands over the samples of all replicates at once."""
    scores = 4 * torch.randn(3, 6, CLASSES, generator=seeded())
    targets = torch.randint(CLASSES, (3, 6), generator=seeded())
    component = build(kind, block)
    if kind == "loss":
        together = component(scores.flatten(0, 1), targets.flatten()).view(3, 6)
        apart = torch.stack([component(*one) for one in zip(scores, targets, strict=True)])
    else:
        together, apart = component(scores), torch.stack([component(one) for one in scores])
    torch.testing.assert_close(together, apart)


@examples("regularizer")
def test_stacked_replicates_are_penalised_each_for_itself(kind: str, block: Block, oracle: Oracle) -> None:
    each = [agreement.named_weights(seed) for seed in range(3)]
    stacked = {name: torch.stack([weights[name] for weights in each]) for name in each[0]}
    penalty = build(kind, block)
    torch.testing.assert_close(torch.func.vmap(penalty)(stacked), torch.stack([penalty(one) for one in each]))


@examples("initializer")
def test_an_initializer_draws_from_its_generator_alone(kind: str, block: Block, oracle: Oracle) -> None:
    before = torch.get_rng_state()
    first, again, other = (build(kind, block)(torch.empty(50), generator=seeded(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert torch.equal(first, other) == isinstance(oracle.reference(**parameters_in(block)), float)
    assert torch.equal(before, torch.get_rng_state())


@single_and_double
@examples("averaging", "optimizer")
def test_stacked_replicates_move_as_each_moves_alone(
    kind: str, block: Block, oracle: Oracle, dtype: torch.dtype
) -> None:
    weights, sequence = (drawn.to(dtype) for drawn in agreement.weights_and_gradients(3, 7, 5))
    run = agreement.optimized if kind == "optimizer" else agreement.averaged
    alone = [run(block, weights[r], sequence[:, r]) for r in range(3)]
    torch.testing.assert_close(run(block, weights, sequence), torch.stack(alone))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
@examples("optimizer")
def test_an_optimizer_moves_half_precision_as_it_moves_double(
    kind: str, block: Block, oracle: Oracle, dtype: torch.dtype
) -> None:
    weights, gradients = agreement.weights_and_gradients(70)
    moved = agreement.optimized(block, weights.to(dtype), gradients.to(dtype)).double()
    expected = agreement.optimized(block, weights, gradients)
    torch.testing.assert_close(moved, expected, rtol=0.02, atol=0.05)


@examples("optimizer")
def test_an_optimizer_follows_the_rate_in_its_groups(kind: str, block: Block, oracle: Oracle) -> None:
    weights, gradients = agreement.weights_and_gradients(4)
    moved = weights.clone().requires_grad_()
    moved.grad = gradients[0].clone()
    optimizer = build(kind, {**block, "lr": 10 * block["lr"]}, parameters=[moved])
    for group in optimizer.param_groups:
        group["lr"] = block["lr"]
    optimizer.step()
    close(moved, oracle.reference(weights.numpy(), [gradients[0].numpy()], **parameters_in(block)))


@examples("model")
def test_a_model_has_as_many_weights_as_the_formula_says(kind: str, block: Block, oracle: Oracle) -> None:
    assert oracle.count is not None, f"add count=... to ORACLES['model', '{block['name']}']"
    counted = sum(weights.numel() for weights in make_model(block, 0).parameters())
    assert counted == oracle.count(SHAPE, CLASSES, **parameters_in(block))


@examples("model")
def test_a_model_draws_from_its_generator_alone(kind: str, block: Block, oracle: Oracle) -> None:
    before = torch.get_rng_state()
    first, again, other = (make_model(block, seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)
    assert torch.equal(before, torch.get_rng_state())


@examples("network")
def test_a_network_draws_from_its_generator_alone(kind: str, block: Block, oracle: Oracle) -> None:
    before, vocabularies = torch.get_rng_state(), agreement.VOCABULARIES
    first, again, other = (
        build("network", block, vocabularies=vocabularies, generator=seeded(seed)).state_dict() for seed in (1, 1, 2)
    )
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)
    assert torch.equal(before, torch.get_rng_state())


@examples("network")
def test_the_gradient_of_a_network_is_its_derivative(kind: str, block: Block, oracle: Oracle) -> None:
    network = agreement.make_network(block, 0)
    batch = agreement.cut(agreement.BATCHING[block["name"]], "validation")[-1]
    nats, _, _ = network.nats(batch, None)
    weights = list(network.parameters())
    moves = [torch.randn(each.shape, generator=seeded(), dtype=torch.float64) for each in weights]
    gradients = torch.autograd.grad(nats, weights)
    expected = sum((gradient * move).sum() for gradient, move in zip(gradients, moves, strict=True))
    ends = []
    for length in (1e-5, -1e-5):
        with torch.no_grad():
            for each, move in zip(weights, moves, strict=True):
                each += length * move
            ends.append(network.nats(batch, None)[0])
            for each, move in zip(weights, moves, strict=True):
                each -= length * move
    assert (ends[0] - ends[1]) / 2e-5 == pytest.approx(float(expected), rel=1e-6)


@examples("model")
def test_stacked_models_give_what_each_gives_alone(kind: str, block: Block, oracle: Oracle) -> None:
    models = [make_model(block, seed) for seed in range(3)]
    weights, buffers = torch.func.stack_module_state(models)
    if buffers:
        with pytest.raises(ReplabError, match="its strategy must be loop"):
            StackedReplicates(cast(Any, SimpleNamespace(model=block)), models)
        return
    x = torch.randn(3, 6, *SHAPE, generator=seeded())

    def scores(one: dict[str, torch.Tensor], batch: torch.Tensor) -> torch.Tensor:
        return torch.func.functional_call(models[0], one, (batch,))

    alone = torch.stack([model(batch) for model, batch in zip(models, x, strict=True)])
    torch.testing.assert_close(torch.func.vmap(scores)(weights, x), alone)
    if getattr(models[0], "stackable", False):
        torch.testing.assert_close(scores(weights, x), alone)
