"""Tables as people have them: rows that are there twice, signs and first lines of Excel, an index, names of folders."""

import json

import pandas as pd
import pytest

from replab.errors import ReplabError
from replab.interface.judge import judge
from replab.readers import read_runs
from replab.readers.asked import Asked
from replab.readers.paper_tables import read_table
from replab.readers.tidy import Results, tidy


def results(path, **asked) -> Results:
    said = Asked(**asked)
    return tidy(read_runs([path], said), said)


def values(found: Results, metric: str) -> dict[tuple[str, int], float]:
    rows = found.runs[found.runs["metric"] == metric]
    return {(row.variant, row.seed): row.value for row in rows.itertuples()}


def written(path, text: str):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "asked", "said"),
    [
        ("variant,seed,metric,value\nA,0,acc,91\nA,0,acc,50\n", {}, "variant A, seed 0: acc has two values: 91 and 50"),
        ("variant,seed,epoch,acc\nA,0,9,91\nA,0,9,50\n", {}, "acc has two values at step 9: 91 and 50"),
        ("variant,metric,value\nA,acc,91\nA,acc,92\n", {"unseeded": True}, "variant A: acc has two values: 91 and 92"),
        ("variant,epoch,acc\nA,9,91\nA,9,92\n", {"unseeded": True}, "variant A: acc has two values at step 9"),
        ("variant,seed,val/acc,val_acc\nA,0,91,50\n", {}, "'val/acc' and 'val_acc' are both called val_acc"),
        ("variant,seed,acc,acc (%)\nA,0,0.91,91\n", {}, "'acc' and 'acc \\(%\\)' are both called acc"),
        ("Name,State,seed,model,val/acc,val_acc\na,finished,0,A,91,50\n", {}, "are both called val_acc"),
        ("variant,seed,acc\nA,0,91%\nA,1,0.92\n", {}, "acc: '91%' is no number"),
    ],
)
def test_which_of_two_values_counts_is_never_guessed(tmp_path, text, asked, said):
    with pytest.raises(ReplabError, match=said) as refused:
        results(written(tmp_path / "a.csv", text), **asked)
    assert len(str(refused.value).splitlines()) <= 2


def test_of_two_values_the_later_one_counts_where_that_is_said(tmp_path):
    table = written(tmp_path / "a.csv", "variant,seed,step,metric,value\nA,0,5,acc,91\nA,0,5,acc,92\n")
    assert values(results(table, resumed=True), "acc") == {("A", 0): 92.0}


def test_a_percent_sign_is_the_unit_of_its_column(tmp_path):
    found = results(written(tmp_path / "a.csv", "variant,data,seed,acc,loss\nA,10%,0,91.5%,1\nA,10%,1,0.5 %,2\n"))
    assert values(found, "acc") == {("A", 0): 91.5, ("A", 1): 0.5}
    assert set(found.runs.loc[found.runs["metric"] == "acc", "unit"]) == {"%"}


def test_the_first_line_of_excel_and_words_before_a_seed_are_no_trouble(tmp_path):
    found = results(written(tmp_path / "a.csv", "\ufeffsep=;\nvariant;seed;acc\nA;seed_0;91.5\nA;s1;92\nA;seed 2;93\n"))
    assert values(found, "acc") == {("A", 0): 91.5, ("A", 1): 92.0, ("A", 2): 93.0}


def test_an_index_that_pandas_wrote_is_no_setting(tmp_path):
    rows = "0,A,0,1,acc,90\n1,A,0,2,acc,91\n"
    for name in ("", "Unnamed: 0"):
        found = results(written(tmp_path / "a.csv", f"{name},variant,seed,step,metric,value\n{rows}"))
        assert values(found, "acc") == {("A", 0): 91.0}


def test_runs_of_two_data_sets_are_not_taken_together_in_silence(tmp_path):
    text = "model,data,seed,acc\nA,mnist,0,91\nA,mnist,1,92\nA,svhn,2,70\nA,svhn,3,71\n"
    table = written(tmp_path / "a.csv", text)
    assert any("differ in data (data: mnist and svhn)" in note for note in results(table).notes)
    assert not any("differ in" in note for note in results(table, variant_from="model,data").notes)


