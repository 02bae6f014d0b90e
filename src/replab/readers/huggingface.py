"""HuggingFace Trainer: `trainer_state.json`; its log_history has a mapping for each log line, with `step` and `epoch`.

Layout: huggingface.co/docs/transformers, TrainerState. A checkpoint's state is a run's history so far: of several in
one run's folder the one with the most steps counts.
"""

from __future__ import annotations

from pathlib import Path

from replab.errors import ReplabError
from replab.files import read_json
from replab.readers.asked import Asked
from replab.readers.runs import Point, Run, is_plain_number, metric_name, texts

AXES = ("step", "epoch")


def recognises(path: Path) -> bool:
    """A file of that name, unless a later state of the same run lies beside it."""
    if not (path.is_file() and path.name == "trainer_state.json"):
        return False
    if not path.parent.name.startswith("checkpoint-"):
        return True
    run = path.parent.parent
    if (run / "trainer_state.json").is_file():
        return False
    return path == max(run.glob("checkpoint-*/trainer_state.json"), key=lambda state: _steps(state.parent))


def _steps(folder: Path) -> int:
    number = folder.name.removeprefix("checkpoint-")
    return int(number) if number.isdecimal() else -1


def read(path: Path, asked: Asked) -> list[Run]:
    """The one run of the file. Raises ReplabError where it has no log_history."""
    content = read_json(path)
    history = content.get("log_history") if isinstance(content, dict) else None
    if not isinstance(history, list) or not history:
        raise ReplabError(f"{path}: it has no log_history")
    folder = path.parent.parent if path.parent.name.startswith("checkpoint-") else path.parent
    settings = texts(content["trial_params"]) if isinstance(content.get("trial_params"), dict) else {}
    run = Run(folder.as_posix(), str(path), settings)
    for line in history:
        step = line.get("step", line.get("epoch"))
        for name, value in line.items():
            if name not in AXES and is_plain_number(value):
                run.points.append(Point(metric_name(name), step, float(value)))
    return [run]
