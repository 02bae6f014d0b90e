"""Points that a formula gives, with a label or a value each: report 004's first data. The same hundred to test on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from replab.data.dataset import Arrays, Source, without_floats

SIZE = 100
SEED = 1
# [I] Without biases p(0, 0) stays .5, so that "predict 1" ends with an MSE of (n11 + n00 / 4) / 100, .53 in the report;
# at lr 1000 its loss is that of 36 positives at the clip, all of one corner. These are the counts that agree with both
# and come nearest to independent bits.
CORNERS = {(1, 1): 52, (1, 0): 36, (0, 1): 8, (0, 0): 4}
VALUE = ("value",)


class Points(Source):
    """A data set of float32 inputs; its targets are classes, or float32 values where `classes` is `VALUE`."""

    def check(self, arrays: Arrays) -> None:
        """As `Source.check`; but inputs, and targets that are values, must be float32 and finite."""
        targets = ("train_y", "test_y") if self.classes == VALUE else ()
        super().check(without_floats(self, arrays, ("train_x", "test_x", *targets)))


def unit_square() -> NDArray[np.float64]:
    """100 points [100, 2], uniform in the unit square: numpy's RandomState(1).rand(100, 2)."""
    return np.random.RandomState(SEED).rand(SIZE, 2)


def xor_of_halves(source: Source, raw: Mapping[str, Path]) -> Arrays:
    """Label 1 where just one of x1, x2 is below .5; there are no files, so `raw` is empty."""
    points = unit_square()
    return _twice(points, ((points < 0.5).sum(1) == 1).astype(np.int64))


def sum_below_one(source: Source, raw: Mapping[str, Path]) -> Arrays:
    """Label 1 where x1 + x2 < 1."""
    points = unit_square()
    return _twice(points, (points.sum(1) < 1).astype(np.int64))


def xor_of_corners(source: Source, raw: Mapping[str, Path]) -> Arrays:
    """Label 1 where just one of the bits x1, x2 is 1: `CORNERS` says how often each corner comes."""
    points = np.repeat(np.array(list(CORNERS)), list(CORNERS.values()), axis=0)
    return _twice(points, (points.sum(1) == 1).astype(np.int64))


def squares(source: Source, raw: Mapping[str, Path]) -> Arrays:
    """x = -1, -97/99, ..., 97/99, 1 and y = x^2, computed in float64."""
    x = np.arange(1 - SIZE, SIZE, 2) / (SIZE - 1)
    return _twice(x[:, None], (x * x).astype(np.float32))


def _twice(inputs: NDArray[Any], targets: NDArray[Any]) -> Arrays:
    """The same examples to train on and to test on."""
    x = inputs.astype(np.float32)
    return {"train_x": x, "train_y": targets, "test_x": x, "test_y": targets}


def _points(name: str, **more: Any) -> Points:
    whole: dict[str, Any] = {"licence": "none: numbers", "train_size": SIZE, "test_size": SIZE} | more
    return Points(name=name, **whole)


XOR = _points(
    "xor_points",
    title="Exclusive or: 100 points of the unit square, by which halves they lie in",
    origin="numpy.random.RandomState(1).rand(100, 2)",
    citation="report 004, exclusive or on 100 random points",
    classes=("same halves", "different halves"),
    image_shape=(2,),
    decode=xor_of_halves,
    sha256="0dd07fac8bf49d7123c2b846a317f160e8152270f6c71aed1172b0c0bdfecb27",
    note="Tested on the points that it is trained on: a loss here is a training loss. 47 of the 100 are positive.",
)
BOOK = _points(
    "book_points",
    title="100 points of the unit square, by whether x1 + x2 < 1",
    origin="numpy.random.RandomState(1).rand(100, 2)",
    citation="the public book code that report 004 was built on, there with 128 points",
    classes=("sum of 1 or more", "sum below 1"),
    image_shape=(2,),
    decode=sum_below_one,
    sha256="dbb712591c4832b05e2aa7e23df474928f1d895da410d5614c8326dfa5799740",
    note="Tested on the points that it is trained on. A straight line separates the classes; 50 of 100 are positive.",
)
CORNERS_XOR = _points(
    "xor_corners",
    title="Exclusive or of bits: 100 points at the corners of the unit square, most of them at (1, 1)",
    origin="counts inferred from the numbers that report 004 prints",
    citation="report 004, exclusive or on 100 random points",
    classes=("same bits", "different bits"),
    image_shape=(2,),
    decode=xor_of_corners,
    sha256="5ef961fc1371e7ec3a46748ec3173df4debbcfd9f8dc79a62361843aa128fe3e",
    note="Tested on the points that it is trained on. How often each corner comes is our inference; 44 are positive.",
)
PARABOLA = _points(
    "parabola",
    title="A parabola: y = x^2 at 100 equidistant x from -1 to 1",
    origin="y = x^2",
    citation="report 004, fitting a quadratic",
    classes=VALUE,
    image_shape=(1,),
    decode=squares,
    sha256="fee7d552e96a8e396c87574faf31196a6a5c129ecd57ed9be9cc5f51df547c6b",
    note="Targets are numbers: there is no accuracy. Tested on the points that it is trained on.",
)
