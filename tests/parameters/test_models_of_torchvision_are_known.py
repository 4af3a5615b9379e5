"""The parameters know torchvision's models by name, and load torchvision only where it is needed."""

import subprocess
import sys

import pytest

from image_classification.errors import UserError
from image_classification.parameters.root import validate_parameters


def network(**options):
    raw = {"modelling": {"network": {"name": "torchvision", "torchvision": options}}}
    return validate_parameters(raw).modelling.network


def test_a_model_is_taken_by_its_name():
    assert network(model="mobilenet_v3_small").options == {
        "model": "mobilenet_v3_small",
        "weights": None,
        "freeze": "none",
    }


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            {"model": "resnet19"},
            r"torchvision\.model is 'resnet19': expected a classification model of torchvision\.models, "
            r"such as resnet18[^.]*\.$",
        ),
        ({"model": "fasterrcnn_resnet50_fpn"}, "expected a classification model"),
        ({"weights": "weights.onnx"}, r"torchvision\.weights is 'weights\.onnx': expected"),
        ({"freeze": "body"}, "expected weights where freeze is body"),
        (
            {"weights": "IMAGENET1K_V7"},
            "expected published weights of resnet18: DEFAULT or IMAGENET1K_V1; or",
        ),
    ],
)
def test_mistakes_are_explained(options, text):
    with pytest.raises(UserError, match=text):
        network(**options)


@pytest.mark.slow
def test_the_usual_model_does_not_load_torchvision():
    program = (
        "import sys; from image_classification.parameters.root import validate_parameters;"
        "import image_classification.networks;"
        "validate_parameters({'modelling': {'network': {'torchvision': {'model': 'resnet18'}}}});"
        "sys.exit('torchvision' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
