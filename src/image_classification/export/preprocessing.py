"""What is done to any picture before the network sees it, as data, and done step by step.

`images/reading` does the same faster: of a large JPEG it decodes fewer pixels. Here every step is one that
any other program can repeat, and its result is kept.
"""

import io
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from image_classification.images.reading.deep_pixels import deep_mode, read_deep_pixels
from image_classification.images.reading.jpeg import decode_jpeg
from image_classification.images.reading.memory import usual_budget
from image_classification.images.reading.options import Interpolation, ResizeMode
from image_classification.images.reading.orientation import UPRIGHT, orientation_of
from image_classification.images.reading.pictures import open_picture
from image_classification.images.reading.pixels import add_bars, as_tensor, fit, resample
from image_classification.images.reading.portable.decoding import grey_or_colours, is_plain_jpeg
from image_classification.images.reading.portable.narrowing import eight_bits
from image_classification.networks.answers.calibration import Calibration, View
from image_classification.networks.classifier import Classifier
from image_classification.networks.digest import weights_digest
from image_classification.value_range import ValueRange

_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_Finite = Annotated[float, Field(allow_inf_nan=False)]

# of which stage each fact is, to say where two files contradict each other
STAGE_OF = {
    "image_shape": "resize",
    "channel_order": "decode",
    "value_range": "decode",
    "resize": "resize",
    "interpolation": "resize",
    "scale": "normalise",
    "mean": "normalise",
    "std": "normalise",
}


class Preprocessing(BaseModel):
    """Everything that turns a picture into the input of the network, and its output into an answer.

    image_shape: channels, height and width of the input, uint8.
    channel_order: of the input.
    value_range: which numbers of pictures of more than 8 bits are black and white; null: all of their type.
    scale, mean, std: (x / scale - mean) / std, per channel; part of every format.
    temperature: by which logits are divided before softmax; part of every format.
    views: beside the image as it is, whose probabilities are averaged; part of every format.
    calibration: how answers and sets are made of probabilities; null: the network was not calibrated.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    network: str
    data_name: str
    weights_digest: str
    class_names: tuple[str, ...] = Field(min_length=1)
    image_shape: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]
    channel_order: Literal["grey", "RGB", "BGR"]
    value_range: ValueRange | None
    resize: ResizeMode
    interpolation: Interpolation
    scale: _Positive
    mean: tuple[_Finite, ...]
    std: tuple[_Positive, ...]
    temperature: _Positive
    views: tuple[View, ...]
    calibration: Calibration | None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the input."""
        return self.image_shape[1:]

    @property
    def facts(self) -> dict[str, Any]:
        """What each format carries too, as JSON keeps it."""
        facts: dict[str, Any] = self.model_dump(mode="json")
        return facts


def preprocessing_of(classifier: Classifier) -> Preprocessing:
    """Return what a classifier expects of its images."""
    of = classifier.description
    calibration = of.calibration
    return Preprocessing.model_validate(
        {
            "network": of.shown_name,
            "data_name": of.data_name,
            "weights_digest": weights_digest(classifier),
            "class_names": of.class_names,
            "image_shape": of.image_shape,
            "channel_order": "grey" if of.image_shape[0] == 1 else "RGB",
            "value_range": of.value_range,
            "resize": of.resize,
            "interpolation": of.interpolation,
            "scale": 255.0,
            "mean": of.mean,
            # what never varies has deviation 0, and is divided by 1
            "std": tuple(each or 1.0 for each in of.std),
            "temperature": calibration.temperature if calibration else 1.0,
            "views": calibration.views if calibration else (),
            "calibration": calibration,
        }
    )


def decode(content: bytes, name: str, rule: Preprocessing) -> Tensor:
    """Decode a picture at its full size, upright: (C, H, W) uint8.

    Args:
        content: of the file.
        name: of the file; its ending says which formats are tried.
        rule: how many channels, in which order, and the range of deep pixels.

    Raises:
        Exception: whatever the parsers raise of a broken file.
    """
    file, channels = io.BytesIO(content), rule.image_shape[0]
    with open_picture(Path(name), file) as picture:
        orientation, is_jpeg = orientation_of(picture, file), is_plain_jpeg(picture)
        mode = None if is_jpeg else deep_mode(picture)
        with usual_budget().for_picture(picture, 1, mode, is_jpeg=is_jpeg):
            image = decode_jpeg(picture, file, channels, 1)
            if image is None:
                file.seek(0)
                shown = picture
                if mode:
                    deep = read_deep_pixels(picture, file)
                    shown = eight_bits(deep, rule.value_range or ValueRange())
                image = as_tensor(grey_or_colours(shown, channels))
    upright = UPRIGHT[orientation](image)
    return (upright.flip(0) if rule.channel_order == "BGR" else upright).contiguous()


def resize(image: Tensor, rule: Preprocessing) -> Tensor:
    """Make a decoded picture (C, H, W) uint8 fit: (C, height, width) uint8 of the network's input."""
    height, width = image.shape[1:]
    kept = fit(height, width, rule.size, rule.resize)
    return add_bars(resample(image, kept.box, kept.size, rule.interpolation), rule.size).contiguous()


def normalise(image: Tensor, rule: Preprocessing) -> Tensor:
    """Return what the first layer of the network makes of its input: (C, height, width) float32."""
    mean, std = (torch.tensor(each, dtype=torch.float32).view(-1, 1, 1) for each in (rule.mean, rule.std))
    return (image.to(torch.float32) / rule.scale - mean) / std
