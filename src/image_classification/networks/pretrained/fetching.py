"""Files of weights that were published: taken from the caches of this machine, fetched once if need be.

The caches are those of the ecosystem (`HF_HOME`, `TORCH_HOME`), so whatever another program has fetched is
found, and a file can be put there by hand. A file that is there opens no connection.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from image_classification.console import console
from image_classification.errors import UserError
from image_classification.files.troubles import first_line

# the library would tell its makers what is used
_SETTINGS = {"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_SYMLINKS_WARNING": "1"}
_PATIENCE = 10.0  # seconds in which a server has to answer
_HASH_LENGTH = 8  # digits of a sha256 in the names of torch's files


def file_digest(path: Path) -> str:
    """Return the sha256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def from_hub(repository: str, names: Sequence[str], model: str, instead: str) -> tuple[Path, str]:
    """Return a file of a repository of the Hugging Face hub, and its address.

    Args:
        repository: such as timm/resnet18.a1_in1k.
        names: of files in it, the first that there is being taken.
        model: what the weights are of, for messages.
        instead: what else can be done, for messages.

    Raises:
        UserError: it is not in the cache, and cannot be fetched.
    """
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    from huggingface_hub import (  # noqa: PLC0415
        constants,
        hf_hub_download,
        hf_hub_url,
        try_to_load_from_cache,
    )
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError  # noqa: PLC0415

    endpoint, cache = constants.ENDPOINT, constants.HF_HUB_CACHE
    addresses = {name: hf_hub_url(repository, name, endpoint=endpoint) for name in names}
    for name, address in addresses.items():
        if isinstance(cached := try_to_load_from_cache(repository, name, cache), str):
            return Path(cached), address
    try:
        _require_answer(addresses[names[0]])
        for name, address in addresses.items():
            console.print(f"Fetching the weights of {model} from {address}, once …")
            try:
                return Path(hf_hub_download(repository, name, cache_dir=cache, endpoint=endpoint)), address
            except LocalEntryNotFoundError:
                raise
            except EntryNotFoundError:
                continue
    except Exception as error:  # what a network, a proxy or a server leads to is of every kind
        raise _unreachable(model, addresses[names[0]], Path(cache), error, instead) from error
    raise UserError(
        f"The repository {repository} has no file {' or '.join(names)}, so there are no weights of {model} "
        f"that could be taken from it. {instead}"
    )


def from_address(address: str, model: str, instead: str) -> Path:
    """Return a file that torch's own models name, from torch's cache.

    Args:
        address: of the file; digits of its sha256 may stand at the end of its name, and are compared.
        model: what the weights are of, for messages.
        instead: what else can be done, for messages.

    Raises:
        UserError: it is not in the cache, and cannot be fetched.
    """
    from torch import hub  # noqa: PLC0415

    path = Path(hub.get_dir()) / "checkpoints" / Path(urlsplit(address).path).name
    if path.is_file():
        return path
    console.print(f"Fetching the weights of {model} from {address}, once …")
    digits = path.stem.rpartition("-")[2]
    is_hash = len(digits) == _HASH_LENGTH and not set(digits) - set("0123456789abcdef")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        hub.download_url_to_file(address, str(path), digits if is_hash else None, progress=True)
    except Exception as error:
        raise _unreachable(model, address, path, error, instead) from error
    return path


def _require_answer(address: str) -> None:
    """Ask once whether there is a network: the library would ask for half a minute, and say so each time.

    Raises:
        OSError: there is none, or the library is told to use none.
    """
    from huggingface_hub import is_offline_mode  # noqa: PLC0415

    if is_offline_mode():
        raise OSError("HF_HUB_OFFLINE says that nothing is to be fetched")
    try:
        with urlopen(Request(address, method="HEAD"), timeout=_PATIENCE):  # noqa: S310  (the hub's own)
            pass
    except HTTPError:
        pass  # an answer: the library reads it better


def _unreachable(model: str, address: str, cache: Path, error: Exception, instead: str) -> UserError:
    return UserError(
        f"The weights of {model} are not on this machine ({cache}) and cannot be fetched from {address}: "
        f"{first_line(error)}.\nFetch that file where there is a network, and name it here. {instead}"
    )
