"""Results that exist become one frame; what can be meant in two ways is refused with the option that decides it.

TensorBoard events and Lightning's CSV logs are written by the real tools here; the other files are built after the
documentation of their formats (named in each reader's module).
"""

import json
import math
from pathlib import Path

import pandas as pd
import pytest

from replab.errors import ReplabError
from replab.readers import READERS, read_runs
from replab.readers.asked import Asked
from replab.readers.tidy import Results, tidy


def results(path: Path, **asked: object) -> Results:
    said = Asked(**asked)  # type: ignore[arg-type]
    return tidy(read_runs([path], said), said)


def values(found: Results, metric: str) -> dict[tuple[str, int], float]:
    rows = found.runs[found.runs["metric"] == metric]
    return {(row.variant, row.seed): row.value for row in rows.itertuples()}


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_tidy_table_and_a_wide_one_and_one_with_seeds_across_give_the_same(tmp_path):
    tidy_file = written(
        tmp_path / "a.csv",
        "variant,seed,metric,value\nA,0,test_accuracy,91.5\nA,1,test_accuracy,92\nB,0,test_accuracy,90\nB,1,test_accuracy,93\n",
    )
    wide = written(tmp_path / "b.csv", "method,seed,test/accuracy\nA,0,91.5\nA,1,92\nB,0,90\nB,1,93\n")
    across = written(tmp_path / "c.csv", "method;seed_0;seed_1\nA;91.5;92\nB;90;93\n")
    expected = {("A", 0): 91.5, ("A", 1): 92.0, ("B", 0): 90.0, ("B", 1): 93.0}
    assert values(results(tidy_file), "test_accuracy") == expected
    assert values(results(wide), "test_accuracy") == expected
    assert values(results(across, metrics=("test_accuracy",)), "test_accuracy") == expected


@pytest.mark.parametrize("mark", ["\u2028", "\x85", "\x0c"], ids=repr)
def test_a_mark_that_ends_no_row_of_csv_may_stand_in_a_cell(tmp_path, mark):
    found = results(written(tmp_path / "a.csv", f"variant,seed,loss\nA{mark}B,0,0.5\nA{mark}B,1,0.6\n"))
    assert values(found, "loss") == {(f"A{mark}B", 0): 0.5, (f"A{mark}B", 1): 0.6}


def test_the_format_that_is_said_reads_the_files_of_a_folder_that_another_would(tmp_path):
    file = written(tmp_path / "logs" / "a.csv", "run_id,variant,seed,metrics.loss\nx,A,0,0.5\ny,A,1,0.6\n")
    alone = read_runs([file], Asked(), "csv")
    assert [run.points for run in read_runs([file.parent], Asked(), "csv")] == [run.points for run in alone]


def test_what_was_guessed_is_said(tmp_path):
    found = results(written(tmp_path / "a.csv", "method,seed,lr,accuracy\nA,0,0.1,91\nA,1,0.1,92\n"))
    assert any("taken from 'method'. That is a guess" in note for note in found.notes)
    assert any("metrics are the columns accuracy" in note for note in found.notes)
    assert any("taken as percentages" in note for note in found.notes)


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("variant,seed,loss\nA,0,0.5\nA,1,0.6\n".encode("utf-8-sig"))
    assert values(results(path), "loss") == {("A", 0): 0.5, ("A", 1): 0.6}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("variant,seed,accuracy\nA,0,0.91\nA,1,0.93\n", "fractions or percentages"),
        ("variant,seed,loss\nA,0,0.91\nA,0,0.93\n", "two runs with seed 0"),
        ('variant,seed,loss\nA,0,"0,91"\nA,1,0.9\n', "has a comma"),
        ("variant,lr,loss\nA,0.1,0.91\nA,0.1,0.93\n", "no seed found.*\n.*--seed-from"),
        ("lr,seed,loss\n0.1,0,0.91\n0.1,1,0.93\n", "no variant found"),
        ("variant,seed,colour\nA,0,red\n", "no column is known as a metric"),
        ("variant,seed,loss\nA,x,0.2\n", "the seed 'x' is no whole number"),
        ("variant,seed,loss\nA,0\n", "row 2 has 2 cells"),
        ("variant,seed,loss\n", "no row below a header"),
        ("variant,loss,loss\nA,0,1\n", "'loss' is there twice"),
        ("seed,base,big\n0,0.91,0.92\n", r"base, big look like variants.*\n.*melt\('seed'"),
        ("variant,mean,std\nA,0.91,0.02\n", "mean and std look like means.*\n.*a row for each run"),
        ("variant,acc_mean,acc_std\nA,0.91,0.02\n", "acc_mean and acc_std look like means"),
    ],
)
def test_what_is_ambiguous_or_wrong_is_refused_in_a_line_or_two(tmp_path, text, said):
    with pytest.raises(ReplabError, match=said) as caught:
        results(written(tmp_path / "a.csv", text))
    assert str(caught.value).count("\n") <= 1


