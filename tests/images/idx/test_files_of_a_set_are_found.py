"""The four files of a set are found by their names, whatever they begin with, compressed or not."""

import pytest

from image_classification.errors import UserError
from image_classification.images.idx.archive import ROLES, find_files, usual_names

USUAL = [next(usual_names("", role)) for role in range(len(ROLES))]


def fill(folder, names):
    for name in names:
        (folder / name).write_bytes(b"")
    return folder


@pytest.mark.parametrize("begins", ["", "emnist-letters-", "KMNIST_", "my set-"])
@pytest.mark.parametrize("packed", [".gz", ""])
@pytest.mark.parametrize(("joint", "test"), [("-", "t10k"), (".", "t10k"), ("-", "test"), (".", "test")])
def test_every_usual_name(tmp_path, begins, packed, joint, test):
    names = [
        f"{begins}{split}-{what}{joint}idx{dimensions}-ubyte{packed}"
        for split in ("train", test)
        for what, dimensions in (("images", 3), ("labels", 1))
    ]
    fill(tmp_path, [*names, "readme.txt", "train-images.png"])
    assert find_files(tmp_path, "") == (begins.rstrip("-_"), names)


def test_the_compressed_one_of_two_is_taken(tmp_path):
    fill(tmp_path, USUAL + [name.removesuffix(".gz") for name in USUAL])
    assert find_files(tmp_path, "") == ("", USUAL)


@pytest.mark.parametrize("asked", ["emnist-digits", "emnist-digits-"])
def test_one_of_several_sets_has_to_be_named(tmp_path, asked):
    for begins in ("emnist-letters-", "emnist-digits-"):
        fill(tmp_path, [f"{begins}{name}" for name in USUAL])
    with pytest.raises(
        UserError,
        match=r"holds several data sets: emnist-digits, emnist-letters.*\n.*files='emnist-digits'",
    ):
        find_files(tmp_path, "")
    begins, names = find_files(tmp_path, asked)
    assert (begins, names[0]) == ("emnist-digits", f"emnist-digits-{USUAL[0]}")
    with pytest.raises(
        UserError,
        match=r"no names begin with 'emnist-byclass'.*they begin with emnist-digits or emnist-letters",
    ):
        find_files(tmp_path, "emnist-byclass")


def test_a_set_beside_an_unfinished_one_is_whole(tmp_path):
    fill(tmp_path, [*USUAL, f"other-{USUAL[0]}"])
    assert find_files(tmp_path, "") == ("", USUAL)


@pytest.mark.parametrize("missing", range(len(ROLES)))
def test_a_missing_file_is_named(tmp_path, missing):
    fill(tmp_path, [name for name in USUAL if name != USUAL[missing]])
    with pytest.raises(
        UserError, match=f"lacks the {ROLES[missing]}.\nExpected four files.*{USUAL[missing]}"
    ):
        find_files(tmp_path, "")


@pytest.mark.parametrize("names", [[], ["a.png", "b.png"], [f"{number}.txt" for number in range(9)]])
def test_a_folder_of_something_else(tmp_path, names):
    with pytest.raises(
        UserError, match=f"holds no data set in MNIST's format: it has {names[0] if names else 'no files'}"
    ):
        find_files(fill(tmp_path, names), "")
