"""The root of all parameters, and the one place that validates them."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, Field, ValidationError, model_validator

from image_classification.comparison.ranking import ComparisonOptions
from image_classification.errors import UserError
from image_classification.evaluation.labels.review import LabelReviewOptions
from image_classification.evaluation.options import EvaluationOptions, ReportingOptions
from image_classification.export.options import ExportOptions
from image_classification.images.reading.options import PictureOptions
from image_classification.images.sources import SOURCES
from image_classification.images.store.folds import CrossValidationOptions
from image_classification.inference.options import InferenceOptions
from image_classification.learning.augmentation.options import AugmentationOptions
from image_classification.learning.losses import LossOptions
from image_classification.learning.optimizers import OptimizerOptions
from image_classification.learning.options import TrainingOptions
from image_classification.learning.schedules import ScheduleOptions
from image_classification.networks.answers.options import CalibrationOptions
from image_classification.networks.classifier import NetworkOptions
from image_classification.options import ModellingSection, Seed
from image_classification.parameters.messages import Origin, describe_errors
from image_classification.registry import Blocks
from image_classification.remote.options import RemoteOptions
from image_classification.serving.options import ServingOptions
from image_classification.trials.options import SearchOptions, StabilityOptions


class ModellingOptions(ModellingSection):
    """Everything between the image sets and the metrics."""

    seed: Seed = Field(
        default=42,
        description="Seed of the first weights, of the order of the batches and of dropout.",
    )
    network: NetworkOptions = Field(default=NetworkOptions(), description="The network.")
    loss: LossOptions = Field(default=LossOptions(), description="The loss.")
    optimizer: OptimizerOptions = Field(default=OptimizerOptions(), description="The optimizer.")
    schedule: ScheduleOptions = Field(
        default=ScheduleOptions(), description="The schedule of the learning rate."
    )
    augmentation: AugmentationOptions = Field(
        default=AugmentationOptions(), description="How the training images are varied."
    )
    training: TrainingOptions = Field(default=TrainingOptions(), description="The training.")
    calibration: CalibrationOptions = Field(
        default=CalibrationOptions(), description="Probabilities, and answers that know their limits."
    )
    evaluation: EvaluationOptions = Field(default=EvaluationOptions(), description="The evaluation.")


class Parameters(Blocks, of=SOURCES):
    """Everything that may be configured: each source of images, and the fields here.

    Each of them is a file `conf/base/parameters_<field>.yml`.
    """

    data_folder: str = Field(
        default="data",
        min_length=1,
        description="folder of all data and results, from the project's or absolute: runs of one stage need "
        "one each, to go on at the same time. Given by --params, or for good in conf/local/globals.yml",
    )
    modelling: ModellingOptions = Field(
        default=ModellingOptions(), description="Everything between the image sets and the metrics."
    )
    cross_validation: CrossValidationOptions = Field(
        default=CrossValidationOptions(),
        description="Every image predicted by a network that has not seen it.",
    )
    stability: StabilityOptions = Field(
        default=StabilityOptions(), description="The same training with several seeds."
    )
    search: SearchOptions = Field(
        default=SearchOptions(), description="A search for good parameters of modelling."
    )
    reporting: ReportingOptions = Field(
        default=ReportingOptions(), description="The figures and documents of a run."
    )
    inference: InferenceOptions = Field(default=InferenceOptions(), description="Classifying new images.")
    export: ExportOptions = Field(
        default=ExportOptions(), description="The trained network as files for other programs."
    )
    comparison: ComparisonOptions = Field(default=ComparisonOptions(), description="Comparing recorded runs.")
    label_review: LabelReviewOptions = Field(
        default=LabelReviewOptions(), description="Looking for wrong labels."
    )
    remote: RemoteOptions = Field(default=RemoteOptions(), description="Data in buckets and on servers.")
    serving: ServingOptions = Field(default=ServingOptions(), description="Answering over HTTP.")

    @model_validator(mode="after")
    def _images_are_as_weights_expect_them(self) -> Self:
        """Put what is meant in the place of every auto, as sources know nothing of networks."""
        chosen = {name: getattr(self, name).images for name in SOURCES}
        pictures = {name: images for name, images in chosen.items() if isinstance(images, PictureOptions)}
        if all("auto" not in (images.size, images.interpolation) for images in pictures.values()):
            return self
        expected = self.modelling.network.recommendation()
        for name, images in pictures.items():
            size = expected.size if expected else images.height_and_width
            meant = images.as_expected(size, expected.interpolation if expected else images.kernel)
            # the sections are frozen for everybody else
            self.__dict__[name] = getattr(self, name).model_copy(update={"images": meant})
        return self


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
        parameters = Parameters.model_validate(filled)
    except ValidationError as error:
        raise UserError(describe_errors(error, filled, Parameters, origin)) from error
    if parameters.search != SearchOptions():
        # imports Optuna: only for a search
        from image_classification.parameters.search_space import require_search  # noqa: PLC0415

        require_search(parameters.search, parameters.modelling)
    return parameters


def _fill_empty_groups(raw: Mapping[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """Fill a group without content (`training:` in YAML) with all its defaults."""
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
