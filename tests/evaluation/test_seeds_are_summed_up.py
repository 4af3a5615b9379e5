"""Trainings with several seeds: mean, deviation and interval, validation and test images apart."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tests.evaluation.test_report import Page

from image_classification.evaluation.figures.seeds import seed_curves_figure, seed_metrics_figure
from image_classification.evaluation.stability import SPLITS, recorded_stability, summarise_seeds
from image_classification.evaluation.stability_report import Stability, build_stability_report

STATISTICS = {
    "data_name": "shades",
    "class_names": ["dark", "light"],
    "image_shape": [1, 8, 8],
    "counts": {
        "train": {"dark": 3, "light": 4},
        "validation": {"dark": 1, "light": 1},
        "test": {"dark": 2, "light": 2},
    },
    "index_digest": "a" * 64,
    "images_digest": "b" * 64,
}
RECORD = {
    "finished": "2026-11-26T10:00:00+00:00",
    "command": "kedro run --pipeline stability",
    "git": {},
    "environment": {"device": "cpu"},
    "run_id": "1" * 32,
    "parameters": {"optimizer.lr": "0.01"},
    "network": "convnet",
    "num_parameters": 1234,
    "weights": None,
    "study": {},
}


def runs_of(values, splits=SPLITS):
    """A row per seed with these accuracies of the validation images; those of the test images are half."""
    table = {"seed": range(7, 7 + len(values)), "seconds": [2.5] * len(values)}
    for split in splits:
        accuracies = np.array(values) / (1 + SPLITS.index(split))
        table |= {f"{split}/accuracy": accuracies, f"{split}/images": 4, f"{split}/log_loss": 1 - accuracies}
    return pd.DataFrame(table)


def summary_of(runs):
    return {
        "data_name": "shades",
        "index_digest": "a" * 64,
        "seeds": runs["seed"].tolist(),
        "interval": "interval",
        "metrics": summarise_seeds(runs),
    }


@pytest.mark.parametrize("values", [[0.8, 0.9], [0.5, 0.5, 0.5], [0.91, 0.97, 0.93, 0.99, 0.9]])
def test_the_interval_is_that_of_student(values):
    summary = summarise_seeds(runs_of(values))
    assert set(summary["test"]) == {"accuracy", "log_loss"}
    for split in SPLITS:
        found = summary[split]["accuracy"]
        accuracies = np.array(values) / (1 + SPLITS.index(split))
        error = stats.sem(accuracies)
        expected = (
            stats.t.interval(0.95, len(values) - 1, accuracies.mean(), error)
            if error
            else (accuracies.mean(),) * 2
        )
        assert (found["lower"], found["upper"]) == pytest.approx(expected)
        assert found["std"] == pytest.approx(accuracies.std(ddof=1))
        assert (found["lowest"], found["highest"]) == (accuracies.min(), accuracies.max())


def test_a_metric_that_one_seed_lacks_is_left_out():
    runs = runs_of([0.8, 0.9]).assign(**{"test/log_loss": [np.nan, 0.3]})
    summary = summarise_seeds(runs)
    assert set(summary["test"]) == {"accuracy"}
    assert set(summary["validation"]) == {"accuracy", "log_loss"}


def test_a_record_has_both_splits_by_their_names():
    recorded = recorded_stability(summary_of(runs_of([0.8, 0.9])))
    assert recorded["stability/validation_accuracy"] == pytest.approx(0.85)
    assert recorded["stability/test_accuracy"] == pytest.approx(0.425)
    assert recorded["stability/test_accuracy_std"] == pytest.approx(np.std([0.4, 0.45], ddof=1))


@pytest.mark.parametrize("splits", [SPLITS, ("validation",), ("test",)])
def test_the_page_shows_each_split_by_itself(splits):
    runs = runs_of([0.8, 0.9], splits)
    page = Page(build_stability_report(Stability(summary_of(runs), runs, RECORD, STATISTICS), {}))
    words = " ".join(page.words.split())
    for split in SPLITS:
        assert (f"On the {split} images" in words) == (split in splits)
    assert ("85.00% ± 7.07% of the validation images correct" in words) == ("validation" in splits)
    assert "kedro run --pipeline stability" in words
    assert "stability.seeds 2" in words


@pytest.mark.parametrize("epochs", [[3, 3], [2, 4]])
def test_curves_are_the_mean_over_the_seeds_with_a_band(epochs):
    history = pd.concat(
        pd.DataFrame(
            {
                "seed": seed,
                "epoch": range(1, count + 1),
                "train/loss": [1.0 + seed] * count,
                "train/accuracy": 0.5,
                "validation/loss": [np.nan] * (count - 1) + [2.0],
            }
        )
        for seed, count in enumerate(epochs)
    )
    figure = seed_curves_figure(history, "subtitle")
    lines = {trace.name: trace for trace in figure.data if trace.fill is None and trace.yaxis == "y"}
    assert list(lines["train"].x) == list(range(1, max(epochs) + 1))
    assert lines["train"].y[0] == 1.5
    assert lines["train"].customdata[0] == pytest.approx(np.std([1, 2], ddof=1))
    # where one seed has ended, only the others count
    assert lines["train"].y[-1] == (2.0 if epochs[0] < epochs[1] else 1.5)
    assert list(lines["validation"].x) == sorted(set(epochs))
    assert "test" not in lines


def test_metrics_have_a_dot_for_each_seed():
    runs = runs_of([0.8, 0.9, 0.7])
    figure = seed_metrics_figure(runs, summarise_seeds(runs), "subtitle")
    by_name = {trace.name: trace for trace in figure.data}
    assert list(by_name["test, each seed"].customdata) == pytest.approx([0.4, 0.45, 0.35])
    assert list(by_name["test, each seed"].x) == pytest.approx([0.0, 5.0, -5.0], abs=1e-9)
    assert by_name["validation, mean and interval"].customdata[0] == pytest.approx(0.8)
    assert list(by_name["validation, each seed"].text) == ["seed 7", "seed 8", "seed 9"]
