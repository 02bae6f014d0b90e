"""Rendered street digits: labelled images of any number, in the manner of Synth Digits; they need no network.

They stand in for photographs (SVHN, CIFAR-10) where those cannot be had; results on them are about them alone.
An image shows one to three digits in a font that matplotlib ships, of which the centre one is the label, at a
random place, height, angle, shear and width, in two random colours on a gradient, a blurred texture or noise;
it is then blurred, given noise, and stored as JPEG. `drawing` has the ranges.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from replab.data.dataset import Arrays, Images, Labels, Source
from replab.data.drawing import SIDE, backgrounds, colours_against, masks_of, photographed
from replab.data.parallel import in_blocks

SEED = 0
BLOCK = 500  # images that are drawn from one generator
SPLITS = {"train": 0, "test": 1}


def decode(source: Source, raw: Mapping[str, Path]) -> Arrays:
    """The four arrays, drawn with SEED; `raw` is empty, as there are no files to fetch."""
    arrays: Arrays = {}
    for split, size in (("train", source.train_size), ("test", source.test_size)):
        arrays[f"{split}_y"] = labels_of(split, size)
        arrays[f"{split}_x"] = render(split, size)
    return arrays


def labels_of(split: str, size: int) -> Labels:
    """The first `size` labels of a split, drawn uniformly."""
    blocks = range(-(-size // BLOCK))
    return np.concatenate([draw_labels(generator_of(split, block)) for block in blocks])[:size]


def render(split: str, size: int) -> Images:
    """The first `size` images of a split, uint8 [N, 3, 32, 32].

    Image i depends on SEED, the split and i alone: a smaller set is the beginning of a larger one.
    """
    blocks = ((split, block) for block in range(-(-size // BLOCK)))
    return in_blocks(render_block, blocks)[:size]


def render_block(split: str, block: int) -> Images:
    """The images BLOCK * block to BLOCK * (block + 1) of a split: digits over their background, photographed."""
    generator = generator_of(split, block)
    masks = masks_of(draw_labels(generator), generator)[..., None]
    background = backgrounds(BLOCK, generator)
    colours = colours_against(background, generator)
    return photographed(background + (colours - background) * masks, generator)


def draw_labels(generator: np.random.Generator) -> Labels:
    """The labels of a block: what its generator gives first."""
    return generator.integers(10, size=BLOCK)


def generator_of(split: str, block: int) -> np.random.Generator:
    """All of a block's randomness."""
    return np.random.default_rng([SEED, SPLITS[split], block])


def described(name: str, train_size: int, test_size: int, **more: Any) -> Source:
    """The first so many rendered digits of each split, as a data set."""
    return Source(
        name=name,
        origin=f"generator replab.data.rendered_digits, seed {SEED}, in fonts that matplotlib ships",
        licence="none needed: made here; the fonts are free (DejaVu, STIX, Computer Modern)",
        citation="after Synth Digits: Ganin, Lempitsky: Unsupervised domain adaptation by backpropagation (2015)",
        classes=tuple("0123456789"),
        image_shape=(3, SIDE, SIDE),
        train_size=train_size,
        test_size=test_size,
        decode=decode,
        **more,
    )


SOURCE = described(
    "rendered_digits",
    73_257,
    26_032,
    title="Rendered street digits, 73,257 + 26,032 colour images, 3 x 32 x 32",
    note="No photographs: digits drawn by a program, as many as SVHN has. Accuracies on them say nothing about "
    "SVHN or CIFAR-10.",
)

SAMPLE = described(
    "rendered_digits_sample",
    4_000,
    1_000,
    title="Rendered street digits, 4,000 + 1,000 colour images, 3 x 32 x 32 (sample)",
    sample=True,
    note="A sample: the first images of `rendered_digits`, digits drawn by a program. Accuracies on them say "
    "nothing about SVHN or CIFAR-10.",
)
