"""Layers never fall from a node's inputs to its outputs: kedro-viz would drop its view of the layers."""

from pathlib import Path

import pytest
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession

LAYERS = ("raw", "intermediate", "primary", "feature", "model_input", "models", "model_output", "reporting")


@pytest.fixture
def catalog(project: Path):
    return KedroSession.create(project).load_context().catalog


def test_every_dataset_has_a_layer_and_none_falls(project: Path, catalog) -> None:
    def layer(dataset: str) -> int:
        return LAYERS.index(catalog.get(dataset).metadata["kedro-viz"]["layer"])

    checked = 0
    for pipeline in pipelines.values():
        for node in pipeline.nodes:
            inputs = [name for name in node.inputs if not name.startswith("params:")]
            assert max(map(layer, inputs), default=0) <= min(map(layer, node.outputs)), node.name
            checked += 1
    assert checked > 20
