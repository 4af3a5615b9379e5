"""Accuracy on images that a network has learned from is not taken for that on new ones."""

import hashlib
import json
import zipfile

import pandas as pd
import pytest
from tests.pipelines.classifying import picture, run, shades

from image_classification.images.store.statistics import index_digest


@pytest.fixture
def labelled(tmp_path):
    """Three pictures of each class, the last of each taken for the other one."""
    pictures = {"dark": (0, 10, 240), "bright": (250, 255, 5)}
    for name, shown in pictures.items():
        for number, shade in enumerate(shown):
            picture(tmp_path / "new" / name / f"{number}.png", shade)
    return tmp_path / "new"


@pytest.fixture
def network(project, labelled):
    """A network that was trained on the first of each class under other names, and tested on one more."""
    learned = {"dark/0": "train", "bright/0": "train", "dark/1": "validation", "dark/2": "test"}
    content = {name: (labelled / f"{name}.png").read_bytes() for name in learned}
    index = pd.DataFrame(
        {
            "name": [f"{name}_before.png" for name in learned],
            "sha256": [hashlib.sha256(each).hexdigest() for each in content.values()],
            "split": list(learned.values()),
            "duplicate_group": range(len(learned)),
        }
    )
    path = index_file(project)
    path.parent.mkdir(parents=True)
    index.to_parquet(path)
    return shades(index_digest=index_digest(index))


def index_file(project):
    return project / "data" / "04_feature" / "image_folder" / "image_index.parquet"


def metrics(project):
    return json.loads(
        (project / "data" / "08_reporting" / "inference_metrics.json").read_text(encoding="utf-8")
    )


def report(project):
    page = (project / "data" / "08_reporting" / "inference_report.html").read_text(encoding="utf-8")
    return " ".join(page.partition("<body>")[2].split())


SENTENCE = (
    "Of the 6 images that were measured, the network was trained on 2, validated on 1 and tested on 1 "
    "before: these figures are not of new images alone."
)


def test_some_images_are_those_of_the_training(project, network, labelled, capsys):
    table = run(project, network, labelled)

    measured = metrics(project)
    assert measured["splits"] == {"train": 2, "validation": 1, "test": 1, "none": 2}
    assert measured["accuracy"] == pytest.approx(4 / 6)
    assert {name: measured["new_images"][name] for name in ("images", "accuracy")} == {
        "images": 3,
        "accuracy": pytest.approx(1 / 3),
    }
    columns = dict(zip(table["file"], table["seen_as"], strict=True))
    assert columns["dark/0.png"] == "train"
    assert columns["dark/2.png"] == "test"
    assert columns["bright/1.png"] == ""
    page = report(project)
    assert SENTENCE in page
    assert "Of the 3 that it was neither trained nor validated on, 33.33 % are correct" in page
    said = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "of new ones 33.33% of the 3 images in files that it has not learned from" in said
    assert SENTENCE in said


def test_an_archive_of_new_images(project, network, labelled, tmp_path, capsys):
    with zipfile.ZipFile(tmp_path / "new.zip", "w") as file:
        file.write(labelled / "dark" / "2.png", "a/dark/x.png")
        file.write(labelled / "bright" / "2.png", "a/bright/y.png")

    run(project, network, tmp_path / "new.zip")

    assert metrics(project)["splits"] == {"train": 0, "validation": 0, "test": 1, "none": 1}
    assert "new_images" not in metrics(project)
    said = "The network was neither trained nor validated on any of these files; on 1 it was tested"
    assert said in report(project)
    assert "before: these figures" not in capsys.readouterr().out


def test_images_without_labels_in_a_table(project, network, labelled, tmp_path, caplog):
    pd.DataFrame({"path": [labelled / "dark" / "0.png", labelled / "bright" / "1.png", "gone.png"]}).to_csv(
        tmp_path / "images.csv", index=False
    )

    table = run(project, network, tmp_path / "images.csv", labels="none")

    assert table["seen_as"].tolist() == ["train", "", ""]
    assert (
        "Of the 2 images that were read, the network was trained on 1 before: of these it is surer than of "
        "new ones." in caplog.messages
    )


@pytest.mark.parametrize("index", ["of a later preparation", "damaged"])
def test_it_is_not_known(project, network, labelled, index, caplog, capsys):
    path = index_file(project)
    if index == "damaged":
        path.write_bytes(path.read_bytes()[:-10])
    else:
        pd.read_parquet(path).iloc[1:].to_parquet(path)

    with caplog.at_level("INFO"):
        table = run(project, network, labelled)

    assert metrics(project)["splits"] is None
    assert "seen_as" not in table
    assert "if it has learned from none of them, which is not known here" in report(project)
    assert "Whether the network has learned from some of these images is not known: the" in caplog.text
    assert "before: these figures" not in capsys.readouterr().out
