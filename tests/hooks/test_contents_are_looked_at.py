"""A file that is whole but of something else is named before a node stumbles over it."""

import re

import pandas as pd
import pytest
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline
from kedro_datasets.json import JSONDataset
from tests.fuzz.originals import METRICS, RECORD, STATISTICS

from image_classification.errors import UserError
from image_classification.hooks.contents import trouble_with
from image_classification.hooks.own_files import FilesHook

HISTORY = pd.DataFrame(
    {"epoch": [1], "train/loss": [1.0], "train/accuracy": [0.5], "learning_rate": [0.1], "seconds": [1.0]}
)
PREDICTIONS = pd.DataFrame(
    {"name": ["1.png"], "label": ["a"], "prediction": ["b"], "correct": [False], "confidence": [0.5]}
).assign(**{"probability/a": 0.5, "probability/b": 0.5})


def without(facts, key):
    return {name: value for name, value in facts.items() if name != key}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("history", HISTORY),
        (
            "history",
            HISTORY.assign(**{"validation/loss": [None], "validation/accuracy": [None]}).astype(float),
        ),
        ("predictions", PREDICTIONS),
        ("predictions", PREDICTIONS.head(0)),
        ("mnist.image_statistics", STATISTICS),
        ("mnist.image_statistics", without(without(STATISTICS, "resize"), "left_out")),
        ("metrics", METRICS),
        ("metrics", {"images": 0}),
        ("training_record", RECORD),
        ("report", "<html>"),
    ],
)
def test_what_was_written_passes(name, content):
    assert trouble_with(name, content) is None


@pytest.mark.parametrize(
    ("name", "content", "trouble"),
    [
        ("history", [1], "it holds no table, but list"),
        ("history", HISTORY.drop(columns=["seconds", "epoch"]), "it lacks the columns epoch, seconds"),
        ("history", HISTORY.head(0), "it has no rows"),
        ("history", HISTORY.assign(seconds="long"), "its column seconds holds str, not numbers"),
        ("history", HISTORY.assign(kept=1.0), "its column kept holds float64, not true or false"),
        ("history", HISTORY.assign(**{"validation/loss": 1.0}), "of the columns validation/loss and"),
        ("history", HISTORY.assign(epoch=[None]).astype({"epoch": float}), "its column epoch has gaps"),
        ("predictions", PREDICTIONS.drop(columns="probability/b"), "it lacks the column probability/b"),
        ("predictions", PREDICTIONS.assign(label=[None]), "its column label holds object, not text"),
        ("mnist.image_index", PREDICTIONS, "it lacks the columns class_name, decode_status, split"),
        ("mnist.image_statistics", [], "it holds list, not an object with names"),
        ("mnist.image_statistics", without(STATISTICS, "mean"), "mean: Field required"),
        (
            "mnist.image_statistics",
            STATISTICS | {"std": [1, 2]},
            "mean and std are not one number for each of 1",
        ),
        ("mnist.image_statistics", STATISTICS | {"mean": [float("nan")]}, "mean.0: Input should be a finite"),
        ("mnist.image_statistics", STATISTICS | {"counts": {}}, "counts lacks test, train, validation"),
        (
            "mnist.image_statistics",
            STATISTICS | {"class_names": ["dog"]},
            "counts has classes that class_names l",
        ),
        ("metrics", without(METRICS, "images"), "images: Field required"),
        ("metrics", METRICS | {"accuracy": "high"}, "accuracy is no number"),
        (
            "metrics",
            without(METRICS, "accuracy_upper"),
            "of the bounds of the accuracy there is accuracy_lower",
        ),
        ("training_record", RECORD | {"parameters": []}, "parameters: Input should be a valid dictionary"),
    ],
)
def test_what_a_node_would_stumble_over(name, content, trouble):
    assert trouble_with(name, content).startswith(trouble)


def test_a_run_is_told_which_file_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    hook = FilesHook()
    catalog = DataCatalog({"metrics": JSONDataset(filepath=str(tmp_path / "data" / "metrics.json"))})
    hook.before_pipeline_run({}, Pipeline([]), catalog)
    message = (
        "metrics cannot be used: data/metrics.json is damaged, or of another kind: images: Field required. "
    )
    with pytest.raises(UserError, match=re.escape(message)):
        hook.after_dataset_loaded("metrics", {})
    hook.after_dataset_loaded("metrics", METRICS)
