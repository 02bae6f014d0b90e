"""What `device.py` trains: variants of the studies, by their own runners, on data that are made up."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import made_up
import torch

from replab.params import Variant, resolve
from replab.params_loading import load_params
from replab.params_models import Params
from replab.runners.runner import Place
from replab.store import Store
from replab.training.outcomes import Outcome
from replab.training.progress import Display

ROOT = Path(__file__).resolve().parents[1]
PARAMS = ROOT / "params.yaml"
# Examples, or words, or pairs of sentences, to train and to test on. TINY is for a dry run.
IMAGES, FEWER, FEW, TINY = (60_000, 10_000), (12_000, 1_000), (600, 100), (40, 20)

Row = tuple[str, ...]
Items = dict[str, Callable[[], list[Row]]]


@dataclass(frozen=True)
class Setting:
    """Where it is measured. `small`: the same steps at tiny sizes, so that a mistake shows before there is a device."""

    accelerator: str
    small: bool

    @property
    def device(self) -> torch.device:
        """torch's own word."""
        return torch.device("cpu" if self.accelerator == "cpu" else "cuda")

    @property
    def patience(self) -> int:
        """A dry run may take so many times as long: it is to find mistakes, on a machine that may be busy."""
        return 20 if self.small else 1

    def budget(self, steps: int, every: int) -> dict[str, Any]:
        """The budget of a run with so many steps."""
        return {"steps": 4, "evaluate_every": 2} if self.small else {"steps": steps, "evaluate_every": every}


def variant_of(study: str, name: str, profile: str = "full", **changes: Any) -> Variant:
    """A variant under a profile, with some keys of its settings replaced."""
    [found] = [variant for variant in resolve(params(), study, profile) if variant.name == name]
    return replace(found, spec=found.spec | changes)


@cache
def params() -> Params:
    """All studies."""
    return load_params(PARAMS)


def cut(variant: Variant, sizes: tuple[int, int]) -> Variant:
    """The variant for so few examples: a batch, and what is kept to validate on, are at most a quarter of them."""
    spec, most = variant.spec, sizes[0] // 4
    if "batches" not in spec:
        return variant
    batches = spec["batches"] | {"size": min(most, spec["batches"]["size"])}
    kept = spec["data"] | {"validation": min(most, spec["data"]["validation"])}
    return replace(variant, spec=spec | {"batches": batches, "data": kept})


def trained(
    variant: Variant, seeds: list[int], accelerator: str, folder: Path, sizes: tuple[int, int]
) -> list[Outcome]:
    """The outcomes of some seeds, as `replab train` gets them; checkpoints lie in `folder`."""
    store = Store(folder)
    identities = {seed: f"{seed:064}" for seed in seeds}
    place = Place(variant, identities, store, folder, Display(quiet=True), accelerator)
    with (
        mock.patch("replab.data.load", lambda name, root: made_up.examples(name, *sizes)),
        mock.patch("replab.data.load_text", lambda name, root: made_up.text(name, *sizes)),
    ):
        return [found.outcome for found in variant.runner.run(cut(variant, sizes).spec, seeds, place)]


def seconds_of(run: Callable[[], Any], device: torch.device) -> float:
    """How long a call takes, with all that it asked of the device."""
    started = time.perf_counter()
    run()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started


def reset_memory(device: torch.device) -> None:
    """Forget the peak so far."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def memory(device: torch.device) -> str:
    """The peak on the device since then, in MiB."""
    return f"{torch.cuda.max_memory_allocated() / 2**20:.0f}" if device.type == "cuda" else ""
