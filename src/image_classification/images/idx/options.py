"""Options of data sets in MNIST's own format, and of MNIST itself."""

from typing import Annotated, Literal

from pydantic import Field

from image_classification.images.store.options import ImageOptions, SplitOptions
from image_classification.options import NamesPlace, Section, of_the_form

Checksum = Annotated[
    str,
    of_the_form(
        "[0-9a-fA-F]{32}([0-9a-fA-F]{32})?", "an MD5 of 32 hexadecimal digits, or a SHA-256 of 64, in quotes"
    ),
]
Address = Annotated[
    str, of_the_form(r"(?s)(https?|file)://.+", "an address that begins with http://, https:// or file:///")
]
# addresses of folders from which files are downloaded one by one
WEB = ("http://", "https://")
Seconds = Annotated[float, Field(strict=True, ge=0.01, le=600)]


class IdxOptions(Section):
    """Any data set in MNIST's own format, four IDX files: Fashion-MNIST, KMNIST, EMNIST, your own."""

    path: Annotated[str, NamesPlace(on_the_web=False)] = Field(
        default="",
        description="the folder that holds the four files, gzip-compressed or not, or the address of one "
        "(http://, https://, s3://)",
    )
    files: str = Field(
        default="",
        description="how the names of the files begin, where a folder holds several sets: emnist-letters",
    )
    name: str = Field(
        default="", description="what the data set is called; empty: as its folder, or as its files begin"
    )
    class_names: list[str] = Field(
        default=[],
        description="names of the classes in the order of their labels; []: the labels, as numbers",
    )
    checksums: dict[str, Checksum] = Field(
        default={}, description="MD5 or SHA-256 of files by their names; those that are given are verified"
    )
    transpose: bool = Field(
        default=False, strict=True, description="swap rows and columns of every image, as EMNIST needs it"
    )
    connect_timeout: Seconds = Field(default=5.0, description="seconds that an address may stay silent")
    images: ImageOptions = Field(default=ImageOptions(), description="what every image is turned into")
    split: SplitOptions = Field(default=SplitOptions(), description="how the images are split")


class MnistOptions(Section):
    """Handwritten digits: 60,000 training and 10,000 test images of 28 x 28 grey pixels."""

    mirrors: list[Address] = Field(
        default=[],
        description="folders (http://, https:// or file:///) that hold the four archives, tried in order "
        "after the one that the environment variable MNIST_MIRROR names; empty: the public mirrors",
    )
    connect_timeout: Seconds = Field(
        default=5.0, description="seconds that a mirror may stay silent before the next one is tried"
    )
    offline_fallback: Literal["digits", "none"] = Field(
        default="digits",
        description="when nobody named a mirror and no public one delivers: digits takes the small digits "
        "bundled with scikit-learn, after a warning; none makes it an error",
    )
    images: ImageOptions = Field(default=ImageOptions(), description="what every image is turned into")
    split: SplitOptions = Field(default=SplitOptions(), description="how the images are split")
