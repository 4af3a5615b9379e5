"""What a checkpoint holds of where and with what it was computed, so that another place is noticed."""

import pytest
import torch

from image_classification.learning.augmentation.options import AugmentationOptions
from image_classification.learning.checkpoints.facts import differences, version_facts
from image_classification.learning.losses import LossOptions
from image_classification.learning.optimizers import OptimizerOptions
from image_classification.learning.options import TrainingOptions
from image_classification.learning.recipe import Recipe, starting_facts
from image_classification.learning.schedules import ScheduleOptions

CONVNET = {"network": "convnet", "widths": [4, 4]}


@pytest.fixture
def facts(fresh, make_loss, monkeypatch):
    """`facts(has_bfloat16, precision, optimizer, **network)`: on a processor with or without such units."""

    def facts(has_bfloat16, precision="auto", optimizer="adam", **network):
        monkeypatch.setattr(
            "image_classification.learning.device.cpu_multiplies_bfloat16", lambda: has_bfloat16
        )
        by = Recipe(
            seed=1,
            loss=LossOptions(),
            optimizer=OptimizerOptions(name=optimizer),
            schedule=ScheduleOptions(),
            augmentation=AugmentationOptions(),
            training=TrainingOptions(device="cpu", precision=precision),
        )
        return starting_facts(by, fresh(**network), make_loss())

    return facts


def test_the_number_format_that_auto_chose_here(facts):
    without, with_units = facts(False, **CONVNET), facts(True, **CONVNET)
    said = "the number format is bfloat16 now and was float32"
    assert differences(without, with_units) == [said]


@pytest.mark.parametrize(
    "options",
    [
        {"precision": "float32", **CONVNET},
        {"precision": "bfloat16", **CONVNET},
        {"optimizer": "lbfgs", **CONVNET},
        {},  # no convolutions
    ],
)
def test_where_it_is_the_same_everywhere(facts, options):
    assert differences(facts(False, **options), facts(True, **options)) == []


def test_the_versions_that_decide():
    versions = version_facts()
    assert versions["the version of torch"] == torch.__version__
    for package in ("image-classification", "torchvision", "numpy"):
        assert versions[f"the version of {package}"]
    for name in versions:
        (said,) = differences(versions, versions | {name: "0"})
        assert name in said
