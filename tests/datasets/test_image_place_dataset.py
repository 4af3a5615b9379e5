"""The place of images as a dataset: archives are unpacked once, reused while they are the same, removed."""

import json
import os
import shutil
import tarfile
import zipfile

import pytest
from PIL import Image

from image_classification.datasets.image_place import ImagePlaceDataset
from image_classification.errors import UserError
from image_classification.images.folder.image_files import index_image_files
from image_classification.images.folder.places.opened import PlacePlan
from image_classification.images.folder.places.place import given_place


@pytest.fixture
def dataset(tmp_path):
    return ImagePlaceDataset(filepath=str(tmp_path / "raw" / "image_folder"))


@pytest.fixture
def home(tmp_path):
    return tmp_path / "raw" / "image_folder"


@pytest.fixture
def pets(tmp_path):
    for number, name in enumerate(("cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png")):
        path = tmp_path / "pets" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (40 * number, 0, 0)).save(path)
    return tmp_path / "pets"


def pack(folder, archive, top=""):
    """Pack a folder, in a folder of its own if `top` is named."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    names = [f"{top}{path.relative_to(folder).as_posix()}" for path in files]
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive, "w") as target:
            for path, name in zip(files, names, strict=True):
                target.write(path, name)
    else:
        with tarfile.open(archive, "w:gz") as target:
            for path, name in zip(files, names, strict=True):
                target.add(path, name)
    return archive


def opened(dataset, path):
    dataset.save(PlacePlan(given_place(str(path))))
    return dataset.load()


def test_a_folder_stays_where_it_is(dataset, home, pets):
    place = opened(dataset, pets)

    assert (place.path, place.shown, place.is_unpacked) == (pets, pets, False)
    assert [path.name for path in home.iterdir()] == ["place.json"]


@pytest.mark.parametrize("name", ["pets.zip", "pets.tar.gz"])
@pytest.mark.parametrize("top", ["", "top/"])
def test_an_archive_is_read_as_its_folder_would_be(dataset, home, pets, tmp_path, name, top):
    archive = pack(pets, tmp_path / name, top)

    place = opened(dataset, archive)

    assert place.path.is_relative_to(home)
    assert str(place.path).endswith(f"/{name}/{top}".removesuffix("/"))
    assert place.shown == archive / top
    assert index_image_files(place).equals(index_image_files(pets))


@pytest.mark.parametrize(
    ("top", "shown"),
    [("a/b/", "a/b"), ("train/", ""), ("a/val2017/", "a")],
)
def test_folders_around_everything_are_left_out_up_to_a_split(dataset, pets, tmp_path, top, shown):
    assert opened(dataset, pack(pets, tmp_path / "pets.zip", top)).shown == tmp_path / "pets.zip" / shown


def test_the_only_class_is_no_folder_around_everything(dataset, pets, tmp_path):
    shutil.rmtree(pets / "dog")

    assert opened(dataset, pack(pets, tmp_path / "pets.zip", "top/")).shown == tmp_path / "pets.zip" / "top"


def test_messages_name_the_archive(dataset, pets, tmp_path, caplog):
    shutil.rmtree(pets / "dog")
    place = opened(dataset, pack(pets, tmp_path / "pets.zip"))

    with pytest.raises(UserError) as caught:
        index_image_files(place)

    assert f"All 2 images of {tmp_path / 'pets.zip'} are of one class" in str(caught.value)
    assert "raw" not in str(caught.value)


def test_it_is_unpacked_once(dataset, home, pets, tmp_path, caplog):
    archive = pack(pets, tmp_path / "pets.zip")
    made = opened(dataset, archive).path / "cat" / "1.png"
    inode, digest = made.stat().st_ino, dataset.content_digest()

    with caplog.at_level("INFO"):
        opened(dataset, archive)
        os.utime(archive)  # touched, or copied anew: the content is the same
        opened(dataset, archive)

    assert caplog.messages.count(f"{archive}: unpacked before: reused.") == 2
    assert made.stat().st_ino == inode
    assert dataset.content_digest() == digest


def test_another_content_replaces_it(dataset, home, pets, tmp_path):
    archive = pack(pets, tmp_path / "pets.zip")
    before = opened(dataset, archive).path
    digest = dataset.content_digest()
    Image.new("RGB", (8, 8), "blue").save(pets / "cat" / "3.png")
    pack(pets, archive)

    after = opened(dataset, archive).path

    assert (after / "cat" / "3.png").is_file()
    assert not before.exists()
    assert len([path for path in home.iterdir() if path.is_dir()]) == 1
    assert dataset.content_digest() != digest


@pytest.mark.parametrize("damage", ["removed", "cut", "added", "all"])
def test_what_is_no_longer_whole_is_unpacked_again(dataset, pets, tmp_path, damage):
    archive = pack(pets, tmp_path / "pets.zip")
    folder = opened(dataset, archive).path
    picture = folder / "cat" / "1.png"
    content = picture.read_bytes()
    if damage == "all":
        shutil.rmtree(folder)
        assert not dataset.exists()
        with pytest.raises(UserError, match="are gone"):
            dataset.load()
    elif damage == "added":
        (folder / "cat" / "9.png").write_bytes(content)
    else:
        picture.unlink() if damage == "removed" else picture.write_bytes(content[:10])

    opened(dataset, archive)

    assert picture.read_bytes() == content
    assert not (folder / "cat" / "9.png").exists()


@pytest.mark.parametrize("name", ["pets", "pets.zip"])
def test_what_a_killed_run_left_is_removed(dataset, home, pets, tmp_path, name):
    pack(pets, tmp_path / "pets.zip")
    (home / "unfinished" / "pets.zip" / "cat").mkdir(parents=True)
    (home / "unfinished" / "pets.zip" / "cat" / "1.png").write_bytes(b"half")

    place = opened(dataset, tmp_path / name)

    assert not (home / "unfinished").exists()
    assert index_image_files(place).equals(index_image_files(pets))


def test_it_is_removed_once_images_are_elsewhere(dataset, home, pets, tmp_path):
    opened(dataset, pack(pets, tmp_path / "pets.zip"))

    opened(dataset, pets)

    assert [path.name for path in home.iterdir()] == ["place.json"]


def test_what_cannot_be_unpacked_leaves_the_earlier_one(dataset, home, pets, tmp_path):
    before = opened(dataset, pack(pets, tmp_path / "pets.zip"))
    damaged = tmp_path / "other.zip"
    damaged.write_bytes((tmp_path / "pets.zip").read_bytes()[:300])

    with pytest.raises(UserError, match="cannot be read"):
        opened(dataset, damaged)

    assert dataset.load() == before
    assert (before.path / "cat" / "1.png").is_file()
    assert len(list(home.iterdir())) == 2


@pytest.mark.parametrize("inner", ["animals", "animals/cat", "animals/labels.csv"])
def test_part_of_an_archive(dataset, pets, tmp_path, inner):
    (pets / "labels.csv").write_text("path,label\ncat/1.png,cat\ndog/1.png,dog\n")
    archive = pack(pets, tmp_path / "pets.zip", "animals/")

    place = opened(dataset, f"{archive}/{inner}")

    assert place.shown == archive / inner
    assert place.path.exists()
    assert place.path.name == inner.rpartition("/")[2]


@pytest.mark.parametrize("inner", ["cow", "../pets", "cat/1.png/x"])
def test_a_part_that_is_not_there(dataset, pets, tmp_path, inner):
    archive = pack(pets, tmp_path / "pets.zip")

    with pytest.raises(UserError, match=r"there is no") as caught:
        opened(dataset, f"{archive}/{inner}")

    assert "raw" not in str(caught.value)


@pytest.mark.parametrize("top", ["", "animals/"])
def test_a_table_in_an_archive_is_pointed_at_and_read(dataset, pets, tmp_path, top, caplog):
    (pets / "labels.csv").write_text("path,label\ncat/1.png,x\ncat/2.png,y\ndog/1.png,x\ndog/2.png,y\n")
    archive = pack(pets, tmp_path / "pets.zip", top)

    index_image_files(opened(dataset, archive))
    named = f"{archive}/{top}labels.csv"
    assert named in caplog.text

    assert index_image_files(opened(dataset, named))["class_name"].tolist() == ["x", "y", "x", "y"]


def test_a_table_in_an_archive_does_not_lead_out_of_it(dataset, pets, tmp_path):
    (pets / "labels.csv").write_text(f"path,label\ncat/1.png,x\n{pets / 'dog/1.png'},y\n")
    archive = pack(pets, tmp_path / "pets.zip")

    with pytest.raises(UserError, match="names files outside of it"):
        index_image_files(opened(dataset, f"{archive}/labels.csv"))


def test_a_pattern_is_kept(dataset, pets):
    place = opened(dataset, pets / "*" / "1.png")

    assert index_image_files(place)["name"].tolist() == ["cat/1.png", "dog/1.png"]


def test_the_record_is_the_preview_and_has_to_be_there(dataset, home, pets):
    with pytest.raises(UserError, match="No images have been looked for yet"):
        dataset.load()
    opened(dataset, pets)
    assert json.loads(dataset.preview())["path"] == str(pets)
    (home / "place.json").write_text("{")
    assert not dataset.exists()
    opened(dataset, pets)
    assert dataset.exists()


@pytest.mark.parametrize("top", ["", "train/"])
def test_labels_in_the_names_of_an_archive(dataset, tmp_path, top):
    for number in range(6):
        path = tmp_path / "flat" / f"{'cat' if number % 2 else 'dog'}.{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.new("L", (4, 4)).save(path)

    with pytest.raises(UserError, match=r"seem to say it \(cat, dog\)\. Unpack the archive first"):
        index_image_files(opened(dataset, pack(tmp_path / "flat", tmp_path / "flat.zip", top)))
