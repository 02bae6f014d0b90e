"""What `make`, `make sample` and `make full` do: check the input, run Snakemake, say in a few lines what was found.

One process does it: the input is checked, and the modules of the summary are imported, while Snakemake starts.
Exit status 2: the input is wrong, said in one or two lines. Else Snakemake's.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path

from preflight import check_input, unlock
from watch import run

from replab.commands import summary
from replab.errors import ReplabError

RESULTS = Path("results")
OF_THE_SUMMARY = ("pandas", "replab.report.verdict_summary")  # modules that take a while


def main() -> int:
    """Make the reports that the arguments name; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", help="(the one that params.yaml names)")
    parser.add_argument("--cores", default="2", help="jobs at a time (2)")
    parser.add_argument("study", nargs="?", help="a study of the profile: only its report, not the profile's page")
    args = parser.parse_args()
    profile = args.profile
    chosen = ["--config", f"profile={profile}"] if profile else []
    targets = [f"work/{profile}/{args.study}/reported", f"results/{profile}/{args.study}/report.md"]
    folders: list[Path] = []

    def check() -> None:
        folders.append(RESULTS / check_input(profile, args.study).profile_name)
        for name in OF_THE_SUMMARY:
            import_module(name)

    try:
        unlock()
        status = run(["--cores", args.cores, *chosen, "--", *(targets if args.study else ["all"])], check)
        if not status:
            summary.tell(folders[0])
    except ReplabError as error:
        print(f"replab: {error}", file=sys.stderr)
        return 2
    return status


if __name__ == "__main__":
    sys.exit(main())
