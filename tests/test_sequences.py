"""The engine for sequences: what is carried and what is not, resuming, divergence, perplexity, precision."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as lightning
import torch
from torchmetrics.text import Perplexity

from replab.blocks import merge
from replab.building import build
from replab.data import TextData
from replab.errors import ReplabError
from replab.identity import code_parts
from replab.nn.nats import linear_nats
from replab.nn.networks.contract import Network, State
from replab.nn.networks.lstm_language_model import LSTMLanguageModel
from replab.nn.sequences import Stretch
from replab.params import Variant, resolve
from replab.params_loading import check_params
from replab.runners import RUNNERS
from replab.spec import SequenceSpec
from replab.training import sequences
from replab.training.outcomes import Outcome
from replab.training.placing import Placed
from replab.training.randomness import generator
from replab.training.sequence_module import SequenceModule
from replab.training.sequences import train_sequences
from test_engine import KillAfter, Killed
from tiny import params

LSTM: dict[str, Any] = {
    "name": "lstm_language_model",
    "width": 16,
    "layers": 2,
    "keep": 0.9,
    "tied": True,
    "forget_bias": 1.0,
    "weights_initializer": {"name": "uniform", "limit": 0.3},
}
BASE: dict[str, Any] = {
    "data": {"name": "pydoc_topics"},
    "sequences": {"name": "streams", "rows": 4, "steps": 5, "evaluation_rows": 1},
    "network": LSTM,
    "optimizer": {"name": "sgd", "lr": 1.0, "momentum": 0.0, "weight_decay": 0.0},
    "schedule": {"name": "constant"},
    "gradient": "per_sequence",
    "clip": 5.0,
    "budget": {"epochs": 3},
    "precision": "float32",
}
ADAM = {"name": "adam", "lr": 0.05, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8}
WORDS = ("<eos>", "<unk>", *"abcdefgh")


def text(length: int = 600) -> TextData:
    """The alphabet over and over, with every fifth word drawn at random: learnable, and made in no time."""
    random = np.random.default_rng(5)
    counted = np.arange(length * 2) % len(WORDS)
    words = np.where(random.random(len(counted)) < 0.2, random.integers(0, len(WORDS), len(counted)), counted)
    cuts = np.split(words.astype(np.int32), [length, length + length // 3])
    tokens = dict(zip(("train", "validation", "test"), cuts, strict=True))
    return TextData("tiny", tokens, {"words": WORDS}, "0" * 64, True)


def spec(**overrides: Any) -> SequenceSpec:
    return SequenceSpec.model_validate(merge(BASE, overrides))


def run(
    folder: Path, seeds: tuple[int, ...] = (0,), callbacks: tuple[lightning.Callback, ...] = (), **overrides: Any
) -> dict[int, Outcome]:
    path_of = lambda seed: folder / f"{seed}.pt"  # noqa: E731
    outcomes = train_sequences(spec(**overrides), list(seeds), text(), path_of, lambda: list(callbacks), "cpu")
    return {outcome.seed: outcome for outcome in outcomes}


def module_of(**overrides: Any) -> SequenceModule:
    """A module that is ready for the first epoch, without a Trainer."""
    wanted, data = spec(**overrides), text()
    network = build("network", wanted.network, vocabularies=data.vocabularies, generator=generator(0, "weights"))
    module = SequenceModule(wanted, 0, network, data)
    module.to_device(torch.device("cpu"))
    module.train_dataloader()
    module.on_train_epoch_start()
    return module


def test_it_learns(tmp_path: Path) -> None:
    outcome = run(tmp_path, optimizer=ADAM, budget={"epochs": 4})[0]
    first, last = (outcome.curves["validation_perplexity"][end] for end in (0, -1))
    assert first > 4.2 and last < 3.8
    assert outcome.curves["step"] == [29, 58, 87, 116]
    assert outcome.curves["epoch"] == [1, 2, 3, 4]
    assert outcome.cost["parameters"] == 10 * 16 + 10 + 2 * (2 * 4 * 16 * 16 + 4 * 16)
    assert {name: entry["unit"] for name, entry in outcome.metrics.items()} == {
        f"{split}_{what}": unit
        for split in ("train", "validation", "test")
        for what, unit in (("loss", "nats"), ("perplexity", ""))
    }


def test_a_seed_does_not_depend_on_its_neighbours_and_matters(tmp_path: Path) -> None:
    together = run(tmp_path / "a", (3, 1))
    assert together[1].curves == run(tmp_path / "b", (1,))[1].curves
    assert together[1].curves["train_loss"] != together[3].curves["train_loss"]


@pytest.mark.parametrize("optimizer", [{}, {"momentum": 0.5, "lr": 0.1}], ids=["plain", "momentum"])
def test_an_interrupted_run_ends_with_the_numbers_of_an_uninterrupted_one(
    optimizer: dict[str, Any], tmp_path: Path
) -> None:
    settings: dict[str, Any] = {"optimizer": optimizer, "budget": {"running_at": [10, 80]}}
    whole = run(tmp_path / "a", **settings)[0]
    with pytest.raises(Killed):
        run(tmp_path / "b", callbacks=(KillAfter(1),), **settings)
    resumed = run(tmp_path / "b", **settings)[0]
    assert resumed.curves == whole.curves and resumed.metrics == whole.metrics


def test_a_run_that_was_killed_before_its_record_trains_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run(tmp_path)[0]
    monkeypatch.setattr(sequences, "_fit", lambda *_: pytest.fail("trained again"))
    again = run(tmp_path)[0]
    assert again.metrics == whole.metrics and again.cost["train_seconds"] >= whole.cost["train_seconds"]


class Seen(Network):
    """Keeps the state that it gets; its own counts the batches."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(()))
        self.states: list[State] = []

    def nats(self, batch: Stretch, state: State) -> tuple[torch.Tensor, int, State]:
        self.states.append(state)
        count = self.weight * (0 if state is None else state["count"])
        return 2 + count * 0 + self.weight * 0, batch.targets.numel(), {"count": count + 1, "pair": [(count, count)]}


