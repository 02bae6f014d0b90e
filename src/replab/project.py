"""A checkout as the commands see it: params.yaml under one profile, the data, and the store of records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from replab import data
from replab.data_scope import DataScope
from replab.errors import ReplabError
from replab.identity import code_sha256, run_identity
from replab.more_seeds import extended, load_more_seeds, save_more_seeds, seeds_path
from replab.params import Variant, interim_analyses_of, resolve, studies_of
from replab.params_loading import load_params
from replab.params_models import Params, Profile
from replab.store import Store

FINDINGS = Path("docs/findings")


@dataclass(frozen=True)
class Run:
    """One seed of one variant, its identity, and how it stands: done, diverged, running, failed or missing.

    A run whose data are not prepared has no identity yet: it is missing.
    """

    variant: Variant
    seed: int
    identity: str | None
    state: str


class Project:
    """Everything that a command needs to know, read once."""

    def __init__(self, params_path: Path, profile: str | None, store: Store | None = None) -> None:
        self.params: Params = load_params(params_path)
        self.profile_name = profile or self.params.profile
        self.studies = studies_of(self.params, self.profile_name)
        self.seeds_path = seeds_path(params_path)
        self.more_seeds = load_more_seeds(self.seeds_path)
        for study in self.more_seeds.get(self.profile_name, {}):
            self.check_study(study)
            self.variants(study)
        self.store = store or Store()
        self.data_root = data.default_root()

    @property
    def profile(self) -> Profile:
        """The profile's settings."""
        return self.params.profiles[self.profile_name]

    def variants(self, study: str) -> list[Variant]:
        """The study's variants under the profile, with the seeds that they have by now."""
        numbers = self.more_seeds.get(self.profile_name, {}).get(study, {})
        return extended(self._declared(study), numbers, self.interim_analyses(study))

    def _declared(self, study: str) -> list[Variant]:
        """The study's variants as params.yaml declares them."""
        return resolve(self.params, study, self.profile_name)

    def extend(self, study: str, numbers: Mapping[str, int]) -> None:
        """Note that variants (by name) have so many seeds now, where these are more than params.yaml declares."""
        declared = {v.name: len(v.seeds) for v in self._declared(study)}
        more = {name: number for name, number in numbers.items() if number > declared[name]}
        if more:
            with self.store.claim(self.seeds_path.name):  # another process may have added to it since it was read
                self.more_seeds = load_more_seeds(self.seeds_path)
                self.more_seeds.setdefault(self.profile_name, {}).setdefault(study, {}).update(more)
                save_more_seeds(self.seeds_path, self.more_seeds)

    def findings(self, study: str) -> Path | None:
        """Where a person writes what the study's runs show; None of a sample, which shows nothing.

        On other data than the report's it is in a folder with the profile's name.
        """
        folders = {DataScope.ORIGINAL: FINDINGS, DataScope.OTHER: FINDINGS / self.profile_name}
        folder = folders.get(self.profile.scope)
        return folder and folder / f"{study}.md"

    def interim_analyses(self, study: str) -> tuple[int, ...]:
        """The numbers of seeds at which verdicts on the study may be formed; () for the seeds that it has."""
        return interim_analyses_of(self.params, study, self.profile_name)

    def jobs(self, study: str) -> list[list[Variant]]:
        """The study's variants, as many together as the profile puts into one job."""
        variants, size = self.variants(study), self.profile.variants_per_job
        return [variants[first : first + size] for first in range(0, len(variants), size)]

    def data_sets(self, studies: Iterable[str] | None = None) -> list[str]:
        """The data sets that some studies need, all of the profile's where none are given."""
        chosen = self.studies if studies is None else studies
        variants = (variant for study in chosen for variant in self.variants(study))
        return sorted({name for variant in variants for name in variant.runner.data_sets(variant.spec)})

    def unprepared(self, names: Iterable[str]) -> list[str]:
        """Those of some data sets that are not prepared. Without them their runs have no identity yet."""
        found = []
        for name in names:
            try:
                data.manifest(name, self.data_root)
            except ReplabError:
                found.append(name)
        return found

    def data_sha256(self, variant: Variant) -> str | None:
        """The identity of the data that a variant sees; None for a measurement that sees none."""
        found = variant.runner.data(variant.spec, self.data_root)
        return str(found["sha256"]) if found else None

    def identities(self, variant: Variant) -> dict[int, str]:
        """seed -> identity of a variant's runs. Raises ReplabError where its data are not prepared."""
        data_sha256, code = self.data_sha256(variant), code_sha256(variant)
        spec = variant.runner.counted(variant.spec)
        return {seed: run_identity(spec, seed, code, data_sha256) for seed in variant.seeds}

    def runs(self, studies: Iterable[str]) -> list[Run]:
        """Every run of the studies, and how it stands."""
        return [
            Run(variant, seed, identity, self.store.state(identity) if identity else "missing")
            for variant, seed, identity in self._identified(studies)
        ]

    def _identified(self, studies: Iterable[str]) -> Iterator[tuple[Variant, int, str | None]]:
        """(variant, seed, identity) of every run of the studies; None where its data are not prepared."""
        for variant in (variant for study in studies for variant in self.variants(study)):
            identities: Mapping[int, str | None]
            try:
                identities = self.identities(variant)
            except ReplabError:
                identities = dict.fromkeys(variant.seeds)
            for seed, identity in identities.items():
                yield variant, seed, identity

    def records(self, study: str) -> tuple[dict[tuple[str, int], Mapping[str, Any]], list[tuple[str, int, str]]]:
        """((variant, seed) -> record, and the runs without one with the reason) of a study."""
        records: dict[tuple[str, int], Mapping[str, Any]] = {}
        missing = []
        for variant, seed, identity in self._identified([study]):
            record = self.store.get(identity) if identity else None
            if record is not None:
                records[variant.name, seed] = record
            else:
                reason = self.store.failure(identity) if identity else "its data are not prepared"
                missing.append((variant.name, seed, reason or "not run"))
        return records, missing

    def check_study(self, name: str) -> str:
        """The name of a study that the profile runs. Raises ReplabError for another."""
        self._declared(name)
        if name not in self.studies:
            raise ReplabError(f"study '{name}' is not part of the profile '{self.profile_name}'")
        return name
