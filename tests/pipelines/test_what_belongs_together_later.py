"""The pipeline `image_folder` where its owner says in a later run what belongs together."""

import pandas as pd
import pytest
from kedro.framework.session import KedroSession
from tests.images.made_pictures import photograph

from image_classification.errors import UserError


@pytest.fixture
def folder(tmp_path):
    """40 pictures of ten patients, and of 12 of them a copy at half the size, in a table of other columns."""
    rows = []
    for number in range(40):
        picture = photograph(number, (80, 96))
        pictures = [picture, picture.resize((40, 48))] if number < 12 else [picture]
        for copy, each in enumerate(pictures):
            path = tmp_path / f"{number}_{copy}.png"
            each.save(path)
            rows.append((path.name, "ab"[number % 2], f"patient {number // 4}"))
    pd.DataFrame(rows, columns=["path", "label", "patient"]).to_csv(tmp_path / "images.csv", index=False)
    return tmp_path / "images.csv"


def index(project, path, **parameters):
    parameters = {
        "path": str(path),
        "images": {"size": 32},
        "split": {"validation": 0.25, "test": 0.25},
    } | parameters
    with KedroSession.create(project, runtime_params={"image_folder": parameters}) as session:
        session.run(pipeline_names=["image_folder"])
        return session.load_context().catalog["image_folder.image_index"].load().set_index("name")


def splits_of_each(images, key):
    return images.groupby(key)["split"].nunique()


def original(images):
    return images.index.str.split("_").str[0]


@pytest.mark.slow
def test_groups(project, folder, caplog):
    first = index(project, folder, audit={"near_duplicates": False})
    patients = pd.read_csv(folder).set_index("path")["patient"]
    assert splits_of_each(first, first.index.map(patients)).max() > 1
    caplog.clear()

    second = index(project, folder, audit={"near_duplicates": False}, table={"group": "patient"})

    assert splits_of_each(second, "group").max() == 1
    moved = int((first["split"] != second["split"]).sum())
    assert f"{moved} images moved to another split than in an earlier run" in caplog.text
    caplog.clear()
    third = index(project, folder, audit={"near_duplicates": False}, table={"group": "patient"})
    assert third["split"].equals(second["split"])
    assert "moved" not in caplog.text


@pytest.mark.slow
def test_copies(project, folder, caplog):
    first = index(project, folder, audit={"near_duplicates": False})
    assert splits_of_each(first, original(first)).max() > 1

    second = index(project, folder)

    assert splits_of_each(second, original(second)).max() == 1
    assert "to be with the rest of a group or with their copies" in caplog.text
    # nothing is torn again when fewer copies are looked for
    third = index(project, folder, audit={"near_duplicate_similarity": 1.0})
    assert third["split"].equals(second["split"])


@pytest.mark.slow
def test_a_memory_of_an_earlier_version_is_read(project, folder):
    first = index(project, folder)
    path = project / "data" / "04_feature" / "image_folder" / "split_memory.parquet"
    memory = pd.read_parquet(path)
    memory.drop(columns="copies").assign(leader=memory["sha256"]).to_parquet(path)

    assert index(project, folder)["split"].equals(first["split"])


@pytest.mark.slow
@pytest.mark.parametrize("leaks", ["warn", "fail"])
def test_torn_groups_are_refused_before_anything_is_decoded(project, folder, leaks):
    table = pd.read_csv(folder)
    torn = table["patient"].isin(["patient 5", "patient 7"])
    table["split"] = ["test" if row % 2 and torn[row] else "train" for row in range(len(table))]
    table.to_csv(folder, index=False)

    with pytest.raises(UserError, match="2 groups of images that belong together were given to several"):
        index(project, folder, table={"group": "patient"}, audit={"leaks": leaks})

    assert not list((project / "data" / "03_primary").rglob("*.safetensors"))
    made = index(project, folder, table={"group": "patient"}, audit={"leaks": "drop"})
    assert splits_of_each(made[made["split"] != ""], "group").max() == 1
