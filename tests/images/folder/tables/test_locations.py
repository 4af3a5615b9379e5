"""Paths of a table lead to files as they stand, or by one sure repair; else the place is asked for."""

import logging
import re
import shlex
import unicodedata

import pytest

from image_classification.cli.params import parse_params
from image_classification.errors import UserError
from image_classification.images.folder.found_files import FolderContent, FoundFile
from image_classification.images.folder.options import TableOptions
from image_classification.images.folder.tables import repairs
from image_classification.images.folder.tables.locations import locate, root_of
from image_classification.images.folder.tables.table import Table
from image_classification.parameters.command_line import speak_of_parameters

FILES = ["cat/1.jpg", "cat/2.JPG", "dog/1.png", "dog/deep/3.jpeg"]


@pytest.fixture(autouse=True)
def command_line():
    """Have messages say what to type, as its answers are typed here."""
    speak_of_parameters()


def make(folder, names=FILES):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def find(folder, paths, root=""):
    table = Table(folder / "t.csv", {"path": paths}, range(2, 2 + len(paths)))
    options = TableOptions(root=root)
    return locate(table, paths, root_of(table.path, options), options)


def found(folder, paths, root=""):
    locations = find(folder, paths, root)
    assert all(each.found for each in locations)
    return [each.path for each in locations]


def roots(message):
    """The roots that a message offers, as the command line reads them."""
    commands = [line[line.index("--params") :] for line in message.splitlines() if "--params" in line]
    typed = [parse_params(None, None, shlex.split(each)[1]) for each in commands if "<" not in each]
    return [each["image_folder"]["table"]["root"] for each in typed]


def refused(folder, paths, root=""):
    with pytest.raises(UserError) as caught:
        find(folder, paths, root)
    return str(caught.value)


STYLES = {
    "as they are": lambda path: path,
    "dotted": lambda path: f"./{path}",
    "doubled": lambda path: path.replace("/", "//"),
    "there and back": lambda path: f"cat/../{path}",
    "of Windows": lambda path: path.replace("/", "\\"),
    "of Windows, dotted": lambda path: ".\\" + path.replace("/", "\\"),
}
REPAIRED = {
    "of another machine": lambda path: f"/home/me/pets/{path}",
    "of another machine with Windows": lambda path: "C:\\Users\\me\\" + path.replace("/", "\\"),
    "of a share": lambda path: "\\\\server\\share\\" + path.replace("/", "\\"),
    "of a folder that is not there": lambda path: f"pets/{path}",
    "from the root": lambda path: f"/{path}",
    "of another case": str.upper,
    "without endings": lambda path: path.rpartition(".")[0],
    "without endings, of another machine": lambda path: "/data/" + path.rpartition(".")[0],
}


@pytest.mark.parametrize("style", STYLES)
def test_styles_are_read_row_by_row(tmp_path, style, caplog):
    make(tmp_path)

    assert found(tmp_path, [STYLES[style](path) for path in FILES]) == FILES
    mixed = [STYLES[style](FILES[0]), *FILES[1:], "cat\\gone.jpg"]
    assert [each.found for each in find(tmp_path, mixed)] == [True] * 4 + [False]


@pytest.mark.parametrize("style", REPAIRED)
def test_one_repair_of_all_is_made_and_told(tmp_path, style, caplog):
    make(tmp_path)
    with caplog.at_level(logging.INFO):
        assert found(tmp_path, [REPAIRED[style](path) for path in FILES]) == FILES

    assert [each.levelname for each in caplog.records] == ["INFO"]
    assert f"t.csv: its files are found in {tmp_path}" in caplog.text


@pytest.mark.parametrize("style", [*STYLES, "without endings", "of another case"])
@pytest.mark.parametrize("leading", ["images", "a/b"])
def test_a_leading_folder_that_is_missing(tmp_path, style, leading, caplog):
    make(tmp_path / leading)
    style = (STYLES | REPAIRED)[style]
    with caplog.at_level(logging.INFO):
        assert found(tmp_path, [style(path) for path in FILES]) == [f"{leading}/{path}" for path in FILES]

    assert f"its files are found in {tmp_path / leading}" in caplog.text


@pytest.mark.parametrize("style", ["of another machine", "of another machine with Windows"])
def test_a_folder_in_place_of_another_is_a_guess(tmp_path, style):
    make(tmp_path / "images")
    paths = [REPAIRED[style](path) for path in FILES]

    message = refused(tmp_path, paths)

    assert message.startswith(
        f"4 of the 4 files that the table {tmp_path / 't.csv'} names do not exist, such as {paths[0]} "
        "(line 2).\n"
        f"Looked in {tmp_path}, where there is for example images/cat/1.jpg.\n"
    )
    assert roots(message) == [str(tmp_path / "images")]
    assert found(tmp_path, paths, root=roots(message)[0]) == FILES
    assert found(tmp_path, paths, root="images") == FILES


