"""The parameters of the modelling pipeline: network, loss, optimizer, schedule, training, evaluation.

Options of torch objects keep torch's own names and meaning, so that its documentation applies to them:
https://docs.pytorch.org/docs/stable/optim.html
"""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from image_classification.parameters.base import Section
from image_classification.parameters.choices import Choice

DEVICE_PATTERN = re.compile(r"auto|cpu|(cuda|hpu|mps|mtia|xpu)(:\d+)?")


class ModellingSection(Section):
    """A section whose numbers are numbers: neither `true` nor `"5"` passes for one."""

    model_config = ConfigDict(strict=True)


Width = Annotated[int, Field(ge=1)]
Probability = Annotated[float, Field(ge=0.0, lt=1.0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
# YAML knows lists only; torch wants a pair
Betas = Annotated[tuple[Probability, Probability], Field(strict=False)]


class ConvNetParameters(ModellingSection):
    """A small network of convolutions, each followed by pooling, with one linear layer at the end."""

    widths: list[Width] = Field(
        default=[16, 32, 32], min_length=1, description="Channels of each convolution, first to last."
    )
    dropout: Probability = Field(
        default=0.0, description="Share of the features dropped before the last layer while training."
    )


class FeedForwardParameters(ModellingSection):
    """Fully connected layers with ReLU and dropout in between."""

    widths: list[Width] = Field(
        default=[256, 128, 64],
        min_length=1,
        description="Features of each hidden layer, first to last; the layer of the classes comes on top.",
    )
    dropout: Probability = Field(
        default=0.2, description="Share of the features dropped after each hidden layer while training."
    )
    log_softmax: bool = Field(
        default=True,
        description="End with log-softmax. The cross entropy of its output is that of the plain logits.",
    )


class FixedNormalisation(ModellingSection):
    """Mean and standard deviation given as numbers, per channel, on the scale from 0 to 1."""

    mean: list[Annotated[float, Field(allow_inf_nan=False)]] = Field(
        min_length=1, description="Mean of each channel."
    )
    std: list[Positive] = Field(min_length=1, description="Standard deviation of each channel.")

    @model_validator(mode="after")
    def _has_one_pair_per_channel(self) -> Self:
        if len(self.mean) != len(self.std):
            raise ValueError("expected as many numbers in mean as in std, one of each per channel")
        return self


class NetworkParameters(Choice):
    """Which network is built, and with which options."""

    name: Literal["convnet", "feed_forward"] = Field(default="convnet", description="The network to build.")
    convnet: ConvNetParameters = Field(
        default=ConvNetParameters(), description="Options of the small convolution network."
    )
    feed_forward: FeedForwardParameters = Field(
        default=FeedForwardParameters(), description="Options of the fully connected network."
    )
    normalisation: Literal["auto"] | FixedNormalisation = Field(
        default="auto",
        description="auto: mean and standard deviation of the training images; or {mean: […], std: […]}.",
    )


class CrossEntropyParameters(ModellingSection):
    """torch.nn.CrossEntropyLoss"""

    label_smoothing: float = Field(
        default=0.0,
        ge=0.0,
        le=1.0,
        description="Share of the target that is spread evenly over all classes.",
    )


class LossParameters(Choice):
    """Which loss is minimised, and with which options."""

    name: Literal["cross_entropy"] = Field(default="cross_entropy", description="The loss to minimise.")
    cross_entropy: CrossEntropyParameters = Field(
        default=CrossEntropyParameters(), description="Options of torch.nn.CrossEntropyLoss."
    )


class AdamParameters(ModellingSection):
    """torch.optim.Adam"""

    lr: Positive = Field(default=1e-3, description="Learning rate; a schedule may change it on the way.")
    betas: Betas = Field(
        default=(0.9, 0.999), description="Decay of the running means of the gradient and of its square."
    )
    eps: Positive = Field(default=1e-8, description="Added to the denominator against division by zero.")
    weight_decay: NotNegative = Field(default=0.0, description="L2 penalty on the weights.")
    amsgrad: bool = Field(default=False, description="Keep the maximum of the squared gradients' means.")


class AdamWParameters(AdamParameters):
    """torch.optim.AdamW"""

    weight_decay: NotNegative = Field(default=1e-2, description="Weight decay, decoupled from the gradient.")


class SGDParameters(ModellingSection):
    """torch.optim.SGD"""

    lr: Positive = Field(default=1e-3, description="Learning rate; a schedule may change it on the way.")
    momentum: NotNegative = Field(default=0.0, description="Share of the last step that is kept.")
    dampening: NotNegative = Field(default=0.0, description="Share of the gradient that momentum leaves out.")
    weight_decay: NotNegative = Field(default=0.0, description="L2 penalty on the weights.")
    nesterov: bool = Field(default=False, description="Nesterov's momentum; needs momentum, no dampening.")

    @model_validator(mode="after")
    def _nesterov_has_momentum(self) -> Self:
        if self.nesterov and (self.momentum == 0.0 or self.dampening != 0.0):
            raise ValueError("expected a momentum above 0 and a dampening of 0 where nesterov is true")
        return self


class OptimizerParameters(Choice):
    """Which optimizer updates the weights, and with which options."""

    name: Literal["adam", "adamw", "sgd"] = Field(default="adam", description="The optimizer to use.")
    adam: AdamParameters = Field(default=AdamParameters(), description="Options of torch.optim.Adam.")
    adamw: AdamWParameters = Field(default=AdamWParameters(), description="Options of torch.optim.AdamW.")
    sgd: SGDParameters = Field(default=SGDParameters(), description="Options of torch.optim.SGD.")


class ConstantParameters(ModellingSection):
    """The learning rate of the optimizer, unchanged from first to last batch; there is nothing to set."""


class OneCycleParameters(ModellingSection):
    """torch.optim.lr_scheduler.OneCycleLR, stepped after every batch; its max_lr is the optimizer's lr."""

    pct_start: float = Field(
        default=0.3, gt=0.0, lt=1.0, description="Share of the training in which the learning rate rises."
    )
    anneal_strategy: Literal["cos", "linear"] = Field(
        default="cos", description="The curve along which the learning rate rises and falls."
    )
    div_factor: Positive = Field(default=25.0, description="The first learning rate is lr / div_factor.")
    final_div_factor: Positive = Field(
        default=1e4, description="The last learning rate is lr / div_factor / final_div_factor."
    )
    three_phase: bool = Field(default=False, description="Fall as fast as it rose, then die out.")
    cycle_momentum: bool = Field(
        default=False,
        description="Move momentum (or the first beta) between 0.95 and 0.85 opposite to the learning rate.",
    )


class StepParameters(ModellingSection):
    """torch.optim.lr_scheduler.StepLR, stepped after every epoch."""

    step_size: int = Field(default=10, ge=1, description="Epochs between two changes of the learning rate.")
    gamma: Positive = Field(default=0.1, description="What the learning rate is multiplied with.")


class ScheduleParameters(Choice):
    """How the learning rate changes while training."""

    name: Literal["constant", "one_cycle", "step"] = Field(
        default="constant", description="The schedule of the learning rate."
    )
    constant: ConstantParameters = Field(default=ConstantParameters(), description="Nothing to set.")
    one_cycle: OneCycleParameters = Field(
        default=OneCycleParameters(), description="Options of OneCycleLR, per batch."
    )
    step: StepParameters = Field(
        default=StepParameters(), description="Options of StepLR, stepped per epoch."
    )


def _is_device(device: str) -> str:
    if not DEVICE_PATTERN.fullmatch(device):
        raise ValueError("expected auto, cpu, cuda, cuda:0 (any number), mps or xpu")
    return device


class TrainingParameters(ModellingSection):
    """How long, in which portions and on what the network is trained."""

    epochs: int = Field(default=5, ge=1, description="Passes over all training images.")
    batch_size: int = Field(default=128, ge=1, description="Images per update of the weights.")
    shuffle: bool = Field(default=True, description="Draw the batches in a new order each epoch.")
    device: Annotated[str, AfterValidator(_is_device)] = Field(
        default="auto",
        description="auto: the accelerator if there is one, else the CPU; or cpu, cuda, cuda:1, mps, xpu.",
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        default="auto",
        description="Precision of the matrix products; auto: bfloat16 where the device is fast at it.",
    )


class EvaluationParameters(ModellingSection):
    """How the network is evaluated."""

    batch_size: int = Field(default=1000, ge=1, description="Images per forward pass; no effect on results.")


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
    training: TrainingParameters = Field(default=TrainingParameters(), description="The training.")
    evaluation: EvaluationParameters = Field(default=EvaluationParameters(), description="The evaluation.")
