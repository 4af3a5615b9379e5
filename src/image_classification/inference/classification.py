"""Classifying a million files: a few batches in memory, part after part, and on from where it was stopped."""

import hashlib
import json
import logging
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]

from image_classification.console import progress_bar
from image_classification.images.folder.new_images import NewFile, NewFiles
from image_classification.images.folder.new_labels import KnownLabels
from image_classification.images.folder.new_pictures import NewImages, clipped, in_batches, read_new_images
from image_classification.images.reading.memory import MemoryBudget
from image_classification.inference.part_store import PartStore, clear_other_works
from image_classification.inference.parts import ClassifiedImages, write_record
from image_classification.inference.predictor import Predictor
from image_classification.inference.rows import Columns
from image_classification.networks.digest import weights_digest
from image_classification.words import count_of

logger = logging.getLogger(__name__)

# what is lost at most when it is stopped: less than a second of small images, half a minute of large ones
_FILES_OF_A_PART = 1024


@dataclass(frozen=True)
class Classification:
    """New images and a network, to be classified.

    Args:
        predictor: The network.
        network: What network it is, to be kept with the results.
        found: The files.
        place: How a person knows where they are.
        columns: Of the results.
        known: What the files show, where that is known.
        batch_size: Images that are decoded and classified at once.
        budget: The memory that decoding may take.
        code: A digest of the code that makes the results.
    """

    predictor: Predictor
    network: Mapping[str, Any]
    found: NewFiles
    place: str
    columns: Columns
    known: KnownLabels | None = None
    batch_size: int = 256
    budget: MemoryBudget | None = None
    code: str = ""

    @property
    def files_of_a_part(self) -> int:
        """How many files a part has: as many whole batches as there have to be, so that none is cut."""
        return self.batch_size * ceil(_FILES_OF_A_PART / self.batch_size)

    def identity(self) -> str:
        """Return a digest of all that the results depend on: network, files, options, code."""
        description = self.predictor.description.model_dump(mode="json")
        about = (
            weights_digest(self.predictor.network),
            description,
            list(self.predictor.views),
            str(self.predictor.device.type),
            asdict(self.columns),
            self.batch_size,
            self.found.state(),
            _digest_of("\0".join(self.known.labels)) if self.known else "",
            self.code,
        )
        return _digest_of(json.dumps(about, sort_keys=True))[:16]

    def run(self, home: Path) -> ClassifiedImages:
        """Classify what is not classified yet.

        Args:
            home: The folder of the results; what it has of another network, other files or options goes.

        Returns:
            All results.

        Raises:
            UserError: They cannot be written.
        """
        identity, total = self.identity(), len(self.found.files)
        clear_other_works(home, identity)
        store = PartStore(home / identity)
        size = self.files_of_a_part
        starts = range(0, total, size)
        names = {number: name for number in range(len(starts)) if (name := store.name(number))}
        done = sum(min(size, total - starts[number]) for number in names)
        if done:
            rest = "the others are" if done < total else "nothing is"
            logger.info(
                "%s of %s were classified before: %s done now.", f"{done:,}", count_of(total, "file"), rest
            )
        missing = [number for number in range(len(starts)) if number not in names]
        with progress_bar("Classifying", total=total, unit="images") as advance:
            advance(done)
            with closing(self._read(starts[number] for number in missing)) as batches:
                for number in missing:
                    rows, suspects = self._part(starts[number], batches, advance)
                    names[number] = store.write(number, rows, suspects)
        record = {
            "identity": identity,
            "network": dict(self.network),
            "place": self.place,
            "labels": self.known.source if self.known else "",
            "columns": asdict(self.columns),
            "preparation": self._preparation(),
            "index_digest": self.predictor.description.index_digest,
            "parts": [names[number] for number in range(len(starts))],
        }
        write_record(home, record)
        return ClassifiedImages(home, record)

    def _preparation(self) -> dict[str, Any]:
        """Return how images are made to fit, as `decode_image` takes it."""
        description = self.predictor.description
        wanted = {"image_shape", "resize", "interpolation", "value_range"}
        return description.model_dump(mode="json", include=wanted)

    def _read(self, starts: Iterator[int]) -> Generator[NewImages]:
        """Decode the files of some parts, in batches that none of them shares with another."""

        def batches() -> Iterator[Sequence[NewFile]]:
            for start in starts:
                yield from in_batches(self._files(start), self.batch_size)

        description = self.predictor.description
        return read_new_images(
            batches(),
            description.image_shape,
            description.resize,
            description.value_range,
            self.budget,
            description.interpolation,
        )

    def _files(self, start: int) -> Sequence[NewFile]:
        return self.found.files[start : start + self.files_of_a_part]

    def _part(self, start: int, batches: Iterator[NewImages], advance: Any) -> tuple[pa.Table, list[str]]:
        """Classify the files of a part, whose batches come next; return its rows, and what looks odd."""
        value_range = self.predictor.description.value_range
        may_clip = value_range is not None and bool(value_range.integers or value_range.floats)
        rows, suspects = [], list[str]()
        end = min(start + self.files_of_a_part, len(self.found.files))
        for first in range(start, end, self.batch_size):
            batch = next(batches)
            labels = self.known.labels[first : first + len(batch.files)] if self.known else ()
            rows.append(self.columns.rows(batch, labels, self.predictor))
            suspects += clipped(batch) if may_clip else []
            advance(len(batch.files))
        return pa.concat_tables(rows).combine_chunks(), suspects


def _digest_of(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
