"""What the answers look like, for the description of the server in the format of OpenAPI."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Error(_Told):
    """Why a request was not answered."""

    error: str = Field(description="One sentence.")


class LabelProbability(_Told):
    """A class and its probability."""

    label: str
    probability: float = Field(description="From 0 to 1; calibrated, where the network is.")


class ImageAnswer(_Told):
    """What the network says of one image."""

    name: str = Field(description="Of the file, or the number of the image in the request.")
    reason: str = Field(description='Why the image could not be read, without the fields below; else "".')
    label: str | None = Field(default=None, description="The most probable class.")
    probability: float | None = Field(default=None, description="Of that class.")
    probabilities: list[LabelProbability] | None = Field(
        default=None, description="The most probable classes, as many as `top` says."
    )
    answer: str | None = Field(
        default=None, description='The label, or "unsure"; null of a network that does not know its limits.'
    )
    set: list[str] | None = Field(default=None, description="The classes that it may be; null likewise.")
    may_be_negative: bool | None = Field(
        default=None, description="Whether a grey image is as light as the training images are dark."
    )


class Answered(_Told):
    """The answers to a request, in the order of its images."""

    weights_digest: str = Field(description="Of the network that answered.")
    images: list[ImageAnswer]


class Explained(_Told):
    """Which pixels count."""

    label: str = Field(description="The class that it is about.")
    picture: str = Field(description="What the network sees: a data URL of a PNG file.")
    heat: str = Field(description="To be laid over it: the more opaque, the more a pixel counts.")
    method: str


class Health(_Told):
    """Whether the server is there."""

    live: bool
    ready: bool = Field(description="Images are answered.")


class Image(_Told):
    """What every image becomes."""

    channels: int
    height: int
    width: int


class Calibration(_Told):
    """What the network was calibrated to."""

    coverage: float = Field(description="Share of the images whose set has their class, at least.")
    right: float = Field(description="Share of the answers that are right, at least,")
    confidence: float = Field(description="with this probability.")
    images: int = Field(description="Of the validation set.")


class Limits(_Told):
    """What is refused beyond."""

    largest_request_mb: float
    most_images: int
    largest_image_megapixels: float
    timeout_s: float
    queue: int


class Model(_Told):
    """The network that is served."""

    network: str
    data: str
    classes: list[str]
    image: Image
    resize: str
    interpolation: str
    mean: list[float]
    std: list[float]
    parameters: int
    weights_digest: str
    index_digest: str
    device: str
    views: list[str]
    calibration: Calibration | None
    origin: dict[str, str] = Field(description="Where it is from; shown: in words.")
    limits: Limits


_REASONS = {
    400: "It is broken, or has no image.",
    403: "It comes from a page of another site.",
    408: "It arrived too slowly.",
    413: "It is too large, or has too many images.",
    415: "It is of another content type.",
    503: "Too many requests are under way; Retry-After says when to try again.",
    504: "It took too long.",
}
_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": Error, "description": reason} for status, reason in _REASONS.items()
}
_UNREADABLE = "No image could be read."
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": Answered, "description": "It was answered."},
    422: {"model": Answered, "description": _UNREADABLE},
    **_REFUSALS,
}
EXPLANATION: dict[int | str, dict[str, Any]] = {
    200: {"model": Explained, "description": "It was answered."},
    422: {"model": Error, "description": _UNREADABLE},
    **_REFUSALS,
}
HEALTH: dict[int | str, dict[str, Any]] = {
    200: {"model": Health, "description": "It was answered."},
    503: {"model": Health, "description": "Not ready."},
}
MODEL: dict[int | str, dict[str, Any]] = {200: {"model": Model, "description": "It was answered."}}
NUMBERS: dict[int | str, dict[str, Any]] = {200: {"description": "Text."}}


def images_sent(*, several: bool) -> dict[str, Any]:
    """Describe how images are sent to a path: one, or several."""
    picture = {"type": "string", "format": "binary", "description": "A picture file."}
    files = {"type": "array", "items": picture, "description": "Picture files."}
    numbers = {"type": "array", "items": {}, "description": "Rows of numbers: 0 to 255, or fractions to 1."}
    text = {"type": "string", "description": "A picture file in base64, or a data URL of one."}
    in_json = {
        "images": {"type": "array", "items": {"anyOf": [text, numbers]}},
        "pixels": {**numbers, "description": "Rows of numbers of one image, or a list of such images."},
    }
    form = {"images": files if several else picture}
    kinds = {
        "multipart/form-data": {"type": "object", "properties": form},
        "application/json": {"type": "object", "properties": in_json},
        "image/*": picture,
    }
    content = {kind: {"schema": schema} for kind, schema in kinds.items()}
    return {"requestBody": {"required": True, "content": content}}
