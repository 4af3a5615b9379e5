"""Which network is built, and how it normalises its images."""

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from image_classification.parameters.choices import Choice
from image_classification.parameters.kinds import ModellingSection, Positive, Probability, Width
from image_classification.suggestions import either, nearest_names

# known to exist: checking another name loads torchvision
_USUAL_MODEL = "resnet18"


class ConvNetParameters(ModellingSection):
    """A small network of blocks of convolutions with pooling, and one linear layer at the end."""

    widths: list[Width] = Field(
        default=[16, 32, 32], min_length=1, description="Channels of each block, first to last."
    )
    depths: list[Annotated[int, Field(ge=1)]] = Field(
        default=[], description="Convolutions of each block, first to last; []: one each."
    )
    first_padding: Literal["same", "valid"] = Field(
        default="same",
        description="same: the first convolution sees zeros around the image; valid: it stays inside, which "
        "takes a quarter less time where nothing is at the border, as with MNIST's digits.",
    )
    dropout: Probability = Field(
        default=0.0, description="Share of the features dropped before the last layer while training."
    )

    @model_validator(mode="after")
    def _has_a_depth_per_block(self) -> Self:
        if self.depths and len(self.depths) != len(self.widths):
            raise ValueError(
                f"expected as many numbers in depths as in widths, one of each per block; there are "
                f"{len(self.depths)} and {len(self.widths)}"
            )
        return self


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


class LeNetParameters(ModellingSection):
    """LeNet-5 in its modern form; there is nothing to set."""


class MnistNNParameters(ModellingSection):
    """The article's fully connected network of 128 and 256 features; there is nothing to set."""


class ModelNetParameters(ModellingSection):
    """The article's network of two coarse convolutions and three linear layers; there is nothing to set."""


class TorchvisionParameters(ModellingSection):
    """A classification model of torchvision: https://docs.pytorch.org/vision/stable/models.html"""

    model: str = Field(
        default=_USUAL_MODEL, description="Name of a classification model, such as resnet18 or vit_b_16."
    )
    weights: Annotated[str, Field(pattern=r"\.(safetensors|pth|pt)$")] | None = Field(
        default=None,
        description="A file with a state dict of that model (.safetensors, .pth) to start from, whatever its "
        "classes; null draws all weights. Nothing is downloaded.",
    )
    freeze_body: bool = Field(
        default=False,
        description="Train the last layer alone on the features that the weights of the file find.",
    )

    @field_validator("model")
    @classmethod
    def _is_a_model(cls, name: str) -> str:
        if name == _USUAL_MODEL:
            return name
        from torchvision import models  # noqa: PLC0415  (two seconds, for those alone who use it)

        names = models.list_models(module=models)
        if name not in names:
            nearest = nearest_names(name, names) or ["resnet18", "mobilenet_v3_small", "vit_b_16"]
            raise ValueError(
                f"expected a classification model of torchvision.models, such as {either(nearest)}"
            )
        return name

    @model_validator(mode="after")
    def _frozen_body_has_weights(self) -> Self:
        if self.freeze_body and self.weights is None:
            raise ValueError(
                "expected weights, a file, where freeze_body is true: a drawn body knows nothing"
            )
        return self


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

    name: Literal["convnet", "feed_forward", "lenet", "mnist_nn", "model_net", "torchvision"] = Field(
        default="convnet", description="The network to build."
    )
    convnet: ConvNetParameters = Field(
        default=ConvNetParameters(), description="Options of the small convolution network."
    )
    feed_forward: FeedForwardParameters = Field(
        default=FeedForwardParameters(), description="Options of the fully connected network."
    )
    lenet: LeNetParameters = Field(default=LeNetParameters(), description="LeNet-5 has no options.")
    mnist_nn: MnistNNParameters = Field(
        default=MnistNNParameters(), description="The network of the article on MNIST has no options."
    )
    model_net: ModelNetParameters = Field(
        default=ModelNetParameters(), description="The network of the article on photographs has no options."
    )
    torchvision: TorchvisionParameters = Field(
        default=TorchvisionParameters(), description="Options of the models of torchvision."
    )
    normalisation: Literal["auto"] | FixedNormalisation = Field(
        default="auto",
        description="auto: mean and standard deviation of the training images; or {mean: […], std: […]}.",
    )
