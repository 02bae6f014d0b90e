"""From `pip install` to the page: the machine time of each command, in an empty environment; needs a package index.

`python benchmarks/install_to_page.py` prints the table of docs/examples/README.md.
"""

from __future__ import annotations

import difflib
import os
import resource
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from replab.environment import processor

ROOT = Path(__file__).parents[1]
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "src", "docs/examples")
PAPER, SCRIPT = "docs/examples/judged-paper", "docs/examples/scikit-learn"
TIMES = 3  # a judging command is called so often; the median is shown
STEPS = [  # folder, command, calls
    (".", "pip install .", 1),
    (PAPER, 'replab judge results.csv --baseline "Random forest"', TIMES),
    (PAPER, "replab claims new table.tex --output draft.yaml", 1),
    (PAPER, "replab judge results.csv --claims paper.yaml", TIMES),
    (".", "pip install '.[commands]' scikit-learn", 1),
    (SCRIPT, "replab train classifiers", 1),
    (SCRIPT, "replab report", 1),
]


def seconds(command: str, folder: Path, programs: Path) -> tuple[float, float]:
    """(wall, processor) seconds of a command. Raises CalledProcessError where it fails."""
    variables = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}", "VIRTUAL_ENV": str(programs.parent)}
    variables.pop("PYTHONPATH", None)
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(shlex.split(command), cwd=folder, env=variables, check=True, stdout=sys.stderr)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def own_lines(folder: Path, command: str) -> str:
    """How many lines the user writes before a command, where it takes some."""
    if "--claims" in command:
        texts = [(folder / name).read_text(encoding="utf-8").splitlines() for name in ("draft.yaml", "paper.yaml")]
        texts[0] = [line.replace("draft", "paper") for line in texts[0]]
        return f"{sum(line.startswith('+ ') for line in difflib.ndiff(*texts))} of the draft edited"
    if "train" in command:
        return f"{len((folder / 'params.yaml').read_text(encoding='utf-8').splitlines())}"
    return "0"


def main() -> None:
    """Print a row a command."""
    print(f"Machine time on {processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}.\n")
    print("| command | in | own lines | wall, s | processor, s |\n|---|---|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for source in SOURCES:
            copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
            copy(ROOT / source, root / source)
        shutil.rmtree(root / SCRIPT / "results")
        subprocess.run([sys.executable, "-m", "venv", str(root / "venv")], check=True)
        for folder, command, calls in STEPS:
            lines = own_lines(root / folder, command)
            measured = [seconds(command, root / folder, root / "venv/bin") for _ in range(calls)]
            wall, used = map(statistics.median, zip(*measured, strict=True))
            print(f"| `{command}` | {folder} | {lines} | {wall:.1f} | {used:.1f} |", flush=True)


if __name__ == "__main__":
    main()
