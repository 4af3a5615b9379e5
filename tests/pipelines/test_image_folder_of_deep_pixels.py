"""Pictures of more than 8 bits mean the same in training, in the saved network and in inference."""

import numpy as np
import pandas as pd
import pytest
from kedro.framework.session import KedroSession
from PIL import Image

from image_classification.value_range import ValueRange


def run(project, pipeline, to_outputs=None, **parameters):
    with KedroSession.create(project, runtime_params=parameters) as session:
        session.run(pipeline_names=[pipeline], to_outputs=to_outputs)
        return session.load_context().catalog


@pytest.fixture
def trained(project, tmp_path):
    """The catalog of a network that tells dim pictures of 12 bits in 16 from bright ones."""
    generator = np.random.default_rng(0)
    for name, low in (("dim", 0), ("bright", 2800)):
        (tmp_path / "shades" / name).mkdir(parents=True)
        for number in range(40):
            pixels = generator.integers(low, low + 1200, (10, 10), dtype=np.uint16)
            Image.fromarray(pixels).save(tmp_path / "shades" / name / f"{number}.png")
    return run(
        project,
        "folder_training",
        ["metrics"],
        image_folder={"path": str(tmp_path / "shades"), "images": {"size": 8, "channels": 1}},
        modelling={"training": {"epochs": 3, "batch_size": 16}},
    )


@pytest.mark.slow
def test_inference_reads_numbers_as_training_did(project, trained, tmp_path, caplog):
    expected = ValueRange(integers=(0, 4095))
    assert trained["image_folder.image_statistics"].load()["value_range"] == expected.model_dump(mode="json")
    assert trained["trained_network"].load().description.value_range == expected
    (tmp_path / "new").mkdir()
    for name, value in (("bright", 3500), ("dim", 500)):
        Image.fromarray(np.full((9, 9), value, np.uint16)).save(tmp_path / "new" / f"{name}.png")

    run(project, "inference", inference={"images": str(tmp_path / "new")})

    assert "all but black or white" not in caplog.text
    table = pd.read_csv(project / "data" / "07_model_output" / "inference.csv")
    assert dict(zip(table["file"], table["label"], strict=True)) == {"bright.png": "bright", "dim.png": "dim"}

    # the same network is asked of numbers that no training image had
    for name, pixels in (
        ("16 bits", np.full((9, 9), 51_000, np.uint16)),
        ("grey", np.full((9, 9), 900, np.uint16)),
    ):
        Image.fromarray(pixels).save(tmp_path / "new" / f"{name}.png")
    # a picture of 8 bits may be all black: no range has to do with it
    Image.fromarray(np.zeros((9, 9), np.uint8)).save(tmp_path / "new" / "8 bits.png")
    (tmp_path / "new" / "1 broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    run(project, "inference", inference={"images": str(tmp_path / "new"), "batch_size": 2})

    assert (
        "1 of the images, such as 16 bits.png, is almost entirely black or white where whole numbers 0…4095"
        in (caplog.text)
    )
