"""The whole classifier: normalisation and network in one module, with what is needed to rebuild it."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, Self

import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor, nn
from torch.utils.data import TensorDataset

from image_classification.errors import UserError
from image_classification.networks.answers.calibration import Calibration
from image_classification.networks.family import NETWORKS, build_body, short_name, shown_name
from image_classification.networks.first_weights import PretrainedOptions, PretrainedWeights, Recommendation
from image_classification.networks.size import require_room_for
from image_classification.options import LARGEST_FLOAT, ModellingSection, Positive
from image_classification.registry import Choice
from image_classification.value_range import ValueRange


class FixedNormalisation(ModellingSection):
    """Mean and standard deviation given as numbers, per channel, on the scale from 0 to 1."""

    mean: list[Annotated[float, Field(ge=-LARGEST_FLOAT, le=LARGEST_FLOAT, allow_inf_nan=False)]] = Field(
        min_length=1, description="Mean of each channel."
    )
    std: list[Positive] = Field(min_length=1, description="Standard deviation of each channel.")

    @model_validator(mode="after")
    def _has_one_pair_per_channel(self) -> Self:
        if len(self.mean) != len(self.std):
            raise ValueError("expected as many numbers in mean as in std, one of each per channel")
        return self


class NetworkOptions(Choice, of=NETWORKS, default="convnet"):
    """Which network is built, and with which options."""

    normalisation: Literal["auto"] | FixedNormalisation = Field(
        default="auto",
        description="auto: mean and standard deviation that pretrained weights were trained with, else those "
        "of the training images; or {mean: […], std: […]}.",
    )

    def recommendation(self) -> Recommendation | None:
        """Return what the weights that the network starts from were trained with; None if nobody knows."""
        chosen = self.chosen
        return chosen.recommendation() if isinstance(chosen, PretrainedOptions) else None


class NetworkDescription(BaseModel):
    """Everything that rebuilds a classifier, its weights apart, and says what it was made for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    network: str  # the registered name of the family
    options: dict[str, Any]  # what the family's builder takes beside shape and classes
    image_shape: tuple[int, int, int]  # (C, H, W)
    resize: Literal["stretch", "crop", "letterbox"] = "stretch"  # how images of other sizes are made to fit
    interpolation: Literal["bilinear", "bicubic"] = "bilinear"  # how they are resized
    value_range: ValueRange | None = None  # which numbers of images of more than 8 bits are black and white
    class_names: tuple[str, ...]  # in the order of the logits
    mean: tuple[float, ...]  # per channel, of pixels scaled to 0…1
    std: tuple[float, ...]
    data_name: str  # the data that it is trained on: mnist, digits, a folder's name
    index_digest: str  # SHA-256 of the table that says which image is in which split
    pretrained: PretrainedWeights | None = None  # where its first weights came from; None: they were drawn
    calibration: Calibration | None = None  # of the weights; files of earlier versions have none
    is_trained: bool | None = None  # False: these are the weights before a training; None: it is not known

    @model_validator(mode="after")
    def _calibration_is_of_as_many_classes(self) -> Self:
        profile = self.calibration.outputs if self.calibration else None
        if profile and len(profile.mean) > len(self.class_names):
            raise ValueError(f"it is calibrated for {len(profile.mean)} classes or more")
        return self

    @property
    def shown_name(self) -> str:
        """The name for a person, such as convnet, or timm resnet18.a1_in1k."""
        return shown_name(self.network, self.options)

    @property
    def short_name(self) -> str:
        """The name where there is little room, such as convnet, or resnet18."""
        return short_name(self.network, self.options)

    def require_data(self, data_name: str, index_digest: str) -> None:
        """Refuse data with another split than the network was made for: it may have learned the test images.

        Raises:
            UserError: naming both.
        """
        if index_digest == self.index_digest:
            return
        other = data_name if data_name != self.data_name else "another split of them"
        raise UserError(
            f"The network was made for {self.data_name} (index {self.index_digest[:8]}), and now there is "
            f"{other} (index {index_digest[:8]}): images that it has learned from may be among the test "
            "images now.\nBuild and train it anew on these data, or prepare the data again that it was "
            "trained on."
        )


class Normalise(nn.Module):
    """Turn stored pixels (uint8, 0…255) into the numbers that a network learns from: (x / 255 - mean) / std.

    It is the first layer of everything that is trained, exported or served, so that training and inference
    cannot disagree about preprocessing.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32).view(-1, 1, 1))  # (C, 1, 1)
        # a channel that never varies has deviation 0: dividing by 1 leaves it at 0 instead of making it nan
        self.register_buffer("std", torch.tensor([each or 1.0 for each in std]).view(-1, 1, 1))

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, C, H, W) uint8 to (B, C, H, W) float of about mean 0 and deviation 1.

        They are float32, or float64 where the network is.
        """
        wide = torch.promote_types(self.mean.dtype, torch.float32)
        # in place on the copy that the division makes: three passes over the batch, one allocation
        return (images.to(wide) / 255).sub_(self.mean).div_(self.std)


