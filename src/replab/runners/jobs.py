"""One job: every missing run of some variants, in one process, each record kept as it comes."""

from __future__ import annotations

import contextlib
import gc
import traceback
from collections.abc import Iterable
from datetime import UTC, datetime

from replab import environment
from replab.errors import ReplabError
from replab.identity import code_sha256
from replab.params import Variant
from replab.project import Project
from replab.runners.runner import Failed, Place
from replab.store import Record
from replab.training.outcomes import Outcome
from replab.training.progress import Display


def run_variants(project: Project, variants: Iterable[Variant], display: Display, accelerator: str) -> None:
    """Run what is missing. A failing variant does not stop the others; what the machine lacks (room, a package) does,
    and so does a device that is lost.

    Raises ReplabError after all were tried, naming those that failed.
    """
    failures = []
    for variant in variants:
        wanted = project.identities(variant)
        try:
            failed = _run_missing(project, variant, wanted, display, accelerator)
            failures += [f"{variant.study} {variant.name}, seed {one.seed}: {one.reason}" for one in failed]
        except (OSError, ModuleNotFoundError):
            raise
        except Exception as error:
            reason = _reason(error)
            failures.append(f"{variant.study} {variant.name}: {reason}")
            if not isinstance(error, ReplabError) and not _is_lack_of_memory(error):  # whose messages say it all
                display.log(traceback.format_exc())
            for identity in wanted.values():
                if project.store.get(identity) is None:
                    project.store.fail(identity, reason)
            if type(error).__name__ == "AcceleratorError":  # the device answers this process no more
                break
        gc.collect()  # a Trainer and its module refer to each other, and hold the data
    if failures:
        more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        raise ReplabError(f"failed: {failures[0]}{more}; `replab status` lists all")


def _reason(error: Exception) -> str:
    """Why a variant failed, in one line."""
    if _is_lack_of_memory(error):
        return (
            "the accelerator has too little memory for all of its seeds together; take fewer seeds, a smaller batch, "
            f"or --accelerator cpu ({_first_line(error)})"
        )
    return _first_line(error) if isinstance(error, ReplabError) else f"{type(error).__name__}: {_first_line(error)}"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0]


def _is_lack_of_memory(error: Exception) -> bool:
    """An accelerator's, which torch has a class for; torch may be missing here."""
    return type(error).__name__ == "OutOfMemoryError"


def _run_missing(
    project: Project, variant: Variant, wanted: dict[int, str], display: Display, accelerator: str
) -> list[Failed]:
    """Run and keep what is missing of a variant; the runs that failed alone."""
    store, failed = project.store, []
    with contextlib.ExitStack() as held:
        for identity in sorted(wanted.values()):
            if store.get(identity) is None:
                held.enter_context(store.claim(identity))
        missing = [seed for seed, identity in wanted.items() if store.get(identity) is None]
        if not missing:
            return []
        keeps = project.params.studies[variant.study].keep_weights
        place = Place(variant, wanted, store, project.data_root, display, accelerator, keeps)
        shared = _shared(project, variant)
        for result in variant.runner.run(variant.spec, missing, place):
            if isinstance(result, Failed):
                store.fail(wanted[result.seed], result.reason)
                failed.append(result)
            else:
                store.put(shared | _own(result.outcome, wanted[result.outcome.seed]) | dict(result.more))
    return failed


def _shared(project: Project, variant: Variant) -> Record:
    """What the records of a variant's runs that are run together have in common; looked up once, as they start."""
    return {
        "schema": 1,
        "spec": variant.runner.counted(variant.spec),
        "environment": environment.describe(),
        "data": variant.runner.data(variant.spec, project.data_root),
        "code": variant.runner.places(variant.spec),
        "code_sha256": code_sha256(variant),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _own(outcome: Outcome, identity: str) -> Record:
    """What a run's record has of its own."""
    return {
        "identity": identity,
        "seed": outcome.seed,
        "status": "done" if outcome.diverged_step is None else "diverged",
        "diverged_step": outcome.diverged_step,
        "metrics": outcome.metrics,
        "curves": outcome.curves,
        "cost": outcome.cost | environment.device_used(outcome.cost["device"]),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }
