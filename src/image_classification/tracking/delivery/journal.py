"""What a store has not taken yet, in a file of the project, until it has."""

import json
import os
import shutil
import socket
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from image_classification.files import replacing
from image_classification.files.shared_folders import in_folder
from image_classification.processes.identity import this_process
from image_classification.tracking.delivery.entries import FILE, STORED, Entry, entry_of
from image_classification.tracking.delivery.letters import Letter
from image_classification.tracking.store.place import Store

# in the project's folder, beside mlflow.db and mlartifacts
FOLDER = "mlpending"
# bytes of the file of one process, and of the copies beside it: what is more is left out
LARGEST_JOURNAL = 50_000_000
LARGEST_COPIES = 500_000_000


class Journal:
    """The entries of one run and one process that the store has not taken. Nothing that fails is raised.

    Attributes:
        path: of the file.
        copies: the folder of copies beside it.
    """

    def __init__(self, folder: Path, run_id: str, store: Store) -> None:
        self._run_id, self._store = run_id, store
        self.path = folder.absolute() / f"{run_id}.{socket.gethostname()}-{os.getpid()}.jsonl"
        self.copies = self.path.with_suffix(".files")
        self._not_copied = ""  # why
        self._unkept: dict[int, Letter] = {}  # by identity: to be in the file, and not there yet

    def keep(self, letter: Letter) -> None:
        """Add an entry, after those for which that has failed before."""
        self._unkept[id(letter)] = letter
        for each in list(self._unkept.values()):
            each.trouble = "" if each.is_sent else self.append(each.entry)
            if each.trouble:
                letter.trouble = each.trouble
                return
            self._unkept.pop(id(each), None)

    def forget(self, letter: Letter) -> None:
        """Remove what was copied for an entry that is delivered; its line goes with the file."""
        self._unkept.pop(id(letter), None)
        if letter.entry.kind in STORED:
            place = Path(letter.entry.content["path"]).parent
            if place.parent == self.copies:
                self._remove_copy(place)

    def trouble(self) -> str:
        """Return why something is neither delivered nor kept, empty if all is; what can be kept now is."""
        if waiting := list(self._unkept.values()):
            self.keep(waiting[-1])
        reasons = (each.trouble for each in list(self._unkept.values()) if not each.is_sent)
        return next(filter(None, reasons), self._not_copied)

    def append(self, entry: Entry) -> str:
        """Add an entry; only its own line is at risk if the process is killed or the disk full meanwhile.

        Returns:
            Why that fails, empty if it does not.
        """
        is_new = False
        try:
            with in_folder(self.path.parent, lambda: self.path.open("a", encoding="utf-8")) as file:
                is_new = not file.tell()
                if file.tell() > LARGEST_JOURNAL:
                    return f"{self.path} is full"
                # on a line of its own, even if the one before is torn
                file.write((self._head() if is_new else "\n") + entry.as_line())
        except OSError as error:
            if is_new:  # without its head nobody could use it
                with suppress(OSError):
                    self.path.unlink(missing_ok=True)
            return str(error)
        return ""

    def entries(self) -> list[Entry]:
        """Return what is kept."""
        with suppress(OSError, ValueError):
            return read(self.path)[2]
        return []

    def _head(self) -> str:
        head = {"run_id": self._run_id, "store": self._store.shown, "process": this_process()}
        return json.dumps(head) + "\n"

    def copy(self, path: Path, folder: str) -> Entry | None:
        """Copy a file or folder that belongs to the record, as the next run replaces it; None if it fails.

        Each has a folder of its own: what is delivered meanwhile is removed without what is being copied.
        """
        place = None
        try:
            if _size(self.copies) + _size(path) > LARGEST_COPIES:
                return None
            place = Path(in_folder(self.copies, lambda: tempfile.mkdtemp(dir=self.copies)))
            if path.is_dir():
                shutil.copytree(path, place / path.name)
            else:
                shutil.copy2(path, place / path.name)
        except OSError as error:
            self._not_copied = str(error)
            if place:
                self._remove_copy(place)
            return None
        return Entry(FILE, {"path": str(place / path.name), "folder": folder})

    def _remove_copy(self, place: Path) -> None:
        shutil.rmtree(place, ignore_errors=True)
        _remove_if_empty(self.copies)
        _remove_if_empty(self.copies.parent)

    def remove(self) -> None:
        """Remove the file, as all is delivered; a copy that is being made stays, and so does its folder."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)
            lock_of(self.path).unlink(missing_ok=True)
        _remove_if_empty(self.copies)
        _remove_if_empty(self.path.parent)


def keep_only(path: Path, entries: Iterable[Entry]) -> None:
    """Have a journal hold these entries alone, as the others are delivered. Nothing that fails is raised."""
    with suppress(OSError):
        head = path.read_text(encoding="utf-8", errors="replace").partition("\n")[0]
        with replacing(path) as temporary:
            temporary.write_text("".join([f"{head}\n", *(entry.as_line() for entry in entries)]), "utf-8")


def lock_of(path: Path) -> Path:
    """Return the file that a process locks while it delivers a journal."""
    return path.with_suffix(".lock")


def remove(path: Path) -> None:
    """Remove a journal, the copies beside it, and their folder if it is empty then."""
    with suppress(OSError):
        path.unlink(missing_ok=True)
        lock_of(path).unlink(missing_ok=True)
        shutil.rmtree(path.with_suffix(".files"), ignore_errors=True)
    _remove_if_empty(path.parent)


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


class DamagedJournalError(ValueError):
    """A file that does not say which run it belongs to."""


def read(path: Path) -> tuple[dict[str, str], dict[str, str], list[Entry]]:
    """Return what a journal holds: run_id and store, the process that wrote it, and the whole entries.

    Raises:
        OSError: it cannot be read.
        DamagedJournalError: it is no journal.
        ValueError: not even its first line is complete; perhaps that is being written now.
    """
    head, end_of_line, rest = path.read_text(encoding="utf-8", errors="replace").partition("\n")
    try:
        about = json.loads(head)
        process = about.pop("process")
        if set(about) != {"run_id", "store"} or not all(map(_is_text, [*about.values(), *process.values()])):
            raise DamagedJournalError(f"{path} is no list of what is to be recorded")
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        if not end_of_line:
            raise ValueError(f"{path} has no complete line") from error
        raise DamagedJournalError(f"{path} is no list of what is to be recorded") from error
    return about, process, list(_entries(dict.fromkeys(rest.splitlines())))


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _entries(lines: Iterable[str]) -> Iterator[Entry]:
    for line in lines:
        if entry := entry_of(line):
            yield entry


def _size(path: Path) -> int:
    """Return the bytes of a file, or of all in a folder; what is removed meanwhile has none."""
    inside = (Path(folder, name) for folder, _, names in os.walk(path) for name in names)
    size = 0
    for file in inside if path.is_dir() else [path]:
        with suppress(OSError):
            size += file.stat().st_size
    return size
