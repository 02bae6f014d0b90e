"""docs/architecture.md: a small study runs, and the functions that the page names are called in the page's order."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import pytest

from replab.__main__ import main
from tiny import BASE, params, write_params

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src/replab"
PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
WAYS = ["a learning rate", "an accuracy", "a statement"]
STEP = re.compile(r"^\d+\. `([\w/]+\.py)` `([\w.]+)`: ", re.MULTILINE)
PART = {
    "kind": "number",
    "variant": "plain",
    "metric": "test_accuracy",
    "value": "50",
    "resolution": {"value": 5, "reason": "made up"},
}
READING = {"name": "ours", "mark": "R", "setting": "As stated.", "study": "tiny", "parts": [PART]}
STATEMENT = {"id": "999.plain", "rows": [], "sentence": "Half is right.", "quote": "half", "place": "p. 1"}
CLAIMS = {"report": "999", "title": "t", "source": "s", "statements": [STATEMENT | {"readings": [READING]}]}

Call = tuple[str, str]


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def table(title: str) -> list[list[str]]:
    """The cells of a section's table, without its head."""
    rows = [line.strip("|").split("|") for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


@pytest.fixture
def called(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """(file, function) of the package, in the order of the first calls, of a study that is trained and reported."""
    (folder / "claims").mkdir()
    (folder / "claims/999.yaml").write_text(json.dumps(CLAIMS))
    few = BASE | {"data": BASE["data"] | {"train": 200, "test": 100}}  # a profiled step takes long
    write_params(folder / "params.yaml", params(base=few))
    found: dict[Call, None] = {}

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(str(PACKAGE)):
            file = Path(frame.f_code.co_filename).relative_to(PACKAGE).as_posix()
            found.setdefault((file, frame.f_code.co_qualname))

    sys.setprofile(note)
    try:
        assert main(["train", "tiny", "--quiet"]) == 0 and main(["report", "tiny"]) == 0
    finally:
        sys.setprofile(None)
    return list(found)


def test_the_ways_are_gone_as_the_page_says(called: list[Call]) -> None:
    for way in WAYS:
        steps = STEP.findall(section(f"The way of {way}"))
        assert len(steps) >= 10, way
        assert not [step for step in steps if step not in called], way
        places = [called.index(step) for step in steps]
        assert places == sorted(places), [steps[n] for n in sorted(range(len(steps)), key=places.__getitem__)]


def test_the_table_of_layers_is_the_one_that_is_checked() -> None:
    spec = importlib.util.spec_from_file_location("layers", ROOT / "workflow/scripts/layers.py")
    assert spec and spec.loader
    layers: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(layers)
    assert [re.findall(r"`([\w.]+)`", names) for names, _ in table("The layers")] == layers.LAYERS


def test_additions_go_where_the_page_says() -> None:
    rows = table("Where an addition goes")
    assert len(rows) >= 8
    text = "".join(path.read_text() for path in PACKAGE.rglob("*.py"))
    for addition, edits, _, holds, tried in rows:
        folder = ROOT / (re.findall(r"files of `([\w/]+)`", edits) or [""])[0]
        for path in re.findall(r"`((?:src|tests)/[\w/.]+)`", edits + holds + tried):
            assert (ROOT / path).exists(), f"{addition}: {path}"
        for name in re.findall(r"`(\w+\.py)`", edits):
            assert (folder / name).exists(), f"{addition}: {name}"
        for name in re.findall(r"`([A-Z]{5,}|[A-Z]+_[A-Z]+|Runner|Source)`", edits):
            assert re.search(rf"^(class |def )?{name}\b", text, re.MULTILINE), f"{addition}: {name}"
