"""params.yaml: what is resolved, and what is refused in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from replab import component_files
from replab.blocks import merge
from replab.errors import ReplabError
from replab.identity import code_parts
from replab.params import resolve, select, studies_of
from replab.params_loading import check_params, load_params, remember
from replab.params_models import Params
from tiny import params, write_params

ROOT = Path(__file__).parent.parent


def change(tree: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    *parents, last = path.split(".")
    node = tree
    for key in parents:
        node = node[key]
    node[last] = value
    return tree


REFUSED = {
    "a misspelt key": ("studies.tiny.base.batchs", {}, "did you mean 'batches'?"),
    "a misspelt parameter": (
        "studies.tiny.base.optimizer",
        {"name": "sgd", "lrr": 1, "momentum": 0, "weight_decay": 0},
        "key 'lrr' unknown; did you mean 'lr'?",
    ),
    "an unknown component": ("studies.tiny.base.loss", "focl", "loss 'focl' unknown; did you mean 'focal'?"),
    "a missing parameter": ("studies.tiny.base.loss", "focal", "gamma, alpha missing"),
    "a negative lr": ("studies.tiny.base.optimizer.lr", -0.1, "lr must be a number above 0, not -0.1"),
    "an lr in words": ("studies.tiny.base.optimizer.lr", "fast", "lr must be a number above 0, not 'fast'"),
    "an lr that is no number": ("studies.tiny.base.optimizer.lr", float("nan"), "base.optimizer.lr: nan is not finite"),
    "a momentum that is not finite": ("studies.tiny.base.optimizer.momentum", float("inf"), "inf is not finite"),
    "a list as a name": ("studies.tiny.base.data.name", [1], "data.name: Input should be a valid string"),
    "a sample that generalises": ("profiles.sample.generalisation", True, "either sample or generalisation"),
    "an unknown report": ("profiles.sample.reports", ["998"], "report '998' unknown; did you mean '999'?"),
    "a misspelt axis": (
        "studies.tiny.axes",
        ["optimizer.ls"],
        "axis 'optimizer.ls' unknown; did you mean 'optimizer.lr'?",
    ),
    "no seeds": ("profiles.sample.seeds", [], "profiles.sample.seeds: no seeds given"),
    "a seed twice": ("profiles.sample.seeds", [1, 2, 1], "seed 1 given twice"),
    "a negative seed": ("profiles.sample.seeds", [-1], "seed -1 is negative"),
    "an unknown profile": ("profile", "ful", "profile 'ful' unknown"),
    "a study's unknown profile": ("studies.tiny.profiles", {"smaple": {}}, "did you mean 'sample'?"),
    "a profile's unknown variant": (
        "studies.tiny.profiles",
        {"sample": {"variants": {"plian": {}}}},
        "studies.tiny.profiles.sample: variant 'plian' unknown; did you mean 'plain'?",
    ),
    "a budget with a key too many": (
        "studies.tiny.base.budget",
        {"epochs": 3, "evaluate_every": 7},
        "give either epochs, or steps and evaluate_every",
    ),
    "two cells with one name": (
        "studies.tiny.vary",
        [{"a": {}, "a_b": {}}, {"b_c": {}, "c": {}}],
        "variant 'a_b_c' is declared twice: vary joins its names by _",
    ),
    "an unknown data set in a profile": (
        "profiles.sample.substitutes",
        {"svnh": "mnist_sample"},
        "params.yaml: profiles.sample.substitutes: data set 'svnh' unknown; did you mean 'svhn'?",
    ),
    "an unknown data set in another's place": (
        "profiles.sample.substitutes",
        {"svhn": "mnist_sampel"},
        "data set 'mnist_sampel' unknown; did you mean 'mnist_sample'?",
    ),
    "both budgets": ("studies.tiny.base.budget", {"epochs": 1, "steps": 2, "evaluate_every": 1}, "either epochs"),
    "an uneven budget": ("studies.tiny.base.budget", {"steps": 5, "evaluate_every": 2}, "multiple of evaluate_every"),
    "an unknown gradient": ("studies.tiny.base.gradient", "median", "gradient"),
    "a name with a slash": ("studies.tiny.variants", {"a/b": {}}, "'a/b' is not a valid name"),
    "an unknown nested component": (
        "studies.tiny.base.model.activation",
        "tnah",
        "activation 'tnah' unknown; did you mean 'tanh'?",
    ),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_a_mistake_is_refused_in_one_line_that_names_it(case: str) -> None:
    path, value, message = REFUSED[case]
    with pytest.raises(ReplabError) as caught:
        check_params(change(params(), path, value))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300


@pytest.mark.parametrize("name", ["../../other", "a/b", "", "two words", "a\n\n<img src=x>", "`<b>`"])
def test_a_profile_is_named_as_a_folder_can_be(name: str) -> None:
    tree = params()
    tree["profiles"][name] = tree["profiles"]["sample"]
    with pytest.raises(ReplabError, match="is not a valid name: use lower-case letters, digits"):
        check_params(tree)


@pytest.mark.parametrize("text", ["a: [1", "just words", "\x00", "- 1"])
def test_what_is_not_a_params_file_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ReplabError):
        load_params(path)


def test_a_matrix_is_crossed_and_named_by_its_labels() -> None:
    axes = [
        {"tanh": {"model": {"activation": {"name": "tanh"}}}, "relu": {"model": {"activation": {"name": "relu"}}}},
        {"slow": {"optimizer": {"lr": 0.001}}, "fast": {"optimizer": {"lr": 0.1}}},
    ]
    variants = resolve(check_params(params(vary=axes, variants={"third": {}})), "tiny", "sample")
    assert [variant.name for variant in variants] == ["tanh_slow", "tanh_fast", "relu_slow", "relu_fast", "third"]
    assert variants[2].spec["model"]["activation"] == {"name": "relu"}
    assert variants[2].spec["optimizer"]["lr"] == 0.001
    assert variants[2].spec["optimizer"]["momentum"] == 0.9


def test_a_variant_declared_in_the_matrix_and_alone_is_refused() -> None:
    with pytest.raises(ReplabError, match="declared twice"):
        check_params(params(vary=[{"plain": {}}]))


def test_a_profile_overrides_the_base_and_the_seeds() -> None:
    tree = params(profiles={"sample": {"base": {"budget": {"epochs": 1}}, "seeds": [7]}})
    variant = resolve(check_params(tree), "tiny", "sample")[0]
    assert variant.spec["budget"]["epochs"] == 1
    assert variant.seeds == (7,)


def test_a_profile_overrides_one_variant_and_no_other() -> None:
    blocks = {"short": {}, "long": {"budget": {"epochs": 8}, "gradient": "sum"}}
    change = {"sample": {"variants": {"long": {"budget": {"epochs": 4}}}}}
    tree = params(variants=blocks, profiles=change)
    plain = {v.name: v.spec for v in resolve(check_params(params(variants=blocks)), "tiny", "sample")}
    changed = {v.name: v for v in resolve(check_params(tree), "tiny", "sample")}
    assert changed["short"].spec == plain["short"]
    assert changed["long"].spec == plain["long"] | {"budget": plain["long"]["budget"] | {"epochs": 4}}
    assert changed["long"].differences["budget"] == {"epochs": 4}  # what the report says of it


def test_a_profile_runs_the_studies_of_its_reports_that_do_not_skip_it() -> None:
    tree = params()
    more = {name: tree["studies"]["tiny"] | {"report": "998"} for name in ("other", "skipped")}
    tree["studies"] |= more
    tree["studies"]["skipped"] = more["skipped"] | {"profiles": {"elsewhere": {"skip": True}}}
    tree["profiles"]["elsewhere"] = {"sample": False, "seeds": [0], "variants_per_job": 1, "reports": ["998"]}
    assert studies_of(check_params(tree), "elsewhere") == ["other"]
    assert studies_of(check_params(tree), "sample") == ["tiny", "other", "skipped"]
    tree["profiles"]["elsewhere"]["studies"] = ["tiny", "other"]
    assert studies_of(check_params(tree), "elsewhere") == ["other"]
    tree["profiles"]["elsewhere"]["studies"] = ["tinny"]
    with pytest.raises(ReplabError, match="study 'tinny' unknown; did you mean 'tiny'"):
        check_params(tree)


def test_an_exponent_without_a_point_is_a_number() -> None:
    """YAML 1.1 reads 1e-4 as text; DVC writes numbers that way."""
    variants = resolve(check_params(change(params(), "studies.tiny.base.optimizer.lr", "1e-4")), "tiny", "sample")
    assert variants[0].spec["optimizer"]["lr"] == 1e-4


def test_a_whole_number_and_its_decimal_form_are_one_spec() -> None:
    specs = [
        resolve(check_params(change(params(), "studies.tiny.base.optimizer.lr", lr)), "tiny", "sample")[0].spec
        for lr in (1, 1.0)
    ]
    assert json.dumps(specs[0]) == json.dumps(specs[1])


def test_another_component_replaces_the_whole_block() -> None:
    base = {"loss": {"name": "focal", "gamma": 2}, "optimizer": {"name": "sgd", "lr": 1}}
    merged = merge(base, {"loss": {"name": "hinge", "margin": 5}, "optimizer": {"lr": 2}})
    assert merged == {"loss": {"name": "hinge", "margin": 5}, "optimizer": {"name": "sgd", "lr": 2}}


def test_an_unknown_variant_is_refused_with_a_suggestion() -> None:
    with pytest.raises(ReplabError, match="variant 'plan' unknown; did you mean 'plain'"):
        select(resolve(check_params(params()), "tiny", "sample"), ["plan"])


def test_the_params_of_the_project_hold_and_survive_yaml() -> None:
    loaded = load_params(ROOT / "params.yaml")
    assert {"sample", "full"} <= set(loaded.profiles)
    assert loaded.profiles["full"].seeds == list(range(6))


def split(folder: Path, **study: Any) -> Path:
    """The tiny params in two files: the path of params.yaml, which includes the studies."""
    tree = params(**study)
    (folder / "studies").mkdir(exist_ok=True)
    (folder / "studies/a.yaml").write_text(yaml.safe_dump(tree.pop("studies"), sort_keys=False), encoding="utf-8")
    return write_params(folder / "params.yaml", tree | {"include": ["studies/*.yaml"]})


def test_studies_in_files_of_their_own_are_what_they_are_in_params_yaml(tmp_path: Path) -> None:
    path, one = split(tmp_path), check_params(params())
    assert resolve(load_params(path), "tiny", "sample") == resolve(one, "tiny", "sample")
    more = {"second": params()["studies"]["tiny"]}
    write_params(tmp_path / "studies/b.yaml", more)
    (tmp_path / "studies/c.yaml").write_text("# nothing yet\n")
    assert list(load_params(path).studies) == ["tiny", "second"]
    write_params(path, params() | {"include": ["studies/b.yaml"]})
    assert list(load_params(path).studies) == ["tiny", "second"]


def test_a_mistake_in_an_included_file_names_file_line_and_key(tmp_path: Path) -> None:
    for study, message in (
        ({"metrics": []}, "studies/a.yaml:5: tiny.metrics: List should have at least 1 item"),
        ({"titel": "x"}, "studies/a.yaml:1: tiny: key 'titel' unknown; did you mean 'title'?"),
        ({"baseline": "plian"}, "did you mean 'plain'"),
        (
            {"variants": {"plain": {"loss": "focl"}}},
            "studies/a.yaml:1: studies.tiny, variant plain: loss: loss 'focl' un",
        ),
        (
            {"variants": {"plain": {"optimizer": {"lr": float("inf")}}}},
            "variants.plain.optimizer.lr: inf is not finite",
        ),
    ):
        with pytest.raises(ReplabError) as caught:
            load_params(split(tmp_path, **study))
        assert message in str(caught.value) and "\n" not in str(caught.value)


def test_the_line_of_a_mistake_is_that_of_its_key(tmp_path: Path) -> None:
    path = split(tmp_path, question=[1])
    [line] = [
        n for n, text in enumerate((tmp_path / "studies/a.yaml").read_text().splitlines(), 1) if "question" in text
    ]
    with pytest.raises(ReplabError, match=rf"studies/a\.yaml:{line}: tiny\.question: "):
        load_params(path)
    path.write_text("profile: sample\nprofiles:\n  sample:\n    seeds: [0]\nstudies: {}\n")
    with pytest.raises(ReplabError, match=r"^params\.yaml:3: profiles\.sample\.sample: Field required"):
        load_params(path)


@pytest.mark.parametrize(
    ("include", "message"),
    [
        ("studies/*.yaml", "expected a list of files"),
        (["gone/*.yaml"], r"there is no file 'gone/\*\.yaml'"),
        (["studies"], "there is no file 'studies'"),
        (["../studies/a.yaml"], "must be a path in the folder"),
        (["/etc/hosts"], "must be a path in the folder"),
        ([""], "must be a path in the folder"),
        (["studies/list.yaml"], "expected studies by their names, found list"),
        (["studies/twice.yaml"], r"twice\.yaml is not YAML: line 2: key 'tiny' is given twice"),
        (["studies/binary.yaml"], r"binary\.yaml is not YAML"),
        (["studies/*link.yaml"], r"cannot read .*link\.yaml: No such file"),
        (["studies/number.yaml"], r"number\.yaml: the name of a study must be a text, not 1: put it in quotes"),
        (["studies/a.yaml", "studies/b.yaml"], r"there is a study 'tiny' already, in .*a\.yaml"),
    ],
    ids=str,
)
def test_an_include_that_does_not_hold_is_refused(include: Any, message: str, tmp_path: Path) -> None:
    path = split(tmp_path)
    for name, content in {
        "list": b"- 1",
        "twice": b"tiny: {}\ntiny: {}",
        "binary": b"\xff\x00",
        "number": b"1: {}",
    }.items():
        (tmp_path / f"studies/{name}.yaml").write_bytes(content)
    (tmp_path / "studies/b.yaml").write_bytes((tmp_path / "studies/a.yaml").read_bytes())
    (tmp_path / "studies/link.yaml").symlink_to(tmp_path / "gone.yaml")
    tree = {key: value for key, value in params().items() if key != "studies"}
    write_params(path, tree | {"include": include})
    with pytest.raises(ReplabError, match=message) as caught:
        load_params(path)
    assert "\n" not in str(caught.value)


def test_old_names_of_keys_are_understood(tmp_path: Path) -> None:
    tree = params(profiles={"sample": {"looks": [2, 6]}})
    tree["profiles"]["sample"] = {"sample": False, "carries_over": True, "seeds": [0, 1], "variants_per_job": 1}
    tree["profiles"]["sample"]["stand_ins"] = {"mnist": "mnist_sample"}
    found = check_params(tree)
    assert found.studies["tiny"].profiles["sample"].interim_analyses == [2, 6]
    assert found.profiles["sample"].generalisation and found.profiles["sample"].substitutes == {"mnist": "mnist_sample"}
    tree["profiles"]["sample"]["generalisation"] = True
    with pytest.raises(ReplabError, match="'carries_over' is the old name of 'generalisation': give one of them"):
        check_params(tree)


def test_a_params_file_may_be_json(tmp_path: Path) -> None:
    assert isinstance(load_params(write_params(tmp_path / "params.yaml", params())), Params)


def test_what_was_checked_is_not_checked_again_until_a_file_says_something_else(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, tree = folder / "params.yaml", params()
    write_params(path, tree)
    remember(path)
    checked: list[Any] = []
    monkeypatch.setattr("replab.params_loading._check", checked.append)
    assert load_params(path).studies.keys() == tree["studies"].keys() and not checked
    write_params(path, change(params(), "studies.tiny.base.optimizer.lr", 0.25))
    load_params(path)
    assert len(checked) == 1


def test_copies_find_the_sources_of_their_runs_parsed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_params(folder / "params.yaml", params())
    remember(folder / "params.yaml")
    monkeypatch.setattr("replab.codebase.closure", lambda *_: pytest.fail("parsed again"))
    for profile in params()["profiles"]:
        assert all(code_parts(variant) for variant in resolve(load_params(folder / "params.yaml"), "tiny", profile))


@pytest.mark.parametrize("path", ["components", "studies.tiny.base.loss"])
def test_what_is_wrong_or_names_files_of_code_is_checked_each_time(
    path: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "own.py").write_text("")
    write_params(folder / "params.yaml", change(params(), path, ["own.py"]))
    remember(folder / "params.yaml")
    checked: list[Any] = []
    monkeypatch.setattr("replab.params_loading._check", checked.append)
    load_params(folder / "params.yaml")
    assert len(checked) == 1


def test_what_is_not_checked_again_runs_in_its_own_folder(tmp_path: Path) -> None:
    paths = [tmp_path / name / "params.yaml" for name in ("first", "second")]
    for path in paths:
        path.parent.mkdir()
        write_params(path, params())
        remember(path)
    for path in paths:
        load_params(path)
        assert component_files.folder() == path.parent
