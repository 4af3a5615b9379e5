"""The door to everything remote: from what a person wrote to where it is on this machine."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from filelock import FileLock

from image_classification.errors import UserError
from image_classification.files.paths import exists, with_home
from image_classification.remote.access import Access, access
from image_classification.remote.address import Address, is_remote, read_address
from image_classification.remote.fetching import fetch
from image_classification.remote.ledger import opened_ledger
from image_classification.remote.listing import Listing, list_address
from image_classification.remote.options import RemoteOptions
from image_classification.remote.stores import open_store
from image_classification.remote.troubles import UnreachableError, chain_of, explained, secrets_of

logger = logging.getLogger(__name__)

_FILE = "file://"


def here(text: str, *, with_its_folder: Callable[[str], bool] = lambda _name: False) -> Path:
    """Return where that is on this machine what a path of a person means.

    ~ is the home folder. Of an address (s3://…) what is new there is fetched first, once in a run.

    Args:
        text: the path.
        with_its_folder: tells by the name of a file whether what lies beside it is needed too, as the images
            that a table names.

    Raises:
        UserError: it is an address that cannot be read.
    """
    if text.strip().lower().startswith(_FILE):
        return _local(text.strip())
    if not is_remote(text):
        return with_home(text)
    address = read_address(text)
    is_with_folder = address.has_folders and len(address.parts) > 2 and with_its_folder(address.parts[-1])
    wanted = address.parent if is_with_folder else address
    known = access()
    if not any(f"{wanted}/".startswith(f"{fetched}/") for fetched in known.fetched):
        known.note(str(wanted), _bring(wanted, known))
    return address.copy_in(known.folder)


def _local(text: str) -> Path:
    try:
        parts = urlsplit(text)
    except ValueError:  # a bracket that is not part of an address
        return Path(text)
    if parts.netloc not in {"", "localhost"}:
        return Path(text)
    literal = Path(text[len(_FILE) + len(parts.netloc) :])
    return literal if exists(literal) else Path(url2pathname(parts.path))


def _bring(address: Address, known: Access) -> str:
    """Bring the copy of an address up to date; return how that was done, in words."""
    known.folder.mkdir(parents=True, exist_ok=True)
    # one process at a time writes there; another one finds what this one has fetched
    with FileLock(known.folder / ".lock"), opened_ledger(known.folder) as ledger:
        before = ledger.complete(str(address))
        if known.options.check == "never":
            _require_copy(address, before)
            return f"copy of {before.isoformat()}, without asking" if before else ""
        store = open_store(address, known)
        with _explained(address, known):
            try:
                listing = _look(store, address, known)
            except UnreachableError as error:
                if before is None or known.options.check == "always":
                    raise
                first = str(error).partition("\n")[0]
                logger.warning("%s The copy of %s is used.", first, f"{before:%Y-%m-%d %H:%M}")
                return f"copy of {before.isoformat()}, as nobody answered"
            if listing is None:
                raise UserError(_nothing_there(store, address))
            ledger.note_incomplete(str(address))
            fetch(store, listing, known.folder, ledger, known.options.at_once)
            ledger.note_complete(str(address))
            return f"fetched {datetime.now().astimezone().isoformat(timespec='seconds')}"


def _look(store: Any, address: Address, known: Access) -> Listing | None:
    with _explained(address, known):
        return list_address(store, address)


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


def _nothing_there(store: Any, address: Address) -> str:
    bucket = address.parts[0]
    what = "file or folder" if address.path != bucket and _is_bucket(store, bucket) else f"bucket as {bucket}"
    if not address.has_folders:
        return f"{address}: there is no such file.\nExpected the address of one file: an archive or a table."
    return (
        f"{address}: there is no such {what}.\nExpected what a listing shows there, as of aws s3 ls; capital "
        "and small letters differ."
    )


def _is_bucket(store: Any, name: str) -> bool:
    """Whether there is such a bucket, as far as that may be looked at."""
    try:
        store.ls(name)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True
