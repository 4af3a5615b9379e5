"""The report of a cross-validation: how good, how sure that is, of which images, and how it was done."""

import json

import numpy as np
import pandas as pd
import pytest
from plotly.graph_objects import Figure, Scatter
from tests.evaluation.conftest import class_names
from tests.evaluation.test_report import NASTY, Page

from image_classification.evaluation.cross_validation import (
    INTERVAL,
    mean_over_repeats,
    measure_fold,
    summarise_folds,
)
from image_classification.evaluation.cross_validation_report import (
    CrossValidation,
    build_cross_validation_report,
    summed_up,
)
from image_classification.evaluation.metric_table import METRICS
from image_classification.evaluation.options import EvaluationOptions

CLASSES = class_names(3)
RECORD = {
    "finished": "2030-01-02T03:04:05+00:00",
    "command": "kedro run --pipeline cross_validation",
    "git": {"commit": "0123abc", "dirty": "false"},
    "environment": {"device": "cpu"},
    "parameters": {"optimizer.lr": "0.01"},
    "run_id": "the_run",
    "network": "convnet",
    "num_parameters": 1234,
    "weights": None,
    "chosen_by": "",
}


@pytest.fixture
def validated(make_predictions, image_statistics):
    """A made up cross-validation."""

    def make(folds=3, repeats=1, **changes) -> CrossValidation:
        table = make_predictions(3, 90)
        tables, measured = [], []
        for number in range(folds * repeats):
            repeat, fold = divmod(number, folds)
            of_fold = table[np.arange(90) % folds == fold]
            tables.append(of_fold.assign(repeat=repeat, fold=fold))
            counts = {"repeat": repeat, "fold": fold, "training_images": 90 - len(of_fold)}
            measured.append(counts | measure_fold(of_fold, CLASSES, EvaluationOptions()))
        fold_metrics = pd.DataFrame(measured)
        together = mean_over_repeats(pd.concat(tables, ignore_index=True), CLASSES)
        summary = {
            "data_name": "made up",
            "index_digest": "a" * 64,
            "folds": folds,
            "repeats": repeats,
            "interval": INTERVAL,
            "metrics": summarise_folds(fold_metrics),
            "all_images": measure_fold(together, CLASSES, EvaluationOptions()),
        }
        record = RECORD | changes.pop("record", {})
        return CrossValidation(summary, fold_metrics, record, image_statistics | changes)

    return make


def page_of(validated, figures=None) -> Page:
    return Page(build_cross_validation_report(validated, figures or {}))


def words_of(validated) -> str:
    return " ".join(page_of(validated).words.split())


@pytest.mark.parametrize(("folds", "repeats"), [(2, 1), (3, 1), (5, 2)])
def test_the_headline_is_mean_and_deviation_with_the_interval_in_words(validated, folds, repeats):
    of = validated(folds, repeats)
    words, accuracy = words_of(of), of.summary["metrics"]["accuracy"]
    assert f"{accuracy['mean']:.2%} ± {accuracy['std']:.2%} correct" in words
    assert f"over {folds} folds" in words
    lower, upper = max(accuracy["lower"], 0), min(accuracy["upper"], 1)
    assert f"Interval of the mean: {lower:.2%} to {upper:.2%}. It is the {INTERVAL}." in words
    assert ("each of 2 repeats" in words) == (repeats == 2)
    # two halves have no image in common
    assert ("learn from many of the same images" in words) == (folds > 2)


@pytest.mark.parametrize(("folds", "repeats"), [(2, 1), (4, 2)])
def test_every_metric_and_every_fold_has_a_row(validated, folds, repeats):
    of = validated(folds, repeats)
    words = words_of(of)
    known = [metric for metric in METRICS if metric.name in of.summary["metrics"]]
    assert len(known) > 10
    for metric in known:
        values = of.summary["metrics"][metric.name]
        shown = f"{metric.shown(values['mean'])} {metric.shown(values['std'])} "
        assert f"{metric.label} {shown}" in words
        assert f"{metric.shown(of.summary['all_images'][metric.name])} {metric.meaning}" in words
    for row in of.fold_metrics.to_dict("records"):
        number = f"{row['repeat'] + 1} " if repeats > 1 else ""
        counts = f"{row['fold'] + 1} {row['images']} {row['training_images']} {row['accuracy']:.2%}"
        assert f"{number}{counts}" in words


def test_an_interval_does_not_leave_what_a_metric_can_be():
    values = {"mean": 0.9, "std": 0.2, "lower": -0.4, "upper": 1.5}
    names = ("accuracy", "roc_auc", "log_loss")
    found = summed_up({"metrics": dict.fromkeys(names, values), "all_images": {"accuracy": 0.91}})
    shown = [(each.interval, each.all_images) for each in found]
    assert shown == [("0.00% to 100.00%", "91.00%"), ("0.0000 to 1.0000", "–"), ("-0.4000 to 1.5000", "–")]


@pytest.mark.parametrize("chosen_by", ["", "TrainingOptions.keep='best'"])
def test_it_says_which_images_they_are(validated, chosen_by):
    words = words_of(validated(record={"chosen_by": chosen_by}))
    assert "24 training and validation images, each of them held out once" in words
    assert "stayed out 1,300 test images" in words
    held_back = (
        f"one more fold in each training, as the training chooses by validation images ({chosen_by})"
        if chosen_by
        else "none: the training chooses nothing"
    )
    assert f"held back for choosing {held_back}" in words


@pytest.mark.parametrize(("licence", "caution"), [("mit", ""), ("cc-by-nc-4.0", "not be used commercially")])
def test_it_says_what_the_networks_started_from_and_how_to_get_it_again(validated, licence, caution):
    weights = {"name": "resnet9", "source": "https://it", "sha256": "5" * 64, "licence": licence}
    words = words_of(validated(record={"network": "timm resnet9", "weights": weights}))
    assert "Cross-validation of timm resnet9 on made up" in words
    assert f"SHA-256 {'5' * 64} licence {licence}" in words
    assert ("used commercially" in words) == bool(caution)
    assert "optimizer.lr 0.01" in words
    assert "cross_validation.folds 3" in words
    assert "git checkout 0123abc" in words
    assert "kedro run --pipeline cross_validation" in words
    assert "drawn at random" in words_of(validated())


def test_nothing_is_loaded_and_names_never_become_markup(validated):
    figures = {"results": {"class_scores": Figure(Scatter(x=[1], y=[1], name=NASTY))}}
    page = page_of(validated(data_name=NASTY, record={"network": NASTY}), figures)
    assert [target for target in page.loads if not target.startswith("#")] == []
    assert page.policy.startswith("default-src 'none';")
    assert page.words.count(NASTY) == 4
    assert page.places == ["class_scores"]
    assert json.loads(page.scripts["figure-class_scores"])["data"][0]["name"] == NASTY
    assert "alert(1)" not in {text.strip() for text in page.scripts.values()}
