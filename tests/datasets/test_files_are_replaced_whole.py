"""Tables, JSON and figures: a save that fails or is killed leaves the old file as it was."""

import base64
import inspect
import json
import signal

import pandas as pd
import pytest
from kedro.io import DatasetError
from matplotlib.figure import Figure

from image_classification.datasets.atomic import JSONDataset, MatplotlibDataset, ParquetDataset

TABLE = pd.DataFrame({"a": [1, 2, 3]})


def figure():
    drawn = Figure(figsize=(1, 1))
    drawn.add_subplot().plot([1, 2])
    return drawn


class Unsavable:
    """Fails in the middle of being written, whatever the format."""

    def to_parquet(self, file, **_):
        file.write(b"half")
        raise RuntimeError("disk on fire")

    def savefig(self, file, **_):
        raise RuntimeError("disk on fire")


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (JSONDataset, {"a": 1}, {"a": 1, "b": Unsavable()}),
        (ParquetDataset, TABLE, Unsavable()),
        (MatplotlibDataset, figure(), Unsavable()),
    ],
)
def test_a_save_that_fails_keeps_the_old_file(tmp_path, kind, good, bad):
    path = tmp_path / "report" / "file"
    dataset = kind(filepath=str(path))
    dataset.save(good)
    before = path.read_bytes()

    with pytest.raises(DatasetError):
        dataset.save(bad)

    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_run_killed_while_saving_keeps_the_old_file(tmp_path, run_command):
    path = tmp_path / "saved" / "file.json"
    dataset = JSONDataset(filepath=str(path))
    dataset.save({"old": True})
    (tmp_path / "program.py").write_text(
        "import os, signal, sys\n"
        "from image_classification.datasets.atomic import JSONDataset\n"
        "class Killer(dict):\n"
        "    def items(self):\n"
        "        yield 'first', 'x' * 100_000\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "JSONDataset(filepath=sys.argv[1]).save(Killer(a=1))"
    )
    assert run_command(tmp_path, "program", str(path)).returncode == -signal.SIGKILL
    assert dataset.load() == {"old": True}

    dataset.save({"new": True})

    assert dataset.load() == {"new": True}
    assert list(path.parent.iterdir()) == [path]


def test_what_was_saved_is_loaded_and_previewed(tmp_path):
    table = ParquetDataset(filepath=str(tmp_path / "table.parquet"))
    table.save(TABLE)
    facts = JSONDataset(filepath=str(tmp_path / "facts.json"))
    facts.save({"a": [1, 2]})
    picture = MatplotlibDataset(filepath=str(tmp_path / "picture.png"))
    picture.save(figure())

    assert table.load().equals(TABLE)
    assert table.preview(nrows=2)["data"] == [[1], [2]]
    assert json.loads(facts.preview()) == {"a": [1, 2]}
    assert base64.b64decode(picture.preview()) == (tmp_path / "picture.png").read_bytes()
    assert base64.b64decode(picture.preview()).startswith(b"\x89PNG")
    assert [
        inspect.signature(type(dataset).preview).return_annotation for dataset in (table, facts, picture)
    ] == [
        "TablePreview",
        "JSONPreview",
        "ImagePreview",
    ]


def test_several_figures_in_a_folder(tmp_path):
    MatplotlibDataset(filepath=str(tmp_path / "figures")).save({"a.png": figure(), "b.png": figure()})

    assert {path.name for path in (tmp_path / "figures").iterdir()} == {"a.png", "b.png"}


def test_a_versioned_dataset_keeps_its_versions(tmp_path):
    config = {"type": JSONDataset, "filepath": str(tmp_path / "facts.json"), "versioned": True}
    for number in (1, 2):
        dataset = JSONDataset.from_config("facts", config, save_version=f"2030-01-0{number}T00.00.00.000Z")
        dataset.save(number)

    assert JSONDataset.from_config("facts", config).load() == 2
    assert len(dataset.list_versions()) == 2


def test_a_remote_store_is_left_to_itself():
    dataset = JSONDataset(filepath="memory://facts.json")

    dataset.save({"a": 1})

    assert dataset.load() == {"a": 1}
