"""Every component that params.yaml can name, and `build`, the only crossing from a name to code.

A component's parameters are its keyword-only arguments that are annotated with a name of `replab.ranges`;
what else it names is context, given by who builds it (`generator`, `shape`, ...) or by who calls it
(`scores`, `step`, ...).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from replab.errors import ReplabError, unknown
from replab.nn.activations import ACTIVATIONS
from replab.nn.averagings import AVERAGINGS
from replab.nn.backbones import BACKBONES
from replab.nn.centers import CENTERS
from replab.nn.initializers import INITIALIZERS
from replab.nn.inputs import INPUTS
from replab.nn.losses import LOSSES
from replab.nn.measures import MEASURES
from replab.nn.models import MODELS
from replab.nn.networks import NETWORKS
from replab.nn.normalizers import NORMALIZERS
from replab.nn.optimizers import OPTIMIZERS
from replab.nn.pooling import POOLINGS
from replab.nn.radials import RADIALS
from replab.nn.regularizers import REGULARIZERS
from replab.nn.schedules import SCHEDULES
from replab.nn.sequences import SEQUENCES
from replab.nn.series import SERIES
from replab.nn.solvers import SOLVERS
from replab.nn.subsets import SUBSETS
from replab.nn.widths import WIDTHS
from replab.probes import PROBES
from replab.ranges import CHECKS, kind_of
from replab.user.code import user_function

CATALOGUES: dict[str, dict[str, Callable[..., Any]]] = {
    "activation": ACTIVATIONS,
    "averaging": AVERAGINGS,
    "backbone": BACKBONES,
    "centers": CENTERS,
    "initializer": INITIALIZERS,
    "input": INPUTS,
    "loss": LOSSES,
    "measure": MEASURES,
    "model": MODELS,
    "network": NETWORKS,
    "normalizer": NORMALIZERS,
    "optimizer": OPTIMIZERS,
    "pooling": POOLINGS,
    "probe": PROBES,
    "radial": RADIALS,
    "regularizer": REGULARIZERS,
    "schedule": SCHEDULES,
    "sequences": SEQUENCES,
    "series": SERIES,
    "solver": SOLVERS,
    "subset": SUBSETS,
    "widths": WIDTHS,
}
MADE = frozenset({"model", "network", "optimizer"})


def parameters_of(function: Callable[..., Any]) -> dict[str, str]:
    """The names of a component's parameters, each with the name of its range."""
    arguments = inspect.signature(function).parameters.values()
    return {a.name: a.annotation for a in arguments if a.kind is a.KEYWORD_ONLY and a.annotation in CHECKS}


def build(kind: str, block: Mapping[str, Any], **context: Any) -> Any:
    """The component that `block` names: `build("loss", {"name": "focal", "gamma": 2, "alpha": .1})`.

    A model, a network and an optimizer (the kinds in `MADE`) are made: the result is what the function returns.
    Of every other kind the result is the function itself with its parameters bound (a `functools.partial`), to be
    called later. From `context` it gets the arguments that it names, and no others. Nested components are
    bound first, of the kind that their parameter's name ends in (`weights_initializer`), without context: who
    calls them gives it, and so makes a nested optimizer. Ranges are checked where params.yaml is read.

    Raises ReplabError for a kind, a name or a parameter that does not exist, and for a parameter left out.
    """
    bound = _bound(kind, block, context)
    return bound() if kind in MADE else bound


def _bound(kind: str, block: Mapping[str, Any], context: Mapping[str, Any]) -> partial[Any]:
    """The component's function with its parameters and what it names of the context."""
    function = function_of(kind, block)
    parameters = parameters_of(function)
    _check(f"{kind} '{block['name']}'", block, parameters)
    named = inspect.signature(function).parameters.keys() - parameters.keys()
    arguments = {key: value for key, value in context.items() if key in named}
    for key, value_range in parameters.items():
        arguments[key] = _bound(kind_of(key), block[key], {}) if value_range == "Component" else block[key]
    return partial(function, **arguments)


def function_of(kind: str, block: Mapping[str, Any]) -> Callable[..., Any]:
    """The function that `block` names. Raises ReplabError for a kind or a name that does not exist."""
    if kind not in CATALOGUES:
        raise unknown("kind of component", kind, CATALOGUES)
    if not isinstance(block, Mapping) or "name" not in block:
        raise ReplabError(f"{kind}: {block!r} is not a block with a name")
    if block["name"] in CATALOGUES[kind]:
        return CATALOGUES[kind][block["name"]]
    return user_function(kind, block["name"])


def _check(component: str, block: Mapping[str, Any], parameters: Mapping[str, str]) -> None:
    if extra := [key for key in block if key not in {"name", *parameters}]:
        raise unknown(f"{component}: parameter", extra[0], parameters)
    if missing := [key for key in parameters if key not in block]:
        raise ReplabError(f"{component} lacks {', '.join(missing)}")
