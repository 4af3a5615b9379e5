"""MNIST: its archives and their mirrors, and the bundled digits where there is none."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from rich import box
from rich.panel import Panel
from rich.text import Text

from image_classification.console import console
from image_classification.errors import UserError
from image_classification.images.idx.download import DownloadReport, RemoteFile, download_files, file_problem
from image_classification.images.idx.idx_set import (
    TEST_DIGITS,
    ArchiveOrigin,
    ArchivesRecord,
    archives_digest,
    load_digits,
)
from image_classification.images.idx.options import MnistOptions

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
    """Choose the mirrors: the one of MNIST_MIRROR, then the named ones; the public ones if nobody named one.

    Raises:
        UserError: A mirror is not the address of a folder.
    """
    from_environment = environ.get(MIRROR_VARIABLE, "").strip()
    if from_environment:
        _check_mirror(from_environment, f"the environment variable {MIRROR_VARIABLE}")
    for mirror in named:
        _check_mirror(mirror, MnistOptions.named("mirrors"))
    mirrors = dict.fromkeys(filter(None, (from_environment, *named)))
    return MirrorChoice(tuple(mirrors), named=True) if mirrors else MirrorChoice(PUBLIC_MIRRORS, named=False)


def _check_mirror(mirror: str, where: str) -> None:
    scheme, separator, rest = mirror.partition("://")
    if separator and scheme in ("http", "https") and rest.strip("/"):
        return
    if separator and scheme == "file" and rest.startswith("/"):
        return
    raise UserError(
        f"The mirror {mirror!r} in {where} is not the address of a folder.\n"
        "Expected http://host/folder, https://host/folder or, for a folder of this machine, "
        f"file:///absolute/path (here perhaps file://{Path(rest or mirror).absolute()})."
    )


@dataclass(frozen=True)
class MnistPlan:
    """Which archives to get, from where, and what to do if no mirror delivers them."""

    archives: tuple[RemoteFile, ...]
    mirrors: tuple[str, ...]
    mirrors_are_named: bool
    connect_timeout: float
    offline_fallback: Literal["digits", "none"]

    def run(self, folder: Path, earlier: ArchivesRecord | None = None) -> ArchivesRecord:
        """Make the folder hold the archives, and say what it holds.

        Args:
            folder: Where the archives are, or are put.
            earlier: The record of the last run, which knows where the archives that are there came from.

        Raises:
            UserError: No mirror delivers them, and somebody named the mirrors or the fallback is none.
        """
        on_disk = [problem for file in self.archives if (problem := file_problem(file, folder))]
        report = download_files(self.archives, folder, self.mirrors, self.connect_timeout)
        if not report.missing:
            return self._record(report, earlier)
        reasons = on_disk + [f"{mirror}  {reason}" for mirror, reason in report.failures]
        if self.mirrors_are_named or self.offline_fallback == "none":
            who = "the mirrors that were named" if self.mirrors_are_named else "the public mirrors"
            raise UserError(
                f"MNIST cannot be downloaded: {who} did not deliver {', '.join(report.missing)}.\n"
                f"{_indented(reasons)}\n{_how_to_get_it(folder, named=self.mirrors_are_named)}"
            )
        _warn_of_fallback(folder, reasons)
        return _digits_record(reasons)

    def _record(self, report: DownloadReport, earlier: ArchivesRecord | None) -> ArchivesRecord:
        known = {} if earlier is None else earlier.files
        files = {}
        for file in self.archives:
            before = known.get(file.name)
            mirror = before.mirror if before is not None and before.md5 == file.md5 else "found on disk"
            files[file.name] = ArchiveOrigin(md5=file.md5, mirror=report.fetched.get(file.name, mirror))
        digest = archives_digest({file.name: file.md5 for file in self.archives})
        return ArchivesRecord(data_name=NAME, digest=digest, files=files, class_names=list(CLASS_NAMES))


def _digits_record(reasons: list[str]) -> ArchivesRecord:
    images, labels = load_digits()
    digest = hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest()
    return ArchivesRecord(data_name="digits", digest=digest, files={}, reasons=reasons)


def _how_to_get_it(folder: Path, *, named: bool = False) -> str:
    mirror = f"{MIRROR_VARIABLE}=file:///folder/of/the/archives, or {MnistOptions.named('mirrors')}"
    ways = (
        [f"name another mirror: {mirror}", "name none, and the public mirrors are tried"]
        if named
        else ["connect this machine to the internet", f"name a mirror: {mirror}"]
    )
    ways.append(f"put the four archives into {folder}, instead of any that are there")
    return "To get MNIST, do one of these and run again:\n" + ";\n".join(f"  {way}" for way in ways)


def _indented(reasons: list[str]) -> str:
    return "\n".join(f"  {reason}" for reason in reasons)


def _warn_of_fallback(folder: Path, reasons: list[str]) -> None:
    """Warn on the console, which shows in a terminal, a pipe and a log file alike, whatever is configured."""
    message = (
        f"MNIST could not be downloaded:\n{_indented(reasons)}\n\n"
        "Used instead: the 1,797 handwritten digits of 8 x 8 pixels that come with scikit-learn "
        f"(1,500 for training, {TEST_DIGITS} for testing). They are another, much smaller task: "
        f"no result of this run says anything about MNIST.\n\n{_how_to_get_it(folder)}"
    )
    title = "WARNING: this is not MNIST but scikit-learn's digits"
    # lines above and below only: borders at the sides would be copied together with the commands
    console.print(Panel(Text(message), title=title, style="bold yellow", box=box.HORIZONTALS))
