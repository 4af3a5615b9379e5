"""A data set in MNIST's format: its labels and images, read when asked for; the plan of its image dict."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field

from image_classification.errors import UserError
from image_classification.images.idx.archive import read_idx
from image_classification.images.reading.pixels import resize_images
from image_classification.images.store.filling.image_block import ImageBlock
from image_classification.images.store.image_store import ImageDictPlan, store_digest
from image_classification.images.store.options import ImageOptions
from image_classification.options import Section
from image_classification.words import count_of, some

# the last of the 1,797 digits are the test set, always; the first 1,500 are for training
TEST_DIGITS = 297


class ArchiveOrigin(Section):
    """Where an archive came from."""

    md5: str
    mirror: str


class ArchivesRecord(Section):
    """What is known of the four archives: kept as JSON."""

    data_name: str
    digest: str = Field(description="depends on the content of all archives")
    files: dict[str, ArchiveOrigin] = Field(
        description="images and labels for training, then for testing; empty for the digits, which come with "
        "scikit-learn"
    )
    reasons: list[str] = Field(default=[], description="why it is not MNIST; empty if it is")
    folder: str = Field(default="", description="where the files are, if not beside this record")
    class_names: list[str] = Field(default=[], description="in the order of the labels; []: the labels")
    transpose: bool = Field(default=False, description="swap rows and columns")


class GivenLabels(NamedTuple):
    """Per image: name ("train/00017"), label (N,) int64, given split ("train" or "test"); and the classes."""

    names: list[str]
    labels: npt.NDArray[np.int64]
    given_splits: list[str]
    class_names: list[str]


class Digits(NamedTuple):
    """images (1797, 8, 8) uint8 and labels (1797,) int64, in scikit-learn's order."""

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]


@dataclass(frozen=True)
class IdxSet:
    """Reads the archives of a folder, or the bundled digits where there are none, when asked to."""

    folder: Path
    record: ArchivesRecord

    def read_labels(self) -> GivenLabels:
        """Read everything but the images.

        Raises:
            UserError: An archive is damaged or holds a label that has no name.
        """
        if self.record.files:
            parts = {"train": self._read(1, 1), "test": self._read(3, 1)}
            labels = np.concatenate(list(parts.values())).astype(np.int64)
            counts = {split: len(part) for split, part in parts.items()}
        else:
            labels = load_digits().labels
            counts = {"train": len(labels) - TEST_DIGITS, "test": TEST_DIGITS}
        names = [f"{split}/{i:05d}" for split, count in counts.items() for i in range(count)]
        given_splits = [split for split, count in counts.items() for _ in range(count)]
        classes, class_names = self._classes(labels)
        return GivenLabels(names, np.searchsorted(classes, labels), given_splits, class_names)

    def _classes(self, labels: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], list[str]]:
        """Return the labels that are classes, sorted, and their names; EMNIST's letters do not begin at 0."""
        found = np.unique(labels)
        names = self.record.class_names
        if not names:
            return found, [str(label) for label in found]
        if len(names) > (found.max() if found.size else -1):
            return np.arange(len(names)), names
        if len(names) == len(found) == found.max() - found.min() + 1:
            return found, names
        unnamed = found[found >= len(names)]
        raise UserError(
            f"The label archives in {self.folder} hold the label{'s' if len(unnamed) > 1 else ''} "
            f"{some(unnamed)}, and the names of the classes ({some(names)}) are those of 0 to "
            f"{len(names) - 1}.\n"
            "Expected a name for each label."
        )

    def read_images(self) -> npt.NDArray[np.uint8]:
        """Read all images, training images first: (N, H, W) uint8.

        Raises:
            UserError: An archive is damaged, a set has not as many labels as images, or training and test
                images differ in size.
        """
        if not self.record.files:
            return load_digits().images
        train, test = self._read_labelled(0), self._read_labelled(2)
        if train.shape[1:] != test.shape[1:]:
            raise UserError(
                f"The images for training in {self.folder} have {train.shape[1]} x {train.shape[2]} pixels, "
                f"those for testing {test.shape[1]} x {test.shape[2]}.\n"
                "Expected one size: are they of one data set?"
            )
        images = np.concatenate([train, test])
        return images.transpose(0, 2, 1).copy() if self.record.transpose else images

    def _read_labelled(self, archive: int) -> npt.NDArray[np.uint8]:
        """Read the images of one set, whose labels are the archive behind them."""
        images, labels = self._read(archive, 3), self._read(archive + 1, 1)
        if len(images) != len(labels):
            of_images, of_labels = list(self.record.files)[archive : archive + 2]
            raise UserError(
                f"In {self.folder}, {of_images} holds {count_of(len(images), 'image')} and {of_labels} "
                f"{count_of(len(labels), 'label')}.\n"
                "Expected a label for each image: are these files of one data set? What was downloaded is "
                "downloaded again once it is removed."
            )
        return images

    def _read(self, archive: int, dimensions: int) -> npt.NDArray[np.uint8]:
        return read_idx(self.folder / list(self.record.files)[archive], dimensions)

    def fill(self, block: ImageBlock, advance: Callable[[int], None]) -> Sequence[str]:
        """Write all images into a block at its size, as `ImageDictPlan.fill` has it."""
        _, channels, height, width = block.shape
        images = torch.from_numpy(self.read_images()).unsqueeze(1)  # (N, 1, H, W)
        done = 0
        for chunk in resize_images(images, (height, width), channels):
            block.write(done, chunk.numpy())
            done += len(chunk)
            advance(len(chunk))
        return ["ok"] * done


def plan_idx_images(archives: IdxSet, parameters: ImageOptions) -> ImageDictPlan:
    """Plan an image dict of all images of the archives, in their order, at the size of the parameters."""
    names, labels, given_splits, class_names = archives.read_labels()
    size = parameters.height_and_width
    return ImageDictPlan(
        names=names,
        labels=labels,
        class_names=class_names,
        given_splits=given_splits,
        data_name=archives.record.data_name,
        image_shape=(parameters.channels, *size),
        digest=store_digest(archives.record.digest, size=size, channels=parameters.channels),
        fill=archives.fill,
    )


def load_digits() -> Digits:
    """Load the digits; scikit-learn's values 0 to 16 become round(value * 255 / 16).

    Source: the test part of the "Optical Recognition of Handwritten Digits" data of the UCI repository,
    as bundled by `sklearn.datasets.load_digits`.
    """
    from sklearn.datasets import load_digits as load_bundled_digits  # noqa: PLC0415  takes 1.3 s, rarely needed

    bundled = load_bundled_digits()
    images = np.round(bundled.images * (255 / 16)).astype(np.uint8)
    return Digits(images, bundled.target.astype(np.int64))


def archives_digest(files: Mapping[str, str]) -> str:
    """Return the digest of a set of files, name -> checksum."""
    return hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()
