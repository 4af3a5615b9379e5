"""Fetching what is new at an address into the folder of copies, and removing there what is gone."""

import logging
import os
import shutil
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from itertools import count
from pathlib import Path
from time import monotonic

from image_classification.errors import UserError
from image_classification.files.troubles import require_room
from image_classification.remote.address import Address
from image_classification.remote.ledger import Ledger
from image_classification.remote.listing import Listing, RemoteFile
from image_classification.remote.patience import PatientStore
from image_classification.remote.progress import Progress, progress_of
from image_classification.words import count_of, in_bytes

logger = logging.getLogger(__name__)

# files after which what was fetched is noted: a kill costs no more than these
_BETWEEN_NOTES = 200
_PARTIAL = ".partial"


def fetch(store: PatientStore, listing: Listing, folder: Path, ledger: Ledger, at_once: int) -> None:
    """Bring the copies of a listing to what it says.

    Each file is written beside the others under another name and renamed once it is whole; what was fetched
    stays where something fails, and is not fetched again.

    Raises:
        UserError: There is no room, or names differ in nothing that this disk tells apart.
        Exception: of the library, if a file cannot be fetched.
    """
    root, protocol = listing.root, listing.root.protocol
    _require_names_apart(listing, folder)
    _remove_what_is_gone(listing, folder)
    new = [file for file in listing.files if not ledger.is_current(protocol, file, _copy(root, file, folder))]
    if new:
        size = sum(file.size or 0 for file in new)
        of = f" of {len(listing.files):,}" if len(new) < len(listing.files) else ""
        logger.info("Fetching %s%s (%s) from %s.", count_of(len(new), "file"), of, in_bytes(size), root)
        require_room(folder / "copies", size)
        started = monotonic()
        _fetch_all(store, root, new, folder, ledger, at_once)
        logger.info("Fetched in %.0f s.", monotonic() - started)
    for path in listing.folders:
        Address(protocol, path).copy_in(folder).mkdir(parents=True, exist_ok=True)


def _copy(root: Address, file: RemoteFile, folder: Path) -> Path:
    return Address(root.protocol, file.path).copy_in(folder)


def _fetch_all(
    store: PatientStore, root: Address, new: Sequence[RemoteFile], folder: Path, ledger: Ledger, at_once: int
) -> None:
    partial = folder / _PARTIAL
    shutil.rmtree(partial, ignore_errors=True)  # of a process that was killed: nobody else writes here now
    partial.mkdir(parents=True)
    numbers = count()

    with progress_of(new) as progress, ThreadPoolExecutor(at_once, thread_name_prefix="fetching") as pool:

        def fetch_one(file: RemoteFile) -> tuple[RemoteFile, int]:
            place = partial / str(next(numbers))
            return file, _fetch_one(store, root.protocol, file, place, folder, progress)

        for begin in range(0, len(new), _BETWEEN_NOTES):
            _run(pool, fetch_one, new[begin : begin + _BETWEEN_NOTES], progress, ledger, root.protocol)
    shutil.rmtree(partial, ignore_errors=True)


def _run(
    pool: ThreadPoolExecutor,
    fetch_one: Callable[[RemoteFile], tuple[RemoteFile, int]],
    files: Sequence[RemoteFile],
    progress: Progress,
    ledger: Ledger,
    protocol: str,
) -> None:
    done: list[tuple[RemoteFile, int]] = []
    futures = [pool.submit(fetch_one, file) for file in files]
    pending = set(futures)
    try:
        while pending:
            finished, pending = wait(pending, timeout=1, return_when=FIRST_COMPLETED)
            progress.tell(len(finished))
            done += [future.result() for future in finished if not future.exception()]
            for future in finished:
                future.result()  # raises what went wrong
    except BaseException:
        for future in futures:
            future.cancel()
        raise
    finally:
        ledger.note(protocol, done)


def _fetch_one(
    store: PatientStore, protocol: str, file: RemoteFile, partial: Path, folder: Path, progress: Progress
) -> int:
    """Fetch a file, and return the time that its copy has, in nanoseconds."""
    address = Address(protocol, file.path)
    store.get_file(str(address), str(partial), lambda size: progress.came(file, size))
    size = partial.stat().st_size
    if file.size is not None and size != file.size:
        raise UserError(
            f"{address} has changed while it was fetched: {in_bytes(file.size)} were promised, and "
            f"{in_bytes(size)} came.\nRun the same command again: it goes on from what is here."
        )
    if file.modified is not None:  # what a copy is known by stays the same when it is fetched again
        os.utime(partial, (file.modified, file.modified))
    copy = address.copy_in(folder)
    copy.parent.mkdir(parents=True, exist_ok=True)
    partial.replace(copy)
    return copy.stat().st_mtime_ns


def _remove_what_is_gone(listing: Listing, folder: Path) -> None:
    """Remove copies of what is not there any more, and whatever else is in the way of what is."""
    kept = {_copy(listing.root, file, folder) for file in listing.files}
    top = listing.root.copy_in(folder)
    _clear_the_way(top, kept, folder, is_file=listing.is_file)
    if listing.is_file:
        return
    needed = {above for path in kept for above in path.parents}
    needed |= {Address(listing.root.protocol, path).copy_in(folder) for path in listing.folders}
    gone = 0
    for path in _below(top):
        if path.is_dir() and not path.is_symlink():
            if path not in needed and not any(path.iterdir()):
                path.rmdir()
        elif path not in kept and listing.has(_path_in_store(path, listing.root, folder)):
            path.unlink()
            gone += 1
    if gone:
        logger.info("%s has lost %s, and the copies are removed.", listing.root, count_of(gone, "file"))


def _path_in_store(copy: Path, root: Address, folder: Path) -> str:
    return copy.relative_to(folder / root.protocol).as_posix()


def _clear_the_way(top: Path, kept: Collection[Path], folder: Path, *, is_file: bool) -> None:
    """Remove files where folders are now, and folders where files are."""
    for path in [each for each in kept if each.is_dir()]:
        shutil.rmtree(path)
    above = [path for path in top.parents if path.is_relative_to(folder)]
    for path in above if is_file else [top, *above]:
        if path.is_file():
            path.unlink()


def _below(folder: Path) -> Iterator[Path]:
    """Yield everything in a folder, what is in a folder before it."""
    for path, folders, files in os.walk(folder, topdown=False):
        yield from (Path(path, name) for name in (*files, *folders))


def _require_names_apart(listing: Listing, folder: Path) -> None:
    """Refuse names that are one to the disk, such as a.jpg and A.jpg on those of macOS and Windows."""
    if not _takes_letters_for_one(folder):
        return
    seen: dict[str, str] = {}
    for file in listing.files:
        other = seen.setdefault(file.path.casefold(), file.path)
        if other != file.path:
            raise UserError(
                f"{listing.root} holds {other} and {file.path}, which are one file on the disk of {folder}.\n"
                "Rename one there, or have the data folder on a disk that tells a from A."
            )


def _takes_letters_for_one(folder: Path) -> bool:
    return sys.platform in {"darwin", "win32"} and Path(str(folder).swapcase()).exists()
