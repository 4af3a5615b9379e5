"""The page of the review in a browser, where there is one: on a phone, in the dark, and what it saves."""

import re

import pytest
from tests.browser import BROWSER
from tests.browser import ask as ask_browser
from tests.evaluation.labels.test_review_page import NASTY, page

from image_classification.images.folder.corrections.table import read_corrections

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="needs Chromium or Chrome"),
]
NAMES = [NASTY, "=1+1.png", 'a "b", c.png', *(f"a/long/{'name' * 20}/{number}.jpg" for number in range(5))]


@pytest.fixture
def ask(tmp_path):
    """Show the page in a frame of some width and give what a script says of its window and document."""

    def in_frame(script, width=1200, *options):
        (tmp_path / "page.html").write_text(page(NAMES), encoding="utf-8")
        return ask_browser(tmp_path / "page.html", script, width, 0, tmp_path, *options)

    return in_frame


@pytest.mark.parametrize("width", [320, 390, 1200])
def test_a_narrow_page_is_as_wide_as_it_is(ask, width):
    assert ask("return document.documentElement.scrollWidth", width) <= width


@pytest.mark.parametrize(("scheme", "is_dark"), [(0, True), (1, False)])
def test_the_preference_for_dark_is_heeded(ask, scheme, is_dark):
    script = "return window.getComputedStyle(document.body).backgroundColor"
    colour = ask(script, 1200, f"--blink-settings=preferredColorScheme={scheme}")

    assert (max(map(int, re.findall(r"\d+", colour)[:3])) < 60) == is_dark


def test_the_table_that_it_makes_is_the_table_that_is_read(ask, tmp_path):
    script = """
        const choices = [...document.querySelectorAll("select")];
        choices[0].dispatchEvent(new window.Event("focus"));
        choices[0].value = "=hen";
        choices[0].dispatchEvent(new window.Event("change", {bubbles: true}));
        choices[1].value = "leave_out";
        choices[1].dispatchEvent(new window.Event("change", {bubbles: true}));
        document.querySelectorAll("input")[2].click();
        return [document.getElementById("table").value, document.getElementById("count").textContent];
    """
    text, count = ask(script)

    assert count == "3 ticked"
    (tmp_path / "fixes.csv").write_text(text, encoding="utf-8", newline="")
    found = read_corrections(tmp_path / "fixes.csv", NAMES, {"cat", "dog & hen", "=hen"}, tmp_path)
    assert {NAMES[place]: each.label for place, each in found.items()} == {
        NASTY: "=hen",
        "=1+1.png": "leave_out",
        'a "b", c.png': "dog & hen",
    }


def test_all_of_a_kind_can_be_ticked(ask):
    script = """
        document.querySelector("button[data-all=label]").click();
        return document.getElementById("table").value.trim().split("\\n").length;
    """
    assert ask(script) == 1 + len(NAMES)
