"""The workflow by a scheduler's submit command, for which a stub stands that runs the job script at once."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from checkouts import RECORDS, make_checkout, run, trained

PLUGIN = "snakemake_executor_plugin_cluster_generic"
STUB = '#!/bin/sh\necho "$@" >> submitted\nsh "$3" > /dev/null 2>&1 &\necho $!\n'


@pytest.mark.skipif(importlib.util.find_spec(PLUGIN) is None, reason=f"not installed: {PLUGIN}")
def test_jobs_go_through_the_submit_command(tmp_path: Path) -> None:
    folder, store = make_checkout(tmp_path / "generic"), tmp_path / "store"
    stub = folder / "submit"
    stub.write_text(STUB)
    stub.chmod(0o755)
    asks = "./submit --memory {resources.mem_mb}"
    command = ["snakemake", "--executor", "cluster-generic", "--cluster-generic-submit-cmd", asks]
    run(folder, *command, "--jobs", "4", "--latency-wait", "30", store=store)
    lines = (folder / "submitted").read_text().splitlines()
    assert len(lines) == 2 and all(line.startswith("--memory 1500 ") for line in lines), "a job a study"
    assert trained(store) == RECORDS and (folder / "results/sample/README.md").exists()
