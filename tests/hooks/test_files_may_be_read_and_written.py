"""The permissions of all files of a run are looked at before the first node runs."""

import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline
from kedro_datasets.json import JSONDataset

from image_classification.errors import UserError
from image_classification.hooks.own_files import FilesHook

pytestmark = pytest.mark.usefixtures("strict")


@pytest.fixture
def start(tmp_path):
    """Start a run that reads in/read.json and writes out/made.json."""
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    (tmp_path / "in" / "read.json").write_text("1")
    catalog = {
        "read": JSONDataset(filepath=str(tmp_path / "in" / "read.json")),
        "made": JSONDataset(filepath=str(tmp_path / "out" / "made.json")),
        "remote": JSONDataset(filepath="memory://made.json"),
        "passing": MemoryDataset(1),
    }
    nodes = [Node(max, ["read", "passing"], "made", name="make"), Node(abs, "made", "remote", name="send")]
    yield lambda **options: FilesHook().before_pipeline_run(options, Pipeline(nodes), DataCatalog(catalog))
    for name in ("in", "out"):
        (tmp_path / name).chmod(0o755)


def test_what_may_be_used_passes(start):
    start()


def test_an_input_that_may_not_be_read(start, tmp_path):
    (tmp_path / "in" / "read.json").chmod(0)
    with pytest.raises(UserError, match=r"in/read\.json cannot be read: permission r is missing"):
        start()


def test_an_input_that_is_not_there_is_named_by_another_hook(start, tmp_path):
    (tmp_path / "in" / "read.json").unlink()
    start()


def test_an_output_that_could_not_be_written(start, tmp_path):
    (tmp_path / "out").chmod(0o500)
    with pytest.raises(
        UserError, match=r"out/made\.json cannot be written: no file can be made in the folder"
    ):
        start()
    start(only_missing_outputs=True)
