"""Says in a sentence why a variant would run, or would not: what has changed since its last run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, groupby
from pathlib import Path
from typing import Any

from replab.blocks import Block
from replab.errors import and_more
from replab.files import flat, read_json, write_json
from replab.identity import code_parts, code_sha256
from replab.params import Variant
from replab.project import Project
from replab.store import Record, Store

MOST_DIFFERENCES = 3


def remember(store: Store, variant: Variant, data_sha256: str | None) -> None:
    """Keep what a variant was when it ran last, so that a change can be explained later."""
    known = {"spec": variant.runner.counted(variant.spec), "code": code_parts(variant), "data": data_sha256}
    write_json(_path(store, variant), known)


def _path(store: Store, variant: Variant) -> Path:
    return store.root / "known" / variant.study / f"{variant.name}.json"


def why_variant(project: Project, variant: Variant) -> str:
    """One sentence: the seeds that would run and why, or that none would."""
    identities = project.identities(variant)
    missing = [seed for seed, identity in identities.items() if project.store.get(identity) is None]
    name = f"{variant.study} {variant.name}"
    if not missing:
        return f"{name} would not run: the records of all {len(identities)} seeds are in the store."
    path = _path(project.store, variant)
    seeds = f"{name} would run for {'seed' if len(missing) == 1 else 'seeds'} {seeds_text(missing)}: "
    if not path.exists():
        return f"{seeds}it has never run here.{_nearest(project, variant, missing)}"
    changes = list(_changes(read_json(path), variant, project.data_sha256(variant)))
    if changes:
        return seeds + "; ".join(changes) + "."
    reason = next((reason for seed in missing if (reason := project.store.failure(identities[seed]))), None)
    if reason:
        return f"{seeds}it failed the last time ({reason})."
    return f"{seeds}these have no record yet.{_nearest(project, variant, missing)}"


def _nearest(project: Project, variant: Variant, missing: list[int]) -> str:
    """A sentence on the store's runs with the missing seeds that differ from the variant's in the least; "" for none.

    They may be a colleague's, whose settings or code are others. Runs of the study's own variants are not meant.
    """
    own = {run.identity for run in project.runs([variant.study])}
    here = flat(variant.runner.counted(variant.spec)), code_sha256(variant), project.data_sha256(variant)
    differences: dict[tuple[str, ...], list[int]] = {}
    for record in project.store.records():
        if record["seed"] in missing and record["identity"] not in own:
            differences.setdefault(tuple(_differences(record, *here)), []).append(record["seed"])
    least = min(differences, key=lambda found: (len(found), found), default=())
    if not 0 < len(least) <= MOST_DIFFERENCES:
        return ""
    seeds = sorted(set(differences[least]))
    named = f"{'a run' if len(seeds) == 1 else 'runs'} of {'seed' if len(seeds) == 1 else 'seeds'} {seeds_text(seeds)}"
    return f" The store has {named} with another setting or code: {'; '.join(least)}."


def _differences(record: Record, spec: Block, code: str, data_sha256: str | None) -> Iterator[str]:
    for key, there, here in _other_settings(flat(record["spec"]), spec):
        yield f"{key} is {there} there and {here} here"
    if record["code_sha256"] != code:
        yield "the code is another"
    if (record["data"]["sha256"] if record["data"] else None) != data_sha256:
        yield "the data are others"


def _other_settings(one: Block, other: Block) -> Iterator[tuple[str, Any, Any]]:
    """(dotted key, its value in the one, in the other) of each setting in which two specs differ, both of one level."""
    for key in sorted(one.keys() | other.keys()):
        if one.get(key) != other.get(key):
            yield key, one.get(key, "not set"), other.get(key, "not set")


def seeds_text(seeds: Iterable[int]) -> str:
    """`0 to 99, 120`: seeds that follow each other, three or more, as a range."""
    groups = groupby(enumerate(sorted(seeds)), key=lambda pair: pair[1] - pair[0])
    runs = [[seed for _, seed in group] for _, group in groups]
    texts = ([f"{run[0]} to {run[-1]}"] if len(run) > 2 else list(map(str, run)) for run in runs)
    return ", ".join(chain.from_iterable(texts))


def _changes(known: dict[str, Any], variant: Variant, data_sha256: str | None) -> Iterator[str]:
    for key, before, now in _other_settings(flat(known["spec"]), flat(variant.runner.counted(variant.spec))):
        yield f"{key} was {before} and is {now}"
    code = code_parts(variant)
    changed = sorted(key for key in known["code"].keys() | code.keys() if known["code"].get(key) != code.get(key))
    if changed:
        yield f"the source changed in {and_more(changed, 3)}"
    if known["data"] != data_sha256:
        yield "the data changed"
