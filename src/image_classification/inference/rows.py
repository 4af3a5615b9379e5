"""The rows of classified images: what is kept of each, and the tables that are made of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from image_classification.images.folder.new_pictures import NewImages
from image_classification.inference.predictor import Predictor
from image_classification.networks.answers.rule import PROBABILITY, looks_of
from image_classification.remote.names import named

TRUE_LABEL, PATH, SHA256, SEEN_AS = "true_label", "path", "sha256", "seen_as"


@dataclass(frozen=True)
class Columns:
    """Which columns the rows of a network have.

    class_names: Of the network.
    top: How many of the most probable classes have columns.
    has_answers: Whether the network knows its limits.
    has_all: Whether the table has a probability for each class.
    is_labelled: Whether it is known what some images show.
    """

    class_names: tuple[str, ...]
    top: int = 1
    has_answers: bool = False
    has_all: bool = False
    is_labelled: bool = False

    @property
    def kept(self) -> pa.Schema:
        """The columns that are kept: those of the table, and what measuring the network needs."""
        pairs = [(f"label{suffix}", f"probability{suffix}") for suffix in self._suffixes]
        ranked = [field for label, share in pairs for field in ((label, pa.string()), (share, pa.float32()))]
        texts = [*(("answer", "set") if self.has_answers else ()), "reason"]
        known = [TRUE_LABEL, PATH] if self.is_labelled else []
        each = self.class_names if self.has_all or self.is_labelled else ()
        return pa.schema(
            [
                ("file", pa.string()),
                *ranked,
                *((name, pa.string()) for name in [*texts, *known]),
                (SHA256, pa.binary()),
                *((f"{PROBABILITY}{name}", pa.float32()) for name in each),
            ]
        )

    @property
    def shown(self) -> list[str]:
        """The columns of the table that people read."""
        left_out = {PATH, SHA256} | (
            set() if self.has_all else {f"{PROBABILITY}{name}" for name in self.class_names}
        )
        return [name for name in self.kept.names if name not in left_out]

    @property
    def _suffixes(self) -> list[str]:
        return ["", *(f"_{place}" for place in range(2, min(self.top, len(self.class_names)) + 1))]

    def rows(self, batch: NewImages, labels: Sequence[str], predictor: Predictor) -> pa.Table:
        """Classify a batch.

        Args:
            batch: The images.
            labels: Of each file, "" where nothing is known.
            predictor: The network.

        Returns:
            A row per file, with the columns `kept`. Of a file that was not read, texts are "" and numbers
            missing.
        """
        probabilities = predictor.probabilities(batch.images)  # (m, classes)
        names = np.array(self.class_names, dtype=object)
        # of equal ones the first, as argmax finds it
        ranks = np.argsort(-probabilities, axis=1, kind="stable")[:, : self.top]
        spread = _Spread(np.flatnonzero([not reason for reason in batch.reasons]), len(batch.files))
        columns: dict[str, Any] = {"file": [file.name for file in batch.files], "reason": batch.reasons}
        columns[SHA256] = batch.sha256
        for place, suffix in enumerate(self._suffixes):
            columns[f"label{suffix}"] = spread.texts(names[ranks[:, place]])
            best = np.take_along_axis(probabilities, ranks[:, place : place + 1], axis=1)[:, 0]
            columns[f"probability{suffix}"] = spread.numbers(best)
        if self.has_answers and predictor.calibration:
            looks = looks_of(batch.images.numpy()) if len(batch.images) else np.empty((0, 0))
            found = (
                predictor.calibration.answers(probabilities, looks, self.class_names)
                if len(batch.images)
                else ([], [])
            )
            columns |= {"answer": spread.texts(found[0]), "set": spread.texts(found[1])}
        if self.is_labelled:
            columns |= {TRUE_LABEL: labels, PATH: [_as_text(named(file.path)) for file in batch.files]}
        if self.has_all or self.is_labelled:
            for place, name in enumerate(self.class_names):
                columns[f"{PROBABILITY}{name}"] = spread.numbers(probabilities[:, place])
        return pa.Table.from_pydict(columns, schema=self.kept)

    def predictions(self, rows: pa.Table, splits: Callable[[pa.ChunkedArray], pa.Array]) -> pa.Table:
        """Return the rows of images that were read and are of a class of the network.

        The columns are those of `evaluation.predictions.predictions_table`; the path of each file, "" where
        its name is no text; and its split, as `splits` tells it of the digests of files.
        """
        schema = self.of_predictions
        if not self.is_labelled:
            return schema.empty_table()
        known = pc.is_in(rows[TRUE_LABEL], value_set=pa.array(self.class_names, pa.string()))
        found = rows.filter(pc.and_(known, pc.equal(rows["reason"], "")))
        columns = {
            "name": found["file"],
            "label": found[TRUE_LABEL],
            "prediction": found["label"],
            "correct": pc.equal(found[TRUE_LABEL], found["label"]),
            "confidence": found["probability"],
            PATH: found[PATH],
            SEEN_AS: splits(found[SHA256]),
            **{name: found[name] for name in ("answer", "set") if self.has_answers},
            **{f"{PROBABILITY}{name}": found[f"{PROBABILITY}{name}"] for name in self.class_names},
        }
        return pa.table([columns[name] for name in schema.names], schema=schema)

    @property
    def of_predictions(self) -> pa.Schema:
        """The columns of `predictions`."""
        return pa.schema(
            [
                *((name, pa.string()) for name in ("name", "label", "prediction")),
                ("correct", pa.bool_()),
                ("confidence", pa.float32()),
                *((name, pa.string()) for name in (("answer", "set") if self.has_answers else ())),
                (PATH, pa.string()),
                (SEEN_AS, pa.string()),
                *((f"{PROBABILITY}{name}", pa.float32()) for name in self.class_names),
            ]
        )


@dataclass(frozen=True)
class _Spread:
    """Puts what is known of the images that were read into the rows of all files."""

    rows: npt.NDArray[np.intp]
    total: int

    def texts(self, values: Sequence[str] | npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
        spread = np.full(self.total, "", dtype=object)
        spread[self.rows] = values
        return spread

    def numbers(self, values: npt.NDArray[np.float32]) -> pa.Array:
        spread = np.zeros(self.total, dtype=np.float32)
        spread[self.rows] = values
        missing = np.ones(self.total, dtype=np.bool_)
        missing[self.rows] = False
        return pa.array(spread, mask=missing)


def _as_text(path: str) -> str:
    """Return a path, or "" where it is no text."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return ""
    return path
