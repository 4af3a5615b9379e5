"""The audit finds copies of pictures, says what they spoil, and does about it what the policy says."""

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image, ImageEnhance

from image_classification.errors import UserError
from image_classification.images.audit.audit import audit_images
from image_classification.images.audit.figure import audit_figure
from image_classification.images.audit.near import near_copies
from image_classification.images.audit.options import AuditOptions
from image_classification.images.folder.folder_images import (
    detail_reader,
    plan_folder_images,
    whole_reader,
)
from image_classification.images.folder.folder_split import make_folder_index
from image_classification.images.folder.image_files import index_image_files
from image_classification.images.folder.options import FolderSplitOptions
from image_classification.images.reading.options import FolderImageOptions
from image_classification.images.store.image_store import open_image_store, save_image_store


def photograph(seed: int, size: tuple[int, int] = (160, 120)) -> Image.Image:
    """A picture of soft blobs of colour, another one for every seed."""
    pixels = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC)


class Folder:
    """A folder of images, and the audit of it."""

    def __init__(self, path):
        self.path = path / "photographs"
        self.store = path / "images.safetensors"

    def put(self, name: str, picture: Image.Image | bytes, **options) -> None:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(picture, bytes):
            path.write_bytes(picture)
        else:
            picture.save(path, **options)

    def read(self, name: str) -> bytes:
        return (self.path / name).read_bytes()

    def load(self):
        files = index_image_files(self.path)
        save_image_store(plan_folder_images(files, self.path, FolderImageOptions()), self.store)
        return files, open_image_store(self.store)

    def audit(self, **parameters):
        return audit_images(*self.load(), AuditOptions(**parameters))


@pytest.fixture
def folder(tmp_path) -> Folder:
    """Three different pictures of each of two classes, in each of the splits."""
    made = Folder(tmp_path)
    for number, split in enumerate(("train", "validation", "test")):
        for seed in range(3):
            made.put(f"{split}/cat/{seed}.png", photograph(10 * number + seed))
            made.put(f"{split}/dog/{seed}.png", photograph(100 + 10 * number + seed))
    return made


def only(table: pd.DataFrame) -> pd.Series:
    assert len(table) == 1, table.to_string()
    return table.iloc[0]


def test_different_pictures_are_no_finding(folder):
    audit = folder.audit()

    assert audit.table.empty
    assert audit.summary == []
    assert audit.groups.is_unique
    assert (audit.left_out == "").all()


def test_equal_files_are_exact_duplicates(folder):
    folder.put("train/cat/again.png", folder.read("train/cat/0.png"))

    audit = folder.audit()

    finding = only(audit.table)
    assert finding["kind"] == "exact duplicates"
    assert finding["names"] == "train/cat/0.png, train/cat/again.png"
    assert (finding["images"], finding["similarity"], finding["splits"]) == (2, 1.0, "train")
    assert not finding["leak"]
    assert not finding["label_conflict"]
    assert audit.groups["train/cat/again.png"] == audit.groups["train/cat/0.png"] == finding["group"]
    assert audit.summary == ["Exact duplicates: 2 images of 1 picture."]


def recompressed(picture):
    return picture, {"quality": 30}


def resized(picture):
    return picture.resize((100, 75)), {"quality": 90}


def brightened(picture):
    return ImageEnhance.Brightness(picture).enhance(1.08), {"quality": 90}


@pytest.mark.parametrize("change", [recompressed, resized, brightened])
def test_changed_pictures_are_near_duplicates(folder, change):
    picture, options = change(photograph(1))
    folder.put("train/cat/copy.jpg", picture, **options)

    finding = only(folder.audit().table)

    assert finding["kind"] == "near duplicates"
    assert finding["names"] == "train/cat/1.png, train/cat/copy.jpg"
    assert 0.93 <= finding["similarity"] <= 1


def test_near_duplicates_can_be_left_alone(folder):
    folder.put("train/cat/copy.jpg", photograph(1), quality=30)
    folder.put("train/cat/again.png", folder.read("train/cat/0.png"))

    assert only(folder.audit(near_duplicates=False).table)["kind"] == "exact duplicates"


def test_small_pictures_are_compared_exactly_only(folder):
    folder.put("train/cat/small.png", photograph(50, (31, 40)))
    folder.put("train/cat/small.bmp", photograph(50, (31, 40)))

    assert "near duplicates" not in set(folder.audit().table["kind"])


