"""Before Snakemake starts: is the input right, and does a dead Snakemake hold the lock of this folder?

Wrong input is said in one or two lines, exit status 2. A lock whose owner was killed is removed, unless a
Snakemake lives in this folder (on this machine: others cannot be seen from here).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import psutil

from replab.errors import ReplabError
from replab.judging.loading import check_studies, load_claims
from replab.project import Project


def check_input(profile: str | None, study: str | None) -> Project:
    """The profile's project. Raises ReplabError where params.yaml, the study's name or a claims file does not hold."""
    project = Project(Path("params.yaml"), profile)
    if study:
        project.check_study(study)
    studies = project.params.studies
    for report in sorted({studies[name].report for name in project.studies}):
        path = Path(f"claims/{report}.yaml")
        if path.exists():
            check_studies(load_claims(path), {name: study.overrides() for name, study in studies.items()})
    return project


def lives_here(process: psutil.Process) -> bool:
    """Whether a process is a Snakemake that works in this folder."""
    try:
        words = [Path(word).name for word in process.cmdline()[:4]]
        return "snakemake" in words and process.cwd() == str(Path.cwd())
    except psutil.Error:
        return False


def unlock() -> None:
    """Remove the lock of a Snakemake that lives no more. Raises ReplabError where that does not go."""
    locked = any(Path(".snakemake/locks").glob("*"))
    if locked and not any(map(lives_here, psutil.process_iter())):
        print("removing the lock of an interrupted Snakemake", file=sys.stderr)
        done = subprocess.run(["snakemake", "--unlock", "--quiet", "all"], stdout=subprocess.DEVNULL)
        if done.returncode:
            raise ReplabError("Snakemake cannot remove its lock: see above, or remove .snakemake/locks")


def main() -> int:
    """Check the input, then unlock; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", help="(the one that params.yaml names)")
    parser.add_argument("study", nargs="?", help="a study that must be part of the profile")
    args = parser.parse_args()
    try:
        check_input(args.profile, args.study)
        unlock()
    except ReplabError as error:
        print(f"replab: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