@pytest.mark.parametrize("ending", ["", ".jpg"])
def test_several_folders_that_would_do_are_asked_about(tmp_path, ending):
    names = ["1.jpg", "2.jpg", "3.jpg"]
    make(tmp_path / "train", names)
    make(tmp_path / "test", names)
    paths = [f"{number}{ending}" for number in (1, 2, 3)]

    message = refused(tmp_path, paths)

    assert sorted(roots(message)) == [str(tmp_path / "test"), str(tmp_path / "train")]
    assert f"1{ending} may be any of test/1.jpg, train/1.jpg: name" in message
    assert found(tmp_path, paths, root="train") == names
    # the only one that has all of them is meant
    (tmp_path / "test" / "2.jpg").unlink()
    assert found(tmp_path, paths) == [f"train/{name}" for name in names]


@pytest.mark.parametrize("ending", ["", ".png"])
def test_files_in_many_folders_are_found_by_their_names(tmp_path, ending, caplog):
    names = [f"images_{number % 4}/x/{number:04}.png" for number in range(12)]
    make(tmp_path, names)
    make(tmp_path, ["notes/0001.txt"])
    paths = [f"{number:04}{ending}" for number in range(12)]
    with caplog.at_level(logging.INFO):
        assert found(tmp_path, paths) == names
    assert f"each of its files is found in some folder below {tmp_path}" in caplog.text

    (tmp_path / names[5]).unlink()
    assert [each.found for each in find(tmp_path, paths)].count(False) == 1
    make(tmp_path, ["other/0001.png"])
    assert f"0001{ending} may be any of images_1/x/0001.png, other/0001.png: name" in refused(tmp_path, paths)


def test_two_pictures_of_one_id(tmp_path):
    make(tmp_path, ["a.jpg", "a.png", "b.jpg"])

    assert "a may be any of a.jpg, a.png: name" in refused(tmp_path, ["a", "b"])


def test_an_ending_that_the_files_do_not_have_is_no_slip(tmp_path):
    make(tmp_path, ["masks/a.png", "masks/b.png"])

    assert "masks/a.png is there: the paths need the endings" in refused(tmp_path, ["a.jpg", "b.jpg"])


@pytest.mark.parametrize("place", ["labels", "labels/of/pets"])
def test_files_beside_or_above_the_table(tmp_path, place):
    make(tmp_path / "data" / "images")
    folder = tmp_path / "data" / place
    folder.mkdir(parents=True)
    (folder / "t.csv").touch()
    paths = [f"images/{path}" for path in FILES]

    if place == "labels":
        assert roots(refused(folder, paths)) == [str(tmp_path / "data")]
        assert roots(refused(folder, FILES)) == [str(tmp_path / "data" / "images")]
    assert found(folder, paths, root=str(tmp_path / "data")) == paths


def test_a_repair_that_finds_most_is_asked_about(tmp_path):
    make(tmp_path)
    paths = [f"/home/me/{path}" for path in [*FILES, "cat/gone.jpg"]]

    message = refused(tmp_path, paths)

    assert message.startswith("5 of the 5 files")
    assert "4 are found if the paths start from" in message
    assert roots(message) == [str(tmp_path)]
    assert [each.found for each in find(tmp_path, paths, root=roots(message)[0])] == [True] * 4 + [False]


def test_nothing_like_it(tmp_path):
    tmp_path /= "far/from/others"
    make(tmp_path, ["z.jpg"])

    message = refused(tmp_path, ["a.jpg", "b.jpg", ""])

    assert message.endswith(
        'If the paths start from another folder: --params "image_folder.table.root=<folder>"'
    )
    assert f"Looked in {tmp_path}, where there is for example z.jpg." in message
    (tmp_path / "z.jpg").unlink()
    assert "where there is no picture." in refused(tmp_path, ["a.jpg", "b.jpg"])


def test_addresses_are_no_files(tmp_path):
    assert "They are addresses: download" in refused(tmp_path, ["https://host/a.jpg", "https://host/b.jpg"])


def test_file_addresses_are_files(tmp_path):
    make(tmp_path, ["a b.jpg"])

    assert found(tmp_path, [(tmp_path / "a b.jpg").as_uri()]) == [str(tmp_path / "a b.jpg")]


@pytest.mark.parametrize("on_disk", ["NFC", "NFD"])
@pytest.mark.parametrize("in_table", ["NFC", "NFD"])
@pytest.mark.parametrize("leading", ["", "x/"])
def test_accents_are_written_in_two_ways(tmp_path, on_disk, in_table, leading):
    names = [unicodedata.normalize(on_disk, name) for name in ("Käse/é.jpg", "b.jpg")]
    make(tmp_path / leading, names)

    paths = [unicodedata.normalize(in_table, name) for name in names]
    assert found(tmp_path, paths) == [leading + name for name in names]