def test_the_state_is_carried_through_an_epoch_without_its_gradient_and_begins_anew_with_the_next() -> None:
    module = module_of()
    module.network = network = Seen()
    for epoch in range(2):
        module.on_train_epoch_start()
        for number in range(3):
            module.training_step(number, number)
        first, *others = network.states[3 * epoch :]
        assert first is None
        assert [float(state["count"]) for state in others] == [1, 2]
        assert not any(state["count"].requires_grad or state["pair"][0][1].requires_grad for state in others)


def test_an_evaluation_starts_fresh_and_leaves_the_carried_state_alone() -> None:
    module = module_of(sequences={"evaluation_rows": 2})
    first = module.evaluated("validation")
    for number in range(5):
        module.training_step(number, number)
    carried = module.carried
    moved = module.evaluated("validation")
    assert moved == module.evaluated("validation") != first
    assert module.carried is carried and module.network.training


def test_gradients_do_not_flow_over_the_cut() -> None:
    """The second stretch's gradient is that of a state that is given; a longer stretch has another one."""
    module = module_of(network={"keep": 1.0}, clip=None, optimizer={"lr": 1e-30})
    network, (first, second) = module.network, module.batches[:2]
    for number in (0, 1):
        module.training_step(number, number)
    ours = network.layers[0].recurrent.grad.clone()  # type: ignore[union-attr, index]
    _, _, state = network.nats(first, None)
    network.zero_grad()
    given = [tuple(each.detach() for each in layer) for layer in state]
    (network.nats(second, given)[0] / 4).backward()
    torch.testing.assert_close(ours, network.layers[0].recurrent.grad)  # type: ignore[union-attr, index]
    network.zero_grad()
    _, _, state = network.nats(first, None)
    (network.nats(second, state)[0] / 4).backward()
    assert not torch.allclose(ours, network.layers[0].recurrent.grad)  # type: ignore[union-attr, index, arg-type]


