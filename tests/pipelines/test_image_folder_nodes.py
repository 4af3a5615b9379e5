"""What the nodes of an image folder say to the person who runs them."""

import zipfile

import pandas as pd
from PIL import Image

from image_classification.images.audit.options import AuditOptions
from image_classification.images.folder.options import SplitNames, TableOptions
from image_classification.images.folder.places.place import given_place
from image_classification.origins.declared import state_outside
from image_classification.parameters.command_line import speak_of_parameters
from image_classification.pipelines.image_folder import index_image_folder, open_image_place


def test_the_command_that_classifies_pictures_without_labels_is_told(tmp_path, caplog):
    speak_of_parameters()
    for name in ("train/cat/1.png", "train/dog/1.png", "test/1.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8)).save(tmp_path / name)

    place = given_place(str(tmp_path))
    index_image_folder(
        place, pd.DataFrame(), str(tmp_path), "auto", SplitNames(), TableOptions(), "skip", AuditOptions()
    )

    folder = tmp_path / "test"
    assert (
        f"To classify the pictures in {folder} after training: "
        f"kedro run --pipeline inference --params inference.images={folder}"
    ) in caplog.messages


def test_a_changed_archive_is_noticed(tmp_path):
    path = tmp_path / "pets.zip"

    def state(content):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(zipfile.ZipInfo("cat/1.jpg"), content)
        given = {"path": str(path), "table": TableOptions().model_dump(), "corrections": ""}
        return state_outside(open_image_place, given), state_outside(index_image_folder, given)

    first, second, third = state(b"1"), state(b"2"), state(b"1")

    assert first == third
    assert first[0] != second[0]
    assert first[1] != second[1]


def test_what_a_pattern_matches_is_noticed(tmp_path):
    def state(*added):
        for name in added:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(b"1")
        return state_outside(open_image_place, {"path": str(tmp_path / "*" / "*.jpg")})

    first = state("cat/1.jpg", "dog/1.jpg")

    assert state("cat/1.png", "dog/more/1.jpg") == first
    assert state("cat/2.jpg") != first