def test_blank_pictures_of_different_colours_are_no_duplicates(folder):
    for name, colour in (("a", "white"), ("b", "black"), ("c", "grey")):
        folder.put(f"train/cat/{name}.png", Image.new("RGB", (80, 80), colour))

    assert only(folder.audit().table)["kind"] == "nearly constant images"


def test_a_leak_is_reported_under_warn(folder):
    folder.put("train/cat/leak.png", folder.read("test/cat/2.png"))

    audit = folder.audit(leaks="warn")

    finding = only(audit.table)
    assert finding["leak"]
    assert finding["splits"] == "train, test"
    assert (audit.left_out == "").all()
    assert audit.summary[-1] == "To leave their copies out of training: AuditOptions(leaks='drop')"


@pytest.mark.parametrize(
    ("first", "second", "dropped"),
    [("train", "test", "train"), ("validation", "test", "validation"), ("train", "validation", "train")],
)
def test_under_drop_the_copy_nearer_to_training_is_left_out(folder, first, second, dropped):
    folder.put(f"{first}/cat/one.jpg", photograph(70), quality=50)
    folder.put(f"{second}/cat/two.jpg", photograph(70), quality=80)

    audit = folder.audit(leaks="drop")

    [(name, reason)] = audit.left_out[audit.left_out != ""].items()
    kept = {first, second} - {dropped}
    assert name.startswith(f"{dropped}/cat/")
    assert reason.startswith(f"leak: the same picture is in the {kept.pop()} set, ")
    assert "Left out of training or validation because of that: 1." in audit.summary


def test_under_drop_a_picture_with_two_labels_is_left_out_of_training_altogether(folder):
    folder.put("train/dog/copy.jpg", photograph(1), quality=60)

    audit = folder.audit(leaks="drop")

    assert only(audit.table)["label_conflict"]
    assert dict(audit.left_out[audit.left_out != ""]) == {
        "train/cat/1.png": "label conflict: the same picture is labelled dog, train/dog/copy.jpg",
        "train/dog/copy.jpg": "label conflict: the same picture is labelled cat, train/cat/1.png",
    }


@pytest.mark.parametrize("turn", [Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_90])
def test_under_drop_a_mirrored_or_turned_copy_of_a_test_image_is_left_out(folder, turn):
    folder.put("train/cat/copy.jpg", photograph(20).transpose(turn), quality=80)

    audit = folder.audit(leaks="drop")

    assert list(audit.left_out[audit.left_out != ""].index) == ["train/cat/copy.jpg"]


@pytest.mark.parametrize("turn", [Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_90])
def test_which_way_a_thing_points_may_be_its_label(folder, turn):
    folder.put("train/dog/copy.jpg", photograph(1).transpose(turn), quality=80)
    folder.put("train/dog/of_test.jpg", photograph(20).transpose(turn), quality=80)

    audit = folder.audit(leaks="drop")

    assert len(audit.table) == 2
    assert not audit.table["label_conflict"].any()
    assert not audit.table["leak"].any()
    assert (audit.left_out == "").all()


def test_what_is_merely_likely_is_left_to_its_owner(folder, monkeypatch):
    monkeypatch.setattr(near_copies, "_CERTAIN_SIMILARITY", 1.1)
    folder.put("train/cat/copy.jpg", photograph(20), quality=80)

    audit = folder.audit(leaks="drop")

    assert only(audit.table)["leak"]
    assert not only(audit.table)["certain"]
    assert (audit.left_out == "").all()
    assert audit.summary[-1] == (
        "Likely but not beyond doubt, and so left to you: "
        "1 of the pictures in several splits or under several labels."
    )
    assert len(folder.audit(leaks="fail").table) == 1


def test_test_images_always_stay(folder):
    folder.put("test/dog/copy.png", folder.read("test/cat/0.png"))
    folder.put("train/dog/copy.png", folder.read("test/cat/0.png"))

    audit = folder.audit(leaks="drop")

    finding = only(audit.table)
    assert finding["leak"]
    assert finding["label_conflict"]
    assert list(audit.left_out[audit.left_out != ""].index) == ["train/dog/copy.png"]


def test_under_fail_the_copies_are_named(folder):
    folder.put("train/cat/leak.png", folder.read("test/cat/2.png"))
    folder.put("train/dog/copy.jpg", photograph(1), quality=60)

    with pytest.raises(UserError) as refused:
        folder.audit(leaks="fail")

    message = str(refused.value)
    assert message.startswith("In several splits or under several labels: 2 pictures.\n")
    assert "in several splits: test/cat/2.png, train/cat/leak.png" in message
    assert "under several labels: train/cat/1.png, train/dog/copy.jpg" in message
    assert "AuditOptions(leaks='drop')" in message


