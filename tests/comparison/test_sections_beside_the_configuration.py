"""What makes a configuration is the modelling: a new section of parameters has to be put on one side."""

from image_classification.comparison.configurations import SECTIONS_BESIDE
from image_classification.parameters.root import Parameters


def test_every_section_but_modelling_is_beside_the_configuration():
    assert set(Parameters.model_fields) - {"modelling"} == SECTIONS_BESIDE - {
        "data",
        "evaluation",
        "calibration",
    }
