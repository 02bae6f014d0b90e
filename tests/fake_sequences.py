"""Every study of sequences on a device that is made up, with CUDA's autocast: prints JSON, variant -> "ok" or why not.

Network and text are brought to the device; two steps, an evaluation, a checkpoint that is read onto the CPU and put
back, a step more, and what is measured in the end. Fakes have no values: see `fake_values`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import numpy as np
import torch
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.utils._pytree import tree_map_only
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

import made_up_autocast
from fake_device import NAME, PARAMS, Backend, fakes, move, say
from fake_values import Answers, packed, sentences, unpacked, zeros
from replab.building import build
from replab.data import TextData
from replab.params import Variant, resolve
from replab.params_loading import load_params
from replab.spec import SequenceSpec
from replab.training.devices import without_cudnn
from replab.training.like_the_cpu import like_the_cpu
from replab.training.randomness import generator
from replab.training.sequence_module import SequenceModule

WORDS, LENGTH = ("<eos>", *"abcdefghi"), 150
LAYERS = "replab.nn.translation.layers"
SHORT = {"streams": {"rows": 4, "steps": 5}, "sentence_pairs": {"rows": 10}}


def made_up(kind: str) -> TextData:
    """A text of random words, or one of each language."""
    random, names = np.random.default_rng(0), ["train", "validation", "test"]
    sides = ["source", "target"] if kind == "sentence_pairs" else []
    arrays = [f"{name}_{side}" for name in names for side in sides] or names
    tokens = {name: random.integers(0, len(WORDS), LENGTH).astype(np.int32) for name in arrays}
    return TextData("tiny", tokens, {f"{side}_words": WORDS for side in sides} or {"words": WORDS}, "0" * 64, True)


@contextmanager
def without_values() -> Iterator[tuple[FakeTensorMode, Answers]]:
    """Fakes, and answers to what they cannot say."""
    with (
        fakes() as mode,
        Answers() as answers,
        mock.patch.object(FakeTensor, "tolist", zeros),
        mock.patch(f"{LAYERS}.pack_padded_sequence", packed),
        mock.patch(f"{LAYERS}.pad_packed_sequence", unpacked),
        mock.patch("replab.nn.translation.pairs.sentences_of", sentences),
        mock.patch("replab.nn.translation.scoring.sentences_of", sentences),
    ):
        yield mode, answers


def built(spec: SequenceSpec) -> SequenceModule:
    """The engine's module with its network, on the CPU."""
    text = made_up(spec.sequences["name"])
    network = build("network", spec.network, vocabularies=text.vocabularies, generator=generator(0, "weights"))
    return SequenceModule(spec, 0, network, text)


def begin(module: SequenceModule, mode: FakeTensorMode) -> None:
    """What comes before the first step of an epoch, on the device."""
    device, network = torch.device(NAME, 0), module.network
    module._device = device
    with mock.patch.object(network, "to", lambda there: move(network, mode, there)):
        module.to_device(device)
    module.train_dataloader()
    module.on_train_epoch_start()


def checkpoint_of(module: SequenceModule) -> dict[str, Any]:
    """What the engine keeps, as it is read again: on the CPU."""
    state = tree_map_only(torch.Tensor, lambda tensor: tensor.cpu(), module.state())
    return {"epochs": 1, "curves": {}, "running": {}, "diverged_step": None, "state": state}


def run(variant: Variant) -> Answers:
    """All that the engine does with a network; the answers know the types of the products."""
    spec = SequenceSpec.model_validate(variant.spec)
    spec.sequences.update(SHORT[spec.sequences["name"]])
    module, resumed = built(spec), built(spec)
    with without_values() as (mode, answers):
        begin(module, mode)
        for number in range(2):
            module.training_step(number, 0)
        module.validation_step("validation", 0)
        resumed.resume(checkpoint_of(module))
        begin(resumed, mode)
        resumed.training_step(0, 0)
        resumed.evaluated("test")
        resumed.extra_metrics()
        kinds = {(each.device.type, each.grad.dtype) for each in resumed.network.parameters() if each.grad is not None}
        assert kinds == {(NAME, torch.float32)}
    return answers


def tried(variant: Variant, way: Any = like_the_cpu) -> str:
    """ "ok" where products in bf16 and in float32 were made, and no other."""
    try:
        with way():
            types = {kind for _, kinds in run(variant).products for kind in kinds}
    except Exception as error:  # whatever it is, the test shows it
        return f"{type(error).__name__}: {error}"[:300]
    return "ok" if types == {torch.bfloat16, torch.float32} else f"products of {types}"


def main() -> None:
    """Print what was found."""
    params = load_params(PARAMS)
    _setup_privateuseone_for_python_backend(NAME, Backend())
    _libraries = made_up_autocast.register()  # in force for as long as they are kept
    studies = [resolve(params, study, "sample") for study in params.studies]
    variants = {f"{v.study} {v.name}": v for own in studies for v in own if "network" in v.spec}
    found = {name: tried(variant) for name, variant in variants.items()}
    found["without the mend"] = tried(variants["ptb_lstm report"], without_cudnn)
    say(found)


if __name__ == "__main__":
    main()
