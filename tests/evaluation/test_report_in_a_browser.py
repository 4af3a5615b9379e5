"""The report on a phone, on paper and in the dark, as a browser lays it out; where there is one."""

import re

import pytest
from tests.browser import BROWSER, ask

from image_classification.pipelines.reporting.figures import FIGURES

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="needs Chromium or Chrome"),
]


@pytest.fixture(scope="module")
def report(train_once):
    return train_once() / "data" / "08_reporting" / "report.html"


@pytest.fixture
def measure(report, tmp_path):
    """Show the report in a frame of some width and give what a script says of its window and document."""

    def in_frame(script, width=1080, *options):
        return ask(report, script, width, len(FIGURES), tmp_path, *options)

    return in_frame


@pytest.mark.parametrize("width", [320, 390, 768])
def test_a_narrow_page_is_as_wide_as_it_is(measure, width):
    assert measure("return document.documentElement.scrollWidth", width) <= width


def test_a_narrow_page_breaks_no_names(measure):
    heights = measure(
        "return [...document.querySelectorAll('.facts th')].map((name) => name.clientHeight)", 390
    )

    assert len(heights) > 40
    assert max(heights) < 2 * min(heights)


def test_on_paper_each_figure_is_on_one_page_and_nothing_is_folded(measure):
    script = """
        window.dispatchEvent(new window.Event("beforeprint"));
        const heights = [...document.querySelectorAll("figure")].map((each) => each.clientHeight);
        const folded = document.querySelectorAll("details:not([open])").length;
        window.dispatchEvent(new window.Event("afterprint"));
        const figure = document.querySelector("[data-figure=hardest_mistakes]");
        return {folded, heights, left: figure.style.zoom,
          folded_again: document.querySelectorAll("details:not([open])").length};
    """
    said = measure(script)

    assert len(said["heights"]) == len(FIGURES) - 1  # no learning rates were tried
    assert max(said["heights"]) <= 900
    assert (said["folded"], said["folded_again"], said["left"]) == (0, 1, "")


@pytest.mark.parametrize(("scheme", "is_dark"), [(0, True), (1, False)])
def test_the_preference_for_dark_is_heeded_by_page_and_figures(measure, scheme, is_dark):
    script = """
        const fill = (query) => window.getComputedStyle(document.querySelector(query)).fill;
        return [window.getComputedStyle(document.body).backgroundColor, fill(".gtitle"),
          fill("[data-figure=network_diagram] .annotation text")];
    """
    colours = measure(script, 1080, f"--blink-settings=preferredColorScheme={scheme}")
    ground, title, in_a_box = (sum(map(int, re.findall(r"\d+", each)[:3])) / 3 for each in colours)

    assert (ground < 60) == is_dark
    assert (title > 180) == is_dark
    assert in_a_box < 60  # on boxes that are light on every page