def test_two_stretches_with_a_carried_state_are_one_long_one() -> None:
    network, batches = module_of().network.eval(), module_of().batches
    first, _, state = network.nats(batches[0], None)
    second, _, _ = network.nats(batches[1], state)
    long = Stretch(*(torch.cat([getattr(b, side) for b in batches[:2]]) for side in ("inputs", "targets")), True)
    torch.testing.assert_close(first + second, network.nats(long, None)[0])


def test_perplexity_is_that_of_torchmetrics_and_of_every_word_counted_by_hand() -> None:
    module = module_of()
    found = module.evaluated("test")
    network, tokens = module.network, module.tokens["test"]
    x, _ = network.eval().hidden(tokens[:-1, None], None)  # type: ignore[operator]
    scores = torch.nn.functional.linear(x[:, 0], network.output, network.bias)  # type: ignore[arg-type]
    metric = Perplexity()
    metric.update(scores[None].detach(), tokens[None, 1:])
    assert found["test_perplexity"] == pytest.approx(float(metric.compute()), rel=1e-5)
    nats = [-math.log(row.softmax(0)[word]) for row, word in zip(scores.detach().double(), tokens[1:], strict=True)]
    assert found["test_loss"] == pytest.approx(math.fsum(nats) / (len(tokens) - 1), rel=1e-6)


def counted(network: Network, text: TextData, tokens: dict[str, torch.Tensor]) -> dict[str, dict[str, Any]]:
    """The words of the test text, and whether the network is told that it trains."""
    assert tokens["test"].tolist() == text.tokens["test"].tolist()
    return {"test_words": {"value": len(tokens["test"]), "unit": "words"}, "trains": {"value": network.training}}


def test_what_a_network_measures_besides_is_part_of_the_metrics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LSTMLanguageModel, "extra_metrics", counted)
    metrics = run(tmp_path)[0].metrics
    assert metrics["test_words"] == {"value": 400, "unit": "words"} and metrics["trains"]["value"] is False


def test_layers_start_with_their_forget_gates_open_and_their_other_biases_at_0() -> None:
    biases = {name: value for name, value in module_of().network.state_dict().items() if name.endswith("bias")}
    assert biases.pop("bias").abs().min() > 0
    for bias in biases.values():
        assert bias.tolist() == [0.0] * 16 + [1.0] * 16 + [0.0] * 32


def test_the_running_perplexity_is_of_the_steps_of_its_epoch_so_far(tmp_path: Path) -> None:
    metrics = run(tmp_path, budget={"epochs": 2, "running_at": [28, 29, 57]})[0].metrics
    outcome = run(tmp_path / "b", budget={"epochs": 2})[0]
    assert metrics["train_perplexity@28"]["value"] == outcome.curves["train_perplexity"][0]
    assert metrics["train_perplexity@57"]["value"] == outcome.curves["train_perplexity"][1]
    assert metrics["train_perplexity@29"]["value"] != metrics["train_perplexity@28"]["value"]


@pytest.mark.parametrize(("gradient", "parts"), [("per_sequence", 4), ("per_token", 20)])
def test_a_step_goes_down_the_nats_divided_by_sequences_or_tokens(gradient: str, parts: int) -> None:
    module = module_of(gradient=gradient, clip=None, network={"keep": 1.0})
    before = module.network.bias.detach().clone()  # type: ignore[union-attr]
    nats, _, _ = module.network.nats(module.batches[0], None)
    (expected,) = torch.autograd.grad(nats / parts, module.network.bias)  # type: ignore[arg-type]
    module.training_step(0, 0)
    torch.testing.assert_close(before - module.network.bias, expected)  # type: ignore[operator]


