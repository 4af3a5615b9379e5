"""What is known of the copies: of which content each is, and when everything at an address was there last."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from image_classification.remote.listing import RemoteFile

_FILE = "copies.sqlite"
_TABLES = (
    "CREATE TABLE IF NOT EXISTS copies (file TEXT PRIMARY KEY, size INTEGER, tag TEXT, modified REAL, "
    "written INTEGER)",
    "CREATE TABLE IF NOT EXISTS complete (address TEXT PRIMARY KEY, at TEXT)",
)


class Ledger:
    """The table of copies in their folder. It is written by one process at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def is_current(self, protocol: str, file: RemoteFile, copy: Path) -> bool:
        """Whether a copy is that of a file as it is now, and as it was written here."""
        query = "SELECT size, tag, modified, written FROM copies WHERE file = ?"
        row = self._connection.execute(query, (_key(protocol, file.path),)).fetchone()
        if row is None or row[:3] != (file.size, file.tag, file.modified):
            return False
        try:
            status = copy.stat()
        except OSError:
            return False
        return status.st_mtime_ns == row[3] and file.size in {None, status.st_size}

    def note(self, protocol: str, copied: Iterable[tuple[RemoteFile, int]]) -> None:
        """Remember copies, and the time that their files have, in nanoseconds."""
        rows = [
            (_key(protocol, file.path), file.size, file.tag, file.modified, written)
            for file, written in copied
        ]
        with self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO copies VALUES (?, ?, ?, ?, ?)", rows)

    def note_complete(self, address: str) -> None:
        """Remember that everything at an address is here."""
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        with self._connection:
            self._connection.execute("INSERT OR REPLACE INTO complete VALUES (?, ?)", (address, now))

    def note_incomplete(self, address: str) -> None:
        """Remember that what is here may be of two times."""
        with self._connection:
            self._connection.execute("DELETE FROM complete WHERE address = ?", (address,))

    def complete(self, address: str) -> datetime | None:
        """Return when everything at an address was here last, None if it never was."""
        query = "SELECT at FROM complete WHERE address = ?"
        row = self._connection.execute(query, (address,)).fetchone()
        return datetime.fromisoformat(row[0]) if row else None


def _key(protocol: str, path: str) -> str:
    return f"{protocol}://{path}"


@contextmanager
def opened_ledger(folder: Path) -> Iterator[Ledger]:
    """Open the table in the folder of copies; one that is damaged is begun anew, and all is fetched again."""
    path = folder / _FILE
    try:
        connection = _open(path)
    except sqlite3.DatabaseError:
        path.unlink()
        connection = _open(path)
    with closing(connection):
        yield Ledger(connection)


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=60)
    try:
        with connection:
            for table in _TABLES:
                connection.execute(table)
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection
