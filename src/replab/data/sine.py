"""Windows of a sine wave, each with the value that follows: report 004's data for a recurrent network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from replab.data.dataset import Arrays, Source
from replab.data.points import VALUE, Points

WINDOW = 10
TRAIN, TEST = 10_000, 1_000
GAP = 0.01


def windows_of_sine(source: Source, raw: Mapping[str, Path]) -> Arrays:
    """Inputs [N, 10] and targets [N]: sin at ten points in a row and at the next, N in order along the wave.

    `linspace` over as many gaps as there are points makes each gap a little wider than .01, by a factor of n / (n - 1).
    Computed in float64; there are no files, so `raw` is empty.
    """
    start = (TRAIN + WINDOW) * GAP
    end = start + (TEST + WINDOW) * GAP
    train = np.sin(np.linspace(0, start, TRAIN + WINDOW))
    test = np.sin(np.linspace(start, end, TEST + WINDOW))
    return {
        f"{part}_{axis}": values for part, wave in (("train", train), ("test", test)) for axis, values in _cut(wave)
    }


def _cut(wave: NDArray[np.float64]) -> list[tuple[str, NDArray[Any]]]:
    inputs = np.lib.stride_tricks.sliding_window_view(wave[:-1], WINDOW)
    return [("x", inputs.astype(np.float32)), ("y", wave[WINDOW:].astype(np.float32))]


SINE = Points(
    name="sine",
    title="A sine wave: windows of ten points .01 apart, and the point that follows",
    origin="sin(t), t from 0 to 100.1 to train on, from 100.1 to 110.2 to test on",
    licence="none: numbers",
    citation="the public book code that report 004 was built on",
    classes=VALUE,
    image_shape=(WINDOW,),
    train_size=TRAIN,
    test_size=TEST,
    decode=windows_of_sine,
    sha256="37c7ad122ba54ca788f8f8d7ce10ec0134fd29c3276464b5ee9fec2397be7592",
    note="Targets are numbers: there is no accuracy. sin(t + 10 h) = 2 cos(h) sin(t + 9 h) - sin(t + 8 h), so that the "
    "last two points of a window give the next exactly. The book code computes in float32.",
)
