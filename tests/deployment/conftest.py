"""Small pipelines, of which only the wiring matters, and catalogs of files for them."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from click.testing import CliRunner
from kedro.framework.startup import bootstrap_project
from kedro.io import DataCatalog
from kedro.pipeline import Node, Pipeline
from kedro_airflow.plugin import create
from kedro_datasets.json import JSONDataset


def made(*_: object) -> object:
    return _


def wired(**nodes: tuple[str, str]) -> Pipeline:
    """Make a pipeline: `wired(a=("params:x", "one two"), b__c=("one", "three"))`, where b is a namespace."""
    return Pipeline(
        [
            Node(
                made,
                inputs.split() or None,
                outputs.split(),
                name=name.split("__")[-1],
                namespace=name.split("__")[0] if "__" in name else None,
            )
            for name, (inputs, outputs) in nodes.items()
        ]
    )


def create_dag(project: Path, *arguments: str) -> Path:
    """Run `kedro airflow create <arguments>` in this process; return the one file that it has made."""
    done = CliRunner().invoke(create, arguments, obj=bootstrap_project(project))
    assert done.exit_code == 0, done.output
    (path,) = (project / "airflow_dags").iterdir()
    return path


InFiles = Callable[[Iterable[str]], DataCatalog]


@pytest.fixture
def in_files(tmp_path: Path) -> InFiles:
    """A catalog with a file for each of these datasets."""

    def make(names: Iterable[str]) -> DataCatalog:
        return DataCatalog({name: JSONDataset(filepath=str(tmp_path / f"{name}.json")) for name in names})

    return make
