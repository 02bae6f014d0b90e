"""Networks that were trained on a text, with the weights that their study kept."""

from __future__ import annotations

import numpy as np
import torch

from replab import data
from replab.building import build
from replab.data import TextData
from replab.errors import ReplabError
from replab.nn.networks.contract import Network
from replab.params import Variant
from replab.project import Project
from replab.training.randomness import generator


def trained_network(project: Project, variant: Variant, seed: int | None) -> tuple[Network, TextData, int]:
    """A variant's network in evaluation mode, its text, and its seed: the first that is trained, where none is asked.

    Raises ReplabError, with the command that helps, where there is no such network.
    """
    if "network" not in variant.spec:
        raise ReplabError(f"study '{variant.study}' trains no networks on text")
    if seed is not None and seed not in variant.seeds:
        known = ", ".join(map(str, variant.seeds))
        raise ReplabError(f"{variant.study} {variant.name} has no seed {seed}: it has {known}")
    identities = project.identities(variant)
    asked = variant.seeds if seed is None else (seed,)
    found = next((one for one in asked if _is_kept(project, identities[one])), None)
    if found is None:
        raise ReplabError(_missing(project, variant, asked[0], identities[asked[0]]))
    text = data.load_text(variant.spec["data"]["name"], project.data_root)
    block = variant.spec["network"]
    network: Network = build("network", block, vocabularies=text.vocabularies, generator=generator(found, "weights"))
    with np.load(project.store.weights(identities[found]), allow_pickle=False) as arrays:
        network.load_state_dict({name: torch.from_numpy(arrays[name]) for name in arrays.files})
    return network.eval(), text, found


def _is_kept(project: Project, identity: str) -> bool:
    return project.store.state(identity) == "done" and project.store.weights(identity).exists()


def _missing(project: Project, variant: Variant, seed: int, identity: str) -> str:
    """What a user does about weights that are not there."""
    run, state = f"{variant.study} {variant.name}, seed {seed}", project.store.state(identity)
    command = f"`replab --profile {project.profile_name} train {variant.study} {variant.name}`"
    if not project.params.studies[variant.study].keep_weights:
        return f"study '{variant.study}' keeps no weights: add keep_weights: true to it, and run {command}"
    if state != "done":
        return f"{run}, has diverged" if state == "diverged" else f"{run}, is not trained: run {command}"
    return f"the weights of {run}, are not here: remove {project.store.record_path(identity)}, and run {command}"
