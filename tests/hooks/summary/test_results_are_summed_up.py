"""The end of a run is a short table and the commands to go on with."""

from types import SimpleNamespace

import pandas as pd
import pytest
from kedro.io import AbstractDataset, DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline
from kedro_datasets.text import TextDataset
from rich.console import Console

from image_classification.hooks import summary
from image_classification.hooks.summary import SummaryHook
from image_classification.parameters.command_line import speak_of_parameters
from image_classification.tracking import RunInfo

STATISTICS = {"data_name": "digits", "counts": {"train": {"0": 1000, "1": 350}, "test": {"0": 297}}}
NETWORK = SimpleNamespace(description=SimpleNamespace(shown_name="convnet"), num_parameters=17274)
CATALOG = {
    "mnist.image_statistics": STATISTICS,
    "trained_network": NETWORK,
    "history": pd.DataFrame({"seconds": [1.25, 2.5]}),
    "metrics": {"data_name": "digits", "images": 297, "accuracy": 0.98765, "loss": 0.0321},
}


def work(*_inputs):
    return None


TRAIN = Node(work, ["mnist.image_statistics"], ["trained_network", "history"], name="train")
EVALUATE = Node(work, ["trained_network"], ["metrics"], name="evaluate")


@pytest.fixture
def summed_up(monkeypatch, capsys):
    """Run the hook and return the words of each line that it prints, without the frame of the table."""

    def run(nodes, last_run=None, catalog=CATALOG, work=lambda: None):
        monkeypatch.setattr(summary, "console", Console(width=80))
        monkeypatch.setattr(summary, "last_run", lambda: last_run)
        datasets = {
            name: value if isinstance(value, AbstractDataset) else MemoryDataset(value, copy_mode="assign")
            for name, value in catalog.items()
        }
        hook, catalog = SummaryHook(), DataCatalog(datasets)
        hook.before_pipeline_run(Pipeline(nodes), catalog)
        work()
        hook.after_pipeline_run({}, Pipeline(nodes), catalog)
        lines = [line.replace("│", " ").split() for line in capsys.readouterr().out.splitlines()]
        return [" ".join(words) for words in lines if words and words[0][0] not in "┌└"]

    return run


RUN = RunInfo(
    "0123456789abcdef", "convnet-digits", "image-classification", "sqlite:////p/mlflow.db", "FINISHED"
)


def test_a_training_run_shows_data_network_results_and_run(summed_up):
    assert summed_up([TRAIN, EVALUATE], RUN) == [
        "data digits",
        "images 1,350 train, 297 test",
        "network convnet, 17,274 parameters",
        "training 2 epochs in 3.8 s",
        "test accuracy 98.77% of 297 images",
        "test loss 0.0321",
        "run convnet-digits",
        "run id 0123456789abcdef",
        "Look at the graph and its data: make viz (or: kedro viz run)",
        "Compare the runs in MLflow: make mlflow (the runs are in /p/mlflow.db)",
    ]


def test_what_an_earlier_run_made_is_not_this_ones_result(summed_up):
    lines = summed_up([EVALUATE])
    assert lines[:2] == ["test accuracy 98.77% of 297 images", "test loss 0.0321"]
    assert len(lines) == 3


@pytest.mark.parametrize(("repeats", "said"), [(1, "5 folds"), (2, "10 folds")])
def test_a_cross_validation_has_its_accuracy(summed_up, repeats, said):
    validate = Node(work, None, "cross_validation_metrics", name="validate")
    accuracy = {"mean": 0.5, "std": 0.0123}
    summary = {"metrics": {"accuracy": accuracy}, "folds": 5, "repeats": repeats}
    catalog = {"cross_validation_metrics": summary}
    assert summed_up([validate], catalog=catalog)[0] == f"accuracy 50.00% ± 1.23% over {said}"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cross_validation_report", "The report of the cross-validation is"),
        ("label_review_page", "The pictures to look at are in"),
        ("report", "The report is"),
        ("leaderboard_csv", "The leaderboard is"),
        ("another_page", None),
    ],
)
def test_it_says_where_pages_are(summed_up, tmp_path, name, said):
    page = TextDataset(filepath=str(tmp_path / "page.html"))
    lines = summed_up(
        [Node(work, None, name, name="write")], catalog={name: page}, work=lambda: page.save("<p>")
    )
    assert [line for line in lines if "page.html" in line] == (
        [f"{said} {tmp_path / 'page.html'}"] if said else []
    )


