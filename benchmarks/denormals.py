"""Whether trainings give the same numbers when their optimizers set denormal numbers to 0, and what that saves.

Each of RUNS is trained twice by its own runner, with `Flushing` and without. Compared are all metrics and curves, bit
by bit, of the one with the other and with the committed record of the run; and the weights at the end. The records may
come from another processor, whose sums of products and bf16 have other last digits. Needs the prepared data.

Run: `python benchmarks/denormals.py --output benchmarks/denormals.md`; with words, only the studies that have one in
their names. What was measured is kept in --kept, a line each, and not measured again.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest import mock

import torch

from replab import environment
from replab.project import Project
from replab.runners.runner import Finished, Place
from replab.store import Store
from replab.training import checkpoints
from replab.training.progress import Display

ALL = 1000  # seeds
# profile, study, the beginning of its variants' names, how many seeds of each
RUNS = [
    ("first", "xor_bits", "ada", ALL),
    ("full", "xor_optimizers", "", ALL),
    ("first", "quadratic_batch_sizes", "equal_steps", ALL),
    ("full", "lstm_sine", "linear", ALL),
    ("full", "lstm_sine", "one_step", ALL),
    ("full", "mnist_activations", "crelu", ALL),
    ("full", "cifar10_softmax_grid", "lr_1e-5_reg_0", ALL),
    ("full", "cifar10_preprocessing_50k", "hog_standardized", ALL),
    ("full", "mnist_depth", "adam_1e-1_decay_elastic", 1),
    ("cifar10", "svhn_losses", "cross_entropy_no_wd", 1),
    ("cifar10", "svhn_lp_pooling", "p_4", 1),
    ("sample", "ptb_lstm", "", ALL),
    ("sample", "translation", "", ALL),
    ("full", "mnist_learning_rates", "adam_1e-3_elastic", 1),
    ("full", "lenet5", "adam_1e-3_float32", 1),
    ("full", "transfer", "all_1", 1),
]
Trained = dict[int, tuple[Finished, dict[str, Any], float]]


def train(project: Project, variant: Any, seeds: list[int], flush: bool) -> Trained:
    """seed -> its result, the state at its end, and the processor's seconds for all seeds together."""
    with tempfile.TemporaryDirectory() as folder, mock.patch("replab.training.denormals.can_flush", lambda: flush):
        identities = project.identities(variant)
        place = Place(variant, identities, Store(Path(folder)), project.data_root, Display(quiet=True), "cpu")
        started = time.process_time()
        found = {one.outcome.seed: one for one in variant.runner.run(variant.spec, seeds, place)}
        seconds = time.process_time() - started
        states = {seed: (checkpoints.load(place.checkpoint(seed)) or {}).get("state", {}) for seed in seeds}
    return {seed: (found[seed], states[seed], seconds) for seed in seeds}


def numbers(record: Any) -> str:
    """Metrics and curves as one text, equal where every bit is."""
    return json.dumps([record["metrics"], record["curves"]], sort_keys=True)


def tensors(state: Any) -> list[torch.Tensor]:
    """The tensors of a state, in order."""
    if isinstance(state, dict):
        return [tensor for value in state.values() for tensor in tensors(value)]
    return [state] if isinstance(state, torch.Tensor) else []


def denormals(state: Any) -> float:
    """The share of the numbers in a state that are denormal, in %."""
    every = [tensor for tensor in tensors(state) if tensor.dtype == torch.float32]
    few = sum(int(((tensor != 0) & (tensor.abs() < torch.finfo(torch.float32).tiny)).sum()) for tensor in every)
    return 100 * few / max(1, sum(tensor.numel() for tensor in every))


def difference(one: Any, other: Any) -> float:
    """The largest difference of two networks' weights."""
    pairs = zip(tensors(one["model"]), tensors(other["model"]), strict=True) if one and other else []
    return max((float((a.double() - b.double()).abs().nan_to_num().max()) for a, b in pairs if a.numel()), default=0.0)


def records(profile: str, study: str) -> dict[str, Any]:
    """identity -> committed record."""
    found = {}
    for path in Path("results", profile, study).glob("records.jsonl*"):
        with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
            found |= {record["identity"]: record for record in map(json.loads, file)}
    return found


def compare(project: Project, variant: Any, seeds: list[int], known: dict[str, Any]) -> dict[str, Any]:
    """What is in a row of the table, of one variant."""
    identities = project.identities(variant)
    off, on = (train(project, variant, seeds, flush) for flush in (False, True))
    both = [(off[seed], on[seed], known.get(identities[seed])) for seed in seeds]
    texts = [[record and numbers(record) for record in (vars(a[0].outcome), vars(b[0].outcome), r)] for a, b, r in both]
    return {
        "runs": len(seeds),
        "equal": sum(one == other for one, other, _ in texts),
        "recorded": sum(text[2] is not None for text in texts),
        "as_recorded": [sum(text[way] == text[2] for text in texts) for way in (0, 1)],
        "denormal": [max(denormals(pair[way][1]) for pair in both) for way in (0, 1)],
        "weights": max(difference(a[1], b[1]) for a, b, _ in both),
        "cpu_seconds": [both[0][0][2], both[0][1][2]],
    }


def measured(kept: Path, words: list[str]) -> list[dict[str, Any]]:
    """The rows of all variants; those that `kept` lacks are measured, if one of the words is in their study's name."""
    kept.parent.mkdir(exist_ok=True)
    rows = [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []
    for profile, study, start, most in RUNS:
        project = Project(Path("params.yaml"), profile)
        for variant in project.variants(study):
            head = {"profile": profile, "study": study, "variant": variant.name}
            asked = variant.name.startswith(start) and (not words or any(word in study for word in words))
            if asked and not any(head.items() <= row.items() for row in rows):
                row = compare(project, variant, list(variant.seeds)[:most], records(profile, study))
                rows.append(head | row | {"processor": environment.processor()})
                with kept.open("a") as file:
                    print(json.dumps(rows[-1]), file=file)
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """A line for each study of a profile, and variants of Adam and the like together."""
    lines = [
        "| profile, study | variants | runs | equal | record equal: off, on (of) | denormal at the end: off, on | "
        "weights differ by | CPU seconds off / on |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for key in dict.fromkeys((row["profile"], row["study"]) for row in rows):
        group = [row for row in rows if (row["profile"], row["study"]) == key]
        runs, equal, recorded = (sum(row[name] for row in group) for name in ("runs", "equal", "recorded"))
        as_off, as_on = (sum(row["as_recorded"][way] for row in group) for way in (0, 1))
        off, on = (max(row["denormal"][way] for row in group) for way in (0, 1))
        timed = [row["cpu_seconds"] for row in group if row.get("cpu_seconds")]
        ratio = f"{sum(off for off, _ in timed) / sum(on for _, on in timed):.2f}" if timed else "not taken"
        weights = max(row["weights"] for row in group)
        lines.append(
            f"| {key[0]}, `{key[1]}` | {len(group)} | {runs} | {equal} | {as_off}, {as_on} ({recorded}) | "
            f"{off:.2g} %, {on:.2g} % | {weights:.1g} | {ratio} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure what is asked for, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*")
    parser.add_argument("--kept", type=Path, default=Path("work/denormals.jsonl"))
    parser.add_argument("--output", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    rows = measured(args.kept, args.words)
    if args.output:
        args.output.write_text(args.output.read_text().partition("| profile")[0] + table(rows) + "\n")
    print(table(rows))


if __name__ == "__main__":
    main()
