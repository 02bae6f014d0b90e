"""What `replab` does, a module a command: `add_arguments(parser)` and `run(args)`, which returns the exit status.

torch is imported where something is trained (or timed, by `plan`), and nowhere else.
"""

from __future__ import annotations

from types import ModuleType

from replab.commands import diff, generate, load, new, plan, report, schema, seeds, status, train, translate, why
from replab.data import commands as data

COMMANDS: dict[str, ModuleType] = {
    "plan": plan,
    "train": train,
    "status": status,
    "why": why,
    "report": report,
    "seeds": seeds,
    "diff": diff,
    "generate": generate,
    "translate": translate,
    "new": new,
    "data": data,
    "load": load,
    "schema": schema,
}
