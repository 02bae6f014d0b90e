"""Write requirements.lock: what a fresh environment gets from pyproject.toml, its extras, and one torch.

usage: lock.py torch==VERSION. Needs nothing but Python's own library.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

EXTRAS = "train,dev,docs,slurm,cluster-generic,s3,ssh,transfer,tensorboard,excel"
HEADER = """\
# Made by `make lock`: every package that pyproject.toml and its extras (train, dev, docs, slurm,
# cluster-generic, s3, ssh, transfer, tensorboard, excel) come to, at one version.
# `make` installs the line of torch first and alone, then the rest. No hashes: pip checks either all or none, and
# those of torch would tie this file to one platform's build.
"""


def main() -> None:
    """Install into an environment of its own, and write what came of it."""
    target = Path("requirements.lock")
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        pip = [f"{folder}/bin/python", "-m", "pip", "-qq", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "--upgrade", *sys.argv[1:], "setuptools"], check=True)
        subprocess.run([*pip, "install", f".[{EXTRAS}]"], check=True)
        freeze = [*pip, "freeze", "--all", "--exclude", "pip", "--exclude", "replab"]
        found = subprocess.run(freeze, check=True, capture_output=True, text=True).stdout.splitlines()
    pins = sorted((line.partition("+")[0] for line in found if "==" in line), key=str.lower)
    target.write_text(HEADER + "\n".join(pins) + "\n", encoding="utf-8")
    print(f"{target}: {len(pins)} packages")


if __name__ == "__main__":
    main()