def test_fractions_are_shown_in_percent_when_that_was_said(tmp_path):
    path = written(tmp_path / "a.csv", "variant,seed,accuracy\nA,0,0.91\nA,1,0.93\n")
    found = results(path, units={"accuracy": "fraction"})
    assert list(found.runs["value"]) == pytest.approx([91, 93])
    assert set(found.runs["unit"]) == {"%"}
    assert list(results(path, units={"accuracy": "percent"}).runs["value"]) == [0.91, 0.93]


def test_the_unit_of_all_shares_holds_for_every_share(tmp_path):
    path = written(tmp_path / "a.csv", "variant,seed,accuracy,f1,loss\nA,0,91,0.8,3\nA,1,93,0.7,4\n")
    with pytest.raises(ReplabError, match="is no fraction; --unit accuracy=percent says"):
        results(path, units={"": "fraction"})
    found = results(path, units={"": "fraction", "accuracy": "percent"})
    assert values(found, "f1") == {("A", 0): 80.0, ("A", 1): 70.0}
    assert values(found, "loss") == {("A", 0): 3.0, ("A", 1): 4.0}


def test_a_share_of_fractions_and_percentages_is_refused(tmp_path):
    path = written(tmp_path / "a.csv", "variant,seed,accuracy\nA,0,0.91\nA,1,92.7\nA,2,0\n")
    with pytest.raises(ReplabError, match=r"1 of 3 values are at most 1.*\n.*accuracy=percent"):
        results(path)
    with pytest.raises(ReplabError, match="1 of 3 values are at most 1"):
        results(path, units={"": "fraction"})
    assert values(results(path, units={"accuracy": "percent"}), "accuracy")["A", 0] == 0.91


def test_a_metric_that_the_log_lacks_is_answered_with_what_there_is(tmp_path):
    with pytest.raises(ReplabError, match="metric 'f1' unknown; known: test_loss"):
        results(written(tmp_path / "a.csv", "variant,seed,test_loss\nA,0,1\n"), metrics=("f1",))


def test_nan_counts_as_diverged_and_an_empty_cell_as_missing_and_both_are_said(tmp_path):
    text = "variant,seed,loss\nA,0,nan\nA,1,0.5\nA,2,\nB,0,0.4\nB,1,0.4\nB,2,0.3\n"
    text = text.replace("A,2,\n", "A,2,\n")
    path = written(tmp_path / "a.csv", "variant,seed,loss,val_loss\n" + "\n".join(
        line + ",1" for line in text.splitlines()[1:]) + "\n")  # fmt: skip
    found = results(path)
    status = {(row.variant, row.seed): row.status for row in found.runs[found.runs["metric"] == "loss"].itertuples()}
    assert (status["A", 0], status["A", 1], status["A", 2]) == ("diverged", "done", "missing")
    assert any("counted as diverged (A seed 0)" in note for note in found.notes)
    assert any("no value at all (A seed 2)" in note for note in found.notes)
    assert any("unequal numbers of runs (A 1, B 3)" in note for note in found.notes)
    assert any("only one run" in note for note in found.notes)


def test_the_last_the_best_and_a_step_of_a_curve(tmp_path):
    path = written(tmp_path / "a.csv", "variant,seed,step,loss\nA,0,1,0.9\nA,0,2,0.3\nA,0,3,0.5\n")
    assert [results(path, pick=pick).runs["value"][0] for pick in ("last", "best", "1")] == [0.5, 0.3, 0.9]
    assert any("--pick best" in note for note in results(path, pick="best").notes)
    with pytest.raises(ReplabError, match="no value at step 7; the nearest are 1, 2, 3"):
        results(path, pick="7")


STEPS = "variant,seed,epoch,loss,acc,lr\nA,0,1,0.9,60,0.1\nA,0,2,0.3,70,0.05\nB,0,1,0.8,61,0.1\nB,0,2,0.4,69,0.05\n"


