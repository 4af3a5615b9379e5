"""Where the list of trainings is: a database that is a file, or one on a server."""

from pathlib import Path

FILE = "trials.db"
SQLITE = "sqlite:///"


def address_of(storage: str | None, folder: Path) -> str:
    """Return the address of the database that the options name, or of the file in a folder."""
    return storage or f"{SQLITE}{(folder / FILE).absolute()}"


def file_of(address: str) -> Path | None:
    """Return the file of a database, None if it is on a server."""
    return Path(address.removeprefix(SQLITE)) if address.startswith(SQLITE) else None
