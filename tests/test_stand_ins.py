"""Data sets that stand in for others under a profile."""

from __future__ import annotations

from typing import Any

from replab.params import Variant, resolve
from replab.params_loading import check_params
from tiny import BASE, params


def resolved(**profile: Any) -> dict[str, Variant]:
    other = {"name": "cifar10_hog", "validation": 0}
    tree = params(
        base=BASE | {"data": {"name": "cifar10", "validation": 5}}, variants={"plain": {}, "hog": {"data": other}}
    )
    tree["profiles"]["sample"] |= profile
    return {variant.name: variant for variant in resolve(check_params(tree), "tiny", "sample")}


def test_a_stand_in_takes_the_place_of_the_base_s_and_of_a_variant_s_data() -> None:
    found = resolved(substitutes={"cifar10": "rendered_digits_sample", "cifar10_hog": "rendered_digits_sample_hog"})
    assert found["plain"].spec["data"]["name"] == "rendered_digits_sample"
    assert found["plain"].spec["data"]["validation"] == 5
    assert found["hog"].spec["data"]["name"] == "rendered_digits_sample_hog"


def test_tables_of_differences_name_the_stand_in() -> None:
    found = resolved(substitutes={"cifar10_hog": "rendered_digits_sample_hog"})
    assert found["hog"].differences["data"]["name"] == "rendered_digits_sample_hog"
    assert found["plain"].differences == {}


def test_without_stand_ins_everything_is_as_declared() -> None:
    found = resolved()
    assert found["plain"].spec["data"]["name"] == "cifar10" and found["hog"].spec["data"]["name"] == "cifar10_hog"