def test_what_varies_from_step_to_step_is_no_setting(tmp_path):
    path = written(tmp_path / "a.csv", STEPS)
    found = results(path, metrics=("loss",))
    assert values(found, "loss") == {("A", 0): 0.3, ("B", 0): 0.4}
    assert any("left out, for it varies from step to step of a run: acc, lr" in note for note in found.notes)
    twice = STEPS + "A,0,1,0.9,60,0.3\nA,0,2,0.5,50,0.3\n"  # lr may be a setting: two runs with one seed
    with pytest.raises(ReplabError, match="two runs with seed 0"):
        results(written(tmp_path / "b.csv", twice), metrics=("loss",))


def test_columns_of_numbers_that_are_not_read_are_named(tmp_path):
    found = results(written(tmp_path / "a.csv", "variant,seed,loss,hours\nA,0,0.5,3\nB,0,0.6,4\n"))
    assert any("no metrics (--metric NAME takes one): hours" in note for note in found.notes)


def test_a_metric_is_answered_with_the_nearest(tmp_path):
    with pytest.raises(ReplabError, match="metric 'test_los' unknown; did you mean 'test_loss'"):
        results(written(tmp_path / "a.csv", "variant,seed,test_loss\nA,0,1\n"), metrics=("test_los",))


def test_runs_without_seeds_are_numbered_so_that_none_pairs(tmp_path):
    found = results(written(tmp_path / "a.csv", "variant,loss\nA,1\nA,2\nB,3\n"), unseeded=True)
    assert not set(found.runs[found.runs["variant"] == "A"]["seed"]) & set(
        found.runs[found.runs["variant"] == "B"]["seed"]
    )
    assert not [note for note in found.notes if "pairs use" in note]


def test_lightning_csv_logs_of_the_real_logger(tmp_path):
    loggers = pytest.importorskip("pytorch_lightning.loggers")
    for variant in ("adam", "sgd"):
        for seed in (0, 1):
            logger = loggers.CSVLogger(str(tmp_path / "logs"), name=f"{variant}_seed{seed}")
            logger.log_hyperparams({"optimizer": variant, "seed": seed})
            for step in range(3):
                logger.log_metrics({"train_loss": 1.0 / (step + 1)}, step=step)
                logger.log_metrics({"val_accuracy": 90.0 + seed + step}, step=step)
            logger.save()
    found = results(tmp_path / "logs", variant_from="optimizer")
    expected = {(name, seed): 92.0 + seed for name in ("adam", "sgd") for seed in (0, 1)}
    assert values(found, "val_accuracy") == expected
    assert set(values(results(tmp_path / "logs"), "train_loss")) == set(expected), "from the folders' names too"


def test_a_resumed_version_is_refused_until_it_is_said_to_be_one(tmp_path):
    for version, steps in ((0, (1, 2, 3)), (1, (3, 4))):
        rows = "".join(f"0,{step},{10 * version + step}\n" for step in steps)
        written(tmp_path / "logs" / "a_seed0" / f"version_{version}" / "metrics.csv", f"epoch,step,loss\n{rows}")
    with pytest.raises(ReplabError, match="--resumed"):
        results(tmp_path / "logs")
    found = results(tmp_path / "logs", resumed=True)
    assert values(found, "loss") == {("a", 0): 14.0} and any("--resumed" in note for note in found.notes)
    assert values(results(tmp_path / "logs", resumed=True, pick="3"), "loss") == {("a", 0): 13.0}


def test_hyperparameters_that_hold_python_objects_are_never_built(tmp_path):
    folder = tmp_path / "logs" / "a_seed0" / "version_0"
    written(folder / "metrics.csv", "epoch,step,loss\n0,1,0.5\n")
    written(folder / "hparams.yaml", "a: !!python/object/apply:os.system ['touch /tmp/never']\n")
    assert any("Python objects" in note for note in results(tmp_path / "logs").notes)


