"""The pipelines of `hugging_face`, from a copy on this machine to a trained network."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from kedro.framework.session import KedroSession
from PIL import Image

pytestmark = pytest.mark.usefixtures("undrawn")


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


@pytest.mark.slow
def test_a_changed_file_is_noticed(project, copy, run_command):
    command = ["run", "--pipeline", "hugging_face", "--only-missing-outputs", "--params"]
    command.append(f"hugging_face.path={copy},hugging_face.images.size=8")

    first, second = (run_command(project, "kedro", *command) for _ in range(2))
    write_split(copy / "data/test-00000-of-00001.parquet", 12, seed=2)
    third = run_command(project, "kedro", *command)

    assert "Nothing was run" not in first.stdout + first.stderr
    assert "Nothing was run" in second.stdout + second.stderr
    assert "the files that it reads changed" in third.stdout + third.stderr
