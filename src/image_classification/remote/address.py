"""Addresses such as s3://bucket/photos, taken apart; what would lead out of a folder is refused."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from image_classification.errors import UserError
from image_classification.words import printable, shorten

_ADDRESS = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*)://(.*)", re.DOTALL)
# what somebody may have meant as one
_NEARLY = re.compile(
    r"(s3a?|gs|gcs|az|abfss?|https?|sftp|hdfs)(?::[/\\]{0,2}|[/\\]{2})([^/\\:].*)", re.IGNORECASE | re.DOTALL
)
_LOGIN = re.compile(r"^[^/@]*:[^/@]*@")
_WEB = frozenset({"http", "https"})
# where the first name is that of a machine with all its disks, not of a bucket
_MACHINES = frozenset({"sftp", "ssh", "ftp", "hdfs", "webhdfs", "smb"})
_LONGEST_NAME = 255  # bytes, of a part of a path, in nearly every file system
_FORMS = "s3://<bucket>/<path>"


class Address(NamedTuple):
    """Something remote.

    protocol: Such as s3, in small letters.
    path: What follows `://`, with the bucket or server first, without a slash at its ends.
    """

    protocol: str
    path: str

    def __str__(self) -> str:
        return f"{self.protocol}://{self.path}"

    @property
    def parts(self) -> list[str]:
        """The bucket or server, and the names on the way."""
        return self.path.split("/")

    @property
    def is_in_folder(self) -> bool:
        """Whether it lies in a folder or a bucket that may be fetched with it."""
        return self.has_folders and len(self.parts) > (2 if self.protocol in _MACHINES else 1)

    @property
    def parent(self) -> "Address":
        """What it lies in; the bucket itself for a bucket."""
        return Address(self.protocol, "/".join(self.parts[:-1]) or self.path)

    @property
    def has_folders(self) -> bool:
        """Whether what lies there can be listed; a web server answers for single files."""
        return self.protocol not in _WEB

    def copy_in(self, folder: Path) -> Path:
        """Return where its copy lies in the folder of all copies."""
        return folder.joinpath(self.protocol, *self.parts)


def is_remote(text: str) -> bool:
    """Whether a path of a person is the address of something that is on no disk of this machine."""
    found = _ADDRESS.fullmatch(text.strip())
    return found is not None and found[1].lower() not in {"file", "local"}


def meant_address(text: str) -> str:
    """Return the address that a path is nearly, such as s3:/bucket; "" if it is none."""
    found = _NEARLY.fullmatch(text.strip())
    return f"{found[1].lower()}://{found[2]}".replace("\\", "/") if found else ""


def read_address(text: str) -> Address:
    """Take an address apart.

    Raises:
        UserError: It names no bucket or server, holds a password, or has parts that no file can be called by.
    """
    found = _ADDRESS.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text} is no address")
    protocol, path = found[1].lower(), found[2].strip("/")
    if _LOGIN.match(path):
        raise UserError(
            f"An address that begins with {protocol}:// holds a name and a password, which would be recorded "
            "with it.\nWrite the address without them, and them into conf/local/credentials.yml."
        )
    if protocol in _WEB and "?" in path:
        bare = f"{protocol}://{path.partition('?')[0]}"
        raise UserError(
            f"The address {shorten(printable(bare), 200)} is followed by ?, and what stands there may be a "
            "password, which would be recorded with it.\nExpected an address without ?…; or fetch the file, "
            "and name that."
        )
    if not path.partition("/")[0]:
        raise UserError(f"The address {printable(text)} names nothing.\nExpected {_FORMS}.")
    if why := why_no_path(path):
        raise UserError(f"The address {shorten(printable(text), 200)} {why}.\nExpected {_FORMS}.")
    return Address(protocol, path)


def why_no_path(key: str) -> str:
    """Say why the name of an object cannot be the path of a file; "" if it can."""
    for part in key.split("/"):
        if part in {"", ".", ".."}:
            shown = f"{part!r}" if part else "nothing between two /"
            return f"has {shown} for a folder, which would lead elsewhere on a disk"
        if "\0" in part or "\\" in part:
            return "has a character in it that no file name has on every system (\\ or NUL)"
        if len(part.encode("utf-8", "surrogateescape")) > _LONGEST_NAME:
            return f"has a name in it that is longer than the {_LONGEST_NAME} bytes of a file's"
    return ""


def shared_folder(texts: Iterable[str]) -> Address | None:
    """Return the innermost folder or bucket that all of these addresses lie in; None where there is none."""
    addresses = [read_address(text) for text in texts if is_remote(text)]
    places = [(each.protocol, *each.parts[:-1]) for each in addresses if each.is_in_folder]
    if not places or len(places) < len(addresses):
        return None
    together = [names[0] for names in zip(*places, strict=False)]
    for count, names in enumerate(zip(*places, strict=False)):
        if len(set(names)) > 1:
            together = together[:count]
            break
    return Address(together[0], "/".join(together[1:])) if len(together) > 1 else None