def test_tensorboard_events_of_the_real_writer_with_steps_written_twice(tmp_path):
    pytest.importorskip("tensorboard")
    from torch.utils.tensorboard import SummaryWriter

    for seed in (0, 1):
        for start, offset in ((0, 0.0), (2, 10.0)):
            writer = SummaryWriter(str(tmp_path / "tb" / f"base-seed{seed}"), filename_suffix=f".{start}")
            for step in range(start, start + 3):
                writer.add_scalar("val/loss", step + offset + seed, step)
            writer.close()
    found = results(tmp_path / "tb")
    assert values(found, "val_loss") == {("base", 0): 14.0, ("base", 1): 15.0}
    assert [note for note in found.notes if "twice" in note] == [
        f"{tmp_path}/tb/base-seed{seed}: val/loss: 1 step is there twice, with two values; the later one counts"
        for seed in (0, 1)
    ]
    assert values(results(tmp_path / "tb", pick="2"), "val_loss") == {("base", 0): 12.0, ("base", 1): 13.0}


def test_what_lightning_writes_beside_its_metrics_is_none_and_the_same_value_twice_is_no_news(tmp_path):
    pytest.importorskip("tensorboard")
    from torch.utils.tensorboard import SummaryWriter

    for variant in ("a", "b"):
        writer = SummaryWriter(str(tmp_path / "tb" / f"{variant}_seed0"))
        for tag, value in (
            ("epoch", 0.0),
            ("epoch", 0.0),
            ("hp_metric", -1.0),
            ("hp_metric", -1.0),
            ("loss", 0.5),
            ("loss", 0.5),
        ):
            writer.add_scalar(tag, value, 7)
        writer.close()
    found = results(tmp_path / "tb")
    assert set(found.runs["metric"]) == {"loss"} and not any("twice" in note for note in found.notes)


def test_a_wandb_runs_table(tmp_path):
    text = (
        '"Name","State","Notes","User","Tags","Created","Runtime","Sweep","lr","optimizer","seed","test/acc"\n'
        '"fast-1","finished","-","me","","2024-01-01T00:00:00.000Z","60","","0.1","sgd","0","91.5"\n'
        '"fast-2","finished","-","me","","2024-01-01T00:00:00.000Z","60","","0.1","sgd","1","92.5"\n'
        '"fast-3","crashed","-","me","","2024-01-01T00:00:00.000Z","60","","0.1","sgd","2","20.5"\n'
    )
    found = results(written(tmp_path / "wandb.csv", text), variant_from="optimizer")
    assert values(found, "test_acc") == {("sgd", 0): 91.5, ("sgd", 1): 92.5}
    assert any("fast-3 is crashed" in note for note in found.notes)


def test_a_wandb_panel(tmp_path):
    name = "adam-seed3 - val/loss"
    text = f'"Step","{name}","{name}__MIN","{name}__MAX"\n"0","0.9","0.9","0.9"\n"10","0.4","0.4","0.4"\n'
    found = results(written(tmp_path / "panel.csv", text))
    assert values(found, "val_loss") == {("adam", 3): 0.4}
    assert list(found.runs["step"]) == [10]
    with pytest.raises(ReplabError, match="is an average"):
        results(written(tmp_path / "group.csv", text.replace('"10","0.4","0.4","0.4"', '"10","0.4","0.3","0.5"')))


def test_mlflow_run_folders_and_the_table_of_search_runs(tmp_path):
    for place, (lr, loss) in enumerate((("0.1", "0.5"), ("0.1", "0.6"), ("0.2", "0.7"))):
        run = tmp_path / "mlruns" / "0" / f"abc{place}"
        written(run / "meta.yaml", f"run_id: abc{place}\nstatus: {3 if place < 2 else 4}\nlifecycle_stage: active\n")
        written(run / "params" / "lr", lr)
        written(run / "params" / "seed", str(place))
        written(run / "params" / "opt" / "name", "sgd")
        written(run / "metrics" / "val_loss", f"1700000000 0.9 0\n1700000001 {loss} 1\n")
        written(run / "tags" / "mlflow.runName", f"run{place}")
    found = results(tmp_path / "mlruns", variant_from="lr")
    assert values(found, "val_loss") == {("0.1", 0): 0.5, ("0.1", 1): 0.6}
    assert read_runs([tmp_path / "mlruns"], Asked())[0].settings == {"lr": "0.1", "opt/name": "sgd", "seed": "0"}
    assert any("did not finish" in note for note in found.notes)
    table = "run_id,experiment_id,status,metrics.val_loss,params.lr,params.seed\na,0,FINISHED,0.5,0.1,0\n"
    assert values(results(written(tmp_path / "runs.csv", table), variant_from="lr"), "val_loss") == {("0.1", 0): 0.5}


