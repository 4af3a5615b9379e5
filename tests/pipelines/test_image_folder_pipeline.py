"""The pipeline `image_folder` of the real project, from a person's folder to the splits."""

import hashlib
import shutil

import numpy as np
import pytest
import torch
from kedro.framework.session import KedroSession
from PIL import Image


def make_folder(root, per_class=40):
    """Three classes of noise around a shade of its own."""
    generator = np.random.default_rng(0)
    for place, name in enumerate(("1", "2", "10")):
        (root / name).mkdir(parents=True)
        for number in range(per_class):
            pixels = generator.integers(80 * place, 80 * place + 60, (10, 14, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / name / f"{number}.png")
    return root


@pytest.fixture
def folder(tmp_path):
    return make_folder(tmp_path / "shades")


def run(project, folder, pipeline="image_folder", runner="SequentialRunner", **parameters):
    values = {"image_folder": {"path": str(folder), "images": {"size": 8}} | parameters}
    with KedroSession.create(project, runtime_params=values) as session:
        session.run(pipeline_names=[pipeline], runner=runner_of(runner))
        return session.load_context().catalog


def runner_of(name):
    from kedro import runner  # noqa: PLC0415

    return getattr(runner, name)()


@pytest.mark.parametrize("runner", ["SequentialRunner", "ThreadRunner"])
def test_from_the_folder_to_the_splits(project, folder, runner):
    catalog = run(project, folder, runner=runner)

    sets = {split: catalog[f"image_folder.{split}_set"].load() for split in ("train", "validation", "test")}
    index = catalog["image_folder.image_index"].load()
    assert {split: len(images) for split, images in sets.items()} == {
        split: (index["split"] == split).sum() for split in sets
    }
    assert sum(len(images) for images in sets.values()) == 120
    assert all(len(images) for images in sets.values())
    assert sets["train"].class_names == ["1", "2", "10"]
    images, labels = sets["test"].tensors
    shades = images.float().mean(dim=(1, 2, 3))
    assert torch.equal(labels, (shades / 80).long())
    statistics = catalog["image_folder.image_statistics"].load()
    assert statistics["data_name"] == "shades"
    assert statistics["image_shape"] == [3, 8, 8]
    assert statistics["resize"] == "stretch"
    assert statistics["left_out"] == {}


@pytest.mark.slow
def test_an_archive_gives_what_its_folder_gives(project, folder, tmp_path):
    index = run(project, folder)["image_folder.image_index"].load()
    archive = shutil.make_archive(str(tmp_path / "shades"), "gztar", folder.parent, folder.name)

    catalog = run(project, archive)

    assert catalog["image_folder.image_index"].load().equals(index)
    assert catalog["image_folder.image_statistics"].load()["data_name"] == "shades"
    # what is on the disk is enough to start in the middle
    with KedroSession.create(project, runtime_params={"image_folder": {"images": {"size": 8}}}) as session:
        session.run(pipeline_names=["image_folder"], from_nodes=["image_folder.build_image_dict"])


@pytest.mark.slow
def test_in_processes_of_their_own(project, folder, run_command):
    # by the command line: what OpenMP computes in the fork of a process that has used it already never ends
    parameters = f"image_folder.path={folder},image_folder.images.size=8"
    command = ["run", "--pipeline", "image_folder", "--runner", "ParallelRunner", "--params", parameters]

    finished = run_command(project, "kedro", *command)

    assert finished.returncode == 0, finished.stderr
    with KedroSession.create(project) as session:
        assert len(session.load_context().catalog["image_folder.images"].load()) == 120


def test_the_files_of_the_person_stay_as_they_are(project, folder):
    def state():
        return {
            path: (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    before = state()
    run(project, folder)

    assert state() == before


@pytest.mark.slow
def test_a_second_run_reuses_the_images_and_says_so(project, folder, caplog):
    first = run(project, folder)["image_folder.image_statistics"].load()
    store = project / "data" / "03_primary" / "image_folder" / "images.safetensors"
    built = store.stat().st_ino

    with caplog.at_level("INFO"):
        second = run(project, folder)["image_folder.image_statistics"].load()

    assert second == first
    assert store.stat().st_ino == built
    assert "is up to date: reused" in caplog.text


@pytest.mark.slow
def test_added_images_move_none_of_the_others(project, folder):
    first = run(project, folder)["image_folder.image_index"].load().set_index("name")["split"]
    for number in range(30):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(folder / "10" / f"new{number}.png")

    catalog = run(project, folder)

    second = catalog["image_folder.image_index"].load().set_index("name")["split"]
    assert len(second) == 150
    assert second[first.index].tolist() == first.tolist()


def test_a_table_with_groups(project, folder, tmp_path):
    rows = ["path,label,film", "shades/1/0.png,dark,0", "./shades/1/0.png,dark,0"]
    for number in range(40):
        rows += [f"shades/1/{number}.png,dark,{number // 4}", f"shades/10/{number}.png,bright,{number // 4}"]
    (tmp_path / "films.csv").write_text("\n".join(rows))

    catalog = run(
        project, tmp_path / "films.csv", table={"group": "film"}, split={"validation": 0.3, "test": 0.3}
    )

    index = catalog["image_folder.image_index"].load()
    # two rows name a file again
    assert len(index) == 82
    assert (index["split"] != "").sum() == 80
    index = index[index["split"] != ""]
    assert (index.groupby("group")["split"].nunique() == 1).all()
    assert catalog["image_folder.image_statistics"].load()["class_names"] == ["bright", "dark"]
    assert catalog["image_folder.image_statistics"].load()["data_name"] == "films"


@pytest.mark.parametrize("names", [("foo", "bar"), ("Training_Set", "Test_Set")])
def test_splits_of_the_folder_stay_whatever_they_are_called(project, tmp_path, names):
    for name in names:
        make_folder(tmp_path / "sets" / name, per_class=6)
    known = {} if names[1] == "Test_Set" else {"splits": {"train": names[0], "test": names[1]}}

    catalog = run(project, tmp_path / "sets", split={"validation": 0}, **known)

    index = catalog["image_folder.image_index"].load()
    assert (index["split"] == "test").tolist() == index["name"].str.startswith(names[1]).tolist()
    assert catalog["image_folder.image_statistics"].load()["class_names"] == ["1", "2", "10"]
