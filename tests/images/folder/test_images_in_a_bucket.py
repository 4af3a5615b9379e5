"""Images in a bucket are the same as on this machine: in folders, by a table, in an archive, by a pattern."""

import zipfile
from pathlib import Path
from uuid import uuid4

import fsspec
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from image_classification.errors import UserError
from image_classification.images.folder.corrections.table import corrections_path
from image_classification.images.folder.image_files import index_image_files
from image_classification.images.folder.new_images import find_new_images
from image_classification.images.folder.options import TableOptions
from image_classification.images.folder.places.opened import PlacePlan
from image_classification.images.folder.places.place import given_place
from image_classification.remote.access import give_access
from image_classification.remote.names import named


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pictures in folders of classes, tables of them, and a zip file."""
    folder = tmp_path_factory.mktemp("shop")
    rows = []
    for number in range(6):
        name = f"photos/{('cat', 'dög')[number % 2]}/{number} a.png"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((4, 5, 3), 40 * number, np.uint8)).save(folder / name)
        rows.append((name, ("cat", "dög")[number % 2]))
    table = pd.DataFrame(rows, columns=["path", "label"])
    table.to_csv(folder / "labels.csv", index=False)
    table.to_parquet(folder / "labels.parquet")
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        for path in sorted((folder / "photos").rglob("*.png")):
            archive.write(path, path.relative_to(folder / "photos").as_posix())
    return folder


@pytest.fixture
def bucket(shop, tmp_path):
    """An address of all that; a store in the memory of this process answers as others do, and at once."""
    name = f"shop-{uuid4().hex[:8]}"
    fsspec.filesystem("memory").put(str(shop), f"/{name}/in", recursive=True)
    give_access(tmp_path / "copies")
    yield f"memory://{name}/in"
    fsspec.filesystem("memory").rm(f"/{name}", recursive=True)
    give_access(tmp_path / "nothing more")


def index_of(path: str, home: Path, table: TableOptions | None = None) -> pd.DataFrame:
    record = PlacePlan(given_place(path)).run(home)
    return index_image_files(record.place(home), "fail", table)


@pytest.mark.parametrize(
    "way",
    ["photos", "photos/", "labels.csv", "labels.parquet", "all.zip", "photos/*/[0-3]*.png", "photos/**"],
)
def test_the_index_is_the_same(shop, bucket, tmp_path, way):
    here = index_of(f"{shop}/{way}", tmp_path / "here")
    there = index_of(f"{bucket}/{way}", tmp_path / "there")
    pd.testing.assert_frame_equal(here, there)
    assert len(here) >= 3


def test_the_paths_in_a_table_may_start_from_another_folder(shop, bucket, tmp_path):
    table = pd.read_csv(shop / "labels.csv")
    table["path"] = table["path"].str.removeprefix("photos/")
    table.to_csv(tmp_path / "mine.csv", index=False)
    index = index_of(str(tmp_path / "mine.csv"), tmp_path / "home", TableOptions(root=f"{bucket}/photos"))
    assert set(index["class_name"]) == {"cat", "dög"}
    assert len(index) == 6


def test_a_table_may_name_addresses(shop, bucket, tmp_path):
    table = pd.read_csv(shop / "labels.csv")
    table["path"] = bucket + "/" + table["path"]
    fsspec.filesystem("memory").pipe(f"{bucket}/addresses.csv", table.to_csv(index=False).encode())
    pd.testing.assert_frame_equal(
        index_of(f"{bucket}/addresses.csv", tmp_path / "there"),
        index_of(f"{shop}/labels.csv", tmp_path / "here"),
    )


def test_corrections_may_lie_there(shop, bucket):
    path = corrections_path(f"{bucket}/labels.csv", shop)
    assert path.read_bytes() == (shop / "labels.csv").read_bytes()
    assert named(path) == f"{bucket}/labels.csv"


def test_new_images_are_named_by_their_addresses(shop, bucket):
    found = find_new_images(given_place(f"{bucket}/photos"))
    assert [file.name for file in found.files] == [
        file.name for file in find_new_images(shop / "photos").files
    ]
    assert all(named(file.path).startswith(f"{bucket}/photos/") for file in found.files)


def test_what_is_wrong_is_told_by_the_address(shop, bucket):
    with pytest.raises(UserError) as told:
        index_image_files(given_place(f"{bucket}/photos/cat"), "fail")
    assert f"{bucket}/photos/cat" in str(told.value)
    assert "copies" not in str(told.value)
