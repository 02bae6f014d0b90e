"""A run's identity: what its numbers follow from, and nothing else. Needs no import of torch."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from replab.blocks import Block
from replab.files import sha256_of_json
from replab.params import Variant


def run_identity(spec: Block, seed: int, code_sha256: str, data_sha256: str | None) -> str:
    """The hex sha256 of a resolved spec, a seed, the source it is built from and the data it sees.

    Names of studies and variants are not part of it: two variants with one spec are one run.
    """
    return sha256_of_json({"spec": spec, "seed": seed, "code": code_sha256, "data": data_sha256})


def code_parts(variant: Variant) -> dict[str, str]:
    """`file:name` -> sha256 of each piece of source that a variant is built from."""
    return variant.runner.code(variant.spec)


def code_sha256(variant: Variant) -> str:
    """The hash of all the source that a variant is built from."""
    return _sha256(frozenset(code_parts(variant).items()))


@cache
def _sha256(parts: frozenset[tuple[str, str]]) -> str:
    """Worked out once: many variants are built from the same parts."""
    return sha256_of_json(dict(parts))


def job_params(variants: list[Variant]) -> dict[str, Any]:
    """What a job depends on besides its data, as one plain dict for Snakemake's `params`."""
    return {variant.name: _job_params(variant) for variant in variants}


def _job_params(variant: Variant) -> dict[str, Any]:
    """Data that are no prepared set have no manifest that Snakemake could watch: their checksum is a parameter."""
    spec, runner = variant.runner.counted(variant.spec), variant.runner
    found: dict[str, Any] = {"spec": spec, "seeds": list(variant.seeds), "code": code_sha256(variant)}
    own = None if runner.data_sets(variant.spec) else runner.data(variant.spec, Path())
    return found | ({"data": own["sha256"]} if own else {})
