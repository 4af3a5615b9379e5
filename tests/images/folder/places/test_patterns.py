"""A pattern in the place of a path: which files it matches, and what is there to the letter comes first."""

from pathlib import Path

import pytest
from PIL import Image

from image_classification.errors import UserError
from image_classification.images.folder.image_files import index_image_files
from image_classification.images.folder.places.patterns import find_matches, read_pattern
from image_classification.images.folder.places.place import given_place, what_is_read

FILES = [
    "cat/2023/1.jpg", "cat/2024/1.jpg", "cat/2024/2.png", "cat/2024/deep/3.jpg", "dog/2024/1.jpg",
    "dog/2024/notes.txt", "dog/.hidden/2024/1.jpg", "dog/1.jpg", "2024/1.jpg",
]  # fmt: skip


@pytest.fixture
def photos(tmp_path):
    for number, name in enumerate(FILES):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (number, 0, 0)).save(path, "PNG")
    return tmp_path / "photos"


@pytest.mark.parametrize(
    ("pattern", "matched"),
    [
        ("*/2024/*.jpg", ["cat/2024/1.jpg", "dog/2024/1.jpg"]),
        ("*/2024", ["cat/2024/1.jpg", "cat/2024/2.png", "cat/2024/deep/3.jpg", "dog/2024/1.jpg",
                    "dog/2024/notes.txt"]),
        ("**/*.png", ["cat/2024/2.png"]),
        ("**/3.jpg", ["cat/2024/deep/3.jpg"]),
        ("**/2024/1.jpg", ["2024/1.jpg", "cat/2024/1.jpg", "dog/2024/1.jpg"]),
        ("[cd]o[!t]/*/?.jpg", ["dog/2024/1.jpg"]),
        ("cat/**", ["cat/2023/1.jpg", "cat/2024/1.jpg", "cat/2024/2.png", "cat/2024/deep/3.jpg"]),
        ("cat/**/deep/*", ["cat/2024/deep/3.jpg"]),
        ("*/*/*/*", ["cat/2024/deep/3.jpg"]),
        ("*.jpg", []),
    ],
)  # fmt: skip
def test_what_is_matched(photos, pattern, matched):
    pattern = read_pattern(str(photos / pattern))

    found = {str(pattern.folder / file.name) for file in find_matches(pattern).files}

    assert {path for path in found if ".hidden" not in path} == {str(photos / name) for name in matched}


def test_all_of_it_is_listed_with_the_folders_around(photos):
    content = find_matches(read_pattern(str(photos / "*/2024/*.jpg")))

    assert content.folders == ["cat", "cat/2024", "dog", "dog/2024"]


def test_folders_that_cannot_match_are_not_entered(photos, monkeypatch):
    pattern = read_pattern(str(photos / "c*/2024/*.jpg"))

    assert pattern.leads_into("cat")
    assert pattern.leads_into("cat/2024")
    assert not pattern.leads_into("dog")
    assert not pattern.leads_into("cat/2023")


def test_the_classes_are_those_of_the_folders(photos):
    index = index_image_files(given_place(str(photos / "[cd]*/2024/*.jpg")))

    assert dict(zip(index["name"], index["class_name"], strict=True)) == {
        "cat/2024/1.jpg": "cat",
        "dog/2024/1.jpg": "dog",
    }


@pytest.mark.parametrize("name", ["a[1]", "what?", "all*", "[cd]og"])
def test_a_folder_that_exists_to_the_letter_comes_first(photos, name):
    for part in ("cat", "dog"):
        (photos / name / part).mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(photos / name / part / "1.png")

    assert given_place(str(photos / name)).path == photos / name
    assert given_place(str(photos / name)).pattern is None
    pattern = read_pattern(str(photos / name / "*" / "*.png"))
    assert pattern.folder == photos / name
    assert [file.name for file in find_matches(pattern).files] == ["cat/1.png", "dog/1.png"]


def test_a_single_match_is_that_path(photos):
    (photos / "labels.csv").write_text("path,label\ndog/1.jpg,dog\ncat/2023/1.jpg,cat\n")

    assert given_place(str(photos / "l*.csv")).path == photos / "labels.csv"
    assert given_place(str(photos / "c*")).path == photos / "cat"
    assert given_place(str(photos / "?abels.*")).pattern is None


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("*/2025/*.jpg", "holds 2024/1.jpg"),
        ("*/2024/*.JPG", "capital and small letters differ"),
        ("empty/*.jpg", "is empty"),
    ],
)
def test_nothing_matches(photos, pattern, told):
    (photos / "empty").mkdir()

    with pytest.raises(UserError, match=r"nothing matches") as caught:
        given_place(str(photos / pattern))

    assert told in str(caught.value)


def test_a_path_without_signs_is_none(photos):
    with pytest.raises(UserError, match="there is no"):
        given_place(str(photos / "cow"))


def test_relative_patterns(photos, monkeypatch):
    monkeypatch.chdir(photos)

    assert read_pattern("*/2024/*.jpg").folder == Path()
    assert {path.as_posix() for path in what_is_read(given_place("*/2024/1.jpg"))} == {
        "cat/2024/1.jpg",
        "dog/2024/1.jpg",
    }


def test_a_link_to_a_folder_around_it_ends(photos):
    (photos / "cat" / "loop").symlink_to(photos)

    found = find_matches(read_pattern(str(photos / "**/3.jpg")))

    assert [file.name for file in found.files if file.status == "ok"] == ["cat/2024/deep/3.jpg"]
