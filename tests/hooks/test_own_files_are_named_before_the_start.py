"""A run on a person's own files does not start, and opens no record, before they are named."""

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


def test_what_is_there_will_do(tmp_path):
    check(FOLDER, str(tmp_path))


def test_other_pipelines_need_none():
    check(OTHER, "")
