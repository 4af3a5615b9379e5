"""Every notebook runs from its first cell to its last, and shows something in each."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from tests.leaking import LEAKING

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


def outputs_of(cell):
    """The kinds of what a cell shows."""
    shown = [output for output in cell.outputs if output.output_type in {"display_data", "execute_result"}]
    return {kind for output in shown for kind in output.data}


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_from_beginning_to_end(trained_project, path, monkeypatch):
    for name in LEAKING:
        monkeypatch.delenv(name, raising=False)
    notebook = nbformat.read(trained_project / "notebooks" / path.name, as_version=4)

    NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": trained_project / "notebooks"}}
    ).execute()

    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    warnings = [
        output.text
        for cell in cells
        for output in cell.outputs
        if output.output_type == "stream" and output.name == "stderr"
    ]
    assert warnings == []
    figures = [cell for cell in cells if "application/vnd.plotly.v1+json" in outputs_of(cell)]
    tables = [cell for cell in cells if "text/html" in outputs_of(cell) and cell not in figures]
    assert len(figures) >= 3
    assert tables