def test_hidden_files_and_folders_are_not_searched(tmp_path):
    make(tmp_path, [".trash/a.jpg", ".trash/b.jpg", "z.jpg"])

    assert re.search("2 of the 2 files", refused(tmp_path, ["a.jpg", "b.jpg"]))


IMPOSSIBLE = {
    "too long": "x" * 5000,
    "a folder that is too long": f"{'x' * 300}/1.jpg",
    "with a zero": "a\0b.jpg",
    "of nobody": "~nobody-of-this-name/1.jpg",
    "an address with a bracket": "file://[x",
    "an address of a host": "file://host]/1.jpg",
    "below a file": "cat/1.jpg/2.jpg",
    "nothing but dots": "../../../../../../..",
}


@pytest.mark.parametrize("path", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_what_cannot_be_a_path_is_not_there(tmp_path, path):
    make(tmp_path)

    assert [each.found for each in find(tmp_path, [*FILES, path])] == [True] * len(FILES) + [False]
    message = refused(tmp_path, [path])
    assert message.startswith("1 of the 1 file that")
    assert len(message) < 1500


@pytest.mark.parametrize("root", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_what_cannot_be_a_root_is_no_folder(tmp_path, root):
    if root.startswith(".."):
        return
    make(tmp_path)
    with pytest.raises(UserError, match="there is no such folder"):
        root_of(tmp_path / "t.csv", TableOptions(root=root))


def test_one_name_in_thousands_of_folders(tmp_path, monkeypatch):
    names = [f"{number}/photo.jpg" for number in range(20_000)]
    content = FolderContent([FoundFile(name, "ok") for name in names], [])
    monkeypatch.setattr(repairs, "find_files", lambda root, most: content)

    found = repairs.find_repair([f"elsewhere/{name}" for name in names], tmp_path, root_is_given=False)

    assert found.files == names


def test_a_home_full_of_files_is_not_walked_to_the_end(tmp_path, monkeypatch):
    make(tmp_path, [f"{folder}/{number}.jpg" for folder in range(5) for number in range(20)])
    monkeypatch.setattr(repairs, "_FEWEST_FILES", 30)

    message = refused(tmp_path, ["gone/3.jpg"])

    assert "There are so many files that only 30 were looked at." in message
    assert "for example 0/0.jpg" in message


@pytest.mark.parametrize("width", [2, 5, 8])
@pytest.mark.parametrize("folder", ["", "images/", "a/b/"])
def test_ids_that_lost_the_zeros_before_them(tmp_path, width, folder):
    names = [f"{folder}{number:0{width}}.png" for number in (0, 7, 10, 42)]
    make(tmp_path, names)

    assert found(tmp_path, ["0", "7", "10", "42"]) == names


def test_zeros_that_tell_files_apart_are_no_guess(tmp_path):
    make(tmp_path, ["a/07.png", "a/007.png", "a/8.png"])

    assert "7 may be any of" in refused(tmp_path, ["7", "8"])


@pytest.mark.parametrize("top", ["", "images/"])
@pytest.mark.parametrize(
    ("paths", "files"),
    [
        (["scan1", "scan2"], ["scan1.nii.png", "scan2.nii.png"]),
        (["scan1.nii", "scan2.nii"], ["scan1.nii.png", "scan2.nii.png"]),
        (["a", "b", "c"], ["a.ome.tiff", "b.ome.tiff", "c.jpg"]),
        (["a.b", "a.c"], ["a.b.seg.gz.png", "a.c.seg.gz.png"]),
        (["a.b.c", "a.b.d"], ["a.b.c.jpeg", "a.b.d.JPEG"]),
        (["v1.0", "v1.5"], ["v1.0.jpg", "v1.5.jpg"]),
        (["1.jpg", "2.JPG"], ["1.jpg.png", "2.JPG.png"]),
        (["7", "12"], ["007.jpg", "012.png"]),
        (["7.0", "12.0"], ["00007.jpg", "00012.png"]),
        (["007", "012"], ["007.jpg", "012.png"]),
        (["a.jpg", "b", "c"], ["a.jpg", "b.png", "c.webp"]),
    ],
)
def test_names_without_all_or_some_of_their_endings(tmp_path, top, paths, files):
    make(tmp_path, [f"{top}{file}" for file in files])

    assert found(tmp_path, paths) == [f"{top}{file}" for file in files]


@pytest.mark.parametrize(
    ("paths", "files"),
    [
        (["a", "b"], ["a.jpg", "a.png", "b.jpg", "b.png"]),
        (["a", "b"], ["a.jpg", "a.png", "b.jpg"]),
        (["1", "2"], ["01.jpg", "001.jpg", "02.jpg"]),
        (["1.0", "2.0"], ["1.jpg", "01.jpg", "2.jpg"]),
    ],
)
def test_a_name_that_may_be_that_of_several_files_is_asked_about(tmp_path, paths, files):
    make(tmp_path, files)

    assert "may be any of" in refused(tmp_path, paths)