def test_the_gradient_is_cut_to_its_length_over_all_parameters() -> None:
    moved = {}
    for clip in (None, 0.01, 1e6):
        module = module_of(clip=clip)
        before = [weights.detach().clone() for weights in module.network.parameters()]
        module.training_step(0, 0)
        steps = [(new - old).flatten() for new, old in zip(module.network.parameters(), before, strict=True)]
        moved[clip] = torch.cat(steps).detach()
    assert moved[0.01].norm() == pytest.approx(0.01, rel=1e-4)
    torch.testing.assert_close(moved[1e6], moved[None])
    torch.testing.assert_close(moved[0.01] / 0.01, moved[None] / moved[None].norm(), rtol=1e-3, atol=1e-4)


def test_the_schedule_is_followed() -> None:
    module = module_of(schedule={"name": "decay_each_epoch", "factor": 0.5})
    module.training_step(1, 1)
    assert module.optimizer.param_groups[0]["lr"] == 0.5


@pytest.mark.parametrize("lr", [1e30, 1e3], ids=["not finite", "overflow"])
def test_a_run_that_diverges_says_at_which_step_and_has_no_metrics(lr: float, tmp_path: Path) -> None:
    outcome = run(tmp_path, optimizer={"lr": lr}, clip=None)[0]
    assert outcome.diverged_step is not None and outcome.metrics == {}
    assert run(tmp_path, optimizer={"lr": lr}, clip=None)[0].diverged_step == outcome.diverged_step


def test_in_bf16_it_learns_what_it_learns_in_float32_and_is_evaluated_in_float32(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"optimizer": ADAM | {"lr": 0.02}, "budget": {"epochs": 2}}
    found = [run(tmp_path / p, precision=p, **settings)[0].metrics for p in ("float32", "bf16")]
    exact, low = (metrics["validation_perplexity"]["value"] for metrics in found)
    assert low != exact < 6 and low == pytest.approx(exact, rel=0.05)
    assert module_of(precision="bf16").evaluated("test") == module_of().evaluated("test")


@pytest.mark.parametrize("scale", [1.0, 300.0], ids=["usual", "beyond the exponential's range"])
def test_linear_nats_and_their_gradients_are_those_of_cross_entropy(scale: float) -> None:
    source = torch.Generator().manual_seed(0)
    shapes = {"x": (12, 6), "weight": (9, 6), "bias": (9,)}
    drawn = {name: scale * torch.randn(shape, generator=source, dtype=torch.float64) for name, shape in shapes.items()}
    targets, results = torch.randint(9, (12,), generator=source), []
    for ours in (True, False):
        x, weight, bias = inputs = [each.clone().requires_grad_() for each in drawn.values()]
        if ours:
            nats = linear_nats(x, weight, bias, targets)
        else:
            scores = torch.nn.functional.linear(x, weight, bias)
            nats = torch.nn.functional.cross_entropy(scores, targets, reduction="sum")
        (3 * nats).backward()
        results.append([nats.detach(), *(each.grad for each in inputs)])
    torch.testing.assert_close(*results)


def test_linear_nats_in_bf16_are_near_those_in_float32() -> None:
    source = torch.Generator().manual_seed(0)
    x, weight = torch.randn(500, 16, generator=source), torch.randn(50, 16, generator=source)
    bias, targets = torch.zeros(50), torch.randint(50, (500,), generator=source)
    results = []
    for low in (False, True):
        inputs = [each.clone().requires_grad_() for each in (x, weight)]
        with torch.autocast("cpu", torch.bfloat16, enabled=low):
            nats = linear_nats(*inputs, bias, targets)
        nats.backward()
        results.append((nats.item(), *(each.grad for each in inputs)))
    assert nats.dtype == torch.float32
    (exact, *gradients), (low_nats, *low_gradients) = results
    assert low_nats != exact and low_nats == pytest.approx(exact, rel=1e-3)
    for right, near in zip(gradients, low_gradients, strict=True):
        assert (right - near).norm() < 0.01 * right.norm()  # type: ignore[operator, union-attr]


