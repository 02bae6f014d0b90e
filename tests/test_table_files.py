"""Tables in JSON and Excel give the runs that the same table in CSV gives; what is no table is refused in a line."""

import json
import math
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from replab.errors import ReplabError
from replab.readers import read_runs, table_files
from replab.readers.asked import Asked
from replab.readers.tidy import tidy

FRAME = pd.DataFrame({"variant": list("AABB"), "seed": [0, 1, 0, 1], "test_acc": [91.5, 92.25, math.inf, 93.0]})


def as_csv(path: Path) -> None:
    FRAME.to_csv(path, index=False)


def as_json_lines(path: Path) -> None:
    FRAME.replace(math.inf, "inf").to_json(path, orient="records", lines=True)


def as_json_list(path: Path) -> None:
    path.write_text(json.dumps(FRAME.to_dict("records")))  # inf as Infinity, which Python's json writes


def as_excel(path: Path) -> None:
    FRAME.to_excel(path, index=False)


def read(path: Path) -> pd.DataFrame:
    asked = Asked()
    return tidy(read_runs([path], asked), asked).runs.drop(columns=["identity", "source"])


@pytest.mark.parametrize(
    ("name", "write"),
    [("a.jsonl", as_json_lines), ("a.ndjson", as_json_lines), ("a.json", as_json_list), ("a.xlsx", as_excel)],
)
def test_a_table_gives_the_same_runs_in_every_kind_of_file(tmp_path, name, write):
    as_csv(tmp_path / "a.csv")
    write(tmp_path / name)
    pd.testing.assert_frame_equal(read(tmp_path / name), read(tmp_path / "a.csv"))
    assert (read(tmp_path / name)["status"] == "diverged").sum() == 1


def test_keys_within_objects_are_joined_by_dots_and_a_key_that_a_line_lacks_is_an_empty_cell(tmp_path):
    lines = [
        {"config": {"model": "A", "layers": [1, 2]}, "seed": 0, "epoch": 1, "val_acc": 80.0},
        {"config": {"model": "A", "layers": [1, 2]}, "seed": 0, "epoch": 2, "val_acc": 85.0, "test_acc": 84.0},
        {"config": {"model": "B", "layers": [1]}, "seed": 0, "epoch": 2, "val_acc": None, "test_acc": 83.0},
    ]
    path = tmp_path / "log.jsonl"
    path.write_text("\n\n".join(map(json.dumps, lines)) + "\n")
    asked = Asked(variant_from="config.model")
    found = tidy(read_runs([path], asked), asked).runs.set_index(["variant", "metric"])["value"]
    assert found["A", "val_acc"] == 85.0 and found["A", "test_acc"] == 84.0
    assert math.isnan(found["B", "val_acc"]) and found["B", "test_acc"] == 83.0


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.jsonl", '{"variant": "A"}\n{"variant"', "line 2: it is no JSON"),
        ("a.jsonl", '{"variant": "A"}\n3\n', "line 2 is no object"),
        ("a.jsonl", "\n", "it holds no run"),
        ("a.json", "[[1, 2]]", "entry 1 is no object"),
        ("a.json", "[", "it is no JSON"),
        ("a.json", "[" * 100_000, "it is no JSON"),
        ("a.json", '{"variant": "A"}', "no reader knows this file"),
        ("a.xlsx", "PK", "it is no workbook of Excel"),
    ],
)
def test_what_is_no_table_is_refused_in_a_line(tmp_path, name, text, said):
    (tmp_path / name).write_text(text)
    with pytest.raises(ReplabError, match=said) as caught:
        read(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_workbook_with_two_sheets_of_rows_is_refused_and_an_empty_sheet_is_not(tmp_path):
    def workbook(name: str, second: pd.DataFrame) -> Path:
        with pd.ExcelWriter(tmp_path / name) as book:
            FRAME.to_excel(book, sheet_name="runs", index=False)
            second.to_excel(book, sheet_name="other", index=False)
        return tmp_path / name

    assert len(read(workbook("one.xlsx", pd.DataFrame()))) == len(FRAME)
    with pytest.raises(ReplabError, match=r"2 sheets with rows \(runs, other\)"):
        read(workbook("two.xlsx", FRAME))


def test_a_workbook_that_unpacks_to_too_much_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(table_files, "UNPACKED_BYTES", 1_000_000)
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", " " * 1_000_001)
    with pytest.raises(ReplabError, match=r"a\.xlsx: it unpacks to more than 1 MB$"):
        read(tmp_path / "a.xlsx")