def test_dvc_metrics_and_dvclive_curves(tmp_path):
    for seed in (0, 1):
        folder = tmp_path / "exps" / f"wide_seed{seed}"
        written(folder / "metrics.json", json.dumps({"train": {"loss": 0.2}, "eval": {"loss": 0.3 + seed}, "step": 3}))
        written(folder / "plots" / "metrics" / "train" / "loss.tsv", "step\tloss\n0\t0.9\n1\t0.2\n")
    found = results(tmp_path / "exps")
    assert values(found, "eval_loss") == {("wide", 0): 0.3, ("wide", 1): 1.3}
    assert values(results(tmp_path / "exps", metrics=("train_loss",), pick="0"), "train_loss")["wide", 1] == 0.9


def test_huggingface_trainer_state_reads_the_last_checkpoint_of_a_run(tmp_path):
    for steps in (10, 9):
        log = [{"epoch": 0.5, "loss": 1.0, "step": 5}, {"epoch": 1.0, "eval_loss": 0.1 * steps, "step": steps}]
        path = tmp_path / "out" / "bert_seed1" / f"checkpoint-{steps}" / "trainer_state.json"
        written(path, json.dumps({"log_history": log, "global_step": steps, "epoch": 1.0}))
    assert values(results(tmp_path / "out"), "eval_loss") == {("bert", 1): 1.0}


def test_keras_csv_logs_and_two_runs_appended_to_one(tmp_path):
    written(tmp_path / "logs" / "relu_seed0.csv", "epoch,accuracy,loss,val_loss\n0,0.5,0.9,1.0\n1,0.6,0.7,0.8\n")
    found = results(tmp_path / "logs", metrics=("val_loss",))
    assert values(found, "val_loss") == {("relu", 0): 0.8}
    written(tmp_path / "logs" / "relu_seed0.csv", "epoch,accuracy,loss\n0,0.5,0.9\n1,0.6,0.7\n0,0.5,0.9\n")
    with pytest.raises(ReplabError, match="the epochs start again"):
        results(tmp_path / "logs")


def test_lm_eval_results_are_fractions_by_their_documentation(tmp_path):
    content = {
        "results": {"arc_easy": {"alias": "arc_easy", "acc,none": 0.5, "acc_stderr,none": 0.01}},
        "config": {"model": "hf", "model_args": "pretrained=a/b", "random_seed": 0},
        "versions": {"arc_easy": 1.0},
    }
    found = results(written(tmp_path / "results_1.json", json.dumps(content)))
    assert values(found, "arc_easy_acc") == {("pretrained=a/b", 0): 50.0}
    assert list(found.runs["metric"]) == ["arc_easy_acc"]


def test_every_reader_leaves_files_of_others_alone(tmp_path):
    other = written(tmp_path / "notes.txt", "epoch,loss\n")
    assert not any(reader.recognises(other) for reader in READERS.values())
    with pytest.raises(ReplabError, match="no reader knows this file"):
        read_runs([other], Asked())
    with pytest.raises(ReplabError, match="does not exist"):
        read_runs([tmp_path / "none.csv"], Asked())


def test_the_question_of_the_unit_names_all_metrics_that_it_is_about(tmp_path):
    table = written(tmp_path / "a.csv", "variant,seed,acc,f1,loss,auc\nA,0,0.9,0.8,0.5,0.7\nB,0,0.8,0.9,0.6,0.8\n")
    with pytest.raises(ReplabError, match=r"acc: are 0.8 to 0.9 fractions or percentages\? The same of f1, auc\?"):
        results(table)


def test_a_run_that_went_to_infinity_has_no_finite_value(tmp_path):
    found = results(written(tmp_path / "a.csv", "variant,seed,loss\nA,0,inf\nA,1,0.5\n"))
    assert math.isinf(found.runs["value"][0]) or pd.isna(found.runs["value"][0])
    assert found.runs["status"][0] == "diverged"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("trainer_state.json", '{"log_history": [3]}'),
        ("results.json", '{"results": {"task": 3}, "versions": {}}'),
        ("metrics.json", "[1, 2]"),
        ("trainer_state.json", '{"log_history"'),
    ],
)
def test_a_file_of_another_structure_is_refused_in_a_line(tmp_path, name, text):
    with pytest.raises(ReplabError) as caught:
        results(written(tmp_path / "x_seed0" / name, text))
    assert "\n" not in str(caught.value)
