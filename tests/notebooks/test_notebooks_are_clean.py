"""Notebooks are committed without outputs: those belong to whoever ran them, and hide what changed."""

from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


def test_there_are_some():
    names = [path.stem for path in NOTEBOOKS]
    assert names == ["01_explore_the_data", "02_inspect_a_model", "03_compare_runs", "04_the_articles"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_without_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_they_begin_with_the_catalog(path):
    title, load, *_ = nbformat.read(path, as_version=4).cells
    assert title.source.startswith("# ")
    assert load.source.endswith("\n%load_ext kedro.ipython")
