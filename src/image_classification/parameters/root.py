"""The root of all parameters, and the one place that validates them."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from image_classification.errors import UserError
from image_classification.parameters.base import Section
from image_classification.parameters.comparison import ComparisonParameters
from image_classification.parameters.image_folder import ImageFolderParameters
from image_classification.parameters.inference import InferenceParameters
from image_classification.parameters.messages import Origin, describe_errors
from image_classification.parameters.modelling import ModellingParameters
from image_classification.parameters.reporting import ReportingParameters
from image_classification.parameters.sources import MnistParameters


class Parameters(Section):
    """Everything that may be configured; each field is a file `conf/base/parameters_<field>.yml`."""

    mnist: MnistParameters = Field(default=MnistParameters(), description="The MNIST data.")
    image_folder: ImageFolderParameters = Field(
        default=ImageFolderParameters(), description="A person's own images."
    )
    modelling: ModellingParameters = Field(
        default=ModellingParameters(), description="Everything between the image sets and the metrics."
    )
    reporting: ReportingParameters = Field(
        default=ReportingParameters(), description="The figures and documents of a run."
    )
    inference: InferenceParameters = Field(
        default=InferenceParameters(), description="Classifying new images."
    )
    comparison: ComparisonParameters = Field(
        default=ComparisonParameters(), description="Comparing recorded runs."
    )


def validate_parameters(raw: Mapping[str, Any], origin: Origin = lambda _: None) -> Parameters:
    """Check all parameters at once and fill in what was not given.

    Args:
        raw: the parameters as the files and the command line together say. A group may be empty (None).
        origin: where the value at a path was written, to be named in the message.

    Raises:
        UserError: naming every parameter that is unknown or has a value that is not allowed.
    """
    filled = _fill_empty_groups(raw, Parameters)
    try:
        return Parameters.model_validate(filled)
    except ValidationError as error:
        raise UserError(describe_errors(error, filled, Parameters, origin)) from error


def _fill_empty_groups(raw: Mapping[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """A group without content (`training:` in YAML) is one with all its defaults."""
    filled: dict[str, Any] = {}
    for name, value in raw.items():
        field = model.model_fields.get(name)
        group = field.annotation if field else None
        if isinstance(group, type) and issubclass(group, BaseModel):
            value = {} if value is None else value  # noqa: PLW2901
            filled[name] = _fill_empty_groups(value, group) if isinstance(value, Mapping) else value
        else:
            filled[name] = value
    return filled
