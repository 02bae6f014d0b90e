"""What a run happened on: versions, processor, commit; for the record, never for its identity."""

from __future__ import annotations

import contextlib
import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("torch", "pytorch-lightning", "torchmetrics", "numpy", "replab")


def describe() -> dict[str, Any]:
    """Versions of what computes, the processor, threads, and the commit with whether the tree was changed."""
    return {
        "python": platform.python_version(),
        **_versions(),
        "processor": processor(),
        "threads": int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1)),
        "commit": _git("rev-parse", "HEAD"),
        "dirty": bool(_git("status", "--porcelain", "--untracked-files=no")),
    }


def _versions() -> dict[str, str]:
    """Of those of PACKAGES that are installed: a command may do without torch."""
    found = {}
    for package in PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            found[package.replace("-", "_")] = version(package)
    return found


def device_used(kind: str) -> dict[str, Any]:
    """The name of the accelerator that a run was trained on, and its peak memory there; {} for a run on the CPU.

    The peak is that of the process so far, as the main memory's is. Of a command, which has a process of its own,
    nothing is known.
    """
    torch = sys.modules.get("torch")
    if kind != "cuda" or torch is None:
        return {}
    return {
        "device_name": torch.cuda.get_device_name(),
        "cuda": torch.version.cuda,
        "peak_device_memory_bytes": torch.cuda.max_memory_allocated(),
    }


def processor() -> str:
    """The processor's name."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
