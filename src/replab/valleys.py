"""Functions of two variables to descend; x and y are numbers, arrays or tensors of one shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

CURVATURE = 20.0


def quadratic(x: Any, y: Any) -> Any:
    """f = x^2 / 2 + 20 y^2 / 2: a straight valley along x, least at (0, 0)."""
    return (x**2 + CURVATURE * y**2) / 2


def rosenbrock(x: Any, y: Any) -> Any:
    """f = (1 - x)^2 + 100 (y - x^2)^2: a bent valley, least at (1, 1) (Rosenbrock 1960)."""
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


VALLEYS: dict[str, Callable[[Any, Any], Any]] = {"quadratic": quadratic, "rosenbrock": rosenbrock}
LEAST = {"quadratic": (0.0, 0.0), "rosenbrock": (1.0, 1.0)}
# The part of the plane that is worth a look: least and greatest x, least and greatest y.
WINDOWS = {"quadratic": ((-2.4, 1.2), (-1.8, 1.8)), "rosenbrock": ((-1.7, 1.7), (-0.7, 2.0))}
