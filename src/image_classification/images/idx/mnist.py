"""MNIST: its archives with their checksums, and its mirrors."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from image_classification.errors import UserError
from image_classification.images.idx.download import RemoteFile

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
