"""The page of a run says in a paragraph what it is, what came out of it and how to get it again."""

from types import SimpleNamespace

import pytest

from image_classification.tracking.description import DESCRIPTION, describe, where_it_ended

PARAMETERS = {
    "network.name": "convnet",
    "training.epochs": "5",
    "data.name": "mnist",
    "data.classes": "10",
    "data.image_shape": "[1, 28, 28]",
    "data.train_images": "54000",
    "data.validation_images": "6000",
    "data.test_images": "10000",
}
METRICS = {
    "test/accuracy": 0.98765,
    "test/loss": 0.0345,
    "validation_best/epoch": 4.0,
    "validation_best/loss": 0.04,
    "weights/epoch": 5.0,
    "weights/num_parameters": 17274.0,
}
TAGS = {
    "command": "kedro run --pipeline training",
    "mlflow.source.git.commit": "0123456789abcdef",
    "mlflow.source.git.dirty": "false",
}


def record(parameters=PARAMETERS, metrics=METRICS, tags=TAGS):
    return SimpleNamespace(data=SimpleNamespace(params=parameters, metrics=metrics, tags=tags))


def test_a_finished_run():
    assert describe(record(), "FINISHED", "", "", 5) == (
        "`convnet` with 17,274 parameters, trained for 5 epochs on `mnist`: 54,000 train, 6,000 validation, "
        "10,000 test images of 1×28×28 in 10 classes. "
        "Right on **98.77%** of the test images, with a loss of 0.0345. "
        "The validation loss was lowest in epoch 4: 0.0400. The model has the weights of epoch 5. "
        "To get it again: `git checkout 0123456789ab`, then `kedro run --pipeline training`."
    )


def test_changed_files_are_no_secret():
    changed = TAGS | {"mlflow.source.git.dirty": "true"}
    text = describe(record(tags=changed), "FINISHED", "", "", 5)
    assert "`git checkout 0123456789ab` (files had been changed since that commit), then `kedro" in text


def test_a_run_that_knows_almost_nothing():
    nothing = record({}, {}, {"command": "python train.py"})
    assert (
        describe(nothing, "KILLED", "SIGTERM", "before the training", 0)
        == "**Killed before the training:** SIGTERM. `a network`. To get it again: `python train.py`."
    )


@pytest.mark.parametrize(
    ("epochs_done", "tags", "expected"),
    [
        (0, {}, "before the training"),
        (0, {"device": "cpu"}, "before the end of the first epoch"),
        (2, {"device": "cpu"}, "in epoch 3 of 5"),
        (5, {"device": "cpu"}, "after the last epoch"),
    ],
)
def test_where_it_ended(epochs_done, tags, expected):
    assert where_it_ended(record(tags=tags), epochs_done) == expected


def test_it_stands_on_the_page(tracked_project):
    tracked_project.run()

    text = tracked_project.last_run().data.tags[DESCRIPTION]
    assert text.startswith("`feed_forward` with ")
    assert "trained for 3 epochs on `digits`: 30 train, 10 validation, 15 test images of 1×8×8" in text
    assert "Right on **75.00%** of the test images" in text


def test_what_a_person_wrote_stays(tracked_project):
    tracked_project.run(then="describe it yourself")

    assert tracked_project.last_run().data.tags[DESCRIPTION] == "my own words"


@pytest.mark.parametrize(
    ("epochs_done", "planned", "said"),
    [
        (5, "5", "trained for 5 epochs on"),
        (4, "8", "trained for 4 of 8 epochs on"),
        (1, "1", "trained for 1 epoch on"),
        (1, "2", "trained for 1 of 2 epochs on"),
        (0, "2", "`convnet` with 17,274 parameters on `mnist`"),
    ],
)
def test_the_epochs_are_those_that_were_trained(epochs_done, planned, said):
    text = describe(
        record(PARAMETERS | {"training.epochs": planned}), "KILLED", "SIGTERM", "somewhere", epochs_done
    )
    assert said in text
