"""Runs that differ only in the seed are one configuration, named after what sets it apart."""

import pandas as pd
import pytest

from image_classification.comparison.configurations import describe_runs

BASE = {
    "network.name": "convnet",
    "network.widths": "[16]",
    "optimizer.name": "adam",
    "optimizer.lr": "0.01",
    "optimizer.betas": "[0.9, 0.999]",
    "seed": "1",
    "data.name": "mnist",
    "data.index_digest": "a" * 64,
    "data.image_shape": "[1, 28, 28]",
}


def runs(*changes):
    """A table of runs, each the base with some changes; None takes a parameter away."""
    rows = []
    for number, change in enumerate(changes):
        parameters = {name: value for name, value in (BASE | change).items() if value is not None}
        rows.append(
            {"run_id": str(number), "run_seconds": 1.0}
            | {f"parameter/{name}": value for name, value in parameters.items()}
            | {"metric/test/accuracy": 0.5}
        )
    return pd.DataFrame(rows)


def labels(*changes, **options):
    return describe_runs(runs(*changes), **options)["configuration"].tolist()


def test_the_seed_makes_no_configuration():
    described = describe_runs(runs({"seed": "1"}, {"seed": "2"}))
    assert described["configuration"].tolist() == ["convnet", "convnet"]
    assert described["repetition"].tolist() == ["seed=1", "seed=2"]


def test_another_parameter_may_be_what_is_repeated_over():
    changes = ({"optimizer.lr": "0.1"}, {"optimizer.lr": "0.2"})
    described = describe_runs(runs(*changes), repeated_over=["seed", "optimizer.lr"])
    assert described["configuration"].nunique() == 1
    assert described["repetition"].tolist() == ["seed=1, optimizer.lr=0.1", "seed=1, optimizer.lr=0.2"]


def test_only_what_differs_within_a_network_is_named():
    assert labels(
        {}, {"optimizer.lr": "0.1"}, {"network.name": "feed_forward", "network.widths": "[64]"}
    ) == ["convnet, optimizer.lr=0.01", "convnet, optimizer.lr=0.1", "feed_forward"]


def test_what_differs_from_runs_on_other_data_is_not_named():
    other = {"data.name": "clothing", "data.index_digest": "b" * 64, "optimizer.lr": "0.1"}
    assert labels({}, other) == ["convnet", "convnet"]


def test_options_of_one_choice_are_not_named():
    sgd = {"optimizer.name": "sgd", "optimizer.betas": None}
    assert labels({}, sgd) == ["convnet, optimizer.name=adam", "convnet, optimizer.name=sgd"]


def test_an_option_that_only_one_has_is_named_if_nothing_else_differs():
    assert labels({}, {"training.keep": "best"}) == ["convnet", "convnet, training.keep=best"]


@pytest.mark.parametrize(
    "name",
    [
        *("mnist.split.seed", "evaluation.batch_size", "calibration.right", "reporting.examples"),
        "data.classes",
    ],
)
def test_what_belongs_to_data_and_reports_makes_no_configuration(name):
    assert labels({}, {name: "7"}) == ["convnet", "convnet"]


def test_views_make_one_and_none_are_as_before_there_were_any():
    views = {"evaluation.views": '["crops"]'}
    assert labels({}, {"evaluation.views": "[]"}) == ["convnet", "convnet"]
    assert labels({}, {"evaluation.views": "[]"}, views) == [
        *("convnet", "convnet"),
        'convnet, evaluation.views=["crops"]',
    ]


def test_the_size_of_the_images_makes_one():
    assert labels({}, {"data.image_shape": "[1, 8, 8]"}) == [
        "convnet, data.image_shape=[1, 28, 28]",
        "convnet, data.image_shape=[1, 8, 8]",
    ]


def test_data_are_told_by_name_where_that_is_enough():
    described = describe_runs(runs({}, {"data.name": "digits", "data.index_digest": "b" * 64}))
    assert described["data"].tolist() == ["mnist", "digits"]


def test_data_of_one_name_are_told_by_their_digest():
    described = describe_runs(runs({}, {"data.index_digest": "b" * 64}))
    assert described["data"].tolist() == ["mnist (aaaaaaaa)", "mnist (bbbbbbbb)"]


def test_runs_that_recorded_no_data_and_no_network():
    nothing = pd.DataFrame({"run_id": ["1"], "run_seconds": [1.0], "metric/test/accuracy": [0.5]})
    described = describe_runs(nothing)
    assert described["data"].tolist() == ["unknown data"]
    assert described["configuration"].tolist() == ["unknown network"]


def test_what_is_reported_on_the_way_makes_no_configuration():
    changes = (
        {"training.log_every_batches": "null", "training.report_test_each_epoch": "false"},
        {"training.log_every_batches": "10", "training.report_test_each_epoch": "true"},
        {"reporting.mistakes": "3"},
    )
    assert labels(*changes) == ["convnet"] * 3


def test_corrected_labels_make_a_configuration_of_the_same_data():
    corrected = {
        "data.index_digest": "b" * 64,
        "data.uncorrected_digest": "a" * 64,
        "data.corrections": "3 labels changed (0123abcd)",
    }
    described = describe_runs(runs({}, corrected, {"seed": "2"}))

    assert described["data"].tolist() == ["mnist"] * 3
    assert described["configuration"].tolist() == [
        "convnet",
        "convnet, data.corrections=3 labels changed (0123abcd)",
        "convnet",
    ]


def test_labels_that_were_only_confirmed_make_none():
    confirmed = {"data.index_digest": "b" * 64, "data.uncorrected_digest": "a" * 64}
    described = describe_runs(runs({}, confirmed))

    assert described["data"].tolist() == ["mnist", "mnist"]
    assert described["configuration"].tolist() == ["convnet", "convnet"]


def test_with_corrected_test_images_the_data_are_others():
    corrected = {
        "data.index_digest": "b" * 64,
        "data.corrections": "3 labels changed (0123abcd)",
    }

    assert describe_runs(runs({}, corrected))["data"].nunique() == 2
