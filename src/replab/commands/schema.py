"""`replab schema`: the JSON schema of params.yaml, for editors."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from replab.files import write_text
from replab.spec import Params


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to."""
    parser.add_argument("--output", type=Path, default=Path("workflow/schemas/params.schema.json"))


def run(args: argparse.Namespace) -> int:
    """Write the JSON schema of params.yaml."""
    write_text(args.output, json.dumps(Params.model_json_schema(), indent=1, sort_keys=True) + "\n")
    return 0
