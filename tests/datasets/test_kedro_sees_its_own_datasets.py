"""What Kedro, its catalog and kedro-viz do with a dataset of Kedro's, they do with ours that holds one."""

import json

import pandas as pd
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.io import DataCatalog
from kedro_viz.models.flowchart.node_metadata import DataNodeMetadata
from kedro_viz.models.flowchart.nodes import GraphNode
from plotly.graph_objects import Figure, Scatter

TABLE = pd.DataFrame({"a": [1, 2, 3]})


def catalog_of(tmp_path, **kwargs):
    config = {
        "table": {
            "type": "image_classification.datasets.atomic.CSVDataset",
            "filepath": (tmp_path / "table.csv").as_posix(),
            "save_args": {"index": False},
            "versioned": True,
            "metadata": {"kedro-viz": {"layer": "feature", "preview_args": {"nrows": 2}}},
        },
        "{name}_figure": {
            "type": "image_classification.datasets.atomic.PlotlyDataset",
            "filepath": f"{tmp_path.as_posix()}/{{name}}.json",
        },
    }
    return DataCatalog.from_config(config, **kwargs)


def seen_by_kedro_viz(catalog, name):
    node = GraphNode.create_data_node(
        dataset_id=name,
        dataset_name=name,
        layer=None,
        tags=set(),
        dataset=catalog.get(name),
        modular_pipelines=set(),
    )
    return DataNodeMetadata(data_node=node)


def test_kedro_viz_previews_a_table_with_its_arguments(tmp_path):
    catalog = catalog_of(tmp_path, save_version="2030-01-01T00.00.00.000Z")
    catalog.save("table", TABLE)

    seen = seen_by_kedro_viz(catalog, "table")

    assert seen.preview["data"] == [[1], [2]]
    assert seen.preview_type == "TablePreview"
    assert seen.filepath == f"{tmp_path.as_posix()}/table.csv"


def test_kedro_viz_previews_a_figure_of_a_pattern(tmp_path):
    catalog = catalog_of(tmp_path)
    catalog.save("curves_figure", Figure(Scatter(y=[1, 2])))

    seen = seen_by_kedro_viz(catalog, "curves_figure")

    assert seen.preview["data"][0]["y"] == [1, 2]
    assert seen.preview_type == "PlotlyPreview"
    assert json.loads((tmp_path / "curves.json").read_text())


def test_kedro_viz_says_nothing_of_what_is_not_made_yet(project, caplog):
    """It warns of every preview that fails."""
    with KedroSession.create(project) as session:
        catalog = session.load_context().catalog
        names = {name for pipeline in pipelines.values() for name in pipeline.datasets()}
        previewed = [name for name in names if hasattr(catalog.get(name), "preview")]
        assert len(previewed) > 30
        seen = {name: seen_by_kedro_viz(catalog, name).preview for name in previewed}
    assert "could not be previewed" not in caplog.text
    assert {value for value in seen.values() if not isinstance(value, str)} == {None}


def test_the_catalog_loads_the_version_that_is_asked_for(tmp_path):
    for day in (1, 2):
        catalog_of(tmp_path, save_version=f"2030-01-0{day}T00.00.00.000Z").save("table", TABLE * day)
    first = "2030-01-01T00.00.00.000Z"

    assert catalog_of(tmp_path).load("table").equals(TABLE * 2)
    assert catalog_of(tmp_path).load("table", version=first).equals(TABLE)
    assert catalog_of(tmp_path, load_versions={"table": first}).load("table").equals(TABLE)


def test_a_versioned_dataset_in_a_remote_store_keeps_its_versions():
    config = {
        "table": {
            "type": "image_classification.datasets.atomic.JSONDataset",
            "filepath": "memory://bucket/facts.json",
            "versioned": True,
        }
    }
    assert not DataCatalog.from_config(config).exists("table")

    for day in (1, 2):
        DataCatalog.from_config(config, save_version=f"2030-01-0{day}T00.00.00.000Z").save("table", day)

    assert DataCatalog.from_config(config).load("table") == 2
    assert DataCatalog.from_config(config).load("table", version="2030-01-01T00.00.00.000Z") == 1
