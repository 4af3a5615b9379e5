"""The plan of getting MNIST: archives on disk, then mirrors, then the bundled digits."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich import box
from rich.panel import Panel
from rich.text import Text

from image_classification.console import console
from image_classification.errors import UserError
from image_classification.images.idx import digits, mnist
from image_classification.images.idx.download import DownloadReport, RemoteFile, download_files, file_problem
from image_classification.images.idx.idx_set import ArchiveOrigin, ArchivesRecord, archives_digest


@dataclass(frozen=True)
class MnistPlan:
    """What is to be fetched, from where, and what to do if nothing can be had."""

    archives: tuple[RemoteFile, ...]
    mirrors: tuple[str, ...]
    mirrors_are_named: bool
    connect_timeout: float
    offline_fallback: Literal["digits", "none"]

    def run(self, folder: Path, earlier: ArchivesRecord | None = None) -> ArchivesRecord:
        """Make the folder hold the archives, and say what it holds.

        Args:
            folder: Where the archives are or shall be.
            earlier: The record of the last run, which knows where the archives that are there came from.

        Raises:
            UserError: The archives cannot be had, and somebody named the mirrors or the fallback is none.
        """
        on_disk = [problem for file in self.archives if (problem := file_problem(file, folder))]
        report = download_files(self.archives, folder, self.mirrors, self.connect_timeout)
        if not report.missing:
            return self._record(report, earlier)
        reasons = on_disk + [f"{mirror}  {reason}" for mirror, reason in report.failures]
        if self.mirrors_are_named or self.offline_fallback == "none":
            raise UserError(self._failure(folder, report, reasons))
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
        return ArchivesRecord(
            data_name=mnist.NAME, digest=digest, files=files, class_names=list(mnist.CLASS_NAMES)
        )

    def _failure(self, folder: Path, report: DownloadReport, reasons: list[str]) -> str:
        who = "the mirrors that were named" if self.mirrors_are_named else "the public mirrors"
        return "\n".join(
            [
                f"MNIST cannot be downloaded: {who} did not deliver {', '.join(report.missing)}.",
                *(f"  {reason}" for reason in reasons),
                _how_to_get_it(folder, named=self.mirrors_are_named),
            ]
        )


def _digits_record(reasons: list[str]) -> ArchivesRecord:
    images, labels = digits.load_digits()
    digest = hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest()
    return ArchivesRecord(data_name="digits", digest=digest, files={}, reasons=reasons)


def _how_to_get_it(folder: Path, *, named: bool = False) -> str:
    mirror = f"{mnist.MIRROR_VARIABLE}=file:///folder/of/the/archives, or the parameter mnist.mirrors"
    ways = (
        [f"name another mirror: {mirror}", "name none, and the public mirrors are tried"]
        if named
        else ["connect this machine to the internet", f"name a mirror: {mirror}"]
    )
    ways.append(f"put the four archives into {folder}, instead of any that are there")
    return "To get MNIST, do one of these and run again:\n" + ";\n".join(f"  {way}" for way in ways)


def _warn_of_fallback(folder: Path, reasons: list[str]) -> None:
    """Warn on the console, which shows in a terminal, a pipe and a log file alike, whatever is configured."""
    message = "\n".join(
        [
            "MNIST could not be downloaded:",
            *(f"  {reason}" for reason in reasons),
            "",
            "Used instead: the 1,797 handwritten digits of 8 x 8 pixels that come with scikit-learn "
            f"(1,500 for training, {digits.TEST_IMAGES} for testing). They are another, much smaller task: "
            "no result of this run says anything about MNIST.",
            "",
            _how_to_get_it(folder),
        ]
    )
    title = "WARNING: this is not MNIST but scikit-learn's digits"
    # lines above and below only: borders at the sides would be copied together with the commands
    console.print(Panel(Text(message), title=title, style="bold yellow", box=box.HORIZONTALS))
