"""lm-evaluation-harness: a results JSON for each model; `results` has, by task, `metric,filter` -> value.

Layout: docs of EleutherAI/lm-evaluation-harness. The metrics in `FRACTIONS` are fractions by its documentation;
the standard errors are of the sample of questions, not of seeds, and are left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from replab.errors import ReplabError
from replab.files import read_json
from replab.readers.asked import Asked
from replab.readers.runs import Point, Run, is_plain_number, metric_name, texts

FRACTIONS = {"acc", "acc_norm", "exact_match", "f1", "em", "mc1", "mc2"}


def recognises(path: Path) -> bool:
    """A JSON file with the keys `results` and `configs` (or `config`) and `versions`."""
    if not (path.is_file() and path.suffix == ".json"):
        return False
    try:
        content = read_json(path)
    except ReplabError:
        return False
    return isinstance(content, dict) and "results" in content and bool({"configs", "config", "versions"} & set(content))


def read(path: Path, asked: Asked) -> list[Run]:
    """The one run of the file; its variant is the model, its seed the config's random_seed."""
    content = read_json(path)
    config = content["config"] if isinstance(content.get("config"), dict) else {}
    settings = texts(config)
    model = content.get("model_name") or config.get("model_args") or config.get("model")
    if model:
        settings["model"] = str(model)
    if config.get("random_seed") is not None:
        settings["seed"] = str(config["random_seed"])
    run = Run(path.with_suffix("").as_posix(), str(path), settings)
    if not isinstance(content["results"], dict):
        raise ReplabError(f"{path}: results must be a mapping of tasks")
    for task, values in content["results"].items():
        _add_task(run, task, values)
    return [run]


def _add_task(run: Run, task: str, values: dict[str, Any]) -> None:
    for key, value in values.items():
        name, _, kept = key.partition(",")
        if name.endswith("_stderr") or not is_plain_number(value):
            continue
        metric = metric_name("_".join([task, name] + ([kept] if kept not in ("", "none") else [])))
        run.points.append(Point(metric, None, float(value)))
        if name in FRACTIONS:
            run.units[metric] = "fraction"