class Classifier(nn.Module):
    """A network with its normalisation: uint8 images (B, C, H, W) in, logits (B, classes) out."""

    def __init__(self, body: nn.Module, description: NetworkDescription) -> None:
        super().__init__()
        self.normalise = Normalise(description.mean, description.std)
        self.body = body
        self.description = description

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, C, H, W) uint8 to logits (B, classes) float.

        Raises:
            UserError: it is trained on a single image, of which batch normalisation sees a single value.
        """
        try:
            logits: Tensor = self.body(self.normalise(images))
        except ValueError as error:
            if "more than 1 value per channel" not in str(error):
                raise
            height, width = self.description.image_shape[1:]
            raise UserError(
                f"Network '{self.description.shown_name}' cannot be trained on a batch of one image of "
                f"{height}×{width} pixels: its batch normalisation needs two values at least. "
                "Take more images at once, or larger ones."
            ) from error
        return logits

    @property
    def num_parameters(self) -> int:
        """Number of trainable parameters."""
        return sum(parameter.numel() for parameter in self.parameters() if parameter.requires_grad)


def build_classifier(description: NetworkDescription, seed: int = 0) -> Classifier:
    """Build a classifier with freshly drawn weights.

    The weights are a function of the seed alone, and the caller's random state is left as it was.

    Raises:
        KeyError: there is no such network family.
        TypeError: it has no option of a name that is given.
        UserError: the network cannot take images of this shape, normalises another number of channels, or is
            larger than the memory.
    """
    with torch.random.fork_rng(devices=[]):
        require_room_for(
            description.network, description.image_shape, len(description.class_names), **description.options
        )
        torch.manual_seed(seed)
        return assemble(description)


def assemble(description: NetworkDescription) -> Classifier:
    """Build a classifier on torch's default device, `meta` for shapes alone, whatever its weights and size.

    Raises:
        KeyError: there is no such network family.
        TypeError: it has no option of a name that is given.
        UserError: the network cannot take images of this shape, or normalises another number of channels.
    """
    channels = description.image_shape[0]
    if not len(description.mean) == len(description.std) == channels:
        raise UserError(
            f"{NetworkOptions.named('normalisation')} has a mean and a standard deviation for "
            f"{len(description.mean)} channels, and the images have {channels}.\n"
            "Expected one of each per channel, or auto, which takes those of the training images."
        )
    body = build_body(
        description.network, description.image_shape, len(description.class_names), **description.options
    )
    # weights read from a file are the classifier's own from here on: it is rebuilt without the file
    if description.options.get("weights") is not None:
        description = description.model_copy(
            update={
                "options": {**description.options, "weights": None},
                "pretrained": getattr(body, "pretrained", None),
            }
        )
    return Classifier(body, description)


# bytes of pixels: what a network makes of so many still finds room in the caches of a processor
_CACHED_BATCH = 2**22


def batches_of(
    dataset: TensorDataset, batch_size: int, device: torch.device, rows: Tensor | None = None
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield images and labels of a set, or of some rows (n,) int64 of it, in their order; at least one batch.

    On a CPU large images come fewer at once: of 224 pixels a third more in the same time by 27 as by 64.
    """
    if device.type == "cpu" and len(dataset):
        batch_size = min(batch_size, max(1, _CACHED_BATCH // max(1, dataset[0][0].nbytes)))
    if rows is not None:
        for indices in rows.split(batch_size):
            yield dataset[indices]
        return
    for start in range(0, max(1, len(dataset)), batch_size):
        yield dataset[start : min(start + batch_size, len(dataset))]


@torch.inference_mode()
def predict_logits(
    network: nn.Module,
    dataset: TensorDataset,
    *,
    batch_size: int,
    device: torch.device,
    rows: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the logits (N, classes) float32 and labels (N,) int64 of all images, on the CPU.

    Where rows (n,) int64 of the set are given, those alone are looked at, and N is n.

    The network computes in evaluation mode (no dropout, fixed batch statistics) and float32, and is left in
    the mode in which it came.
    """
    was_training = network.training
    network.eval()
    logits, labels = [], []
    for batch, batch_labels in batches_of(dataset, batch_size, device, rows):
        logits.append(network(batch.to(device, non_blocking=True)).float())  # (B, classes)
        labels.append(batch_labels)
    network.train(was_training)
    return torch.cat(logits).cpu(), torch.cat(labels)
