"""Which modules decide what a training comes to: those that compute, and none that only show or guard."""

import pytest

from image_classification.learning.checkpoints.facts import CODE
from image_classification.origins import training_code as module
from image_classification.origins.code import Code, code_of
from image_classification.origins.training_code import training_code


@pytest.mark.parametrize(
    "name",
    [
        "learning.recipe:train_by",
        "learning.loop",
        "learning.update",
        "learning.batches",
        "learning.checkpoints.epoch",
        "learning.losses.cross_entropy",
        "learning.optimizers.torch_optimizers",
        "learning.schedules.schedule",
        "learning.augmentation.geometry",
        "networks.convnet",
        "images.store.tensor_sets",
    ],
)
def test_what_computes_is_part_of_it(name):
    assert len(training_code()[f"{CODE}{name}"]) == 24


@pytest.mark.parametrize(
    "name", ["words", "console", "files.paths", "learning.progress", "tracking.run", "memory", "pipelines"]
)
def test_what_does_not_is_none(name):
    assert not any(each.startswith(f"{CODE}{name}") for each in training_code())


def test_a_changed_module_is_another_fact(monkeypatch):
    before = training_code()

    def changed(function):
        code = code_of(function)
        return Code(code.parts | {"image_classification.learning.update": "0" * 24}, code.libraries)

    monkeypatch.setattr(module, "code_of", changed)
    now = training_code()
    assert [name for name in now if now[name] != before[name]] == [f"{CODE}learning.update"]
