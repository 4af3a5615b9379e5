"""Where the classes of new images are known, the network is measured by them, and nothing false is said."""

import json
import zipfile

import pandas as pd
import pytest
from tests.pipelines.classifying import picture, run, shades


@pytest.fixture
def labelled(tmp_path):
    """Two pictures of each class, one mistake, one broken file, one class that the network does not know."""
    for name, shade in (("dark/1", 0), ("dark/2", 10), ("bright/1", 250), ("bright/2", 0), ("grey/1", 128)):
        picture(tmp_path / "new" / f"{name}.png", shade)
    (tmp_path / "new" / "dark" / "broken.png").touch()
    return tmp_path / "new"


def metrics(project):
    return json.loads(
        (project / "data" / "08_reporting" / "inference_metrics.json").read_text(encoding="utf-8")
    )


def report(project):
    return (project / "data" / "08_reporting" / "inference_report.html").read_text(encoding="utf-8")


def test_metrics_and_report(project, labelled, caplog):
    table = run(project, shades(), labelled)

    measured = metrics(project)
    assert {name: measured[name] for name in ("files", "read", "not_read", "labelled", "images")} == {
        "files": 6,
        "read": 5,
        "not_read": 1,
        "labelled": 6,
        "images": 4,
    }
    assert measured["unknown_classes"] == {"grey": 1}
    assert measured["accuracy"] == 0.75
    assert measured["macro_recall"] == pytest.approx(0.75)
    assert measured["network"]["name"] == "feed_forward"
    assert dict(zip(table["file"], table["true_label"], strict=True))["grey/1.png"] == "grey"
    page = report(project)
    assert "75.00 % correct" in page
    assert "Classes that the network does not know" in page
    assert 'id="figure-confusion_matrix"' in page
    assert "that the network does not know is not measured: 1 grey." in caplog.text
    predictions = pd.read_parquet(project / "data" / "07_model_output" / "inference_predictions.parquet")
    assert predictions["name"].tolist() == ["bright/1.png", "bright/2.png", "dark/1.png", "dark/2.png"]
    assert predictions["correct"].tolist() == [True, False, True, True]


@pytest.mark.slow
@pytest.mark.parametrize("labels", ["none", "auto"])
def test_nothing_is_measured_where_nothing_is_known(project, labelled, labels):
    folder = labelled if labels == "none" else labelled / "dark"

    table = run(project, shades(), folder, labels=labels)

    assert "true_label" not in table
    assert metrics(project)["images"] == 0
    assert "accuracy" not in metrics(project)
    page = report(project)
    assert "Nothing is measured" in page
    assert "correct" not in page.partition("</nav>")[0].partition("<body>")[2]


@pytest.mark.slow
def test_classes_without_images_are_called_so(project, labelled, caplog):
    (labelled / "dark").rename(labelled / "unknown")

    run(project, shades(), labelled, labels="folders")

    assert "There are no images of 'dark': means over" in caplog.text


@pytest.mark.slow
def test_an_archive_and_a_pattern_are_read_as_the_folder(project, labelled, tmp_path):
    archive = tmp_path / "new.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(labelled.rglob("*.png")):
            file.write(path, path.relative_to(labelled.parent))

    expected = run(project, shades(), labelled)
    of_folder = metrics(project)
    assert run(project, None, archive).equals(expected)
    of_archive = metrics(project)
    assert run(project, None, f"{labelled}/*/*.png").equals(expected)

    for measured in (of_folder, of_archive, metrics(project)):
        measured.pop("data_name")
        assert measured == of_folder


def test_the_most_probable_classes(project, labelled):
    table = run(project, shades(), labelled, top=5)

    assert list(table.columns)[:6] == ["file", "label", "probability", "label_2", "probability_2", "reason"]
    read = table[table["reason"] == ""]
    assert set(read["label"] + read["label_2"]) <= {"darkbright", "brightdark"}
    total = read["probability"].astype(float) + read["probability_2"].astype(float)
    assert total.tolist() == pytest.approx([1.0] * 5, abs=1e-6)
    parquet = pd.read_parquet(project / "data" / "07_model_output" / "inference.parquet")
    assert list(parquet.columns) == list(table.columns)
    assert parquet["file"].tolist() == table["file"].tolist()
