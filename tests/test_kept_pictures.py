"""Pictures that were drawn before are not drawn again, and never shown where their content would be another."""

from __future__ import annotations

import ast
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from replab import codebase, report
from replab.report import figures, kept_pictures
from replab.report.frames import summary_frame
from replab.report.kept_judgements import judgement_of
from replab.report.kept_pictures import drawn_or_kept, key_of
from replab.report.study import StudyResult
from replab.report.write import write_study
from synthetic import made_result


def kept_in(folder: Path, **changes: Any) -> StudyResult:
    return made_result(pictures=folder / "pictures", primary=["test_accuracy"], **changes)


def written(result: StudyResult, folder: Path) -> dict[str, bytes]:
    write_study(result, folder)
    return {path.name: path.read_bytes() for path in sorted((folder / "figures").iterdir())}


def test_a_second_report_draws_nothing_and_has_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = written(made_result(primary=["test_accuracy"]), tmp_path / "plain")
    first = written(kept_in(tmp_path), tmp_path / "first")
    monkeypatch.setattr(kept_pictures, "saved", lambda *_: pytest.fail("drawn again"))
    assert plain == first == written(kept_in(tmp_path), tmp_path / "second")


def test_other_runs_or_another_name_are_drawn_anew_and_one_version_stays(tmp_path: Path) -> None:
    first, changed = kept_in(tmp_path), kept_in(tmp_path, name="renamed")
    fewer = kept_in(tmp_path, records=dict(list(first.records.items())[:-1]))
    before = written(first, tmp_path / "first")
    for other in (changed, fewer):
        pictures = written(other, tmp_path / "other")
        assert all(pictures[name] != before[name] for name in before if name.startswith("curves_"))
    for folder in (tmp_path / "pictures").iterdir():
        assert len({path.stem for path in folder.iterdir()}) == 1


def test_a_picture_that_was_kept_in_part_is_drawn_anew(tmp_path: Path) -> None:
    first = written(kept_in(tmp_path), tmp_path / "first")
    for path in (tmp_path / "pictures").glob("*/*.png"):
        path.unlink()
    assert written(kept_in(tmp_path), tmp_path / "second") == first
    assert list((tmp_path / "pictures").glob("*/*.png"))


def test_a_store_that_cannot_be_written_stops_no_report(tmp_path: Path) -> None:
    (tmp_path / "pictures").write_text("no folder")
    assert written(kept_in(tmp_path), tmp_path / "first")


def test_an_argument_whose_content_is_unknown_is_refused() -> None:
    result = made_result()
    with pytest.raises(TypeError, match="object"):
        key_of(result, partial(drawn_or_kept, object()))


def test_copies_find_the_sources_of_all_that_draws_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    kept_pictures._code.cache_clear()
    kept_pictures.read_sources(figures.DRAWING)
    monkeypatch.setattr(kept_pictures, "closure", lambda *_, **__: pytest.fail("parsed again"))
    result = made_result(primary=["test_accuracy"])
    judgement = judgement_of(result)
    drawings = figures.drawings(result, summary_frame(result, judgement.parts), judgement)
    assert drawings and all(key_of(result, draw) for draw in drawings.values())
    modules = [
        module
        for module in vars(figures).values()
        if isinstance(module, ModuleType) and module.__package__ == "replab.report"
    ]
    assert set(figures.DRAWING) == set(modules)


def test_the_key_sees_colours_that_are_assigned_together(tmp_path: Path) -> None:
    file = tmp_path / "drawing.py"
    keys = []
    for colours in ('"red", "blue"', '"red", "grey"'):
        file.write_text(f"OURS, CLAIMED = {colours}\n\ndef draw():\n    return OURS, CLAIMED\n")
        kept_pictures._code.cache_clear()
        keys.append(kept_pictures._code(file, "draw"))
    assert keys[0] != keys[1]


def test_the_key_sees_the_source_of_what_draws() -> None:
    """What is imported from the modules that `closure` passes over is named in SHARED, or only raises or reads."""
    named = {Path(path).stem for path, _ in kept_pictures.SHARED} | {"errors"}
    for file in Path(next(iter(report.__path__))).glob("*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        if not any(isinstance(node, ast.ImportFrom) and node.module == "matplotlib.figure" for node in ast.walk(tree)):
            continue
        passed_over = {
            node.module.rpartition(".")[2]
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module in codebase.SILENT
        }
        assert passed_over <= named, file