def test_copies_inside_a_split_do_not_fail(folder):
    folder.put("train/cat/again.png", folder.read("train/cat/0.png"))

    assert len(folder.audit(leaks="fail").table) == 1


def test_broken_images_are_no_copies_of_anything(folder):
    whole = folder.read("train/cat/0.png")
    folder.put("train/cat/broken_1.png", whole[: len(whole) // 2])
    folder.put("train/cat/broken_2.png", whole[: len(whole) // 2])

    audit = folder.audit()

    assert audit.table.empty
    assert audit.groups.is_unique


def test_copies_fall_into_one_split_where_none_is_given(tmp_path):
    folder = Folder(tmp_path)
    for seed in range(40):
        name = "cat" if seed % 2 else "dog"
        folder.put(f"{name}/{seed}.png", photograph(seed))
        folder.put(f"{name}/{seed}_copy.jpg", photograph(seed), quality=60)
        folder.put(f"{name}/{seed}_small.jpg", photograph(seed, (80, 60)), quality=80)
    files, images = folder.load()

    audit = audit_images(files, images, AuditOptions(leaks="fail"))
    parameters = FolderSplitOptions(validation=0.3, test=0.3)
    index = make_folder_index(files, images, parameters, marks=audit.marks).index

    assert audit.table["splits"].eq("not given").all()
    picture = index["name"].str.extract(r"(\d+)")[0]
    assert index["split"].groupby(picture).nunique().eq(1).all()
    assert set(index["split"]) == {"train", "validation", "test"}


def test_marks_tell_of_every_image(folder):
    folder.put("train/cat/leak.png", folder.read("test/cat/2.png"))
    files, images = folder.load()

    marks = audit_images(files, images, AuditOptions(leaks="drop")).marks

    assert marks["name"].tolist() == images.names
    assert list(marks[marks["left_out_reason"] != ""]["name"]) == ["train/cat/leak.png"]
    assert marks["duplicate_group"].nunique() == len(images) - 1


def test_the_figure_shows_balance_sizes_and_the_nearest_pairs(folder, tmp_path):
    folder.put("train/cat/copy.jpg", photograph(1), quality=60)
    files, images = folder.load()
    audit = audit_images(files, images, AuditOptions())

    figure = audit_figure(audit, files, images)

    balance, sizes, pair, *_ = figure.axes
    assert balance.get_title() == "Class balance"
    assert [label.get_text() for label in balance.get_yticklabels()] == ["cat", "dog"]
    assert sizes.get_title() == "Image sizes"
    assert "train/cat/copy.jpg" in pair.get_title()
    shown = torch.from_numpy(np.asarray(pair.images[0].get_array()))
    assert shown.shape == (64, 128, 3)
    figure.savefig(tmp_path / "audit.png")
    assert (tmp_path / "audit.png").stat().st_size > 10_000


SHAPES = {
    "to a square": lambda picture: picture.resize((120, 120)),
    "wider": lambda picture: picture.resize((240, 100)),
    "small": lambda picture: picture.resize((80, 60)),
    "grey and compressed": lambda picture: picture.convert("L").resize((150, 150)),
}


@pytest.mark.parametrize("resize", ["stretch", "crop", "letterbox"])
@pytest.mark.parametrize("how", SHAPES)
@pytest.mark.parametrize("size", [64, (48, 96)])
def test_copies_are_found_however_images_are_made_to_fit(tmp_path, resize, how, size):
    made = Folder(tmp_path)
    for seed in range(4):
        upright = seed % 2 == 0
        picture = photograph(seed, (160, 100) if upright else (90, 170))
        made.put(f"train/cat/{seed}.png", picture)
        made.put(f"test/cat/copy of {seed}.jpg", SHAPES[how](picture), quality=90)
        made.put(f"train/dog/{seed}.png", photograph(seed + 50, (160, 100)))
    files = index_image_files(made.path)
    options = FolderImageOptions(size=size, resize=resize)
    save_image_store(plan_folder_images(files, made.path, options), made.store)
    images = open_image_store(made.store)

    audit = audit_images(
        files,
        images,
        AuditOptions(),
        read=detail_reader(made.path, images),
        whole=whole_reader(made.path, images, files),
    )

    linked = {tuple(sorted((images.names[link.first], images.names[link.second]))) for link in audit.near}
    assert linked == {(f"test/cat/copy of {seed}.jpg", f"train/cat/{seed}.png") for seed in range(4)}
