"""Photographs to measure with: as many as are asked for, all different, in the folders of their classes."""

from PIL import Image
from tests.benchmarks.photographs import photo_folder


def contents(folder):
    return {path.read_bytes() for path in folder.glob("*/*.jpg")}


def test_originals_then_moved_ones_then_invented_ones(tmp_path):
    originals = photo_folder(tmp_path / "originals", None, 3)

    photos = photo_folder(tmp_path / "photos", originals, 13)

    assert len(contents(photos)) == 13
    assert contents(originals) < contents(photos)
    assert {path.name for path in photos.iterdir()} >= {path.name for path in originals.iterdir()}


def test_without_photographs_all_are_invented(tmp_path):
    photos = photo_folder(tmp_path / "photos", None, 12)

    assert len(contents(photos)) == 12
    with Image.open(next(photos.glob("*/*.jpg"))) as picture:
        assert picture.size == (400, 533)
