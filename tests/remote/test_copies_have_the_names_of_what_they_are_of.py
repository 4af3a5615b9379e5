"""In messages, logs and records a copy is called by the address of what it is a copy of."""

import pytest

from image_classification.console import shown_path
from image_classification.errors import UserError
from image_classification.remote.access import give_access
from image_classification.remote.names import named


@pytest.fixture
def folder(tmp_path):
    give_access(tmp_path / "with space (1)")
    return tmp_path / "with space (1)"


def test_paths_in_texts(folder, tmp_path):
    one, two = folder / "s3" / "shop" / "a b.jpg", folder / "gs" / "shop" / "c"
    assert named(one) == "s3://shop/a b.jpg"
    assert named(f"'{one}' and {two}: no") == "'s3://shop/a b.jpg' and gs://shop/c: no"
    assert str(shown_path(one)) == "s3://shop/a b.jpg"
    assert str(UserError(f"{one} is damaged")) == "s3://shop/a b.jpg is damaged"


def test_other_paths_stay_as_they_are(folder, tmp_path):
    for path in (tmp_path / "s3" / "shop", folder, folder / "copies.sqlite", "s3/shop", ""):
        assert named(path) == str(path)
