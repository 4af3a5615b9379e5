"""MNIST: its archives, its mirrors, and a reader of what was downloaded."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from pydantic import Field

from image_classification.errors import UserError
from image_classification.images.idx.archive import read_idx
from image_classification.images.idx.digits import TEST_IMAGES, load_digits
from image_classification.images.idx.download import RemoteFile
from image_classification.options import Section

NAME = "mnist"
MIRROR_VARIABLE = "MNIST_MIRROR"
CLASS_NAMES = tuple("0123456789")

# name, MD5 (those that torchvision.datasets.MNIST checks), size in bytes
ARCHIVES: tuple[RemoteFile, ...] = (
    RemoteFile("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873", 9_912_422),
    RemoteFile("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432", 28_881),
    RemoteFile("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3", 1_648_877),
    RemoteFile("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c", 4_542),
)

PUBLIC_MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)


class MirrorChoice(NamedTuple):
    """The mirrors to try, in order, and whether a person named them."""

    mirrors: tuple[str, ...]
    named: bool


def mirrors_to_try(named: Sequence[str], environ: Mapping[str, str]) -> MirrorChoice:
    """Choose the mirrors: the one of MNIST_MIRROR, then the named ones; the public ones if nobody named any.

    Raises:
        UserError: A mirror is no address of a folder.
    """
    from_environment = environ.get(MIRROR_VARIABLE, "").strip()
    if from_environment:
        _check_mirror(from_environment, f"the environment variable {MIRROR_VARIABLE}")
    for mirror in named:
        _check_mirror(mirror, "the parameter mnist.mirrors")
    mirrors = dict.fromkeys(filter(None, (from_environment, *named)))
    return MirrorChoice(tuple(mirrors), named=True) if mirrors else MirrorChoice(PUBLIC_MIRRORS, named=False)


def _check_mirror(mirror: str, where: str) -> None:
    scheme, separator, rest = mirror.partition("://")
    if separator and scheme in ("http", "https") and rest.strip("/"):
        return
    if separator and scheme == "file" and rest.startswith("/"):
        return
    raise UserError(
        f"The mirror {mirror!r} in {where} is no address of a folder.\n"
        "Expected http://host/folder, https://host/folder or, for a folder of this machine, "
        f"file:///absolute/path (here perhaps file://{Path(rest or mirror).absolute()})."
    )


class ArchiveOrigin(Section):
    """Where an archive came from."""

    md5: str
    mirror: str


class ArchivesRecord(Section):
    """What a folder of archives holds: kept beside them as JSON."""

    data_name: Literal["mnist", "digits"]
    digest: str = Field(description="depends on the content of all archives")
    files: dict[str, ArchiveOrigin] = Field(description="empty for the digits, which come with scikit-learn")
    reasons: list[str] = Field(description="why it is not MNIST; empty if it is")


class GivenLabels(NamedTuple):
    """Per image: name ("train/00017"), label (N,) int64, given split ("train" or "test")."""

    names: list[str]
    labels: npt.NDArray[np.int64]
    given_splits: list[str]


@dataclass(frozen=True)
class MnistArchives:
    """Reads the archives of a folder, or the bundled digits that stand in for them, when asked to.

    digest identifies the data: it depends on the content of all archives.
    """

    folder: Path
    data_name: Literal["mnist", "digits"]
    digest: str
    # taken when the object is made, so that a worker process reads the same archives
    archives: tuple[RemoteFile, ...] = field(default_factory=lambda: ARCHIVES)
    class_names: tuple[str, ...] = CLASS_NAMES

    def read_labels(self) -> GivenLabels:
        """Read everything but the images.

        Raises:
            UserError: An archive is damaged or holds a label that is no digit.
        """
        if self.data_name == "digits":
            labels = load_digits().labels
            counts = {"train": len(labels) - TEST_IMAGES, "test": TEST_IMAGES}
        else:
            parts = {"train": self._read(1, 1), "test": self._read(3, 1)}
            labels = np.concatenate(list(parts.values())).astype(np.int64)
            counts = {split: len(part) for split, part in parts.items()}
        if labels.size and labels.max() >= len(self.class_names):
            raise UserError(
                f"The label archives in {self.folder} hold the label {labels.max()}.\n"
                "Expected the digits 0 to 9."
            )
        names = [f"{split}/{i:05d}" for split, count in counts.items() for i in range(count)]
        given_splits = [split for split, count in counts.items() for _ in range(count)]
        return GivenLabels(names, labels, given_splits)

    def read_images(self) -> npt.NDArray[np.uint8]:
        """Read all images, training images first: (N, H, W) uint8.

        Raises:
            UserError: An archive is damaged.
        """
        if self.data_name == "digits":
            return load_digits().images
        return np.concatenate([self._read(0, 3), self._read(2, 3)])

    def _read(self, archive: int, dimensions: int) -> npt.NDArray[np.uint8]:
        return read_idx(self.folder / self.archives[archive].name, dimensions)


def archives_digest(files: Mapping[str, str]) -> str:
    """Digest of a set of files, name -> checksum."""
    return hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()
