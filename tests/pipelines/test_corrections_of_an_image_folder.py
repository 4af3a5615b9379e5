"""Corrections of labels in a person's folder: made, compared with the run without, withdrawn."""

import hashlib
import json

import numpy as np
import pandas as pd
import pytest
from kedro.framework.session import KedroSession
from PIL import Image

from image_classification.errors import UserError

LAYERS = ("02_intermediate", "03_primary", "04_feature", "06_models", "07_model_output")


@pytest.fixture
def folder(tmp_path):
    """Two classes of shades, 60 images."""
    generator = np.random.default_rng(0)
    for number in range(60):
        shade = 100 * (number % 2)
        name = ("dark", "bright")[number % 2]
        path = tmp_path / "shades" / name / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(generator.integers(shade, shade + 99, (8, 8, 3), dtype=np.uint8)).save(path)
    return tmp_path / "shades"


@pytest.fixture
def run(project, folder):
    (project / "conf" / "local").mkdir()
    (project / "conf" / "local" / "mlflow.yml").write_text("enabled: false")

    def run_with(corrections="", pipelines=("image_folder", "folder_modelling"), **options):
        values = {
            "image_folder": {"path": str(folder), "images": {"size": 8}, "corrections": str(corrections)}
            | options,
            "modelling": {"training": {"epochs": 1}, "network": {"convnet": {"widths": [4, 4, 4]}}},
        }
        with KedroSession.create(project, runtime_params=values) as session:
            session.run(pipeline_names=list(pipelines))
            return session.load_context().catalog

    return run_with


def state(project):
    """The digest of each file that a run has made, but of those that say when, or how long it took.

    (Row numbers of the sets are in files whose header has no fixed order; they follow from the index.)
    """
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for layer in LAYERS
        for path in sorted((project / "data" / layer).rglob("*"))
        if path.is_file()
        and not {".origins", "checkpoints"} & set(path.parts)
        and path.name not in ("training_record.json", "history.parquet")
    }


@pytest.mark.slow
def test_applied_and_withdrawn_they_leave_the_first_result(project, run, tmp_path, caplog):
    caplog.set_level("INFO")
    first = run()
    before, index = state(project), first["image_folder.image_index"].load().set_index("name")
    learned = index.index[index["split"] == "train"]
    relabelled, left_out = learned[0], learned[1]
    other = {"dark": "bright", "bright": "dark"}[index["class_name"][relabelled]]
    (tmp_path / "fixes.csv").write_text(f"file,label\n{relabelled},{other}\n{left_out},leave_out\n")

    corrected = run(tmp_path / "fixes.csv")

    assert "Corrections of fixes.csv: 1 label changed, 1 image left out." in caplog.text
    now = corrected["image_folder.image_index"].load().set_index("name")
    assert now["class_name"][relabelled] == other
    assert now["split"][left_out] == ""
    assert now["split"].drop(left_out).equals(index["split"].drop(left_out))
    statistics = corrected["image_folder.image_statistics"].load()
    assert (statistics["corrections"]["relabelled"], statistics["corrections"]["left_out"]) == (1, 1)
    labels = corrected["image_folder.images"].load()
    assert labels.class_names[next(iter(labels[relabelled]))] == other
    changed = state(project)
    assert changed["trained_network.safetensors"] != before["trained_network.safetensors"]

    run()

    assert state(project) == before


def test_a_table_among_the_images_is_no_part_of_the_data(run, folder):
    before = run(pipelines=["image_folder"])["image_folder.image_index"].load()
    name = before["name"][before["split"] == "train"].iloc[0]
    (folder / "fixes.csv").write_text(f"file,label\n{name},{before.set_index('name')['class_name'][name]}\n")

    catalog = run("fixes.csv", pipelines=["image_folder"])

    index = catalog["image_folder.image_index"].load()
    assert index["name"].tolist() == before["name"].tolist()
    assert index["correction"].value_counts()["confirmed"] == 1
    assert catalog["image_folder.image_statistics"].load()["mean"]


@pytest.mark.slow
def test_drawn_test_images_are_refused_and_nothing_is_damaged(project, run, tmp_path):
    index = run(pipelines=["image_folder"])["image_folder.image_index"].load()
    tested = index["name"][index["split"] == "test"].iloc[0]
    kept = (project / "data" / "04_feature" / "image_folder" / "image_index.parquet").read_bytes()
    (tmp_path / "fixes.csv").write_text(f"file,label\n{tested},leave_out\n")

    with pytest.raises(UserError, match=rf"change 1 test image: {tested}"):
        run(tmp_path / "fixes.csv", pipelines=["image_folder"])

    assert (project / "data" / "04_feature" / "image_folder" / "image_index.parquet").read_bytes() == kept
    allowed = run(tmp_path / "fixes.csv", pipelines=["image_folder"], corrections_of_test="allow")
    assert allowed["image_folder.image_statistics"].load()["corrections"]["of_test"] == 1


@pytest.mark.slow
def test_another_content_of_the_table_is_noticed(project, run, folder, tmp_path):
    index = run(pipelines=["image_folder"])["image_folder.image_index"].load()
    names = index["name"][index["split"] == "train"].tolist()
    fixes = tmp_path / "fixes.csv"
    statistics = project / "data" / "04_feature" / "image_folder" / "image_statistics.json"
    for count in (1, 2):
        fixes.write_text("file,label\n" + "".join(f"{name},leave_out\n" for name in names[:count]))
        values = {"image_folder": {"path": str(folder), "images": {"size": 8}}}
        values["image_folder"]["corrections"] = str(fixes)
        with KedroSession.create(project, runtime_params=values) as session:
            session.run(pipeline_names=["image_folder"], only_missing_outputs=True)
        assert json.loads(statistics.read_text())["corrections"]["left_out"] == count


@pytest.mark.slow
def test_conflicts_that_are_corrected_are_none(run, folder, tmp_path):
    content = (folder / "dark" / "0.png").read_bytes()
    (folder / "bright" / "copy.png").write_bytes(content)
    conflict = run(pipelines=["image_folder"])["image_folder.audit_table"].load()
    index = run(pipelines=["image_folder"])["image_folder.image_index"].load().set_index("name")
    allow = "allow" if index["split"]["bright/copy.png"] == "test" else "refuse"
    (tmp_path / "fixes.csv").write_text("file,label\nbright/copy.png,dark\n")

    settled = run(tmp_path / "fixes.csv", pipelines=["image_folder"], corrections_of_test=allow)

    assert conflict["label_conflict"].any()
    assert not settled["image_folder.audit_table"].load()["label_conflict"].any()


@pytest.mark.slow
def test_the_paired_test_compares_a_run_with_corrections_and_one_without(project, run, tmp_path):
    (project / "conf" / "local" / "mlflow.yml").unlink()
    index = run()["image_folder.image_index"].load()
    names = index["name"][index["split"].isin(["train", "validation"])].tolist()
    (tmp_path / "fixes.csv").write_text("file,label\n" + "".join(f"{name},leave_out\n" for name in names[:5]))
    run(tmp_path / "fixes.csv")

    with KedroSession.create(project) as session:
        session.run(pipeline_names=["comparison"])

    leaderboard = pd.read_parquet(project / "data" / "08_reporting" / "leaderboard.parquet")
    assert leaderboard["data"].unique().tolist() == ["shades"]
    assert leaderboard["metric"].unique().tolist() == ["test/accuracy"]
    assert leaderboard["configuration"].str.contains("5 images left out").sum() == 1
    [tested] = pd.read_parquet(project / "data" / "08_reporting" / "significance.parquet").to_dict("records")
    assert tested["note"] == ""
    assert tested["images"] == (index["split"] == "test").sum()