def test_it_says_where_the_network_is(summed_up, tmp_path):
    page, file = (
        TextDataset(filepath=str(tmp_path / name)) for name in ("report.html", "network.safetensors")
    )
    file.load = lambda: NETWORK
    lines = summed_up(
        [Node(work, None, ["trained_network", "report"], name="train")],
        catalog={"report": page, "trained_network": file},
        work=lambda: (page.save("<p>"), file.save("weights")),
    )
    assert f"The report is {tmp_path / 'report.html'}" in lines
    assert f"The network is {tmp_path / 'network.safetensors'}" in lines


@pytest.mark.parametrize(
    ("measured", "line"),
    [
        (
            {"answered": 0.9, "answered_accuracy": 0.995},
            "answered 90.00%, 99.50% of them right; unsure of the others",
        ),
        ({"answered": 0.0}, "answered none: unsure of all 297 images"),
        ({"answered": 1.0, "answered_accuracy": 0.95}, "answered all, 95.00% of them right"),
    ],
)
def test_of_a_calibrated_network_it_says_what_is_answered(summed_up, measured, line):
    lines = summed_up([EVALUATE], catalog=CATALOG | {"metrics": CATALOG["metrics"] | measured})
    assert lines[1] == line


def test_one_epoch_is_not_several(summed_up):
    catalog = CATALOG | {"history": pd.DataFrame({"seconds": [1.0]})}
    assert "training 1 epoch in 1.0 s" in summed_up([TRAIN], catalog=catalog)


def test_a_pipeline_without_results_has_no_table(summed_up):
    lines = summed_up([Node(work, None, "something", name="work")])
    assert lines == ["Look at the graph and its data: make viz (or: kedro viz run)"]


def test_overfitting_is_said_in_a_sentence(summed_up):
    overfitted = pd.DataFrame(
        {
            "epoch": [1, 2],
            "seconds": [1.0, 1.0],
            "train/loss": [1.0, 0.1],
            "train/accuracy": [0.5, 1.0],
            "validation/loss": [1.0, 0.9],
            "validation/accuracy": [0.5, 0.7],
        }
    )
    counts = {"train": {"0": 1000, "1": 350}, "validation": {"0": 100, "1": 50}}
    statistics = {"mnist.image_statistics": STATISTICS | {"counts": counts}}
    speak_of_parameters()
    lines = summed_up([TRAIN], catalog=CATALOG | statistics | {"history": overfitted})
    (said,) = (line for line in lines if line.startswith("Overfitting: "))
    assert "1,350 of the 1,350 training images are classified correctly (100.0%), but" in said
    assert (
        "early stopping (modelling.training.early_stopping.metric=validation/loss) and "
        "modelling.training.keep=best limit it."
    ) in said
    assert not any("Overfitting" in line for line in summed_up([TRAIN]))


def test_files_that_were_left_out_are_counted(summed_up):
    statistics = STATISTICS | {"left_out": {"ignored": 2, "unreadable": 1300}}

    lines = summed_up([TRAIN, EVALUATE], catalog=CATALOG | {"mnist.image_statistics": statistics})

    assert lines[2] == "left out 2 ignored, 1,300 unreadable (why: image_index, column"


def test_what_was_not_measured_is_left_out(summed_up):
    nothing = CATALOG | {"metrics": {"data_name": "digits", "images": 0}}

    assert [line for line in summed_up([EVALUATE], catalog=nothing) if line.startswith("test")] == []
