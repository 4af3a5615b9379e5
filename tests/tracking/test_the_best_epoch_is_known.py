"""Which epoch was the best is recorded while the training goes on, and the model says which one it is of."""

import pandas as pd
import pytest
from mlflow import MlflowClient

from image_classification.tracking.description import kept_epoch
from image_classification.tracking.run import TrackedRun
from image_classification.tracking.training import EpochMetrics

ROWS = [
    {"train/loss": 3.0, "validation/loss": 2.0, "validation/accuracy": 0.5},
    {"train/loss": 2.0, "validation/loss": 0.5, "validation/accuracy": 0.8},
    {"train/loss": 1.0, "validation/loss": float("nan"), "validation/accuracy": 0.9},
    {"train/loss": 0.5, "validation/loss": 0.75, "validation/accuracy": 0.9},
]


@pytest.fixture
def run(fresh_database):
    client = MlflowClient(f"sqlite:///{fresh_database}")
    return TrackedRun(client.create_run("0").info.run_id, client.tracking_uri)


def train(run, rows=ROWS):
    on_epoch = EpochMetrics(run)
    for epoch, row in enumerate(rows, start=1):
        on_epoch(epoch, row)


def test_it_is_that_of_the_lowest_validation_loss(run):
    train(run)

    metrics = run.client.get_run(run.run_id).data.metrics
    best = {name: value for name, value in metrics.items() if name.startswith("validation_best/")}
    assert best == {"validation_best/epoch": 2, "validation_best/loss": 0.5, "validation_best/accuracy": 0.8}


def test_it_is_known_as_soon_as_it_is_over(run):
    train(run, ROWS[:1])

    assert run.client.get_run(run.run_id).data.metrics["validation_best/epoch"] == 1


def test_without_validation_there_is_none(run):
    train(run, [{"train/loss": 1.0}])

    assert run.client.get_run(run.run_id).data.metrics == {"train/loss": 1.0}


@pytest.mark.parametrize("history", [None, [{"train/loss": 1.0}], pd.DataFrame({"epoch": [1, 2]})])
def test_without_a_word_the_weights_are_of_the_last_epoch(run, history):
    train(run)

    assert kept_epoch(run, history) == {"epoch": 4, "validation_loss": 0.75, "validation_accuracy": 0.9}


@pytest.mark.parametrize(
    ("epoch", "expected"),
    [
        (2, {"epoch": 2, "validation_loss": 0.5, "validation_accuracy": 0.8}),
        (3, {"epoch": 3, "validation_accuracy": 0.9}),
        (4, {"epoch": 4, "validation_loss": 0.75, "validation_accuracy": 0.9}),
    ],
)
def test_the_history_says_of_which_epoch_they_are(run, epoch, expected):
    history = pd.DataFrame(ROWS).assign(epoch=range(1, 5)).assign(kept=lambda rows: rows["epoch"] == epoch)
    train(run)

    assert kept_epoch(run, history) == expected


def test_a_training_without_an_epoch_keeps_none(run):
    assert kept_epoch(run, None) == {}


def test_the_model_is_tied_to_its_epoch(tracked_project):
    tracked_project.run()

    run = tracked_project.last_run()
    (output,) = run.outputs.model_outputs
    model = tracked_project.client.get_logged_model(output.model_id)
    metrics = {metric.key: metric.value for metric in model.metrics}
    assert output.step == 3
    assert model.tags["epoch"] == "3"
    assert metrics["weights/epoch"] == 3
    assert metrics["weights/validation_loss"] == pytest.approx(2 / 3)
    assert metrics["weights/num_parameters"] == run.data.metrics["weights/num_parameters"] > 0
