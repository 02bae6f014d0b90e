"""Write a template for `dvc plots` with the three vega scripts inside, so that its page needs no network.

The scripts come with Snakemake. The page is 1.5 MB, so it is made here (into .dvc/tmp) rather than committed.
"""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

PAGE = """<!DOCTYPE html>
<html><head>{{refresh_tag}}<meta charset="utf-8"><title>replab</title>
{scripts}
</head><body>{{plot_divs}}</body></html>
"""


def main() -> None:
    """Write the template, and have DVC use it."""
    spec = importlib.util.find_spec("snakemake")
    assert spec is not None and spec.origin is not None
    folder = Path(spec.origin).parent / "assets" / "data"
    texts = [(folder / name / f"{name}.js").read_text(encoding="utf-8") for name in ("vega", "vega-lite", "vega-embed")]
    target = Path(".dvc/tmp/plots.html")
    target.parent.mkdir(exist_ok=True)
    page = PAGE.format(scripts="\n".join(f"<script>{text}</script>" for text in texts))
    target.write_text(page, encoding="utf-8")
    subprocess.run(["dvc", "config", "--local", "plots.html_template", "tmp/plots.html"], check=True)


if __name__ == "__main__":
    main()
