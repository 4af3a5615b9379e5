"""The door to everything remote: from what a person wrote to where it is on this machine."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path, PurePath
from urllib.parse import urlsplit
from urllib.request import url2pathname

from filelock import FileLock

from image_classification.errors import UserError
from image_classification.files.paths import exists, is_file, shortened, with_home
from image_classification.remote.access import Access, access
from image_classification.remote.address import Address, is_remote, meant_address, read_address
from image_classification.remote.fetching import fetch
from image_classification.remote.ledger import opened_ledger
from image_classification.remote.listing import Listing, list_address
from image_classification.remote.options import RemoteOptions
from image_classification.remote.patience import PatientStore
from image_classification.remote.stores import open_store
from image_classification.remote.troubles import (
    UnreachableError,
    chain_of,
    explained,
    nothing_matches,
    nothing_there,
    secrets_of,
)

logger = logging.getLogger(__name__)

_FILE = "file://"


def here(
    text: str, *, with_its_folder: Callable[[str], bool] = lambda _name: False, inside: str = ""
) -> Path:
    """Return where that is on this machine what a path of a person means.

    ~ is the home folder. Of an address (s3://…) what is new there is fetched first, once in a run.

    Args:
        text: the path.
        with_its_folder: tells by the name of a file whether what lies beside it is needed too, as the images
            that a table names.
        inside: the path in a folder of what alone is needed of it, where that is there.

    Raises:
        UserError: it is an address that cannot be read, or was nearly one.
    """
    if text.strip().lower().startswith(_FILE):
        return _local(text.strip())
    if not is_remote(text):
        return _on_this_machine(text)
    address = read_address(text)
    if inside and (file := _inside(address, inside)):
        return file
    is_with_folder = address.is_in_folder and with_its_folder(address.parts[-1])
    wanted = address.parent if is_with_folder else address
    _bring_once(wanted)
    return address.copy_in(access().folder)


def _on_this_machine(text: str) -> Path:
    path = with_home(text)
    if (meant := meant_address(text)) and not exists(path.parts[0]):
        raise UserError(
            f"{shortened(text)} is no path on this machine, as there is no {shortened(path.parts[0])} here.\n"
            f"If an address is meant: {shortened(meant)}"
        )
    return path


def _inside(address: Address, inside: str) -> Path | None:
    """Fetch a file of a folder; None where that is a file itself, or has no such file."""
    file = Address(address.protocol, f"{address.path}/{inside}")
    if not address.has_folders or address.parts[-1].endswith(PurePath(inside).suffix):
        return None
    found = _bring_once(file, may_be_missing=True)
    return file.copy_in(access().folder) if found else None


def _bring_once(address: Address, *, may_be_missing: bool = False) -> bool:
    """Fetch what was not in this run yet; return whether it is there, as a file if it may be missing."""
    known = access()
    if not any(f"{address}/".startswith(f"{fetched}/") for fetched in known.fetched):
        how = _bring(address, known, may_be_missing=may_be_missing)
        if how is None:
            return False
        known.note(str(address), how)
    return not may_be_missing or is_file(address.copy_in(known.folder))


def way_from(folder: Path, text: str) -> str | None:
    """Return the way from a folder that was fetched to what an address means; None if that is not in it."""
    if not is_remote(text):
        return None
    try:
        copy = read_address(text).copy_in(access().folder)
    except UserError:
        return None
    # a copy that lies below a folder of this machine may be of any time
    is_inside = folder.is_relative_to(access().folder) and copy.is_relative_to(folder)
    return copy.relative_to(folder).as_posix() if is_inside else None


def _local(text: str) -> Path:
    try:
        parts = urlsplit(text)
    except ValueError:  # a bracket that is not part of an address
        return Path(text)
    if parts.netloc not in {"", "localhost"}:
        return Path(text)
    literal = Path(text[len(_FILE) + len(parts.netloc) :])
    return literal if exists(literal) else Path(url2pathname(parts.path))


def _bring(address: Address, known: Access, *, may_be_missing: bool) -> str | None:
    """Bring the copy of an address up to date; return how, in words, or None if nothing is there."""
    known.folder.mkdir(parents=True, exist_ok=True)
    # one process at a time writes there; another one finds what this one has fetched
    with FileLock(known.folder / ".lock"), opened_ledger(known.folder) as ledger:
        before = ledger.complete(str(address))
        if known.options.check == "never":
            if before or not may_be_missing:
                _require_copy(address, before)
            return f"copy of {before.isoformat()}, without asking" if before else None
        with _explained(address, known):
            try:
                store, listing = _look(address, known)
            except UnreachableError as error:
                if before is None and may_be_missing:
                    return None
                if before is None or known.options.check == "always":
                    raise
                first = str(error).partition("\n")[0]
                logger.warning("%s The copy of %s is used.", first, f"{before:%Y-%m-%d %H:%M}")
                return f"copy of {before.isoformat()}, as nobody answered"
            if may_be_missing and (listing is None or not listing.is_file or listing.root != address):
                return None
            if listing is None:
                raise UserError(nothing_there(store, address))
            if listing.pattern and not listing.files:
                raise UserError(nothing_matches(address, listing))
            ledger.note_incomplete(str(address))
            fetch(store, listing, known.folder, ledger, known.options.at_once)
            ledger.note_complete(str(address))
    return f"fetched {datetime.now().astimezone().isoformat(timespec='seconds')}"


def _look(address: Address, known: Access) -> tuple[PatientStore, Listing | None]:
    with _explained(address, known):
        store = open_store(address, known)
        try:
            return store, list_address(store, address)
        except PermissionError:
            # the answer about a single object has no reason in it, that about a bucket has
            store.ls(address.parts[0])
            raise


@contextmanager
def _explained(address: Address, known: Access) -> Iterator[None]:
    """Have whatever a library raises say what is wrong, without a secret."""
    secrets = secrets_of(known.credentials_for(address.protocol))
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        raise explained(error, address, secrets) from (None if _shows(error, secrets) else error)


def _shows(error: BaseException, secrets: list[str]) -> bool:
    return any(secret in str(each) for each in chain_of(error) for secret in secrets)


def _require_copy(address: Address, before: datetime | None) -> None:
    if before is None:
        raise UserError(
            f"{address} was never fetched into this data folder, or not to its end, and "
            f"{RemoteOptions.named('check')} is never.\n"
            f"Fetch it once: {RemoteOptions.setting(check='if_reachable')}"
        )
