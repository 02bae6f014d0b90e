"""The settings of variants, as what a picture has along its axes."""

from __future__ import annotations

from collections.abc import Iterable

from replab.blocks import Setting, settings_in
from replab.report.study import StudyResult

PLAIN = {
    "optimizer lr": "learning rate",
    "optimizer beta 1": "beta 1",
    "optimizer beta 2": "beta 2",
    "optimizer weight decay": "weight decay",
    "regularizers strength": "strength of the penalty",
    "batches size": "batch size",
    "subset per class": "examples a class",
    "budget epochs": "epochs",
    "budget steps": "steps",
}  # of keys that are no plain words by themselves


def settings_of(result: StudyResult) -> dict[str, dict[str, Setting]]:
    """variant -> dotted key -> value, of the variants that have a run."""
    specs = {variant: run["spec"] for variant, _, run in result.runs()}
    return {variant: dict(settings_in(spec)) for variant, spec in specs.items()}


def in_order(values: Iterable[Setting]) -> list[Setting]:
    """Each value once: numbers by size, then words as they come."""
    found = list(dict.fromkeys(values))
    numbers = sorted(value for value in found if not isinstance(value, str))
    return [*numbers, *(value for value in found if isinstance(value, str))]


def value_words(value: Setting) -> str:
    """A value as an axis says it."""
    return value.replace("_", " ") if isinstance(value, str) else f"{value:g}"


def setting_words(key: str) -> str:
    """A dotted key as an axis says it: `learning rate`, `model hidden`; `gamma` for `settings.gamma`."""
    *parents, last = key.split(".")
    parent = next((word for word in reversed(parents) if not word.isdigit() and word != "settings"), "")
    words = f"{parent} {last}".strip().replace("_", " ")
    return PLAIN.get(words, words)
