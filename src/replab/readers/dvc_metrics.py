"""DVC metrics (a JSON or YAML file of numbers) and DVCLive folders (metrics.json, params.yaml, plots/metrics/*.tsv).

The settings are those of params.yaml, or of the .hydra/config.yaml that Hydra writes into the folder of a job. Layout:
dvc.org/doc/command-reference/metrics, dvc.org/doc/dvclive, and hydra.cc/docs (multi-run). Where a folder has plots,
they give the curve; metrics.json has the last values only.
"""

from __future__ import annotations

from pathlib import Path

from replab.errors import ReplabError
from replab.files import flat, read_json, read_yaml
from replab.readers.asked import Asked
from replab.readers.runs import Point, Run, csv_rows, is_plain_number, metric_name, number, texts

SETTINGS = ("params.yaml", ".hydra/config.yaml")


def recognises(path: Path) -> bool:
    """A file metrics.json or metrics.yaml."""
    return path.is_file() and path.name in ("metrics.json", "metrics.yaml", "metrics.yml")


def read(path: Path, asked: Asked) -> list[Run]:
    """The one run of the folder. Raises ReplabError where the file holds no number."""
    content = read_json(path) if path.suffix == ".json" else read_yaml(path)
    if not isinstance(content, dict):
        raise ReplabError(f"{path}: expected a mapping of metrics")
    params = next((file for name in SETTINGS if (file := path.parent / name).is_file()), None)
    settings = read_yaml(params) if params else {}
    run = Run(path.parent.as_posix(), str(path), texts(settings) if isinstance(settings, dict) else {})
    plots = path.parent / "plots" / "metrics"
    for table in sorted(plots.rglob("*.tsv")):
        _add_plot(run, table, table.relative_to(plots).with_suffix("").as_posix())
    drawn = {point.metric for point in run.points}
    for name, value in flat(content).items():
        if is_plain_number(value):
            metric = metric_name(name)
            if metric not in drawn and metric not in ("step", "epoch"):
                run.points.append(Point(metric, None, float(value)))
            if metric == "seed":
                run.settings.setdefault("seed", str(value))
    if not run.points:
        raise ReplabError(f"{path}: it holds no number")
    return [run]


def _add_plot(run: Run, table: Path, name: str) -> None:
    header, rows = csv_rows(table)
    if header[0] != "step":
        return
    for line, cells in enumerate(rows, 2):
        where = f"{table}: row {line}"
        run.add(metric_name(name), number(cells[0], where), cells[-1], where)
