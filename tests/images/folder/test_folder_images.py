"""The image dict of a folder: every file in its row, the digest says when it has to be built again."""

import numpy as np
import pytest
import torch
from PIL import Image

from image_classification.errors import UserError
from image_classification.images.audit.near.thumbnails import small_picture
from image_classification.images.folder import folder_images
from image_classification.images.folder.folder_images import plan_folder_images
from image_classification.images.folder.image_files import index_image_files
from image_classification.images.reading.options import FolderImageOptions
from image_classification.images.store import first_look
from image_classification.images.store.image_store import open_image_store, save_image_store


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "shades"
    for class_name in ("10", "9"):
        (root / class_name).mkdir(parents=True)
        for shade in range(30):
            Image.new("RGB", (8, 6), (shade, 100, 200)).save(root / class_name / f"{shade}.png")
    return root


def plan(folder, on_bad_image="skip", **parameters):
    values = FolderImageOptions(**{"size": 4, **parameters})
    return plan_folder_images(index_image_files(folder), folder, values, on_bad_image)


def store(folder, tmp_path, **parameters):
    path = tmp_path / "images.safetensors"
    written = save_image_store(plan(folder, **parameters), path)
    return open_image_store(path), written


def test_every_image_is_in_its_row(folder, tmp_path):
    images, _ = store(folder, tmp_path)

    assert len(images) == 60
    assert images.class_names == ["9", "10"]
    assert images.data_name == "shades"
    ((label, image),) = images["10/17.png"].items()
    assert label == 1
    assert image.shape == (3, 4, 4)
    np.testing.assert_array_equal(image[:, 2, 2], [17, 100, 200])
    assert set(images.status) == {"ok"}


def test_what_cannot_be_decoded_keeps_its_row_and_the_reason(folder, tmp_path):
    broken = folder / "9" / "3.png"
    broken.write_bytes(broken.read_bytes()[:45])

    images, _ = store(folder, tmp_path)

    row = images.names.index("9/3.png")
    assert images.status[row].startswith("unreadable: ")
    assert images.images[row].sum() == 0
    assert images.status.count("ok") == 59


@pytest.fixture
def _small_ones_are_worth_a_look(monkeypatch):
    monkeypatch.setattr(first_look, "_WORTH_A_LOOK", 0)


@pytest.mark.usefixtures("_small_ones_are_worth_a_look")
def test_what_was_seen_while_decoding_is_what_the_store_shows(folder, tmp_path):
    broken = folder / "9" / "3.png"
    broken.write_bytes(broken.read_bytes()[:45])

    images, _ = store(folder, tmp_path, size=40)

    row = images.names.index("9/3.png")
    assert np.flatnonzero(~images.look.is_small).tolist() == [row] == np.flatnonzero(~images.look.has_sums)
    for each in set(range(60)) - {row}:
        assert torch.equal(images.look.small[each], small_picture(images.images[each]))


@pytest.mark.usefixtures("_small_ones_are_worth_a_look")
@pytest.mark.parametrize("resize", ["crop", "letterbox"])
def test_of_a_part_of_a_picture_no_small_one_is_kept(folder, tmp_path, resize):
    images, _ = store(folder, tmp_path, resize=resize)

    assert not images.look.is_small.any()
    assert images.look.has_sums.all()


def test_under_fail_the_store_that_was_there_stays(folder, tmp_path):
    before, _ = store(folder, tmp_path)
    broken = folder / "9" / "3.png"
    broken.write_bytes(broken.read_bytes()[:45])

    with pytest.raises(UserError, match=r"1 of the 60 files (?s:.*)9/3\.png: unreadable: "):
        store(folder, tmp_path, on_bad_image="fail")

    assert open_image_store(tmp_path / "images.safetensors").digest == before.digest


def test_unchanged_files_and_parameters_build_nothing(folder, tmp_path):
    store(folder, tmp_path)
    (folder / "9" / "notes.txt").write_text("not an image")

    _, written = store(folder, tmp_path)

    assert not written


def change_a_file(folder):
    Image.new("RGB", (8, 6), (255, 255, 255)).save(folder / "9" / "3.png")


def add_a_file(folder):
    Image.new("RGB", (8, 6)).save(folder / "9" / "new.png")


def rename_a_file(folder):
    (folder / "9" / "3.png").rename(folder / "9" / "other.png")


def rename_a_class(folder):
    (folder / "9").rename(folder / "nine")


@pytest.mark.parametrize("change", [change_a_file, add_a_file, rename_a_file, rename_a_class])
def test_a_change_of_the_files_builds_it_again(folder, tmp_path, change):
    store(folder, tmp_path)
    change(folder)

    assert store(folder, tmp_path)[1]


@pytest.mark.parametrize(
    "parameters",
    [
        {"size": 5},
        {"channels": 1},
        {"resize": "crop"},
        {"resize": "letterbox"},
        {"interpolation": "bicubic"},
    ],
)
def test_another_parameter_builds_it_again(folder, tmp_path, parameters):
    store(folder, tmp_path)

    images, written = store(folder, tmp_path, **parameters)

    assert written
    assert images.resize == parameters.get("resize", "stretch")
    assert images.interpolation == parameters.get("interpolation", "bilinear")
    assert images.image_shape[0] == parameters.get("channels", 3)


def test_another_decoder_builds_it_again(folder, tmp_path, monkeypatch):
    store(folder, tmp_path)
    monkeypatch.setattr(folder_images, "_DECODER", folder_images._DECODER - 1)

    assert store(folder, tmp_path)[1]
