"""What every probe returns."""

from __future__ import annotations

Measured = dict[str, tuple[float, str]]
"""metric -> (value, unit); a metric ends in its unit, and one without a unit is a pure number."""
