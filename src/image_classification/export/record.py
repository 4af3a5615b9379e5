"""The record of an export: what it is, what was measured, and a digest of every file."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from image_classification.export.options import Format

RECORD = "export.json"
PREPROCESSING = "preprocessing.json"
README = "README.md"
ANSWERS = "answers.py"


class FormatRecord(BaseModel):
    """A format, compared with the network on real images.

    file, bytes: its name and size.
    largest_difference: of a probability from that of the network,
    agreement: the share of the images that both say the same class of,
    images: of how many.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str
    bytes: int
    largest_difference: float
    agreement: float
    images: int


class ReadingRecord(BaseModel):
    """JPEG files as this project reads them, at a fraction of their size, beside the documented steps.

    images: how many files were compared.
    largest_difference: of a probability.
    agreement: the share of them that have the same class.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    images: int
    largest_difference: float
    agreement: float


class Int8Record(BaseModel):
    """The network in 8 bits beside the one in floats, both of ONNX and on the same machine.

    calibration_images: training images that found the ranges.
    compared_on: which images the accuracies are of, and how many.
    images_a_second: medians over the repeats, in `batch_size` images at once.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    calibration_images: int
    compared_on: str
    compared_images: int
    accuracy: float
    float_accuracy: float
    largest_loss: float
    images_a_second: float
    float_images_a_second: float
    batch_size: int
    bytes: int
    float_bytes: int


class ExportRecord(BaseModel):
    """All that is known of an export.

    reading: how the project's own way to read files compares; None where there are no JPEG files.
    golden_images: how many there are, and of which split.
    compared_on: the split of the images that the formats were compared on.
    libraries: by whose versions it was made.
    files: the SHA-256 of every other file in the folder.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    network: str
    data_name: str
    formats: dict[Format, FormatRecord]
    int8: Int8Record | None
    reading: ReadingRecord | None
    golden_images: str
    compared_on: str
    libraries: dict[str, str]
    files: dict[str, str] = Field(default={})


def digests_of(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file in a folder but the record itself, by its path from there."""
    found = {}
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        if file.is_file() and name != RECORD:
            with file.open("rb") as opened:
                found[name] = hashlib.file_digest(opened, "sha256").hexdigest()
    return found


def write_record(record: ExportRecord, folder: Path) -> None:
    """Write the record with the digests of all other files, and of itself."""
    content = record.model_copy(update={"files": digests_of(folder)}).model_dump(mode="json")
    (folder / RECORD).write_text(_sealed(content), encoding="utf-8")


def read_record(folder: Path) -> ExportRecord:
    """Read the record of an export.

    Raises:
        OSError: there is none.
        ValueError: it is damaged, not even by a byte.
    """
    text = (folder / RECORD).read_text(encoding="utf-8")
    content = json.loads(text)
    content.pop("seal", None)
    record = ExportRecord.model_validate_json(json.dumps(content))
    if text != _sealed(content):
        raise ValueError("it is not what was written")
    return record


def _sealed(content: Mapping[str, Any]) -> str:
    """Write what a record holds, and its own digest behind."""
    seal = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return json.dumps({**content, "seal": seal}, indent=1) + "\n"


def changed_files(record: ExportRecord, folder: Path) -> dict[str, str]:
    """Return the files that are not as they were written, and what is wrong with each."""
    found = digests_of(folder)
    missing = dict.fromkeys(record.files.keys() - found.keys(), "is missing")
    changed = {
        name: "has changed" for name, digest in record.files.items() if found.get(name, digest) != digest
    }
    return dict(sorted((missing | changed).items()))
