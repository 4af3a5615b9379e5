"""A run on a person's own files does not start, and opens no record, before they are named."""

import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline

from image_classification.errors import UserError
from image_classification.hooks.checks import InputsHook
from image_classification.parameters.command_line import speak_of_parameters


def read(path):
    return path


FOLDER = Pipeline([Node(read, "params:image_folder.path", "files", name="read")])
OTHER = Pipeline([Node(read, "params:mnist.images", "files", name="read")])


def check(pipeline, path):
    catalog = DataCatalog({"params:image_folder.path": MemoryDataset(path)})
    InputsHook().before_pipeline_run({"only_missing_outputs": False}, pipeline, catalog)


def test_nothing_is_named():
    speak_of_parameters()
    with pytest.raises(UserError, match=r"image_folder\.path names nothing yet"):
        check(FOLDER, "")


def test_what_is_named_is_not_there(tmp_path):
    with pytest.raises(UserError, match="there is no"):
        check(FOLDER, str(tmp_path / "pictures"))


def test_the_name_of_a_data_set_on_the_hub_has_another_place(tmp_path, monkeypatch):
    speak_of_parameters()
    monkeypatch.chdir(tmp_path)

    with pytest.raises(
        UserError, match=r"(?s)there is no .*--params hugging_face\.path=ylecun/mnist"
    ) as caught:
        check(FOLDER, "ylecun/mnist")
    with pytest.raises(UserError) as other:
        check(FOLDER, "/data/mnist")

    assert "Hugging Face hub" in str(caught.value)
    assert "Hugging Face hub" not in str(other.value)


@pytest.mark.parametrize("name", ["train.parquet", "data/train-00000-of-00001.parquet"])
def test_a_copy_of_such_a_data_set_has_another_place(tmp_path, name):
    speak_of_parameters()
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    rows = pa.table({"image": pa.array([{"bytes": b"1", "path": "1.png"}], kind), "label": [0]})
    (tmp_path / name).parent.mkdir(exist_ok=True)
    pq.write_table(rows, tmp_path / name)

    with pytest.raises(UserError, match="is a data set of Hugging Face"):
        check(FOLDER, str(tmp_path))
    with pytest.raises(UserError, match="is a data set of Hugging Face"):
        check(FOLDER, str(tmp_path / name))


def test_a_pattern_and_an_archive_will_do(tmp_path):
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat/1.jpg").write_bytes(b"")
    with zipfile.ZipFile(tmp_path / "cat.zip", "w") as archive:
        archive.writestr("cat/1.jpg", b"")

    check(FOLDER, str(tmp_path / "*" / "*.jpg"))
    check(FOLDER, str(tmp_path / "cat.zip"))


def test_what_is_there_will_do(tmp_path):
    check(FOLDER, str(tmp_path))


def test_other_pipelines_need_none():
    check(OTHER, "")
