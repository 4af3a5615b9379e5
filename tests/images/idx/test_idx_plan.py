"""A data set in MNIST's format is read in its folder, or downloaded once; what is wrong is said."""

import gzip
import hashlib

import numpy as np
import pytest

from image_classification.errors import UserError
from image_classification.images.idx.archive import ROLES, usual_names
from image_classification.images.idx.idx_plan import IdxPlan
from image_classification.images.idx.idx_set import IdxSet
from image_classification.images.idx.options import IdxOptions
from image_classification.parameters.command_line import speak_of_parameters

NAMES = [next(usual_names("", role)) for role in range(len(ROLES))]


def idx(values):
    values = np.asarray(values, dtype=np.uint8)
    head = bytes([0, 0, 8, values.ndim]) + b"".join(size.to_bytes(4, "big") for size in values.shape)
    return head + values.tobytes()


def contents(train=(0, 1, 2, 1), test=(2, 0), shape=(5, 3)):
    """The four files: each pixel of an image has a value of its own."""
    files = []
    for labels in (train, test):
        pixels = np.arange(len(labels) * shape[0] * shape[1]).reshape(len(labels), *shape) % 251
        files += [idx(pixels), idx(labels)]
    return dict(zip(NAMES, files, strict=True))


def write(folder, files, *, packed=True):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        # unpacked with the name left as it is, as some browsers do
        (folder / name).write_bytes(gzip.compress(content, mtime=0) if packed else content)
    return folder


def get(raw, earlier=None, **options):
    record = IdxPlan(IdxOptions(**options)).run(raw, earlier)
    return record, IdxSet(raw if not record.folder else type(raw)(record.folder), record)


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("shape", [(5, 3), (28, 28), (1, 7)])
def test_a_folder_is_read_where_it_is(tmp_path, packed, shape):
    folder = write(tmp_path / "my set", contents(shape=shape), packed=packed)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    record, archives = get(tmp_path / "raw", path=str(folder))

    names, labels, given, class_names = archives.read_labels()
    assert record.data_name == "my set"
    assert names == ["train/00000", "train/00001", "train/00002", "train/00003", "test/00000", "test/00001"]
    assert labels.tolist() == [0, 1, 2, 1, 2, 0]
    assert given == ["train"] * 4 + ["test"] * 2
    assert class_names == ["0", "1", "2"]
    images = archives.read_images()
    assert images.shape == (6, *shape)
    assert images[1].ravel().tolist() == [
        (shape[0] * shape[1] + place) % 251 for place in range(shape[0] * shape[1])
    ]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert not (tmp_path / "raw").exists()


@pytest.mark.parametrize("how", ["~", "file://", "encoded", "plain"])
def test_the_folder_may_be_written_in_several_ways(tmp_path, monkeypatch, how):
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = write(tmp_path / "my fashion", contents())
    ways = {
        "~": "~/my fashion",
        "file://": f"file://{folder}",
        "encoded": folder.as_uri(),
        "plain": str(folder),
    }
    written = ways[how]
    assert get(tmp_path / "raw", path=written)[0].folder == str(folder)


def test_rows_and_columns_may_be_swapped(tmp_path):
    folder = write(tmp_path / "emnist", contents(shape=(5, 3)))
    plain, turned = get(tmp_path, path=str(folder)), get(tmp_path, path=str(folder), transpose=True)
    np.testing.assert_array_equal(turned[1].read_images(), plain[1].read_images().transpose(0, 2, 1))
    assert turned[0].digest != plain[0].digest


@pytest.mark.parametrize(
    ("train", "names", "labels", "classes"),
    [
        # names for each label, also for one that no image has
        ((0, 1, 2, 1), ["shirt", "bag", "shoe"], [0, 1, 2, 1], ["shirt", "bag", "shoe"]),
        ((0, 1, 2, 1), ["shirt", "bag", "shoe", "coat"], [0, 1, 2, 1], ["shirt", "bag", "shoe", "coat"]),
        # labels from 1 to the number of names, as of EMNIST's letters
        ((1, 2, 3, 2), ["a", "b", "c"], [0, 1, 2, 1], ["a", "b", "c"]),
        # numbers where there are none
        ((3, 9, 7, 3), [], [0, 2, 1, 0], ["3", "7", "9"]),
    ],
)
def test_classes_are_named(tmp_path, train, names, labels, classes):
    folder = write(tmp_path / "set", contents(train=train, test=train[:1]))
    _, archives = get(tmp_path, path=str(folder), class_names=names)
    found = archives.read_labels()
    assert found.labels.tolist() == [*labels, labels[0]]
    assert found.class_names == classes


