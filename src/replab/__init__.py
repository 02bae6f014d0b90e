"""replab: train every variant of an experiment with several seeds, and judge what was claimed of it.

In a notebook or a script: `replab.judge(frame, baseline="plain")`. What `__all__` names is imported when it is
asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from replab.errors import ReplabError
    from replab.interface.judge import judge
    from replab.interface.judged import JudgedResults

__version__ = "0.2.0"
__all__ = ["JudgedResults", "ReplabError", "__version__", "judge"]

_HOMES = {
    "JudgedResults": "replab.interface.judged",
    "ReplabError": "replab.errors",
    "judge": "replab.interface.judge",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'replab' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
