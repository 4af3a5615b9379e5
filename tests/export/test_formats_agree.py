"""Every format gives the probabilities of the network, calibrated and in views, and says what it expects."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from tests.export.conftest import CLASSES, calibration, export, make_network, make_sets, wrong_stages

from image_classification.errors import UserError
from image_classification.export import libraries
from image_classification.export.options import ExportOptions
from image_classification.networks.answers.probabilities import ProbabilityModel


@pytest.mark.parametrize(
    ("network", "views"),
    [
        ("feed_forward", ["horizontal_flip"]),
        pytest.param("convnet", ["horizontal_flip", "vertical_flip", "crops"], marks=pytest.mark.slow),
    ],
)
def test_views_and_temperature_are_part_of_it(tmp_path, network, views):
    of = calibration(views=views, temperature=0.3)
    network = make_network(network, shape=(1, 12, 8), calibration=of)

    folder = export(tmp_path / "export", network, make_sets((1, 12, 8)), "pt2", "onnx")

    assert wrong_stages(folder) == set()
    images = make_sets((1, 12, 8))[0].tensors[0]
    with torch.inference_mode():
        expected = ProbabilityModel(network, of)(images).numpy()
        unseen = ProbabilityModel(network, calibration(temperature=0.3))(images).numpy()
    session = onnxruntime.InferenceSession(str(folder / "network.onnx"))
    [found] = session.run(None, {"images": images.numpy()})
    np.testing.assert_allclose(found, expected, atol=1e-2 if "crops" in views else 1e-5)
    assert np.abs(found - unseen).max() > 0.01


def test_the_metadata_of_onnx_say_everything(exported_once):
    for name in ("network.onnx", "network_int8.onnx"):
        model = onnx.load(exported_once / name)
        facts = {each.key: json.loads(each.value) for each in model.metadata_props}
        assert facts["class_names"] == list(CLASSES)
        assert {key: facts[key] for key in ("resize", "interpolation", "image_shape", "temperature")} == {
            "resize": "stretch",
            "interpolation": "bilinear",
            "image_shape": [3, 8, 8],
            "temperature": 1.7,
        }
        assert facts["mean"] == [0.4, 0.5, 0.6]
        assert facts["std"] == [0.2, 0.3, 0.25]
        assert facts["answer_above"] == 0.34
        assert json.loads((exported_once / "preprocessing.json").read_text()).items() <= facts.items()
        (images,) = model.graph.input
        assert images.name == "images"
        assert images.type.tensor_type.elem_type == onnx.TensorProto.UINT8
        assert images.type.tensor_type.shape.dim[0].dim_param == "batch"


@pytest.mark.parametrize("count", [1, 2, 5])
def test_any_number_of_images(exported_once, count):
    images = make_sets()[0].tensors[0][:count]
    graph = torch.export.load(exported_once / "network.pt2").module()
    assert graph(images).shape == (count, 3)
    for name in ("network.onnx", "network_int8.onnx"):
        session = onnxruntime.InferenceSession(str(exported_once / name))
        [found] = session.run(["probabilities"], {"images": images.numpy()})
        assert found.shape == (count, 3)
        np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)


def test_nothing_of_this_machine_is_in_it(exported_once):
    for path in exported_once.rglob("*"):
        if path.is_file():
            assert __file__.partition("/tests/")[0].encode() not in path.read_bytes(), path


def test_the_order_of_the_formats_says_nothing():
    assert ExportOptions(formats=["onnx", "bundle"]).formats == ("bundle", "onnx")
    with pytest.raises(ValueError, match="expected each format once: onnx is there 2 times"):
        ExportOptions(formats=["onnx", "onnx"])
    with pytest.raises(ValueError, match="at least 1 item"):
        ExportOptions(formats=[])


def test_a_library_that_is_not_installed(monkeypatch):
    found = libraries.find_spec
    monkeypatch.setattr(libraries, "find_spec", lambda name: None if name == "onnxscript" else found(name))

    assert libraries.formats_meant(ExportOptions()) == ("bundle", "pt2")
    with pytest.raises(
        UserError, match=r"formats names onnx, which needs onnxscript, not installed here: pip"
    ):
        libraries.formats_meant(ExportOptions(formats=["bundle", "onnx"]))


def test_by_default_there_is_onnx_where_it_is_installed():
    assert libraries.formats_meant(ExportOptions()) == ("bundle", "pt2", "onnx")


def test_the_page_says_every_step(exported_once):
    page = (exported_once / "README.md").read_text()

    for words in ("EXIF", "8 × 8 pixels", "bilinear, antialiased", "(N, 3, 8, 8)", "mean [0.4, 0.5, 0.6]"):
        assert words in page
    assert "divided by a temperature of" in page
