"""The model card: the sections of the paper, the numbers, and what nobody has said yet."""

import pandas as pd
import pytest
from markdown_it import MarkdownIt

from image_classification.evaluation.documents import build_model_card
from image_classification.evaluation.options import ModelCardOptions
from image_classification.networks.first_weights import PretrainedWeights
from image_classification.parameters.command_line import speak_of_parameters

SECTIONS = [
    "Model details",
    "Intended use",
    "Factors",
    "Metrics",
    "Evaluation data",
    "Training data",
    "Quantitative analyses",
    "Ethical considerations",
    "Caveats and recommendations",
]


@pytest.fixture
def card(make_evaluated):
    """Builds the card of a made up run; arguments replace parts of it."""

    def build(words=ModelCardOptions(), **changes) -> str:  # noqa: B008  it is frozen
        return build_model_card(make_evaluated(**changes), words, settings="its_file.yml")

    return build


def test_it_has_the_sections_of_the_paper(card) -> None:
    headings = [line.removeprefix("## ") for line in card().splitlines() if line.startswith("## ")]
    assert headings == SECTIONS


def test_it_says_what_is_known(card, training_record) -> None:
    text = card()
    assert text.startswith("# Model card: convnet on made up\n")
    assert "300" in text
    assert "95 % interval" in text
    assert "commit `0123abc`\n" in text
    assert "MLflow run `the\\_run`" not in text
    assert "MLflow run `the_run`" in text
    assert training_record["weights_digest"] in text
    assert "**The network was trained again" not in text


def test_what_nobody_said_is_not_made_up(card) -> None:
    assert "set `ModelCardOptions.intended_use` in `its_file.yml`" in card()
    speak_of_parameters()
    assert "set `reporting.model_card.intended_use` in `its_file.yml`" in card()
    said = card(words=ModelCardOptions(intended_use="To sort *my* photographs."))
    assert "To sort \\*my\\* photographs." in said
    assert "reporting.model_card.intended_use" not in said


def test_names_stay_names_in_tables(card, trained_classifier) -> None:
    name = "a|b <i>_c_ `d` [e](http://f)"
    table = pd.DataFrame([{"class_name": name, "images": 3, "precision": 1.0, "recall": 0.5, "f1": 0.25}])
    html = MarkdownIt("commonmark").enable("table").render(card(class_metrics=table))
    assert "<td>a|b &lt;i&gt;_c_ `d` [e](http://f)</td>" in html


def test_what_the_numbers_warn_of_is_written_out(card) -> None:
    assert "Its probabilities are off by" in card()
    calm = card(metrics={"images": 10, "accuracy": 1.0, "calibration_error": 0.01})
    assert "Its probabilities are off by" not in calm
    absent = card(metrics={"images": 10, "accuracy": 1.0, "classes_without_test_images": 2})
    assert "Nothing is known about 2 of its classes" in absent


def test_a_record_of_another_training_is_said_to_be_that(card, training_record) -> None:
    assert "**The network was trained again" in card(record=training_record | {"weights_digest": "0" * 64})


def test_where_remote_data_came_from_is_said(card, training_record) -> None:
    assert "From: " not in card()
    said = card(record=training_record | {"data_from": {"s3://shop/photos": "fetched 2030-01-02"}})
    assert "s3://shop/photos: fetched 2030-01-02" in said.replace("\\", "")


def test_changes_that_were_not_committed_are_said(card, training_record) -> None:
    changed = card(record=training_record | {"git": {"commit": "0123abc", "dirty": "true"}})
    assert "commit `0123abc`, with uncommitted changes" in changed


@pytest.mark.parametrize(
    "command",
    [
        "kedro run --params modelling.training.epochs=3",
        """kedro run --params 'a="b & <c>",d=[1, 2]' --env "it's"'""",
        "kedro run --params 'x=`date`,y=```z```'",
    ],
)
def test_the_command_can_be_copied(card, training_record, command: str) -> None:
    tokens = MarkdownIt("commonmark").parse(card(record=training_record | {"command": command}))
    assert [token.content for token in tokens if token.type == "fence"] == [f"{command}\n"]


@pytest.mark.parametrize("unseen", [[], ["class 1"], ["class 0", "class 2"]])
def test_classes_that_were_never_seen_are_named(card, image_statistics, unseen) -> None:
    names = image_statistics["class_names"]
    train = {name: 0 if name in unseen else 5 for name in names}
    text = card(statistics=image_statistics | {"counts": image_statistics["counts"] | {"train": train}})
    assert text.count("It has never seen an image of") == len(unseen)
    for name in unseen:
        assert f"- It has never seen an image of {name}, " in text


@pytest.mark.parametrize(
    ("images", "said"), [(1, "1 test image says little"), (99, "99 test images say little")]
)
def test_few_images_say_nothing_of_its_probabilities(card, images, said) -> None:
    metrics = {"images": images, "accuracy": 0.5, "calibration_error": 0.34}
    text = card(metrics=metrics)
    assert f"- {said}" in text
    assert "off by" not in text
    assert "off by 34 %" in card(metrics=metrics | {"images": 100})


@pytest.mark.parametrize(
    ("licence", "said"),
    [
        ("apache-2.0", "licence apache-2.0\n"),
        ("cc-by-nc-4.0", "licence cc-by-nc-4.0, which forbids commercial use\n"),
        (None, "nobody names a licence\n"),
    ],
)
def test_it_says_what_the_network_started_from(card, trained_classifier, licence, said) -> None:
    assert "Started from" not in card()
    weights = PretrainedWeights(name="*x*.pth", source="https://it", sha256="5" * 64, licence=licence)
    trained_classifier.description = trained_classifier.description.model_copy(
        update={"pretrained": weights, "options": {"model": "resnet9", "widths": [4]}}
    )
    text = card()
    assert text.startswith("# Model card: convnet resnet9 on made up\n")
    assert f"\\*x\\*.pth of https://it (SHA-256 `{'5' * 64}`), {said}" in text
    (line,) = (line for line in text.splitlines() if line.startswith("- Licence:"))
    assert ("that it started from" in line) == (licence != "apache-2.0")
