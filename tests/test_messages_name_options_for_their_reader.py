"""In a script a message names the class that has the option; under `kedro run` its path and `--params`."""

import pytest

from image_classification.images.folder.options import ImageFolderOptions
from image_classification.images.idx.options import IdxOptions, MnistOptions
from image_classification.images.store.options import ImageOptions
from image_classification.learning.losses.cross_entropy import CrossEntropy
from image_classification.learning.optimizers import OptimizerOptions
from image_classification.learning.options import EarlyStoppingOptions, TrainingOptions
from image_classification.networks.convnet import ConvNet
from image_classification.options import Section
from image_classification.parameters.command_line import speak_of_parameters
from image_classification.parameters.known import groups
from image_classification.parameters.root import Parameters


def test_a_script_reads_the_class_and_the_option():
    assert TrainingOptions.named("batch_size") == "TrainingOptions.batch_size"
    assert TrainingOptions.setting(batch_size=64, drop_last=True) == (
        "TrainingOptions(batch_size=64, drop_last=True)"
    )


def test_a_command_line_reads_the_path_and_what_to_type():
    speak_of_parameters()
    assert TrainingOptions.named("batch_size") == "modelling.training.batch_size"
    assert EarlyStoppingOptions.named("patience") == "modelling.training.early_stopping.patience"
    assert ConvNet.Options.named("widths") == "modelling.network.convnet.widths"
    assert OptimizerOptions.named("adam") == "modelling.optimizer.adam"
    assert ImageFolderOptions.setting(path="/my pictures", layout="classes") == (
        "--params \"image_folder.path='/my pictures',image_folder.layout=classes\""
    )
    assert IdxOptions.setting(path="/data") == "--params idx.path=/data"
    assert MnistOptions.named("images") == "mnist.images"


def test_an_option_of_several_sources_is_named_by_what_they_share():
    speak_of_parameters()
    assert ImageOptions.named("size") == "images.size"


def test_a_section_that_is_no_parameter_is_named_by_its_class():
    class Own(Section):
        size: int = 3

    speak_of_parameters()
    assert Own.named("size").endswith("Own.size")


def test_an_option_that_does_not_exist_is_a_mistake_of_the_code():
    with pytest.raises(KeyError, match=r"TrainingOptions has no option learning_rate"):
        TrainingOptions.named("learning_rate")
    with pytest.raises(KeyError, match=r"CrossEntropy.Options has no option"):
        CrossEntropy.Options.setting(smoothing=1)


def test_every_option_of_every_section_can_be_named():
    speak_of_parameters()
    found = [group for field in Parameters.model_fields.values() for group in groups(field.annotation)]
    assert len(found) > 5
    for section in found:
        for option in section.model_fields:
            assert section.named(option).endswith(f".{option}")
