"""Wrong labels and odd images are found by what networks say that have not learned from them."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from image_classification.evaluation.labels.issues import are_label_issues, outlier_scores, read_out_of_fold


def predictions(images=2000, classes=5, wrong=0.05, seed=0, absent=()):
    """Networks that are mostly right; a share of the labels is wrong. Return the table, and which."""
    generator = np.random.default_rng(seed)
    true = generator.integers(0, classes, images)
    logits = generator.normal(0, 1, (images, classes))
    logits[np.arange(images), true] += 6
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    swapped = generator.random(images) < wrong
    labels = np.where(swapped, (true + generator.integers(1, classes, images)) % classes, true)
    labels[np.isin(labels, absent)] = 0
    names = [f"class {number}" for number in range(classes)]
    table = pd.DataFrame(
        {"name": [f"{row}.png" for row in range(images)], "label": [names[label] for label in labels]}
    )
    return table.assign(
        **{f"probability/{name}": probabilities[:, at] for at, name in enumerate(names)}
    ), swapped


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("classes", [2, 5, 10])
def test_swapped_labels_are_found(classes, seed):
    table, swapped = predictions(classes=classes, seed=seed)

    found = are_label_issues(read_out_of_fold(table))

    assert (found & swapped).sum() >= 0.8 * swapped.sum()
    assert (found & swapped).sum() >= 0.5 * found.sum()


def test_labels_that_are_all_right_are_left_alone():
    table, _ = predictions(wrong=0)

    assert are_label_issues(read_out_of_fold(table)).mean() < 0.02


def test_it_does_not_matter_how_the_rows_are_ordered():
    table, _ = predictions()
    found = dict(zip(table["name"], are_label_issues(read_out_of_fold(table)), strict=True))
    shuffled = read_out_of_fold(table.sample(frac=1, random_state=0))

    assert dict(zip(shuffled.names, are_label_issues(shuffled), strict=True)) == found


def test_repetitions_are_averaged():
    table, _ = predictions(images=20)
    other = table.copy()
    columns = [name for name in table if name.startswith("probability/")]
    other[columns] = other[columns].to_numpy()[:, ::-1]

    of = read_out_of_fold(pd.concat([table, other]))

    assert of.names == table["name"].tolist()
    np.testing.assert_allclose(of.probabilities, (table[columns].to_numpy() + other[columns].to_numpy()) / 2)


def test_nothing_is_said_of_what_is_no_number():
    table, _ = predictions()
    table.loc[:99, "probability/class 1"] = np.nan
    rest = are_label_issues(read_out_of_fold(table[100:]))

    of = read_out_of_fold(table)

    assert of.known.tolist() == [False] * 100 + [True] * 1900
    assert not are_label_issues(of)[:100].any()
    assert are_label_issues(of)[100:].tolist() == rest.tolist()
    assert np.isnan(outlier_scores(of)[:100]).all()
    assert np.isfinite(outlier_scores(of)[100:]).all()


@pytest.mark.parametrize("absent", [(4,), (1, 2), (1, 2, 3, 4)])
def test_classes_without_images_are_suggested_for_none(absent):
    table, _ = predictions(absent=absent)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        of = read_out_of_fold(table)
        issues, scores = are_label_issues(of), outlier_scores(of)

    assert len(issues) == len(scores) == 2000
    if len(absent) == 4:  # nothing that a label could be mistaken for
        assert not issues.any()
        assert np.isnan(scores).all()


@pytest.mark.parametrize("images", [0, 1, 2, 5])
def test_few_images(images):
    table, _ = predictions(images=images)
    of = read_out_of_fold(table)

    assert are_label_issues(of).shape == outlier_scores(of).shape == (images,)


def test_the_score_of_an_image_like_no_class_is_the_highest():
    table, _ = predictions()
    columns = [name for name in table if name.startswith("probability/")]
    table.loc[7, columns] = 0.2

    scores = outlier_scores(read_out_of_fold(table))

    assert scores.argmax() == 7
    assert ((scores >= 0) & (scores <= 1)).all()


def test_swapped_labels_of_handwritten_digits_are_found():
    images, true = load_digits(return_X_y=True)
    generator = np.random.default_rng(0)
    swapped = generator.random(len(true)) < 0.05
    labels = np.where(swapped, (true + generator.integers(1, 10, len(true))) % 10, true)
    classifier = LogisticRegression(C=0.01, max_iter=200)
    probabilities = cross_val_predict(classifier, images, labels, cv=3, method="predict_proba")
    table = pd.DataFrame(probabilities, columns=[f"probability/{digit}" for digit in range(10)])
    table = table.assign(name=[f"{row}" for row in range(len(true))], label=labels.astype("str"))

    found = are_label_issues(read_out_of_fold(table))

    assert (found & swapped).sum() >= 0.8 * swapped.sum()
    assert (found & swapped).sum() >= 0.5 * found.sum()
