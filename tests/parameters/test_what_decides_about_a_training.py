"""What has to be the same for a training to go on: neither how it is watched, nor what it does not use."""

from image_classification.learning.options import TrainingOptions
from image_classification.options import Section
from image_classification.parameters.known import walk
from image_classification.parameters.root import ModellingOptions, Parameters
from image_classification.parameters.used import training_facts, used_parameters


def facts(**training):
    modelling = ModellingOptions(training=training).model_dump(mode="json")
    return training_facts(modelling, "convnet", {"widths": [4], "weights": "somewhere"}, Parameters)


def test_what_has_no_effect_is_left_out():
    beside = {"resume": True, "log_every_batches": 3, "checkpoint": {"keep": 9}}
    assert facts(**beside) == facts()
    assert facts(epochs=9)["training.epochs"] == "9"
    assert "training.batch_size" in facts()
    assert "optimizer.lr" in facts()


def test_the_network_is_that_which_is_trained():
    found = facts()
    assert found["network.name"] == "convnet"
    assert found["network.widths"] == "[4]"
    assert not [name for name in found if name.endswith("weights") and name.startswith("network.")]
    assert not [name for name in found if name.startswith("evaluation.")]


def test_the_safety_of_a_training_is_not_in_its_record():
    plain = {"modelling": ModellingOptions(training={"resume": True}).model_dump(mode="json")}
    recorded = used_parameters(plain, ["params:modelling"], Parameters)
    assert not [name for name in recorded if "resume" in name or "checkpoint" in name]
    assert "training.log_every_batches" in recorded


def test_what_is_declared_without_effect_exists():
    sections = {place.owner for place in walk(Parameters)} | {TrainingOptions}
    for section in sections:
        if issubclass(section, Section):
            assert set(section.model_fields) >= section.WITHOUT_EFFECT
