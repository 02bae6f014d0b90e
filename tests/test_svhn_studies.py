"""The studies of report 000 as params.yaml declares them: on which data they run, and what they share."""

from __future__ import annotations

from functools import cache

import pytest
import torch

from ours import OURS, our_params
from replab import data
from replab.params import Variant, resolve
from replab.params_files import read_params
from replab.params_loading import check_params
from replab.spec import TrainingSpec
from replab.training.objectives import make_objective
from replab.training.replicates import make_models

STUDIES = [name for name, study in our_params().studies.items() if study.report == "000"]
TRAINED = [name for name in STUDIES if name != "svhn_formulas"]
WITHOUT_GUARD = "svhn_pooling_without_guard"  # slopes that are not a number are what it is about


@cache
def variants(study: str, profile: str) -> dict[str, Variant]:
    return {variant.name: variant for variant in resolve(our_params(), study, profile)}


def pointed_at(name: str, study: str) -> list[Variant]:
    """The study alone, with another data set in its base, as a user would edit the file."""
    tree = read_params(OURS).content
    block, full = tree["studies"][study], {"full": tree["profiles"]["full"]}
    block |= {"base": block["base"] | {"data": {"name": name, "validation": 0}}, "profiles": {}}
    alone = {"profile": "full", "profiles": full, "studies": {study: block}}
    return resolve(check_params(alone), study, "full")


@pytest.mark.parametrize("study", TRAINED)
def test_every_study_can_be_pointed_at_cifar10(study: str) -> None:
    """Every variant's objective and gradient on a batch of CIFAR-10's shape are finite, or are not as intended."""
    cifar10, generator = data.find("cifar10"), torch.Generator().manual_seed(0)
    x = torch.randint(256, (8, *cifar10.image_shape), generator=generator).float()
    y = torch.randint(len(cifar10.classes), (8,), generator=generator)
    for variant in pointed_at("cifar10", study):
        spec = TrainingSpec.model_validate(variant.spec)
        assert spec.data.name == "cifar10"
        (model,) = make_models(spec, [0], cifar10.image_shape, len(cifar10.classes))
        objective = make_objective(spec)(model(x), y, model)
        objective.backward()
        assert objective.isfinite(), variant.name
        finite = all(weights.grad.isfinite().all() for weights in model.parameters())
        assert finite == (study != WITHOUT_GUARD), variant.name


@pytest.mark.parametrize("study", TRAINED)
def test_the_full_profile_runs_on_svhn_and_the_sample_on_rendered_digits(study: str) -> None:
    on = {
        profile: {variant.spec["data"]["name"] for variant in variants(study, profile).values()}
        for profile in ("full", "sample")
    }
    suffix = "_on_train" if study.endswith("_on_train") else ""
    assert on == {"full": {f"svhn{suffix}"}, "sample": {f"rendered_digits_sample{suffix}"}}


@pytest.mark.parametrize("profile", ["sample", "full"])
def test_the_baseline_of_the_report_s_five_tables_is_one_run(profile: str) -> None:
    baselines = {
        "svhn_normalizers": "softmax_wd_1e-10",
        "svhn_losses": "cross_entropy_wd_1e-10",
        "svhn_lp_pooling": "max",
        "svhn_lp_regularization": "baseline",
        "svhn_negative_regularization": "baseline",
    }
    first, *others = (variants(study, profile)[name].spec for study, name in baselines.items())
    assert all(other == first for other in others)


def test_a_negative_penalty_differs_from_the_positive_one_by_its_sign_alone() -> None:
    found = variants("svhn_negative_regularization", "full")
    for strength in ("1e-10", "1e-6", "5e-4", "1e-3"):
        (plus,) = found[f"positive_wd_{strength}"].spec["regularizers"]
        (minus,) = found[f"negative_wd_{strength}"].spec["regularizers"]
        assert plus["strength"] == float(strength)
        assert minus == plus | {"strength": -plus["strength"]}
