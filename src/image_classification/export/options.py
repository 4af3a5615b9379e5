"""What is exported, and what an export has to keep to."""

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field

from image_classification.options import LARGEST_COUNT, Count, ModellingSection

Format = Literal["bundle", "pt2", "onnx", "onnx_int8"]


def _are_different(formats: tuple[Format, ...]) -> tuple[Format, ...]:
    if twice := [each for each in formats if formats.count(each) > 1]:
        raise ValueError(f"expected each format once: {twice[0]} is there {formats.count(twice[0])} times")
    # the float model first, by which the other one is judged
    return tuple(each for each in get_args(Format) if each in formats)


Formats = Annotated[
    tuple[Format, ...], Field(strict=False, min_length=1), AfterValidator(_are_different)
]  # YAML knows lists only; their order says nothing


class Int8Options(ModellingSection):
    """The network in whole numbers of 8 bits, for processors."""

    calibration_images: int = Field(
        default=256,
        ge=1,
        le=LARGEST_COUNT,
        description="Training images by which the ranges of the numbers are found, at most.",
    )
    comparison_images: int = Field(
        default=2000,
        ge=1,
        le=LARGEST_COUNT,
        description="Validation images on which the accuracy is compared, at most; where there are none, "
        "training images that found no ranges: at least half of them.",
    )
    largest_loss: float = Field(
        default=0.01,
        ge=0.0,
        le=1.0,
        allow_inf_nan=False,
        description="How much lower its accuracy may be than that of the network in floats, or the export is "
        "refused: 0.01 is a point of per cent.",
    )
    repeats: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=5, description="How often the speed is measured, of both in turn; the median counts."
    )


class ExportOptions(ModellingSection):
    """The network that was trained last, as files for other programs."""

    formats: Literal["auto"] | Formats = Field(
        default="auto",
        description="bundle: the project's own, safetensors and JSON; pt2: of torch.export; onnx: of ONNX, "
        "float32; onnx_int8: of ONNX, whole numbers of 8 bits. auto: bundle, pt2, and onnx where its "
        "libraries are installed.",
    )
    golden_images: int = Field(
        default=6,
        ge=1,
        le=100,
        description="Test images that go into the folder as its proof, spread over the classes.",
    )
    checked_images: Count = Field(
        default=256, description="Test images on which each format is compared with the network, at most."
    )
    batch_size: Count = Field(default=64, description="Images that are classified at once.")
    int8: Int8Options = Field(default=Int8Options(), description="The format onnx_int8.")
