"""New images are classified by the network that was trained last, made to fit as its own images were."""

import pandas as pd
import pytest
import torch
from kedro.framework.session import KedroSession
from PIL import Image

from image_classification.errors import UserError
from image_classification.networks import NetworkDescription, build_classifier


@pytest.fixture
def network(project):
    """Says "bright" or "dark" by the upper left pixel alone."""
    network = build_classifier(
        NetworkDescription(
            network="feed_forward",
            options={"widths": [1], "dropout": 0.0, "log_softmax": False},
            image_shape=(1, 4, 4),
            class_names=("dark", "bright"),
            mean=(0.5,),
            std=(1.0,),
            data_name="shades",
            index_digest="0" * 64,
            resize="letterbox",
        )
    )
    first, last = [layer for layer in network.body.modules() if isinstance(layer, torch.nn.Linear)]
    with torch.no_grad():
        first.weight.zero_()
        first.weight[0, 0] = 1.0
        first.bias.fill_(0.0)
        last.weight.copy_(torch.tensor([[-20.0], [20.0]]))
        last.bias.copy_(torch.tensor([1.0, -1.0]))
    return network


def run(project, network, images, **parameters):
    values = {"inference": {"images": str(images), **parameters}}
    with KedroSession.create(project, runtime_params=values) as session:
        session.load_context().catalog["trained_network"].save(network)
        session.run(pipeline_names=["inference"])
    return pd.read_csv(project / "data" / "07_model_output" / "inference.csv", keep_default_na=False)


def test_a_row_per_file(project, network, tmp_path):
    folder = tmp_path / "new"
    (folder / "deep").mkdir(parents=True)
    Image.new("L", (9, 9), 255).save(folder / "2.png")
    Image.new("RGB", (9, 9), "black").save(folder / "deep" / "10.jpg")
    Image.new("L", (9, 3), 255).save(folder / "wide.png")
    (folder / "broken.jpg").touch()
    (folder / "notes.txt").write_text("x")

    table = run(project, network, folder, batch_size=2)

    assert list(table.columns) == ["file", "label", "probability", "reason"]
    rows = {row.file: row for row in table.itertuples()}
    assert list(rows) == ["2.png", "broken.jpg", "deep/10.jpg", "notes.txt", "wide.png"]
    assert rows["2.png"].label == "bright"
    assert float(rows["2.png"].probability) > 0.99
    assert rows["deep/10.jpg"].label == "dark"
    # its upper left pixel is the bar of a letterbox
    assert rows["wide.png"].label == "dark"
    assert (rows["broken.jpg"].label, rows["broken.jpg"].probability) == ("", "")
    assert rows["broken.jpg"].reason == "the file is empty"
    assert rows["notes.txt"].reason == "not an image"
    assert rows["2.png"].reason == ""


def test_one_file(project, network, tmp_path):
    Image.new("L", (4, 4), 255).save(tmp_path / "one.png")

    assert run(project, network, tmp_path / "one.png")["label"].tolist() == ["bright"]


def test_images_have_to_be_named(project, network):
    with pytest.raises(UserError, match=r"inference\.images names nothing yet"):
        run(project, network, "")
