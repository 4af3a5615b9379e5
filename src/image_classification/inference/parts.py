"""What was found out about classified images, read from the parts that they are kept in."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from torch import Tensor

from image_classification.errors import UserError
from image_classification.files import replacing
from image_classification.images.reading.decode import decode_image
from image_classification.inference.part_store import RECORD, SUSPECTS, is_whole
from image_classification.inference.rows import SEEN_AS, SHA256, TRUE_LABEL, Columns
from image_classification.inference.table_stream import TableStream
from image_classification.inference.training_images import TrainingImages, count_splits
from image_classification.remote.names import named
from image_classification.value_range import ValueRange
from image_classification.words import printable

_ABOUT = "image_classification.inference"


@dataclass(frozen=True)
class Counts:
    """What was found out about all files together.

    files: How many there are.
    labels: Of the images that were read, how many are taken for which class.
    reasons: Why the others were not read, and how many.
    unsure: How many the network is unsure of; None where it does not know its limits.
    true_labels: Of all files, what is known of them, and how many; "" for nothing.
    suspects: Some of the images whose numbers seem to have another range than those of the training images.
    """

    files: int
    labels: Mapping[str, int]
    reasons: Mapping[str, int]
    unsure: int | None
    true_labels: Mapping[str, int] = field(default_factory=dict)
    suspects: tuple[str, ...] = ()

    @property
    def read(self) -> int:
        """How many files were read."""
        return sum(self.labels.values())


@dataclass(frozen=True)
class ClassifiedImages:
    """All parts of a work that is done.

    Args:
        home: The folder of the record.
        record: What is known of it: columns, network, place, labels, and the names of the parts.
        training: The files of the data that the network was trained on, as far as they are known.
    """

    home: Path
    record: Mapping[str, Any]
    training: TrainingImages = field(default_factory=TrainingImages)

    @property
    def network(self) -> Mapping[str, Any]:
        """What network it was: its name, its data, where it is from, the digest of its weights."""
        found: Mapping[str, Any] = self.record["network"]
        return found

    @property
    def columns(self) -> Columns:
        """The columns of the parts."""
        given = self.record["columns"]
        return Columns(**{**given, "class_names": tuple(given["class_names"])})

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of the images as the network takes them."""
        channels, height, width = self.record["preparation"]["image_shape"]
        return channels, height, width

    @property
    def value_range(self) -> ValueRange | None:
        """Which numbers became black and white in training images of more than 8 bits a channel."""
        given = self.record["preparation"]["value_range"]
        return None if given is None else ValueRange.model_validate(given)

    def picture(self, file: Path) -> Tensor:
        """Return an image as the network takes it, (C, H, W) uint8.

        Raises:
            UnreadableImageError: It cannot be read.
        """
        given = self.record["preparation"]
        return decode_image(
            file, self.image_shape, given["resize"], self.value_range, interpolation=given["interpolation"]
        )

    def parts(self, columns: list[str] | None = None) -> Iterator[pa.Table]:
        """Yield the parts, in the order of the files.

        Raises:
            UserError: One is gone or damaged.
        """
        for name in self.record["parts"]:
            path = self.home / self.record["identity"] / name
            try:
                content = path.read_bytes()
            except OSError as error:
                raise UserError(f"{path} cannot be read: {error.strerror}. {_AGAIN}") from error
            if not is_whole(name, content):
                raise UserError(f"{path} is damaged. {_AGAIN}")
            yield pq.read_table(pa.BufferReader(content), columns=columns, use_threads=False)

    @property
    def table(self) -> TableStream:
        """The table for people: a row per file, with the split that has it where that is known."""
        columns = self.columns
        about = json.dumps(
            {"network": dict(self.network), "images": self.record["place"]}, ensure_ascii=False
        )
        names, split = columns.shown, pa.field(SEEN_AS, pa.string())
        if not self.training.unknown:
            names.insert(names.index(TRUE_LABEL if columns.is_labelled else "reason") + 1, SEEN_AS)
        fields = [split if name == SEEN_AS else columns.kept.field(name) for name in names]
        schema = pa.schema(fields, metadata={_ABOUT: about})

        def shown(part: pa.Table) -> pa.Table:
            return part.append_column(split, self.training.splits_of(part[SHA256])).select(names)

        return TableStream(schema, lambda: map(shown, self.parts()))

    @property
    def predictions(self) -> TableStream:
        """A row per image that was read and whose class is known, as an evaluation needs it."""
        columns = self.columns
        splits_of = self.training.splits_of
        return TableStream(
            columns.of_predictions, lambda: (columns.predictions(part, splits_of) for part in self.parts())
        )

    @property
    def splits(self) -> dict[str, int] | None:
        """How many of the images that were read each split has; None where it is not known."""
        if self.training.unknown:
            return None
        total = Counter[str]()
        for part in self.parts(["reason", SHA256]):
            read = part.filter(pc.equal(part["reason"], ""))
            total.update(self.training.splits_of(read[SHA256]).to_pylist())
        return count_splits(total)

    @cached_property
    def counts(self) -> Counts:
        """What was found out about all files together."""
        columns = self.columns
        wanted = ["label", "reason", *(["answer"] if columns.has_answers else ())]
        wanted += [TRUE_LABEL] if columns.is_labelled else []
        found = {name: Counter[str]() for name in wanted}
        unsure, suspects = 0, list[str]()
        for part in self.parts(wanted):
            for name in wanted:
                found[name].update(part[name].to_pylist())
            if columns.has_answers:
                pairs = zip(part["label"].to_pylist(), part["answer"].to_pylist(), strict=True)
                unsure += sum(label != answer for label, answer in pairs)
            suspects += json.loads((part.schema.metadata or {}).get(SUSPECTS, b"[]"))
        read = found["reason"].pop("", 0)
        labels = Counter(dict(found["label"]))
        labels.pop("", None)
        return Counts(
            files=read + found["reason"].total(),
            labels=labels,
            reasons=found["reason"],
            unsure=unsure if columns.has_answers else None,
            true_labels=found.get(TRUE_LABEL, Counter()),
            suspects=tuple(suspects),
        )


_AGAIN = "Run it again, which makes what is missing: kedro run --pipeline inference"


def read_record(home: Path) -> ClassifiedImages | None:
    """Return the work that is done in a folder; None if there is none, or not all of it."""
    try:
        record = json.loads((home / RECORD).read_bytes())
        parts = [home / record["identity"] / name for name in record["parts"]]
        record["index_digest"]  # of an earlier version, whose parts lack the digests of files
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return ClassifiedImages(home, record) if all(part.is_file() for part in parts) else None


def write_record(home: Path, record: Mapping[str, Any]) -> None:
    """Say that a work is done."""
    with replacing(home / RECORD) as temporary:
        temporary.write_text(json.dumps(record, indent=1, ensure_ascii=False), encoding="utf-8")


def shown_place(path: Path) -> str:
    """Return a path as it can be shown and written to any file."""
    return printable(named(path))
