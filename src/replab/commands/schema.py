"""`replab schema`: the JSON schema of params.yaml, for editors."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from replab.files import write_text
from replab.params_models import Params


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to."""
    default = Path("workflow/schemas/params.schema.json")
    parser.add_argument("--output", type=Path, default=default, help=f"the file to write (default: {default})")


def run(args: argparse.Namespace) -> int:
    """Write the JSON schema of params.yaml."""
    write_text(args.output, json.dumps(Params.model_json_schema(), indent=1, sort_keys=True) + "\n")
    print(args.output)
    return 0
