"""References for radial units: scalars, explicit loops, Gram-Schmidt on whole columns, and least squares by QR."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

WIDTH = 2.0  # of the units that `agreement` gives to a method that chooses centres by what units answer

RADIALS: dict[str, Any] = {
    "gaussian": lambda squared, width: math.exp(-squared / width**2 / 2),
    "reflected_sigmoid": lambda squared, width: (1 - math.tanh(squared / width**2 / 2)) / 2,
    "inverse_multiquadric": lambda squared, width: 1 / math.hypot(math.sqrt(squared), width),
}


def distances(points: Any) -> Any:
    return np.array([[math.dist(one, other) for other in points] for one in points])


def spread(centers: Any, units: int, factor: float) -> Any:
    return np.full(len(centers), factor * distances(centers).max() * (2 * units) ** -0.5)


def nearest(centers: Any, units: int, neighbours: int, factor: float) -> Any:
    return np.array([factor * np.mean(sorted(row)[1 : neighbours + 1]) for row in distances(centers)])


def random(inputs: Any, targets: Any, found: Any, count: int) -> Any:
    """The inputs that stand where the centres are, none of them twice."""
    taken = {int(np.argmin([math.dist(center, one) for one in inputs])): None for center in found}
    assert len(taken) == count
    return inputs[list(taken)]


def k_means(inputs: Any, targets: Any, found: Any, count: int, examples: int, iterations: int) -> Any:
    """A step of Lloyd's algorithm from where the centres are: it leaves them there."""
    assert len(found) == count
    clusters: list[list[Any]] = [[] for _ in found]
    for one in inputs:
        clusters[int(np.argmin([math.dist(center, one) for center in found]))].append(one)
    return np.array([np.mean(cluster, axis=0) for cluster in clusters])


def orthogonal_least_squares(inputs: Any, targets: Any, found: Any, count: int, candidates: int, examples: int) -> Any:
    """Chen, Cowan & Grant's algorithm by classical Gram-Schmidt, where all inputs are candidates; in their order."""
    assert candidates == examples == len(inputs)
    rows = [[RADIALS["gaussian"](math.dist(one, center) ** 2, WIDTH) for center in inputs] for one in inputs]
    columns = np.array(rows).T
    wanted = np.eye(max(targets) + 1)[targets].T
    basis, chosen = [np.ones(len(inputs))], []
    for _ in range(count):
        ratios = {}
        for i in set(range(len(inputs))) - set(chosen):
            w = columns[i] - sum((b @ columns[i]) / (b @ b) * b for b in basis)
            ratios[i] = (sum((w @ d) ** 2 for d in wanted) / (w @ w), w)
        best = max(ratios, key=lambda i: ratios[i][0])
        chosen.append(best)
        basis.append(ratios[best][1])
    return inputs[chosen]


def ridge(features: Any, targets: Any, strength: float) -> Any:
    """[W b]: the penalty as further rows of a least-squares problem, which numpy solves by singular values."""
    examples, units = features.shape
    rows = np.vstack(
        [np.c_[features, np.ones(examples)], np.c_[np.eye(units), np.zeros(units)] * math.sqrt(examples * strength)]
    )
    return np.linalg.lstsq(rows, np.vstack([targets, np.zeros((units, targets.shape[1]))]), rcond=None)[0].T


def rbf(x: Any, weights: dict[str, Any], radial: dict[str, Any], **_: Any) -> Any:
    values = x.reshape(len(x), -1)
    widths = [math.exp(value) for value in weights["log_widths"]]
    hidden = [
        [RADIALS[radial["name"]](math.dist(one, c) ** 2, s) for c, s in zip(weights["centers"], widths, strict=True)]
        for one in values
    ]
    return np.array(hidden) @ weights["output.weight"].T + weights["output.bias"]


def rbf_count(shape: tuple[int, ...], classes: int, centers: dict[str, Any], **_: Any) -> int:
    units = centers["count"]
    return units * (int(np.prod(shape)) + 1) + (units + 1) * classes
