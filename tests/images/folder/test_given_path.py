"""A path that a person has to name is named, exists, or the nearest that does is suggested."""

from pathlib import Path

import pytest

from image_classification.errors import UserError
from image_classification.images.folder.found_files import given_path
from image_classification.images.folder.options import ImageFolderOptions
from image_classification.inference.options import InferenceOptions
from image_classification.parameters.command_line import speak_of_parameters


def test_a_path_that_exists(tmp_path, monkeypatch):
    (tmp_path / "pets").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))

    assert given_path(ImageFolderOptions, "path", str(tmp_path / "pets")) == tmp_path / "pets"
    assert given_path(ImageFolderOptions, "path", "~/pets") == Path("~/pets").expanduser()


def test_no_path():
    speak_of_parameters()
    with pytest.raises(
        UserError,
        match=r'image_folder\.path names nothing yet.\nExpected .* --params "image_folder\.path=<path>"',
    ):
        given_path(ImageFolderOptions, "path", "")
    with pytest.raises(UserError, match=r'--params "inference\.images=<path>"'):
        given_path(InferenceOptions, "images", "")


def test_the_nearest_neighbour_of_the_first_part_that_does_not_exist(tmp_path):
    (tmp_path / "pets").mkdir()

    with pytest.raises(UserError) as caught:
        given_path(ImageFolderOptions, "path", str(tmp_path / "pest" / "train"))

    first_line = str(caught.value).splitlines()[0]
    assert first_line.endswith(f": there is no {tmp_path / 'pest'}; did you mean {tmp_path / 'pets'}?")


def test_nothing_near(tmp_path):
    with pytest.raises(UserError, match=r"there is no .*/zzz\.\n"):
        given_path(ImageFolderOptions, "path", str(tmp_path / "zzz"))


def test_a_path_that_nobody_may_look_at(tmp_path, monkeypatch):
    # the person who runs the tests may be one who may open everything
    exists = Path.exists

    def refuse(path, **options):
        if path.parent == tmp_path / "closed":
            raise PermissionError(13, "Permission denied")
        return exists(path, **options)

    (tmp_path / "closed").mkdir()
    monkeypatch.setattr(Path, "exists", refuse)

    with pytest.raises(UserError, match=rf"there is no {tmp_path}/closed/pets"):
        given_path(InferenceOptions, "images", str(tmp_path / "closed" / "pets"))


def test_a_name_that_no_system_allows():
    with pytest.raises(UserError, match="there is no"):
        given_path(InferenceOptions, "images", "x" * 5000)
