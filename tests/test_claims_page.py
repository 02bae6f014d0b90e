"""docs/claims.md: its file and each of its parts are what replab reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter

from replab.judging.claims_file import ClaimsFile
from replab.judging.part_kinds import KINDS, AnyPart

PAGE = (Path(__file__).parent.parent / "docs" / "claims.md").read_text()
FILE, *BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
PARTS = [
    part for block in BLOCKS for part in re.findall(r"^\{.*?\}(?=\s*(?:#.*)?$)", block, flags=re.DOTALL | re.MULTILINE)
]


def test_the_file_is_read() -> None:
    file = ClaimsFile.model_validate(yaml.safe_load(FILE))
    assert (len(file.statements), len(file.hypotheses), len(file.untested)) == (1, 1, 1)


@pytest.mark.parametrize("text", PARTS)
def test_a_part_is_read(text: str) -> None:
    part = yaml.safe_load(text)
    assert TypeAdapter(AnyPart).validate_python(part).kind == part["kind"]


def test_every_kind_is_shown() -> None:
    assert {yaml.safe_load(text)["kind"] for text in PARTS} == set(KINDS)
