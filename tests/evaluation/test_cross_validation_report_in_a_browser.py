"""The report of a cross-validation on a phone and in the dark, where there is a browser."""

import re

import pytest
import torch
from tests.browser import BROWSER, ask
from tests.evaluation.conftest import class_names
from tests.evaluation.test_cross_validation_report import validated  # noqa: F401  a fixture

from image_classification.evaluation.options import EvaluationOptions
from image_classification.images.store.image_dict import ImageDict
from image_classification.pipelines.cross_validation.report import (
    FIGURES,
    draw_cross_validation,
    write_cross_validation_report,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="needs Chromium or Chrome"),
]


@pytest.fixture
def measure(validated, make_predictions, tmp_path):  # noqa: F811
    of, table = validated(5, 2), make_predictions(3, 90)
    images = ImageDict(
        images=torch.zeros((90, 1, 8, 8), dtype=torch.uint8),
        labels=torch.zeros(90, dtype=torch.int64),
        names=table["name"].tolist(),
        class_names=class_names(3),
    )
    arguments = (of.summary, of.record, of.statistics, EvaluationOptions(), 25)
    figures = draw_cross_validation(images, table, *arguments)
    page = tmp_path / "page.html"
    text = write_cross_validation_report(of.summary, of.fold_metrics, of.record, of.statistics, **figures)
    page.write_text(text, encoding="utf-8")

    def in_frame(script, width=1200, *options):
        return ask(page, script, width, len(FIGURES), tmp_path, *options)

    return in_frame


@pytest.mark.parametrize("width", [320, 390, 1200])
def test_a_page_is_as_wide_as_it_is(measure, width):
    assert measure("return document.documentElement.scrollWidth", width) <= width


@pytest.mark.parametrize(("scheme", "is_dark"), [(0, True), (1, False)])
def test_the_preference_for_dark_is_heeded_by_page_and_figures(measure, scheme, is_dark):
    script = """
        const title = window.getComputedStyle(document.querySelector(".gtitle")).fill;
        return [window.getComputedStyle(document.body).backgroundColor, title];
    """
    colours = measure(script, 1200, f"--blink-settings=preferredColorScheme={scheme}")
    ground, title = (sum(map(int, re.findall(r"\d+", each)[:3])) / 3 for each in colours)

    assert (ground < 60) == is_dark
    assert (title > 180) == is_dark