@pytest.mark.parametrize(("train", "others"), [((0, 1, 5), "5"), ((0, 3, 9), "3, 9")])
def test_names_that_do_not_fit_the_labels_are_refused(tmp_path, train, others):
    folder = write(tmp_path / "set", contents(train=train, test=(0,)))
    _, archives = get(tmp_path, path=str(folder), class_names=["a", "b", "c"])
    with pytest.raises(
        UserError,
        match=rf"hold the labels? {others}, and the names of the classes \(a, b, c\) are those of 0 to 2",
    ):
        archives.read_labels()


def test_checksums_that_are_given_are_verified(tmp_path):
    folder = write(tmp_path / "set", contents())
    content = (folder / NAMES[2]).read_bytes()
    right = {
        NAMES[2]: hashlib.sha256(content).hexdigest().upper(),
        NAMES[3]: hashlib.md5((folder / NAMES[3]).read_bytes()).hexdigest(),
    }
    get(tmp_path, path=str(folder), checksums=right)
    with pytest.raises(
        UserError, match=rf"{NAMES[2]} has another checksum than IdxOptions.checksums says: MD5"
    ):
        get(tmp_path, path=str(folder), checksums={NAMES[2]: "0" * 32})


def test_images_of_two_sizes_are_no_set(tmp_path):
    folder = write(tmp_path / "set", contents())
    write(folder, {NAMES[2]: idx(np.zeros((2, 4, 4)))})
    with pytest.raises(UserError, match="have 5 x 3 pixels, those for testing 4 x 4"):
        get(tmp_path, path=str(folder))[1].read_images()


def packed(files):
    return {name: gzip.compress(content, mtime=0) for name, content in files.items()}


@pytest.mark.parametrize("prefix", ["", "kmnist"])
def test_an_address_is_downloaded_once(tmp_path, start_server, prefix):
    server = start_server()
    server.files = {
        f"{prefix}-{name}" if prefix else name: content for name, content in packed(contents()).items()
    }

    record, archives = get(tmp_path / "raw", path=server.address, files=prefix)
    asked = list(server.asked)

    assert archives.read_labels().labels.tolist() == [0, 1, 2, 1, 2, 0]
    assert record.data_name == (prefix or server.address.rpartition("/")[2])
    again, _ = get(tmp_path / "raw", earlier=record, path=server.address, files=prefix)
    assert again == record
    assert server.asked == asked


def test_other_usual_names_are_tried(tmp_path, start_server):
    server = start_server()
    server.files = {
        name.replace("t10k", "test").replace("-idx", ".idx").removesuffix(".gz"): content
        for name, content in contents().items()
    }
    _, archives = get(tmp_path / "raw", path=server.address, name="plain")
    assert archives.read_images().shape == (6, 5, 3)
    assert archives.record.data_name == "plain"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html>not found</html>", "a web page came instead of the file"),
        (gzip.compress(contents()[NAMES[0]], mtime=0)[:-9], "cannot be decompressed"),
        (gzip.compress(contents()[NAMES[1]], mtime=0), "it has 1 dimensions instead of 3"),
    ],
)
def test_what_is_not_the_file_is_not_kept(tmp_path, start_server, content, reason):
    server = start_server()
    server.files = packed(contents()) | {NAMES[0]: content}
    with pytest.raises(UserError, match="images for training cannot be downloaded") as caught:
        get(tmp_path / "raw", path=server.address)
    assert reason in str(caught.value)
    assert not [path for path in (tmp_path / "raw").rglob("*") if path.is_file()]


@pytest.mark.parametrize("path", ["", "  "])
def test_without_a_place_it_says_how_to_name_one(tmp_path, path):
    with pytest.raises(UserError, match=r"IdxOptions\.path is empty.*\n.*IdxOptions\(path="):
        get(tmp_path, path=path)


def test_under_kedro_run_it_says_what_to_type(tmp_path):
    speak_of_parameters()
    with pytest.raises(UserError, match=r"idx\.path is empty.*\n.*--params idx\.path=/folder/of"):
        get(tmp_path, path="")


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match=r"There is no folder .*gone \(IdxOptions\.path\)"):
        get(tmp_path, path=str(tmp_path / "gone"))


@pytest.mark.parametrize("name", ["train-images.gz", "t10k-images-idx3-ubyte"])
def test_a_checksum_of_no_file_of_the_set_is_refused(tmp_path, name):
    folder = write(tmp_path / "set", contents())
    with pytest.raises(UserError, match=f"IdxOptions.checksums names {name}, which is none of the files"):
        get(tmp_path, path=str(folder), checksums={name: "0" * 32})


def test_an_address_that_does_not_answer_is_asked_once(tmp_path, start_server):
    server = start_server()
    server.behaviours = {NAMES[0]: server.say_nothing}
    with pytest.raises(UserError, match="cannot be downloaded") as caught:
        get(tmp_path / "raw", path=server.address, connect_timeout=0.2)
    assert "no answer within 0.2 s" in str(caught.value)
    assert server.asked == [NAMES[0]]
