"""Multi30k, English to German: 29,000 + 1,014 + 1,000 descriptions of pictures, translated by people."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from replab.data.bilingual import BilingualSource, encoded, read_pair
from replab.data.dataset import Arrays, RawFile

URL = "https://raw.githubusercontent.com/multi30k/dataset/master/data/task1/raw/"
FILES = {"train": "train", "validation": "val", "test": "test_2016_flickr"}
CHECKSUMS = {
    "train.en": ("0065d13af80720a55ca8153d126e6627", 568_929),
    "train.de": ("81ff90b99829c0cd4b1b587d394afd39", 637_044),
    "val.en": ("2b69aa9253948ac9f67e94917272dd40", 21_650),
    "val.de": ("6e0e229eb049e3fc99a1ef02fb2d5f91", 24_681),
    "test_2016_flickr.en": ("ff2c0fcb4893a13bd73414306bc250ae", 21_077),
    "test_2016_flickr.de": ("efd67d314d98489b716b145475101932", 22_890),
}


def decode(source: BilingualSource, raw: Mapping[str, Path]) -> Arrays:
    """The arrays of `BilingualSource`. Raises ReplabError as `read_pair` does."""
    pairs = {split: read_pair(raw[f"{name}.en.gz"], raw[f"{name}.de.gz"]) for split, name in FILES.items()}
    return encoded(source, pairs)


def _file(name: str) -> RawFile:
    md5, size = CHECKSUMS[name]
    return RawFile(f"{name}.gz", md5, size, name, (f"{URL}{name}.gz",))


SOURCE = BilingualSource(
    name="multi30k",
    title="Multi30k, English to German, 29,000 + 1,014 + 1,000 descriptions of pictures (test2016 flickr)",
    origin="official repository, task 1, raw text, verified by md5",
    licence="CC BY-NC-SA 4.0 (translations), Flickr's terms (descriptions)",
    citation="Elliott, Frank, Sima'an, Specia: Multi30K: Multilingual English-German image descriptions (2016)",
    decode=decode,  # type: ignore[arg-type]
    sha256="d2e8809c0a86587842b74b04a1b1687abff9f7bc65c36c4c422976b3bf3042ce",
    merges=4_000,
    files=tuple(_file(name) for name in CHECKSUMS),
)
