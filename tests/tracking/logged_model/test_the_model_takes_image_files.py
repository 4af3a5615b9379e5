"""A recorded model takes encoded image files, and decodes them as inference does."""

import base64
import json
import struct

import mlflow
import numpy as np
import pandas as pd
import pytest
import torch
from mlflow.exceptions import MlflowException
from mlflow.models import Model
from mlflow.pyfunc import scoring_server
from tests.images.picture_files import FILES, TURNED, encoded, picture, png

from image_classification.images.reading.decode import decode_image
from image_classification.networks.classifier import NetworkDescription, build_classifier
from image_classification.tracking.logged_model.encoded import Preprocessing
from image_classification.tracking.logged_model.model import model_metadata, save_model
from image_classification.value_range import ValueRange

CLASSES = ("cat", "a, dog", "owl")
# of a decoded and resized pixel, 0 to 255: both decoders of JPEG are the same library
TOLERANCE = 1


def describe(image_shape=(3, 12, 16), **changes):
    return NetworkDescription(
        network="feed_forward",
        options={"widths": [4]},
        image_shape=image_shape,
        class_names=CLASSES,
        mean=(0.5,) * image_shape[0],
        std=(0.2,) * image_shape[0],
        data_name="pets",
        index_digest="c" * 64,
        **changes,
    )


@pytest.mark.parametrize("resize", ["stretch", "crop", "letterbox"])
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize("channels", [1, 3])
def test_pixels_are_those_of_inference(tmp_path, resize, interpolation, channels):
    value_range = ValueRange(integers=(0, 4095), no_data=(7.0,))
    changes = {"resize": resize, "interpolation": interpolation, "value_range": value_range}
    network = build_classifier(describe((channels, 12, 16), **changes))
    metadata = json.loads(json.dumps(model_metadata(network)))

    for name, content in (FILES | TURNED).items():
        (tmp_path / "file").write_bytes(content)
        expected = decode_image(
            tmp_path / "file", (channels, 12, 16), resize, value_range, interpolation=interpolation
        )
        found = Preprocessing.of(metadata).decode(content)
        assert found.dtype == np.uint8, name
        difference = np.abs(found.astype(int) - expected.numpy().astype(int))
        assert difference.max() <= TOLERANCE, name


@pytest.fixture(scope="module")
def network():
    return build_classifier(describe(), seed=2)


@pytest.fixture(scope="module")
def model(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("recorded") / "model"
    save_model(network, path, Model(metadata=model_metadata(network)))
    return mlflow.pyfunc.load_model(str(path))


def text(content):
    return base64.b64encode(content).decode()


CONTENTS = [FILES["large jpeg"], FILES["small png"], FILES["16-bit png"]]
TEXTS = list(map(text, CONTENTS))
WAYS = {
    "list of bytes": CONTENTS,
    "list of base64": TEXTS,
    "column image among others": pd.DataFrame({"name": ["a", "b", "c"], "image": CONTENTS}),
    "only column of base64": pd.DataFrame({"photo": TEXTS}, index=[5, 6, 7]),
    "array of objects": np.array(CONTENTS, dtype=object),
    "array of text": np.array(TEXTS),
    "column of an array": np.array(TEXTS, dtype=object).reshape(3, 1),
    "series": pd.Series(TEXTS, name="anything"),
    "named": {"image": np.array(TEXTS)},
    "records": [{"image": each} for each in TEXTS],
    "addresses": [f"data:image/png;base64,{each}" for each in TEXTS],
    "lines, and letters of addresses": [
        f"{each[:50]}\n{each[50:]}\n".rstrip("=\n").translate(str.maketrans("+/", "-_")) for each in TEXTS
    ],
    "buffers": [bytearray(CONTENTS[0]), memoryview(CONTENTS[1]), CONTENTS[2]],
}


@pytest.mark.parametrize("way", WAYS)
def test_tables_lists_and_arrays(model, network, way):
    images = torch.stack([decode_image_of(content) for content in CONTENTS])
    with torch.inference_mode():
        expected = network.eval()(images).softmax(1).numpy()

    table = model.predict(WAYS[way], params={"probabilities": True})

    assert list(table) == ["label", "probability", *(f"probability/{name}" for name in CLASSES)]
    np.testing.assert_allclose(table.iloc[:, 2:].to_numpy(), expected, atol=1e-3)
    assert table["label"].tolist() == [CLASSES[each] for each in expected.argmax(1)]


def decode_image_of(content):
    return torch.from_numpy(Preprocessing.of(model_metadata(build_classifier(describe()))).decode(content))


def test_more_images_than_are_decoded_at_once(model):
    rows = [encoded(picture(8, 8, seed=seed)) for seed in range(150)]

    many = model.predict(rows, params={"probabilities": True})

    assert len(many) == 150
    for row in (0, 63, 64, 149):
        alone = model.predict([rows[row]], params={"probabilities": True})
        assert alone["probability"][0] == pytest.approx(many["probability"][row], abs=1e-6)


def test_pixels_still_give_probabilities_and_a_table_if_asked(model):
    images = np.zeros((2, 3, 12, 16), dtype=np.uint8)

    assert model.predict(images).shape == (2, 3)
    for asked in ("labels", "answers"):
        assert list(model.predict(images, params={asked: True})) == ["label", "probability"]
    assert list(model.predict(pd.DataFrame({"image": []}))) == ["label", "probability"]


def large(width, height):
    """A grey PNG picture that says that it has this size."""
    return png(struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0), b"")


