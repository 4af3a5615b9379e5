"""What may be configured about classifying new images."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from image_classification.images.folder.options import PathTableOptions
from image_classification.images.reading.options import Gibibytes
from image_classification.images.store.options import PositiveInt
from image_classification.networks.answers.calibration import Views
from image_classification.options import NamesPlace, Section
from image_classification.remote.options import IN_RESULTS

Probabilities = Literal["best", "all"]


class InferenceOptions(Section):
    """Classifying new images with a network that was trained."""

    WITHOUT_EFFECT: ClassVar[frozenset[str]] = frozenset({"batch_size", "decode_memory"})

    images: Annotated[str, NamesPlace()] = Field(
        default="",
        description="the folder of new images, with any folders inside; a table of files (.csv, .tsv, .txt, "
        ".parquet); a zip or tar file; a pattern, '/photos/*/*.jpg'; or one image; each of "
        "these may be in a bucket, s3://<bucket>/<path>",
    )
    model: Annotated[str, NamesPlace(inside=IN_RESULTS)] = Field(
        default="",
        description="the network: empty: the one that was trained last; a file such as "
        "trained_network.safetensors, or the folder of an export or of results; a run id or runs:/<run id>; "
        "or one of the registry, models:/digits/3, models:/digits@champion",
    )
    table: PathTableOptions = Field(
        default=PathTableOptions(), description="how the table is read, if images is one"
    )
    labels: str = Field(
        default="auto",
        min_length=1,
        description="what the images show, to measure the network by, where that is known: auto: what the "
        "folders around them or a column of the table say, if most of the names are classes of the network; "
        "folders: what the folders say; the name of a column of the table; none: nothing is measured",
    )
    top: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=1,
        description="how many of the most probable classes have columns: label, probability, then label_2, "
        "probability_2, …",
    )
    probabilities: Probabilities = Field(
        default="best",
        description="best: the probabilities of those; all: also a column `probability/<class>` for each "
        "class",
    )
    views: Views | None = Field(
        default=None,
        description="in what each image is seen beside as it is: horizontal_flip, vertical_flip, crops; "
        "null: in what the network was calibrated for",
    )
    batch_size: PositiveInt = Field(
        default=256, description="images that are decoded and classified at once; no effect on results"
    )
    decode_memory: Gibibytes | None = Field(
        default=None,
        description="GiB of memory that decoding may take in all threads together; null: a quarter of what "
        "is free",
    )
