"""The project's own params.yaml with its studies, read and checked once a process: each time takes .4 s."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from replab.params_loading import load_params, remember
from replab.params_models import Params

OURS = Path(__file__).resolve().parents[1] / "params.yaml"


def our_params() -> Params:
    """Its content. Who changes a spec of it changes a copy."""
    _remember()
    return load_params(OURS)


@cache
def _remember() -> None:
    remember(OURS)
