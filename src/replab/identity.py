"""A run's identity: what its numbers follow from, and nothing else. Needs no import of torch."""

from __future__ import annotations

from typing import Any

from replab import catalogue, codebase
from replab.blocks import Block, components_of
from replab.files import sha256_of_json
from replab.params import Variant


def run_identity(spec: Block, seed: int, code_sha256: str, data_sha256: str | None) -> str:
    """The hex sha256 of a resolved spec, a seed, the source it is built from and the data it sees.

    Names of studies and variants are not part of it: two variants with one spec are one run.
    """
    return sha256_of_json({"spec": spec, "seed": seed, "code": code_sha256, "data": data_sha256})


def code_parts(variant: Variant) -> dict[str, str]:
    """`file:name` -> sha256 of each piece of source that a variant is built from."""
    return codebase.parts(components_of(variant.spec), variant.engine)


def code_sha256(variant: Variant) -> str:
    """The hash of all the source that a variant is built from."""
    return codebase.parts_sha256(components_of(variant.spec), variant.engine)


def places(spec: Block) -> dict[str, str]:
    """component -> the `file:line` where it stands, for the record."""
    return {f"{kind} {name}": catalogue.component(kind, name).place for kind, name in components_of(spec)}


def job_params(variants: list[Variant]) -> dict[str, Any]:
    """What a job depends on besides its data, as one plain dict for Snakemake's `params`."""
    return {
        variant.name: {"spec": variant.spec, "seeds": list(variant.seeds), "code": code_sha256(variant)}
        for variant in variants
    }
