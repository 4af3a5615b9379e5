"""A classification that was stopped goes on from what was finished, to the same result."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.pipelines.classifying import picture, shades

from image_classification.datasets.classified import ClassifiedImagesDataset
from image_classification.datasets.streams import write_csv, write_parquet
from image_classification.images.folder.new_images import find_new_images
from image_classification.images.folder.new_labels import known_labels
from image_classification.inference import classification
from image_classification.inference.classification import Classification
from image_classification.inference.predictor import Predictor
from image_classification.inference.rows import Columns

FILES = 11


@pytest.fixture
def folder(tmp_path):
    for number in range(FILES):
        picture(tmp_path / "new" / ("dark", "bright")[number % 2] / f"{number}.png", number * 20)
    (tmp_path / "new" / "dark" / "3 broken.png").touch()
    return tmp_path / "new"


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(classification, "_FILES_OF_A_PART", 3)


def work(folder, network=None, top=1, batch_size=2, labels="none"):
    network = network or shades()
    found = find_new_images(folder)
    known = known_labels(found, network.description.class_names, labels, "labels")
    names = network.description.class_names
    columns = Columns(names, top=top, has_all=True, is_labelled=known is not None)
    about = {"name": "shades", "data": "shades", "weights_digest": "0" * 64}
    return Classification(Predictor(network, "cpu"), about, found, str(folder), columns, known, batch_size)


def result(done, tmp_path):
    write_parquet(done.table, tmp_path / "table.parquet")
    write_csv(done.table, tmp_path / "table.csv")
    write_parquet(done.predictions, tmp_path / "predictions.parquet")
    names = ("table.parquet", "table.csv", "predictions.parquet")
    return [(tmp_path / name).read_bytes() for name in names]


class StoppedError(Exception):
    """What stops a classification in a test."""


def stop_after(parts, monkeypatch):
    """Raise an error where the part after so many is written."""
    write = classification.PartStore.write

    def stopping(store, number, *rest):
        if number == parts:
            raise StoppedError
        return write(store, number, *rest)

    monkeypatch.setattr(classification.PartStore, "write", stopping)


@pytest.mark.parametrize("labels", ["none", "auto"])
@pytest.mark.parametrize("parts", [0, 1, 2])
def test_the_result_is_that_of_one_that_was_not_stopped(folder, tmp_path, caplog, parts, labels):
    expected = result(work(folder, labels=labels).run(tmp_path / "whole"), tmp_path)
    home = tmp_path / "stopped"
    with pytest.MonkeyPatch.context() as patch:
        stop_after(parts, patch)
        with pytest.raises(StoppedError):
            work(folder, labels=labels).run(home)
    assert not ClassifiedImagesDataset(filepath=str(home)).exists()

    with caplog.at_level("INFO"):
        done = work(folder, labels=labels).run(home)

    assert result(done, tmp_path) == expected
    assert (f"{parts * 4} of 12 files were classified before" in caplog.text) == (parts > 0)


def test_what_is_whole_is_not_made_again(folder, tmp_path, monkeypatch):
    work(folder).run(tmp_path / "home")

    monkeypatch.delattr(classification.PartStore, "write")

    assert work(folder).run(tmp_path / "home").counts.read == FILES


@pytest.mark.parametrize("place", [0, 100, -5])
def test_a_damaged_part_is_made_again(folder, tmp_path, caplog, place):
    whole = work(folder).run(tmp_path / "home")
    expected = result(whole, tmp_path)
    part = sorted((tmp_path / "home").rglob("000001-*.parquet"))[0]
    content = bytearray(part.read_bytes())
    content[place] ^= 1
    part.write_bytes(content)

    again = work(folder).run(tmp_path / "home")

    assert result(again, tmp_path) == expected
    assert f"{part} is damaged: it is made again." in caplog.messages


def _touch(folder):
    picture(folder / "dark" / "0.png", 250)
    return work(folder)


def _add(folder):
    picture(folder / "another.png", 3)
    return work(folder)


def _take_away(folder):
    (folder / "dark" / "0.png").unlink()
    return work(folder)


@pytest.mark.parametrize(
    "change",
    [
        _touch,
        _add,
        _take_away,
        lambda folder: work(folder, shades(19.0)),
        lambda folder: work(folder, shades(class_names=("bright", "dark"))),
        lambda folder: work(folder, top=2),
        lambda folder: work(folder, labels="auto"),
    ],
)
def test_anything_else_begins_anew(folder, tmp_path, caplog, change):
    work(folder).run(tmp_path / "home")
    before = {path.name for path in (tmp_path / "home").iterdir()}
    caplog.clear()

    changed = change(folder)
    done = changed.run(tmp_path / "home")

    assert "classified before" not in caplog.text
    assert len(done.record["parts"]) == -(-done.counts.files // 4)
    assert {path.name for path in (tmp_path / "home").iterdir()} & before == {"classified.json"}
    names = ("table.parquet",)
    result(done, tmp_path)
    assert pq.read_metadata(tmp_path / names[0]).num_rows == len(find_new_images(folder).files)


def test_what_an_earlier_version_has_classified_without_digests_of_files_is_not_there(folder, tmp_path):
    home = tmp_path / "home"
    record = dict(work(folder).run(home).record)
    del record["index_digest"]
    (home / "classified.json").write_text(json.dumps(record), encoding="utf-8")

    assert not ClassifiedImagesDataset(filepath=str(home)).exists()


@pytest.mark.slow
def test_a_process_that_is_killed(folder, tmp_path):
    expected = result(work(folder).run(tmp_path / "whole"), tmp_path)
    home = tmp_path / "killed"
    script = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        from image_classification.inference import classification
        from tests.pipelines.test_classifying_goes_on import work

        classification._FILES_OF_A_PART = 3
        write = classification.PartStore.write

        def killed(store, number, *rest):
            if number == 1:
                os.kill(os.getpid(), signal.SIGKILL)
            return write(store, number, *rest)

        classification.PartStore.write = killed
        work(Path(sys.argv[1])).run(Path(sys.argv[2]))
        """
    )
    root = Path(__file__).parents[2]
    variables = os.environ | {"PYTHONPATH": os.pathsep.join([str(root), *filter(None, sys.path)])}
    ended = subprocess.run([sys.executable, "-c", script, folder, home], env=variables, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert len(list(home.rglob("*.parquet"))) == 1

    assert result(work(folder).run(home), tmp_path) == expected


def test_the_table_says_what_network_it_was(folder, tmp_path):
    result(work(folder).run(tmp_path / "home"), tmp_path)

    about = pq.read_schema(tmp_path / "table.parquet").metadata[b"image_classification.inference"]
    assert json.loads(about)["network"]["weights_digest"] == "0" * 64
