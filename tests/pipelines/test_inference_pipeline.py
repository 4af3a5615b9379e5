"""New images are classified by the network that was trained last, made to fit as its own images were."""

import csv
import os

import pytest
import torch
from PIL import Image
from tests.pipelines.classifying import run, shades

from image_classification.errors import UserError
from image_classification.images.reading.decode import decode_image
from image_classification.networks import build_classifier


@pytest.fixture
def network(project):
    return shades()


def test_a_row_per_file(project, network, tmp_path):
    folder = tmp_path / "new"
    (folder / "deep").mkdir(parents=True)
    Image.new("L", (9, 9), 255).save(folder / "2.png")
    Image.new("RGB", (9, 9), "black").save(folder / "deep" / "10.jpg")
    Image.new("L", (9, 3), 255).save(folder / "wide.png")
    (folder / "broken.jpg").touch()
    (folder / "notes.txt").write_text("x")

    table = run(project, network, folder, batch_size=2)

    assert list(table.columns) == ["file", "label", "probability", "reason"]
    rows = {row.file: row for row in table.itertuples()}
    assert list(rows) == ["2.png", "broken.jpg", "deep/10.jpg", "notes.txt", "wide.png"]
    assert rows["2.png"].label == "bright"
    assert float(rows["2.png"].probability) > 0.99
    assert rows["deep/10.jpg"].label == "dark"
    # its upper left pixel is the bar of a letterbox
    assert rows["wide.png"].label == "dark"
    assert (rows["broken.jpg"].label, rows["broken.jpg"].probability) == ("", "")
    assert rows["broken.jpg"].reason == "the file is empty"
    assert rows["notes.txt"].reason == "not an image"
    assert rows["2.png"].reason == ""


def test_one_file(project, network, tmp_path):
    Image.new("L", (4, 4), 255).save(tmp_path / "one.png")

    assert run(project, network, tmp_path / "one.png")["label"].tolist() == ["bright"]


def test_a_table_of_files(project, network, tmp_path):
    Image.new("L", (4, 4), 255).save(tmp_path / "b.png")
    Image.new("L", (4, 4), 0).save(tmp_path / "d.png")
    (tmp_path / "new.csv").write_text("id;age\nb;3\nd;4\nb;5\ngone;6\n")

    table = run(project, network, tmp_path / "new.csv", table={"path": "id"})

    assert table["file"].tolist() == ["b", "d", "b", "gone"]
    assert table["label"].tolist() == ["bright", "dark", "bright", ""]
    assert table["reason"].tolist() == ["", "", "", "there is no such file"]


def test_the_probabilities_of_all_classes(project, network, tmp_path):
    Image.new("L", (4, 4), 255).save(tmp_path / "a.png")
    (tmp_path / "b.png").touch()

    table = run(project, network, tmp_path, probabilities="all")

    columns = ["probability/dark", "probability/bright"]
    assert list(table.columns)[-2:] == columns
    first, second = (row[columns].tolist() for _, row in table.iloc[:2].iterrows())
    assert [float(value) for value in first] == pytest.approx([0, 1], abs=1e-3)
    assert second == ["", ""]


@pytest.mark.skipif(os.name == "nt", reason="names are text on this system")
def test_names_that_are_no_text(project, network, tmp_path):
    folder = tmp_path / os.fsdecode(b"n\xe9w")
    folder.mkdir()
    with (folder / os.fsdecode(b"caf\xe9.png")).open("wb") as file:
        Image.new("L", (4, 4), 255).save(file, "PNG")

    table = run(project, network, tmp_path)

    rows = table[table["label"] != ""]
    assert rows["file"].tolist() == [r"n\xe9w/caf\xe9.png"]
    assert rows["label"].tolist() == ["bright"]


@pytest.mark.slow
def test_nothing_readable_is_a_table_and_a_warning(project, network, tmp_path, caplog):
    for name in ("a.png", "b.png", ".hidden"):
        (tmp_path / name).touch()
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "notes.md").write_text("x")

    table = run(project, network, tmp_path / "new")

    assert table["reason"].tolist() == ["not an image"]
    (warning,) = {each.message for each in caplog.records if "could not be read" in each.message}
    assert warning.startswith("The file in ")


@pytest.mark.slow
def test_a_sentence_sums_it_up(project, network, tmp_path, caplog):
    folder = tmp_path / "new"
    folder.mkdir()
    for name in ("1.png", "2.png"):
        Image.new("L", (4, 4), 255).save(folder / name)
    Image.new("L", (4, 4), 0).save(folder / "3.png")
    (folder / "4.png").touch()
    (folder / ".DS_Store").touch()
    with caplog.at_level("INFO"):
        run(project, network, folder)

    assert (
        f"Classified 3 of 4 files in {folder}: 2 bright, 1 dark; 1 could not be read (column reason): "
        "1 the file is empty."
    ) in caplog.messages
    assert "Hidden files ignored: 1." in caplog.messages


def test_images_have_to_be_named(project, network):
    with pytest.raises(UserError, match=r"inference\.images names nothing yet"):
        run(project, network, "")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="this system does not allow such names")
def test_names_on_several_lines_are_a_row_each(project, network, tmp_path):
    names = ["a\rb.png", "a\nb.png", "=1+1.png", "a\x1b[31m.png", '"a,b".png']
    folder = tmp_path / "new"
    folder.mkdir()
    for name in names:
        Image.new("L", (4, 4), 255).save(folder / name)

    run(project, network, folder)

    with (project / "data" / "07_model_output" / "inference.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 5
    assert {row["file"] for row in rows} == {*names, "./=1+1.png"} - {"=1+1.png"}
    assert {row["label"] for row in rows} == {"bright"}


@pytest.mark.slow
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_pixels_between_pixels_are_found_as_in_training(project, network, tmp_path, interpolation):
    noise = torch.randint(0, 256, (31, 31), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    Image.fromarray(noise.numpy()).save(tmp_path / "noise.png")
    description = network.description.model_copy(update={"interpolation": interpolation})
    same = build_classifier(description)
    same.load_state_dict(network.state_dict())

    table = run(project, same, tmp_path / "noise.png")

    image = decode_image(tmp_path / "noise.png", (1, 4, 4), "letterbox", interpolation=interpolation)
    expected = same.eval()(image[None]).softmax(dim=1).max().item()
    assert float(table["probability"][0]) == pytest.approx(expected, abs=1e-6)