UNREADABLE = {
    "base64": "not base64!",
    "it is no picture of the formats": b"hello, this is text",
    "it is no picture": text(b"%PDF-1.7 and so on"),
    "there is nothing in it": b"",
    "nothing in it": "",
    "nothing in it:": None,
    "truncated": FILES["large jpeg"][:900],
    "it is a int": 17,
}


@pytest.mark.parametrize("reason", UNREADABLE)
@pytest.mark.parametrize("row", [0, 2])
def test_what_is_no_picture_is_refused_with_its_row(model, reason, row):
    rows = [*CONTENTS[:2]]
    rows.insert(row, UNREADABLE[reason])

    with pytest.raises(MlflowException) as refused:
        model.predict(pd.DataFrame({"image": rows}))

    assert f"The image in row {row} (the first one is row 0)" in str(refused.value)
    assert reason.rstrip(":") in str(refused.value)
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"
    assert "0x" not in str(refused.value)


@pytest.mark.parametrize(("width", "height"), [(9000, 9000), (60000, 60000), (2, 2**30)])
def test_pictures_of_absurd_size_are_not_decoded(model, width, height):
    with pytest.raises(MlflowException, match=r"row 1 .*most that are taken"):
        model.predict([CONTENTS[1], large(width, height)])


def test_a_table_without_a_column_of_images_is_refused(model):
    with pytest.raises(MlflowException, match="a column called image, and there are: a, b"):
        model.predict(pd.DataFrame({"a": TEXTS, "b": TEXTS}))


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_split": {"columns": ["image"], "data": [[each] for each in TEXTS]}},
        {"dataframe_split": {"columns": ["name", "image"], "data": [["x", each] for each in TEXTS]}},
        {"dataframe_records": [{"image": each} for each in TEXTS]},
        {"inputs": TEXTS},
        {"inputs": {"image": TEXTS}},
        {"instances": TEXTS},
        {"instances": [{"image": each} for each in TEXTS]},
    ],
)
def test_every_form_of_a_request(model, body):
    expected = model.predict(CONTENTS)

    answer = scoring_server.invocations(json.dumps(body), "application/json", model, None)

    assert answer.status == 200, answer.response
    rows = json.loads(answer.response)["predictions"]
    assert [row["label"] for row in rows] == expected["label"].tolist()
    np.testing.assert_allclose([row["probability"] for row in rows], expected["probability"], rtol=1e-5)


def test_the_folder_has_a_request_to_send(network, tmp_path):
    images = torch.randint(0, 256, (2, 3, 12, 16), dtype=torch.uint8)
    save_model(network, tmp_path / "model", Model(metadata=model_metadata(network)), images)
    model = mlflow.pyfunc.load_model(str(tmp_path / "model"))
    body = (tmp_path / "model" / "image_request.json").read_text(encoding="utf-8")

    answer = scoring_server.invocations(body, "application/json", model, None)

    found = pd.DataFrame(json.loads(answer.response)["predictions"])
    np.testing.assert_allclose(found.iloc[:, 2:].to_numpy(), model.predict(images.numpy()), rtol=1e-5)
