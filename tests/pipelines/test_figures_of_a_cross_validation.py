"""The figures of a cross-validation: of all held out images, by networks that had not seen them."""

import pandas as pd
import pytest
import torch
from tests.evaluation.conftest import class_names, image_statistics, make_predictions  # noqa: F401  fixtures

from image_classification.errors import UserError
from image_classification.evaluation.options import EvaluationOptions
from image_classification.images.store.image_dict import ImageDict
from image_classification.pipelines.cross_validation.report import FIGURES, draw_cross_validation


@pytest.fixture
def draw(make_predictions, image_statistics):  # noqa: F811
    """Draw made up predictions of so many classes and images, as a repeat or several say them."""

    def draw_(classes=3, repeats=1, right=False, lost=0, channels=1, mistakes=4):
        table = make_predictions(classes, 60)
        table = table[table["correct"]] if right else table
        out_of_fold = [table.assign(repeat=repeat, fold=0) for repeat in range(repeats)]
        names = table["name"].tolist()[lost:]
        images = ImageDict(
            images=torch.full((len(names), channels, 8, 8), 200, dtype=torch.uint8),
            labels=torch.zeros(len(names), dtype=torch.int64),
            names=names,
            class_names=class_names(classes),
            data_name="made up",
        )
        statistics = image_statistics | {"class_names": class_names(classes)}
        summary = {"data_name": "made up", "folds": 3}
        return table, draw_cross_validation(
            *(images, pd.concat(out_of_fold, ignore_index=True), summary, {"network": "timm resnet9"}),
            *(statistics, EvaluationOptions(), mistakes),
        )

    return draw_


@pytest.mark.parametrize(("classes", "repeats", "channels"), [(3, 1, 1), (5, 2, 3)])
def test_they_are_of_all_images_once(draw, classes, repeats, channels):
    table, figures = draw(classes, repeats, channels=channels)
    assert set(figures) == set(FIGURES)
    counts = [sum(row) for row in figures["confusion_matrix"].data[0].customdata]
    assert counts == [int((table["label"] == name).sum()) for name in class_names(classes)]
    title = figures["confusion_matrix"].layout.title.text
    share = f"{table['correct'].mean():.2%} of 60 held out images correct"
    assert f"timm resnet9 on made up, 3 folds: {share}" in title
    wrong = int((~table["correct"]).sum())
    assert f"4 of {wrong} mistakes on 60 held out images" in figures["hardest_mistakes"].layout.title.text
    assert figures["class_scores"].layout.xaxis.title.text == "on the held out images"


def test_without_a_mistake_there_are_no_pictures(draw):
    _, figures = draw(right=True)
    assert "There are none." in [each.text for each in figures["hardest_mistakes"].layout.annotations]


def test_predictions_of_other_images_are_refused(draw):
    with pytest.raises(UserError, match=r"of other images than made up has: 'image \d+'.*\nRun the cross"):
        draw(lost=60, mistakes=1)
