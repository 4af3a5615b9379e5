"""One thing is said to be one."""

import pytest

from image_classification.inference.parts import Counts
from image_classification.inference.words import describe
from image_classification.tracking.delivery.entries import END, FILE, METRICS, TAGS, Entry, counted
from image_classification.words import agreeing, count_of, in_bytes


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 images"), (1, "1 image"), (2, "2 images"), (1234, "1,234 images")]
)
def test_a_count(count, text):
    assert count_of(count, "image") == text


@pytest.mark.parametrize(("count", "text"), [(0, "are"), (1, "is"), (2, "are")])
def test_a_verb(count, text):
    assert agreeing(count, "is", "are") == text


@pytest.mark.parametrize(("count", "text"), [(0, "0 entries"), (1, "1 entry"), (2, "2 entries")])
def test_with_another_plural(count, text):
    assert count_of(count, "entry", "entries") == text


@pytest.mark.parametrize(("count", "text"), [(0, "0 bytes"), (1, "1 byte"), (2, "2 bytes"), (1000, "1.0 kB")])
def test_bytes(count, text):
    assert in_bytes(count) == text


def test_what_is_kept_of_a_run():
    file, end = Entry(FILE, {"path": "a", "folder": "b"}), Entry(END, {"status": "FINISHED", "time": 1})
    assert counted([Entry(METRICS, [{}]), Entry(TAGS, {"a": "b"}), file]) == "1 metric, 1 tag, 1 file"
    assert counted([Entry(METRICS, [{}, {}]), file, file, end]) == "2 metrics, 2 files, the end of the run"
    assert counted([]) == "nothing"


@pytest.mark.parametrize(
    ("number", "text"), [(1, "Classified 1 of 1 file in"), (2, "Classified 2 of 2 files in")]
)
def test_new_images(number, text):
    counts = Counts(files=number, labels={"cat": number}, reasons={}, unsure=None)
    assert describe(counts, "x").startswith(text)
