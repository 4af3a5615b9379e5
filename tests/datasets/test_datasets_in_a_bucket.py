"""A catalog may have results in a bucket, as any of Kedro; what has to be on this machine says so."""

import json
from uuid import uuid4

import pandas as pd
import pytest
from kedro.io import DataCatalog, DatasetError
from plotly.graph_objects import Figure

TABLE = pd.DataFrame({"name": ["a", "ü"], "value": [1.0, 2.5]})
OURS = "image_classification.datasets"


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("atomic.JSONDataset", {"accuracy": 0.5}),
        ("atomic.ParquetDataset", TABLE),
        ("atomic.HtmlDataset", "<p>é</p>"),
        ("atomic.MarkdownDataset", "# é"),
        ("atomic.PlotlyDataset", Figure()),
        ("streams.StreamedParquetDataset", TABLE),
    ],
)
def test_results_are_written_and_read_there(bucket_server, kind, data):
    bucket = f"catalog-{uuid4().hex[:8]}"
    bucket_server.make(bucket)
    entry = {"type": f"{OURS}.{kind}", "filepath": f"s3://{bucket}/a/result", "credentials": "team"}
    catalog = DataCatalog.from_config({"result": entry}, {"team": bucket_server.credentials})
    assert not catalog.exists("result")
    catalog.save("result", data)
    assert catalog.exists("result")
    assert bucket_server.keys(bucket) == ["a/result"]
    loaded = catalog.load("result")
    if isinstance(data, pd.DataFrame):
        pd.testing.assert_frame_equal(loaded, data)
    elif isinstance(data, Figure):
        assert json.loads(loaded.to_json())["data"] == []
    else:
        assert loaded == data


@pytest.mark.parametrize(
    "kind", ["network.NetworkDataset", "images.ImageDictDataset", "checkpoints.CheckpointsDataset"]
)
def test_what_has_to_be_on_this_machine(kind):
    entry = {"type": f"{OURS}.{kind}", "filepath": "s3://bucket/result"}
    with pytest.raises(DatasetError, match=r"needs a local path, as [\s\S]*remote\.results"):
        DataCatalog.from_config({"result": entry}).get("result")
