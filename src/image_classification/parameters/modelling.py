"""The parameters of the modelling pipeline, put together from one module per section."""

from pydantic import Field

from image_classification.parameters.augmentation import AugmentationParameters
from image_classification.parameters.kinds import ModellingSection
from image_classification.parameters.loss import LossParameters
from image_classification.parameters.network import NetworkParameters
from image_classification.parameters.optimizer import OptimizerParameters
from image_classification.parameters.schedule import ScheduleParameters
from image_classification.parameters.training import EvaluationParameters, TrainingParameters


class ModellingParameters(ModellingSection):
    """Everything between the image sets and the metrics."""

    seed: int = Field(
        default=42,
        ge=0,
        lt=2**63,
        description="Seed of the first weights, of the order of the batches and of dropout.",
    )
    network: NetworkParameters = Field(default=NetworkParameters(), description="The network.")
    loss: LossParameters = Field(default=LossParameters(), description="The loss.")
    optimizer: OptimizerParameters = Field(default=OptimizerParameters(), description="The optimizer.")
    schedule: ScheduleParameters = Field(
        default=ScheduleParameters(), description="The schedule of the learning rate."
    )
    augmentation: AugmentationParameters = Field(
        default=AugmentationParameters(), description="How the training images are varied."
    )
    training: TrainingParameters = Field(default=TrainingParameters(), description="The training.")
    evaluation: EvaluationParameters = Field(default=EvaluationParameters(), description="The evaluation.")
