"""The pipelines of `hugging_face`, from a copy on this machine to a trained network."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from kedro.framework.session import KedroSession
from PIL import Image

from image_classification.origins.declared import state_outside
from image_classification.pipelines.image_source import plan_images


def write_split(path, count, seed):
    """Write pictures of noise, dark or bright."""
    generator = np.random.default_rng(seed)
    images, labels = [], []
    for number in range(count):
        labels.append(["dark", "bright"][number % 2])
        pixels = generator.integers(0, 100, (10, 14, 3)) + 150 * (number % 2)
        content = io.BytesIO()
        Image.fromarray(pixels.astype(np.uint8)).save(content, "PNG")
        images.append({"bytes": content.getvalue(), "path": f"{number}.png"})
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"image": pa.array(images, kind), "label": labels}), path)


@pytest.fixture
def copy(tmp_path):
    write_split(tmp_path / "shades/data/train-00000-of-00001.parquet", 40, seed=0)
    write_split(tmp_path / "shades/data/test-00000-of-00001.parquet", 12, seed=1)
    return tmp_path / "shades"


@pytest.mark.slow
def test_from_the_copy_to_the_metrics(project, copy):
    values = {
        "hugging_face": {"path": str(copy), "images": {"size": 8}},
        "modelling": {"training": {"epochs": 1}, "network": {"convnet": {"widths": [2]}}},
    }
    with KedroSession.create(project, runtime_params=values) as session:
        session.run(pipeline_names=["hugging_face_training"])
        catalog = session.load_context().catalog

    index = catalog["hugging_face.image_index"].load()
    assert index["split"].value_counts().to_dict() == {"train": 36, "test": 12, "validation": 4}
    statistics = catalog["hugging_face.image_statistics"].load()
    assert (statistics["data_name"], statistics["class_names"]) == ("shades", ["bright", "dark"])
    assert len(catalog["predictions"].load()) == 12


def test_a_changed_file_is_noticed(copy):
    def state(path):
        return state_outside(plan_images, {"options": {"path": str(path)}})

    first = state(copy)

    assert state(copy) == first
    write_split(copy / "data/test-00000-of-00001.parquet", 12, seed=2)
    second = state(copy)
    assert second != first
    write_split(copy / "data/test-00001-of-00002.parquet", 2, seed=3)
    assert state(copy) not in {first, second}


def test_what_is_on_the_hub_is_not_looked_for_on_this_machine():
    assert state_outside(plan_images, {"options": {"path": "ylecun/mnist"}}) == state_outside(
        plan_images, {"options": {"path": ""}}
    )
