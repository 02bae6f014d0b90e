"""Two checks: the order of the package's modules (`layers.py`), and `snakemake --lint`.

Of the second, one advice is left out: to declare a conda environment or a container for each rule. The environment of
every rule is `requirements.lock`; a second declaration of it would drift from the first.
"""

from __future__ import annotations

import re
import subprocess
import sys

from layers import problems

SETTLED = "Specify a conda environment or container for each rule."


def main() -> int:
    """Say what is wrong; the exit status."""
    if found := problems():
        print("\n".join(found), file=sys.stderr)
        return 1
    done = subprocess.run(["snakemake", "--lint"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    titles = re.findall(r"^ +\* (.*):$", done.stdout, flags=re.MULTILINE)
    if done.returncode == 0 or (titles and set(titles) == {SETTLED}):
        return 0
    print(done.stdout, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
