"""How long, on what and in which portions a network is trained and evaluated."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from image_classification.learning.distributed.options import DistributedOptions
from image_classification.learning.fine_tuning.options import FineTuningOptions
from image_classification.learning.rate_finder.options import FindLearningRateOptions
from image_classification.options import Count, ModellingSection, NotNegative, Positive

DEVICE_PATTERN = re.compile(r"auto|cpu|(cuda|hpu|mps|mtia|xpu)(:\d+)?")

Metric = Literal["validation/loss", "validation/accuracy"]


def _is_device(device: str) -> str:
    if not DEVICE_PATTERN.fullmatch(device):
        raise ValueError("expected auto, cpu, cuda, cuda:0 (any number), mps or xpu")
    return device


class EarlyStoppingOptions(ModellingSection):
    """When a training ends before its last epoch because it no longer gets better."""

    metric: Metric | None = Field(
        default=None, description="What has to get better: validation/loss or validation/accuracy; null: off."
    )
    patience: Count = Field(
        default=5, description="Validations in a row without an improvement that end the training."
    )
    min_delta: NotNegative = Field(default=0.0, description="Smaller changes do not count as improvements.")

    @classmethod
    def without_effect(cls, values: Mapping[str, Any]) -> frozenset[str]:
        """How long is waited, where nothing ends a training early."""
        return frozenset({"patience", "min_delta"}) if values.get("metric") is None else frozenset()


class GradientClippingOptions(ModellingSection):
    """Limits of the gradients; where both are given, values are clipped first."""

    norm: Positive | None = Field(
        default=None, description="Largest norm of all gradients together; null: no limit."
    )
    value: Positive | None = Field(
        default=None, description="Largest absolute gradient of any weight; null: no limit."
    )


class AverageWeightsOptions(ModellingSection):
    """An exponential moving average of the weights, validated and kept instead of the last ones."""

    decay: float | None = Field(
        default=None,
        gt=0.0,
        lt=1.0,
        description="Share of the average that each update of the weights keeps, such as 0.999; null: off.",
    )


class CheckpointOptions(ModellingSection):
    """Snapshots of a training, from which it goes on after an interruption as if there had been none."""

    enabled: bool = Field(default=True, description="Save checkpoints; false: none, and nothing to resume.")
    every_epochs: Count | None = Field(
        default=None,
        description="Epochs between two checkpoints; null: one after each epoch, or after several where they "
        "are so short that saving would take more than 2 % of the time.",
    )
    every_minutes: Positive | None = Field(
        default=5.0, description="Minutes between two checkpoints within an epoch; null: none within epochs."
    )
    keep: Count = Field(
        default=3, description="Checkpoints of a training that are kept: the last so many epochs'."
    )
    trainings: Count = Field(
        default=3,
        description="Trainings whose checkpoints are kept, this one among them; beside them that which was "
        "interrupted last, until it is resumed.",
    )
    more_epochs: Literal["stretch", "refuse"] = Field(
        default="stretch",
        description="What resuming with more epochs means for a learning rate whose schedule spans the whole "
        "training (one_cycle, cosine, …): stretch: it follows the schedule of the longer training from there "
        "on; refuse: an error.",
    )
    changed_code: Literal["refuse", "allow"] = Field(
        default="refuse",
        description="What resuming means where the code that trains has changed since: refuse: an error that "
        "names the modules; allow: it goes on with the code as it is, to weights that no single version of "
        "the code makes.",
    )


class TrainingOptions(ModellingSection):
    """How long, in which portions and on what the network is trained."""

    WITHOUT_EFFECT: ClassVar[frozenset[str]] = frozenset(
        {"resume", "checkpoint", "log_every_batches", "distributed"}
    )

    epochs: Count = Field(default=5, description="Passes over all training images.")
    batch_size: Count = Field(default=128, description="Images per forward pass.")
    drop_last: bool = Field(
        default=False,
        description="Leave the last batch of an epoch out where it has fewer images; other images in each "
        "epoch, as long as they are shuffled.",
    )
    accumulate_batches: Count = Field(
        default=1,
        description="Batches per update of the weights, which is that of one batch of all their images.",
    )
    shuffle: bool = Field(default=True, description="Draw the batches in a new order each epoch.")
    sampler: Literal["uniform", "balanced"] = Field(
        default="uniform",
        description="uniform: every image once per epoch; balanced: as many draws as there are images, each "
        "class as likely as any other, for classes of very different sizes.",
    )
    device: Annotated[str, AfterValidator(_is_device)] = Field(
        default="auto",
        description="auto: the accelerator if there is one, else the CPU; or cpu, cuda, cuda:1, mps, xpu.",
    )
    precision: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        default="auto",
        description="Precision of the matrix products; auto: bfloat16 where the network is faster with it on "
        "the device, else float32. float16 scales the loss, so that small gradients do not vanish.",
    )
    freeze: list[str] = Field(
        default=[],
        description="Parameters of the network that are not trained, as patterns of their names, such as "
        "body.features.*",
    )
    gradient_clipping: GradientClippingOptions = Field(
        default=GradientClippingOptions(), description="Limits of the gradients."
    )
    fine_tuning: FineTuningOptions = Field(
        default=FineTuningOptions(),
        description="How the body of a network that starts from trained weights learns.",
    )
    find_learning_rate: FindLearningRateOptions = Field(
        default=FindLearningRateOptions(), description="A test that finds the learning rate."
    )
    average_weights: AverageWeightsOptions = Field(
        default=AverageWeightsOptions(), description="Moving average of the weights."
    )
    validate_every: Count = Field(
        default=1, description="Epochs between two validations; the last epoch always has one."
    )
    early_stopping: EarlyStoppingOptions = Field(
        default=EarlyStoppingOptions(), description="When to end before the last epoch."
    )
    keep: Literal["last", "best"] = Field(
        default="last",
        description="Weights to keep: last; or best, by early_stopping.metric or else validation/accuracy.",
    )
    not_finite: Literal["stop", "skip"] = Field(
        default="stop",
        description="What happens where the loss is infinite or no number: stop ends the training; skip "
        "leaves the batch out, and ends the training after ten in a row.",
    )
    report_test_each_epoch: bool = Field(
        default=False,
        description="Measure the test images after each epoch as well: reported, never choosing anything.",
    )
    log_every_batches: Count | None = Field(
        default=None, description="Batches between two reports of a batch's loss; null: none."
    )

    distributed: DistributedOptions = Field(
        default=DistributedOptions(), description="Several processes that train together."
    )
    resume: bool = Field(
        default=False,
        description="Go on with the training of the same parameters that was interrupted, from its last "
        "checkpoint and to the same result; where there is none, start anew.",
    )
    checkpoint: CheckpointOptions = Field(
        default=CheckpointOptions(), description="Snapshots from which a training can be resumed."
    )

    @classmethod
    def without_effect(cls, values: Mapping[str, Any]) -> frozenset[str]:
        """What leaves no trace in what is learned: what serves the safety of a training, or only suggests."""
        is_used = values.get("find_learning_rate", {}).get("mode") == "use"
        return frozenset(
            {"resume", "checkpoint"} if is_used else {"resume", "checkpoint", "find_learning_rate"}
        )

    @model_validator(mode="after")
    def _balanced_is_random(self) -> Self:
        if self.sampler == "balanced" and not self.shuffle:
            raise ValueError("expected shuffle to be true where sampler is balanced, which draws at random")
        return self
