"""TensorBoard event files, read by tensorboard's own EventAccumulator (the extra `replab[tensorboard]`).

A folder with event files is a run. Where training was resumed, a step can be there twice: the value written last
counts, and how many steps had another one is said.
"""

from __future__ import annotations

from pathlib import Path

from replab.errors import ReplabError
from replab.readers.asked import Asked
from replab.readers.runs import Point, Run, metric_name

EVENTS = "events.out.tfevents."


def recognises(path: Path) -> bool:
    """The first event file of a folder, which stands for all of them."""
    return path.is_file() and path.name.startswith(EVENTS) and path == min(path.parent.glob(f"{EVENTS}*"))


def read(path: Path, asked: Asked) -> list[Run]:
    """The one run of the folder."""
    try:
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    except ImportError as error:
        raise ReplabError(f"{path}: to read event files, pip install '.[tensorboard]' in replab's folder") from error
    accumulator = EventAccumulator(str(path.parent), size_guidance={"scalars": 0, "tensors": 0})
    accumulator.Reload()
    run = Run(path.parent.as_posix(), str(path.parent))
    for tag in accumulator.Tags()["scalars"]:
        events = [(event.step, float(event.value)) for event in accumulator.Scalars(tag)]
        if not _is_of_lightning(tag, events):
            _add(run, tag, events)
    if not run.points:
        raise ReplabError(f"{path.parent}: its event files hold no scalar")
    return [run]


def _add(run: Run, tag: str, events: list[tuple[int, float]]) -> None:
    last: dict[int, float] = {}
    changed = set()
    for step, value in events:
        if last.setdefault(step, value) != value:
            changed.add(step)
        last[step] = value
    if changed:
        steps = "1 step is" if len(changed) == 1 else f"{len(changed)} steps are"
        run.notes.append(f"{run.name}: {tag}: {steps} there twice, with two values; the later one counts")
    run.points += [Point(metric_name(tag), float(step), last[step]) for step in sorted(last)]


def _is_of_lightning(tag: str, events: list[tuple[int, float]]) -> bool:
    """Whether it is no metric: the number of the epoch, or the -1 that Lightning writes beside hyperparameters."""
    return tag == "epoch" or (tag == "hp_metric" and {value for _, value in events} == {-1.0})
