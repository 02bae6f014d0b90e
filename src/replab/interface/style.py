"""Pictures look alike, whatever a notebook has set for its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def drawn_as_by_the_command() -> Iterator[None]:
    """Within it, matplotlib has the settings with which it starts; the notebook's come back after it."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rc_file_defaults()
        yield