def test_what_differs_from_metric_to_metric_or_from_run_to_run_is_no_other_variant(tmp_path):
    split = "variant,seed,split,metric,value\nA,0,train,a,1\nA,0,test,b,2\nA,1,train,a,1\nA,1,test,b,2\n"
    host = "variant,seed,host,acc\nA,0,x,91\nA,1,y,92\n"
    for text in (split, host):
        assert not any("differ in" in note for note in results(written(tmp_path / "a.csv", text)).notes)


def test_folds_and_numbers_of_runs_are_said_to_be_what_they_are(tmp_path):
    folds = results(written(tmp_path / "a.csv", "variant,fold,acc\nA,0,91\nA,1,92\n"), seed_from="fold")
    assert any("not independent" in note for note in folds.notes)
    across = written(tmp_path / "b.csv", "variant,run 1,run 2\nA,91,92\n")
    assert any("are a pair" in note for note in results(across, metrics=("acc",)).notes)
    assert not any("are a pair" in note for note in results(across, metrics=("acc",), unseeded=True).notes)


def test_rows_without_seeds_that_differ_in_a_step_are_said_to_be_one_curve(tmp_path):
    table = written(tmp_path / "a.csv", "variant,epoch,acc\nA,7,91\nA,9,92\n")
    assert any("differ only in epoch" in note for note in results(table, unseeded=True).notes)


def test_a_seed_in_a_name_is_the_number_after_seed_though_an_s_stands_before_it(tmp_path):
    for model in ("deit_s16", "deit_s32"):
        for seed in (0, 1):
            written(tmp_path / "logs" / model / f"seed{seed}" / "metrics.json", json.dumps({"acc": 90 + seed}))
    found = values(results(tmp_path / "logs"), "acc")
    assert set(found) == {(model, seed) for model in ("deit_s16", "deit_s32") for seed in (0, 1)}


def test_the_settings_of_a_hydra_job_are_those_of_its_config(tmp_path):
    for job, (model, seed) in enumerate([("A", 0), ("A", 1), ("B", 0), ("B", 1)]):
        folder = tmp_path / "multirun" / str(job)
        written(folder / ".hydra" / "config.yaml", f"model: {model}\nseed: {seed}\n")
        written(folder / "metrics.json", json.dumps({"acc": 90 + job}))
    expected = {("A", 0): 90.0, ("A", 1): 91.0, ("B", 0): 92.0, ("B", 1): 93.0}
    assert values(results(tmp_path / "multirun"), "acc") == expected


def test_the_folder_of_a_table_is_part_of_the_names_of_its_runs(tmp_path):
    for seed in (0, 1):
        written(tmp_path / "logs" / f"model=A,seed={seed}" / "curve.csv", f"step,acc\n1,80\n2,{90 + seed}\n")
    found = results(tmp_path / "logs", variant_from=r"model=(\w+)")
    assert values(found, "acc") == {("A", 0): 90.0, ("A", 1): 91.0}


def test_a_frame_with_seeds_as_columns_is_read_as_it_was_pivoted():
    rows = [("A", 0, 91.0), ("A", 1, 92.0), ("B", 0, 93.0), ("B", 1, 95.0)]
    frame = pd.DataFrame(rows, columns=["variant", "seed", "acc"])
    wide = frame.pivot(index="variant", columns="seed", values="acc")
    expected = judge(frame, baseline="A").comparisons
    pd.testing.assert_frame_equal(judge(wide, baseline="A", metric="acc").comparisons, expected)


def test_one_difference_is_not_are():
    rows = [("A", 0, 91.0), ("A", 1, 92.0), ("B", 0, 93.0), ("B", 1, 90.0)]
    found = judge(pd.DataFrame(rows, columns=["variant", "seed", "acc"]), baseline="A")
    assert found.answer.startswith("0 of 1 difference to A is established")


def test_a_column_of_almost_numbers_is_no_part_of_the_names_of_a_papers_rows(tmp_path):
    head = "| model | err | layers | acc |\n|---|---|---|---|\n"
    table = f"{head}| A | 4.9(30) | 3 layers | 95 |\n| B | 4.5(20) | 5 layers | 96 |\n"
    found = read_table(written(tmp_path / "a.md", table))
    assert found.labels == ["A, 3 layers", "B, 5 layers"]
    assert "err" in found.unread[0]
