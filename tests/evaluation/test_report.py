"""The report: whole in one file, true, and safe whatever classes are called."""

import base64
import json
import re
import zlib
from html.parser import HTMLParser

import pandas as pd
import pytest
from plotly.graph_objects import Figure, Scatter

from image_classification.evaluation.documents import build_report
from image_classification.evaluation.predictions import class_metrics_table
from image_classification.evaluation.training_record import weights_digest
from image_classification.networks.first_weights import PretrainedWeights

FIGURES = ("learning_curves", "confusion_matrix", "class_scores", "calibration_curve", "hardest_mistakes")
NASTY = "</script><script>alert(1)</script>"


class Page(HTMLParser):
    """Collects what a browser would load, the words that it would show and the scripts that it would run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.scripts: dict[str, str] = {}
        self.places: list[str] = []
        self.policy = ""
        self.words = ""
        self._inside = ""
        self._identity = ""
        self.feed(text)

    def handle_starttag(self, tag, attributes) -> None:
        attributes = dict(attributes)
        self._inside = tag
        self._identity = attributes.get("id", f"script {len(self.scripts)}")
        self.loads += [
            attributes[name]
            for name in ("src", "href", "srcset", "data", "action", "poster", "background")
            if name in attributes
        ]
        self.places += [attributes["data-figure"]] if "data-figure" in attributes else []
        if attributes.get("http-equiv") == "Content-Security-Policy":
            self.policy = attributes["content"]

    def handle_endtag(self, tag) -> None:
        self._inside = ""
        self.words += " "

    def handle_data(self, data) -> None:
        if self._inside == "script":
            self.scripts[self._identity] = self.scripts.get(self._identity, "") + data
        elif self._inside != "style":
            self.words += data


@pytest.fixture
def report(make_evaluated):
    """Builds the report of a made up run; arguments replace parts of it."""

    def build(figures=None, audit=None, **changes) -> Page:
        history = pd.DataFrame({"epoch": [1, 2], "seconds": [1.5, 1.0]})
        figures = figures or {"results": {name: Figure(Scatter(x=[1], y=[2])) for name in FIGURES}}
        return Page(build_report(make_evaluated(**changes), history, figures, audit))

    return build


def test_nothing_is_loaded_from_anywhere(report) -> None:
    page = report()
    assert [target for target in page.loads if not target.startswith("#")] == []
    assert page.policy.startswith("default-src 'none';")
    assert not re.search(r"https?:|//", page.policy)
    ours = [text for name, text in page.scripts.items() if name != "plotly"]
    assert not any(re.search(r"https?://|import\(|fetch\(|XMLHttpRequest", text) for text in ours)


def test_plotly_is_inside_once(report) -> None:
    packed = report().scripts["plotly"]
    assert "Plotly" in zlib.decompress(base64.b64decode(packed)).decode("utf-8")[-5_000_000:]
    assert len(packed) < 2_500_000


def test_every_figure_has_its_data(report) -> None:
    page = report()
    assert set(FIGURES) <= set(page.places)
    for name in FIGURES:
        assert json.loads(page.scripts[f"figure-{name}"])["data"][0]["y"] == [2]


def test_it_says_how_good_on_what_and_how_to_get_it_again(report) -> None:
    words = " ".join(report().words.split())
    assert "convnet on made up" in words
    assert "of 300 test images (95 % interval" in words
    assert "20 for training, 4 for validation, 1,300 for testing" in words
    assert "2 epochs in 2.5 seconds on cpu" in words
    assert "optimizer.lr 0.01" in words
    assert "git checkout 0123abc" in words
    assert "kedro run --pipeline training" in words
    assert "another training" not in words


@pytest.mark.parametrize(("resize", "interpolation"), [("letterbox", "bicubic"), ("crop", "bilinear")])
def test_it_says_how_images_were_resized(report, image_statistics, resize, interpolation) -> None:
    statistics = {**image_statistics, "resize": resize, "interpolation": interpolation}
    words = " ".join(report(statistics=statistics).words.split())
    assert f"resizing {resize}, {interpolation}" in words


def test_names_never_become_markup(report, image_statistics) -> None:
    statistics = image_statistics | {"data_name": NASTY, "left_out": {NASTY: 1}}
    table = class_metrics_table(
        pd.DataFrame({"label": [], "prediction": [], f"probability/{NASTY}": []}), [NASTY]
    )
    figures = {"mistakes": {"class_scores": Figure(Scatter(x=[1], y=[1], name=NASTY))}}
    page = report(statistics=statistics, class_metrics=table, figures=figures)
    assert page.words.count(NASTY) == 3
    assert json.loads(page.scripts["figure-class_scores"])["data"][0]["name"] == NASTY
    assert "alert(1)" not in {text.strip() for text in page.scripts.values()}


def test_parameters_of_another_training_are_said_to_be_that(report, training_record) -> None:
    page = report(record=training_record | {"weights_digest": "0" * 64})
    assert "these are of another training" in page.words


def test_where_remote_data_came_from_is_said(report, training_record) -> None:
    page = report(record=training_record | {"data_from": {"s3://shop/photos": "fetched 2030-01-02"}})
    assert "s3://shop/photos: fetched 2030-01-02" in page.words
    assert "s3://" not in report().words


def test_changed_files_and_left_out_images_are_said(report, training_record, image_statistics) -> None:
    record = training_record | {"git": {"commit": "0123abc", "dirty": "true"}}
    page = report(record=record, statistics=image_statistics | {"left_out": {"truncated": 3}})
    assert "Some files differed from this commit" in page.words
    assert "truncated" in page.words


def test_the_digits_are_not_taken_for_mnist(report, trained_classifier) -> None:
    trained_classifier.description = trained_classifier.description.model_copy(update={"data_name": "digits"})
    assert "This is not MNIST" in report().words


def test_an_audit_is_shown_if_there_was_one(report) -> None:
    audit = pd.DataFrame({"name": ["one.png", "two.png"], "finding": ["duplicate", "too dark"]})
    assert "Audit" not in report().words
    assert "too dark" in report(audit=audit).words
    assert "Nothing was found." in report(audit=audit.head(0)).words


def test_no_test_images_are_no_error(report, make_predictions) -> None:
    page = report(metrics={"data_name": "made up", "images": 0})
    assert "Not tested" in page.words


def test_the_digest_is_that_of_the_network(trained_classifier, training_record) -> None:
    assert training_record["weights_digest"] == weights_digest(trained_classifier)


def test_the_audit_is_readable_and_a_class_that_was_never_seen_is_named(report, image_statistics) -> None:
    audit = pd.DataFrame(
        {
            "kind": ["imbalance", "copies"],
            "group": [-1, 3],
            "similarity": [float("nan"), 0.97],
            "leak": [False, True],
        }
    )
    train = {"class 0": 5, "class 1": 0, "class 2": 5}
    statistics = image_statistics | {"counts": image_statistics["counts"] | {"train": train}}
    words = " ".join(report(audit=audit, statistics=statistics).words.split())
    assert "imbalance copies 3 0.97 yes" in words
    assert "There is no training image of class 1:" in words


def started_from(classifier, licence) -> None:
    weights = PretrainedWeights(name=NASTY, source="https://it", sha256="5" * 64, licence=licence)
    classifier.description = classifier.description.model_copy(update={"pretrained": weights})


@pytest.mark.parametrize(
    ("licence", "caution"),
    [
        ("apache-2.0", None),
        ("cc-by-nc-4.0", "may not be used commercially (cc-by-nc-4.0)"),
        (None, "Nobody names"),
    ],
)
def test_it_says_what_the_network_started_from(report, trained_classifier, licence, caution) -> None:
    assert "first weights were drawn at random" in report().words
    started_from(trained_classifier, licence)
    words = " ".join(report().words.split())
    assert "drawn at random" not in words
    assert f"{NASTY} published at, or read from https://it SHA-256 {'5' * 64}" in words
    assert (licence or "not named") in words
    assert ("that it started from" in words) == (caution is not None)
    assert (caution or "") in words
