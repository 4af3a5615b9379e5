"""What parameters name by an address is fetched before a run does anything else, and no more of it."""

from collections.abc import Mapping
from typing import Any

import fsspec
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import node, pipeline

from image_classification.hooks.remote_data import fetch_what_is_named, open_remote
from image_classification.parameters.root import validate_parameters
from image_classification.remote.access import access, give_access


@pytest.fixture
def shop(tmp_path):
    store = fsspec.filesystem("memory")
    store.store.clear()
    names = ("weights.safetensors", "photos/a/1.jpg", "set/x", "teacher.safetensors", "corrections.csv")
    store.pipe({f"/shop/{name}": b"1" for name in names})
    open_remote({}, {}, tmp_path)
    yield store
    store.store.clear()
    give_access(tmp_path / "nothing more")


def fetched_by(raw: Mapping[str, Any], *inputs: str) -> set[str]:
    plain: Any = validate_parameters(raw).model_dump(mode="json")
    catalog = DataCatalog()
    for name in inputs:
        value = plain
        for part in name.split("."):
            value = value[part]
        catalog[f"params:{name}"] = MemoryDataset(value)
    names = [f"params:{name}" for name in inputs]
    fetch_what_is_named(pipeline([node(lambda *_: 1, names, "made")]), catalog)
    return {path.removeprefix("memory://shop/") for path in access().fetched}


TIMM = {"name": "timm", "timm": {"weights": "memory://shop/weights.safetensors"}}
OTHER = {"name": "convnet", "timm": {"weights": "memory://shop/weights.safetensors"}}
DISTILLATION = {"name": "distillation", "distillation": {"teacher": "memory://shop/teacher.safetensors"}}
FOLDER = {"path": "memory://shop/photos", "corrections": "memory://shop/corrections.csv"}


@pytest.mark.parametrize(
    ("raw", "inputs", "expected"),
    [
        ({"modelling": {"network": TIMM}}, ["modelling.network"], {"weights.safetensors"}),
        ({"modelling": {"network": TIMM}}, ["modelling.training"], set()),
        ({"modelling": {"network": OTHER}}, ["modelling.network"], set()),
        ({"image_folder": FOLDER}, ["image_folder.path"], {"photos"}),
        ({"image_folder": FOLDER}, ["image_folder.corrections"], {"corrections.csv"}),
        ({"modelling": {"loss": DISTILLATION}}, ["modelling.loss"], {"teacher.safetensors"}),
        ({"inference": {"model": "memory://shop/set"}}, ["inference.model"], {"set"}),
        ({"idx": {"path": "memory://shop/set"}}, ["idx"], {"set"}),
        ({"idx": {"path": "https://host/folder"}}, ["idx"], set()),
        ({"hugging_face": {"path": "memory://shop/set"}}, ["hugging_face"], {"set"}),
        ({"hugging_face": {"path": "owner/name"}}, ["hugging_face"], set()),
        ({"inference": {"images": "memory://shop/photos"}}, ["inference.images"], {"photos"}),
        ({"inference": {"images": "/local"}}, ["inference.images", "inference.model"], set()),
    ],
)
def test_what_the_run_uses(shop, raw, inputs, expected):
    assert fetched_by(raw, *inputs) == expected