def test_dropout_is_on_what_goes_up_and_not_on_what_goes_on() -> None:
    """With all dropped nothing comes into a layer and nothing goes up; its own steps are as they are without."""
    network, inputs = module_of(network={"keep": 1e-9}).network, torch.zeros(5, 4, dtype=torch.int64)
    for layer in network.layers:  # type: ignore[union-attr]
        layer.bias.data.normal_(generator=generator(0, "test"))  # type: ignore[union-attr]
    x, state = network.hidden(inputs, None)  # type: ignore[operator]
    assert (x == 0).all()
    for layer, (h, c) in zip(network.layers, state, strict=True):  # type: ignore[arg-type]
        _, expected = layer(torch.zeros(5, 4, 16), None)
        torch.testing.assert_close((h, c), expected)
        assert (h != 0).all()


@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_text_that_is_too_short_for_its_streams_is_refused(split: str) -> None:
    block = {"name": "streams", "rows": 4, "steps": 5, "evaluation_rows": 9}
    least = {"train": 21, "validation": 10}[split]
    cut = build("sequences", block)
    with pytest.raises(ReplabError, match=f"{least - 1} words is too short .* {least} are needed"):
        list(cut({split: torch.zeros(least - 1, dtype=torch.int64)}, split, generator=generator(0, "order")))
    assert len(list(cut({split: torch.zeros(least, dtype=torch.int64)}, split, generator=generator(0, "order")))) == 1


def variant(**changes: Any) -> Variant:
    return resolve(check_params(params(base=BASE | changes, variants={"plain": {}})), "tiny", "sample")[0]


def test_its_identity_holds_the_engine_the_network_and_how_the_text_is_cut() -> None:
    assert variant().runner is RUNNERS["sequences"]
    parts = code_parts(variant())
    for part in (
        "training/sequences.py:train_sequences",
        "training/sequence_module.py:SequenceModule",
        "training/sequence_module.py:detached",
        "training/randomness.py:generator",
        "nn/sequences.py:streams",
        "nn/sequences.py:Stretch",
        "nn/networks/lstm_language_model.py:LSTM",
        "nn/networks/contract.py:Network",
        "nn/nats.py:LinearNats",
        "nn/models/mlp_dropout.py:Dropout",
        "nn/optimizers.py:sgd",
    ):
        assert f"src/replab/{part}" in parts
    assert not any("training/engine.py" in part or "training/module.py" in part for part in parts)


REFUSED = {
    "an unknown network": ({"network": LSTM | {"name": "lstm_languagemodel"}}, "did you mean 'lstm_language_model'?"),
    "no streams": ({"sequences": BASE["sequences"] | {"rows": 0}}, "rows must be a whole number of at least 1"),
    "a loss": ({"loss": "cross_entropy"}, "key 'loss' unknown"),
    "no clipping, said wrongly": ({"clip": 0}, "clip: Input should be greater than 0"),
    "steps in the place of epochs": ({"budget": {"steps": 5}}, "key 'steps' unknown"),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_a_wrong_spec_is_refused_in_one_line(case: str) -> None:
    changes, message = REFUSED[case]
    with pytest.raises(ReplabError) as caught:
        variant(**changes)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_the_network_is_back_on_the_device_when_the_test_text_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trainer.fit ends by moving the module to the CPU, where the text of a training on an accelerator is not."""
    happened: list[str] = []
    cpu, to, evaluated = SequenceModule.cpu, SequenceModule.to, SequenceModule.evaluated
    monkeypatch.setattr(SequenceModule, "cpu", lambda self: happened.append("cpu") or cpu(self))
    monkeypatch.setattr(SequenceModule, "to", lambda self, device: happened.append(str(device)) or to(self, device))
    monkeypatch.setattr(
        SequenceModule, "evaluated", lambda self, split: happened.append(split) or evaluated(self, split)
    )
    root = torch.device("cpu", 0)
    monkeypatch.setattr("pytorch_lightning.strategies.SingleDeviceStrategy.root_device", root)
    run(tmp_path, callbacks=(Placed(),), budget={"epochs": 1})
    assert happened[-3:] == ["cpu", str(root), "test"]
