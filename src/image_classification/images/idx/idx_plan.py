"""The plan of getting a data set in MNIST's format: from a folder of this machine or from an address."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from image_classification.errors import UserError
from image_classification.files.paths import is_folder
from image_classification.images.idx.archive import ROLES, find_files, read_idx, usual_names
from image_classification.images.idx.download import RemoteFile, download_files
from image_classification.images.idx.idx_set import ArchiveOrigin, ArchivesRecord, archives_digest
from image_classification.images.idx.mirror import local_folder
from image_classification.images.idx.options import WEB, IdxOptions
from image_classification.remote.fetched import here
from image_classification.remote.names import named


@dataclass(frozen=True)
class IdxPlan:
    """Which files to get, from where: a folder is read in place, an address is downloaded once."""

    options: IdxOptions

    def run(self, folder: Path, earlier: ArchivesRecord | None = None) -> ArchivesRecord:
        """Find or download the four files, and say what they are.

        Args:
            folder: Where to put files that are downloaded.
            earlier: The record of the last run, which knows what was downloaded from where.

        Raises:
            UserError: Files are missing, or one has another checksum than the options say.
        """
        path = self.options.path.strip()
        if not path:
            raise UserError(
                f"Nobody said where the data set is ({IdxOptions.named('path')} is empty).\n"
                f"Name its folder or address: {IdxOptions.setting(path='/folder/of/the/four/files')}"
            )
        if path.startswith(WEB):
            return self._record(path.rstrip("/"), *self._download(path, folder, earlier))
        place = here(path).absolute()
        if path.startswith("file://"):
            place = local_folder(path)
        if not is_folder(place):
            raise UserError(
                f"There is no folder {place} ({IdxOptions.named('path')}).\n"
                "Expected the folder, or the address (http://, https://), of four IDX files."
            )
        begins, names = find_files(place, self.options.files)
        return self._record(named(place), place, begins, names)

    def _download(
        self, address: str, folder: Path, earlier: ArchivesRecord | None
    ) -> tuple[Path, str, list[str]]:
        """Fetch what is not there yet; each address has a folder of its own."""
        target = folder / hashlib.sha256(address.encode()).hexdigest()[:8]
        known = earlier.files if earlier is not None and earlier.folder == str(target) else {}
        begins = f"{self.options.files.rstrip('-')}-" if self.options.files else ""
        names = [self._fetch(address, target, begins, role, known) for role in range(len(ROLES))]
        return target, begins.rstrip("-"), names

    def _fetch(
        self, address: str, target: Path, begins: str, role: int, known: Mapping[str, ArchiveOrigin]
    ) -> str:
        failures = []
        for name in usual_names(begins, role):
            if name in known and (target / name).is_file():
                return name
            file = RemoteFile(name, "", 0, partial(read_idx, dimensions=3 if role % 2 == 0 else 1))
            report = download_files([file], target, [address], self.options.connect_timeout)
            if not report.missing:
                return name
            failures += [reason for _, reason in report.failures]
            if report.silent:
                break
        reasons = "\n".join(f"  {reason}" for reason in dict.fromkeys(failures))
        raise UserError(
            f"The {ROLES[role]} cannot be downloaded from {address} ({IdxOptions.named('path')}):\n"
            f"{reasons}\n"
            f"Look at the address in a browser; {IdxOptions.named('files')} says how the files' names begin."
        )

    def _record(self, origin: str, folder: Path, begins: str, names: list[str]) -> ArchivesRecord:
        if unknown := sorted(set(self.options.checksums) - set(names)):
            raise UserError(
                f"{IdxOptions.named('checksums')} names {', '.join(unknown)}, which is none of the files of "
                f"the data set.\nExpected some of: {', '.join(names)}."
            )
        files = {}
        for name in names:
            content = (folder / name).read_bytes()
            self._verify(folder / name, content)
            md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
            files[name] = ArchiveOrigin(md5=md5, mirror=origin)
        digest = archives_digest({name: file.md5 for name, file in files.items()})
        if self.options.transpose or self.options.class_names:
            settings = {"transpose": str(self.options.transpose), "names": repr(self.options.class_names)}
            digest = archives_digest({"files": digest, **settings})
        return ArchivesRecord(
            data_name=self.options.name or begins or Path(origin).name,
            digest=digest,
            files=files,
            folder=str(folder),
            class_names=self.options.class_names,
            transpose=self.options.transpose,
        )

    def _verify(self, path: Path, content: bytes) -> None:
        expected = self.options.checksums.get(path.name, "").lower()
        if not expected:
            return
        kind = "sha256" if len(expected) == 64 else "md5"
        found = hashlib.new(kind, content, usedforsecurity=False).hexdigest()
        if found != expected:
            raise UserError(
                f"{path} has another checksum than {IdxOptions.named('checksums')} says: {kind.upper()} "
                f"{found} instead of {expected}.\nGet the file again, or correct the checksum."
            )
