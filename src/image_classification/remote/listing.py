"""What there is at an address: one file, a folder of files, or those that a pattern matches."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from image_classification.errors import UserError
from image_classification.remote.address import Address, why_no_path
from image_classification.remote.patience import PatientStore
from image_classification.words import printable, shorten, some

_WILD = re.compile(r"[*?\[]")
# what libraries call it: a fingerprint of the content, and when it was changed
_TAGS = ("ETag", "etag", "md5Hash", "content_md5", "md5", "checksum", "version_id")
_TIMES = ("LastModified", "last_modified", "updated", "mtime", "modified", "created")


class RemoteFile(NamedTuple):
    """A file, as its store describes it.

    path: From the bucket on, as in its address. size: In bytes, None if nobody says. tag: Another one for
    another content, as far as that is known. modified: Seconds since 1970, None if nobody says.
    """

    path: str
    size: int | None
    tag: str
    modified: float | None


class Listing(NamedTuple):
    """What there is.

    root: The file or folder that holds everything. files: All of them. folders: Those that are there without
    a file. pattern: What of the folder is meant, None for everything. is_file: Whether the root is one.
    others: Paths that a pattern does not match, where it matches none.
    """

    root: Address
    files: list[RemoteFile]
    folders: list[str]
    pattern: re.Pattern[str] | None = None
    is_file: bool = False
    others: Sequence[str] = ()

    def has(self, path: str) -> bool:
        """Whether a path in the root is one of those that are meant."""
        return self.pattern is None or matches(self.pattern, path)

    def matches_but_for_case(self, path: str) -> bool:
        """Whether a path would be meant if its letters were small or capital."""
        return self.pattern is not None and matches(re.compile(self.pattern.pattern, re.IGNORECASE), path)


def list_address(store: PatientStore, address: Address) -> Listing | None:
    """List what an address means: what is called so to the letter, else a file on the way, else a pattern.

    Returns:
        None where there is nothing.

    Raises:
        UserError: Names cannot be kept on a disk.
    """
    if found := _info(store, address):
        if found.get("type") == "file":
            return Listing(address, [_file(address.path, found)], [], is_file=True)
        if listing := _folder(store, address):
            return listing
    elif address.has_folders and (listing := _folder(store, address)):
        return listing
    if not address.has_folders:
        return None
    if _WILD.search("/".join(address.parts[1:])):
        return _matches(store, address)
    return _file_above(store, address)


def _info(store: PatientStore, address: Address) -> Mapping[str, Any] | None:
    with suppress(FileNotFoundError):
        return store.info(str(address))
    return None


def _file_above(store: PatientStore, address: Address) -> Listing | None:
    """List the archive that something is in: the first on the way that is a file."""
    for count in range(len(address.parts) - 1, 1, -1):
        above = Address(address.protocol, "/".join(address.parts[:count]))
        if "." in above.parts[-1] and (found := _info(store, above)) and found.get("type") == "file":
            return Listing(above, [_file(above.path, found)], [], is_file=True)
    return None


def _folder(store: PatientStore, address: Address) -> Listing | None:
    try:
        found = store.find(str(address), detail=True, withdirs=False)
    except FileNotFoundError:
        return None
    files, folders = _taken_apart(found, address)
    return Listing(address, files, folders) if files or folders else None


def _matches(store: PatientStore, address: Address) -> Listing | None:
    parts = address.parts
    fixed = next(place for place, part in enumerate(parts) if place and _WILD.search(part))
    root = Address(address.protocol, "/".join(parts[:fixed]))
    listing = _folder(store, root)
    if listing is None:
        return None
    pattern = _compiled(address)
    files = [file for file in listing.files if matches(pattern, file.path)]
    others = [] if files else [file.path for file in listing.files]
    return Listing(root, files, [], pattern, others=others)


def _compiled(address: Address) -> re.Pattern[str]:
    from fsspec.utils import glob_translate  # noqa: PLC0415

    return re.compile(glob_translate(address.path))


def matches(pattern: re.Pattern[str], path: str) -> bool:
    """Whether a pattern matches a path, or a folder that it lies in."""
    return any(pattern.match(each) for each in (path, *map(str, PurePosixPath(path).parents)))


def _taken_apart(
    found: Mapping[str, Mapping[str, Any]], address: Address
) -> tuple[list[RemoteFile], list[str]]:
    files, folders = [], []
    for name, info in found.items():
        path = _path_of(str(name))
        if path.endswith("/") or info.get("type") == "directory":  # as consoles make folders in buckets
            folders.append(path.rstrip("/"))
        else:
            files.append(_file(path, info))
    _require_names([*(file.path for file in files), *folders], address)
    _require_no_file_is_a_folder(files, address)
    return sorted(files), folders


def _path_of(name: str) -> str:
    path = name.partition("://")[2] if "://" in name else name
    return path.removeprefix("/")


def _file(path: str, info: Mapping[str, Any]) -> RemoteFile:
    size = info.get("size")
    tag = next((str(info[key]) for key in _TAGS if info.get(key)), "")
    times = (_seconds(info[key]) for key in _TIMES if info.get(key))
    return RemoteFile(path, None if size is None else int(size), tag, next(times, None))


def _seconds(time: Any) -> float | None:
    if isinstance(time, datetime):
        return time.timestamp()
    if isinstance(time, int | float):
        return float(time)
    with suppress(ValueError):
        return datetime.fromisoformat(str(time)).timestamp()
    return None


def _require_names(paths: Iterable[str], address: Address) -> None:
    refused = [(path, why) for path in paths if (why := why_no_path(path))]
    outside = [path for path in paths if not f"{path}/".startswith(f"{address.path}/")]
    refused += [(path, "is not below it") for path in outside]
    if refused:
        path, why = refused[0]
        others = f", and {len(refused) - 1:,} more" if refused[1:] else ""
        raise UserError(
            f"{address} holds what cannot be kept as a file: {shorten(printable(path), 200)} {why}{others}.\n"
            "Nothing is fetched. Rename it there, or name a folder without it."
        )


def _require_no_file_is_a_folder(files: Iterable[RemoteFile], address: Address) -> None:
    paths = {file.path for file in files}
    both = sorted({above for path in paths for above in _above(path) if above in paths})
    if both:
        raise UserError(
            f"{address} holds what cannot be kept on a disk: {some(both, 3)} is a file and a folder at "
            "once.\nNothing is fetched. Rename it there, or name a folder without it."
        )


def _above(path: str) -> Iterator[str]:
    return (str(each) for each in PurePosixPath(path).parents if str(each) != ".")
