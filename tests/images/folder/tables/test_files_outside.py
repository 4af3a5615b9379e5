"""A table leads out of its folder only where its paths say so, or where that was allowed."""

import os

import pytest

from image_classification.errors import UserError
from image_classification.images.folder.new_images import find_new_images
from image_classification.images.folder.options import PathTableOptions, TableOptions
from image_classification.images.folder.tables.locations import locate, root_of
from image_classification.images.folder.tables.table import Table


@pytest.fixture
def folder(tmp_path):
    """A folder with a picture in it and, outside, a secret one, with links to it in the folder."""
    inside = tmp_path / "table"
    for each in (inside / "cat/1.png", tmp_path / "secret/2.png", tmp_path / "table-2/3.png"):
        each.parent.mkdir(parents=True, exist_ok=True)
        each.touch()
    (inside / "link.png").symlink_to(tmp_path / "secret/2.png")
    (inside / "away").symlink_to(tmp_path / "secret")
    (inside / "home").symlink_to(inside / "cat")
    return inside


def find(folder, *paths, **options):
    table = Table(folder / "t.csv", {"path": list(paths)}, range(2, 2 + len(paths)))
    parameters = TableOptions(**options)
    return locate(table, paths, root_of(table.path, parameters), parameters)


OUTSIDE = [
    "../secret/2.png",
    "cat/../../secret/2.png",
    "../table-2/3.png",  # its name begins as that of the folder does
    "..\\secret\\2.png",
    "link.png",
    "away/2.png",
    "home/../../secret/2.png",
]


@pytest.mark.parametrize("path", OUTSIDE)
def test_a_way_out_is_refused(folder, path):
    with pytest.raises(
        UserError, match=r"1 of the 2 files .* lies outside of .*, such as .* \(line 3\)"
    ) as refused:
        find(folder, "cat/1.png", path)

    assert "allow_outside" in str(refused.value)


@pytest.mark.parametrize("path", OUTSIDE)
def test_unless_it_is_allowed(folder, path):
    assert [each.found for each in find(folder, "cat/1.png", path, allow_outside=True)] == [True, True]


@pytest.mark.parametrize("path", ["cat/1.png", "./cat/../cat/1.png", "../table/cat/1.png", "home/1.png"])
def test_what_stays_inside_is_taken(folder, path):
    assert [each.found for each in find(folder, path)] == [True]


def test_an_absolute_path_says_where_it_leads(folder, tmp_path):
    assert [each.found for each in find(folder, "cat/1.png", str(tmp_path / "secret/2.png"))] == [True, True]


def test_a_folder_that_is_named_is_inside(folder, tmp_path):
    assert [each.found for each in find(folder, "table/cat/1.png", "secret/2.png", root="..")] == [True, True]


def test_a_table_in_a_folder_that_is_itself_a_link(folder, tmp_path):
    (tmp_path / "linked").symlink_to(folder)

    assert [each.found for each in find(tmp_path / "linked", "cat/1.png")] == [True]


def test_a_file_that_is_not_there_is_no_way_out(folder):
    assert [each.found for each in find(folder, "cat/1.png", "cat/1.png", "../gone.png")] == [
        True,
        True,
        False,
    ]


def test_a_list_of_new_images_too(folder):
    (folder / "new.txt").write_text(os.linesep.join(["cat/1.png", "../secret/2.png"]))

    with pytest.raises(UserError, match=r"lies? outside of"):
        find_new_images(folder / "new.txt", PathTableOptions())
    assert len(find_new_images(folder / "new.txt", PathTableOptions(allow_outside=True)).files) == 2
