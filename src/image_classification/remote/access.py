"""How this process comes to what is remote: where copies lie, with which credentials, and what is fetched.

Whoever starts a run says so once (`give_access`); processes that it starts know by an environment variable
where the copies are and which of them are of this run. Credentials do not go there.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from image_classification.errors import UserError
from image_classification.remote.names import remember_folder
from image_classification.remote.options import RemoteOptions

Credentials = Mapping[str, Mapping[str, Any]]

_VARIABLE = "IMAGE_CLASSIFICATION_REMOTE"
_WHERE = "conf/local/credentials.yml"
FOLDER = "00_remote"
"""What the folder of copies is called in the data folder."""


@dataclass(frozen=True)
class Access:
    """The folder of copies, the options, and what opens buckets: the credentials by their names.

    fetched: the addresses that were fetched in this run, which are not looked at again in it, each with how
        its copy came here, in words.
    has_entries: whether there may be credentials in the project's files; a script has those of its libraries.
    """

    folder: Path
    options: RemoteOptions = field(default_factory=RemoteOptions)
    credentials: Callable[[], Credentials] = dict
    fetched: dict[str, str] = field(default_factory=dict)
    has_entries: bool = False

    def credentials_for(self, protocol: str) -> dict[str, Any]:
        """Return what the library of a protocol is to be opened with; nothing where it finds that by itself.

        Raises:
            UserError: The options name credentials that there are not.
        """
        known, name = self.credentials(), self.options.credentials
        if name and name not in known:
            there = f"it has {', '.join(sorted(map(str, known)))}" if known else "it has none"
            raise UserError(
                f"{RemoteOptions.named('credentials')} is {name}, and {_WHERE} has no such entry: {there}.\n"
                f"Write there {name}: and below it what opens the bucket, such as key: and secret:"
            )
        found = known.get(name or protocol) or {}
        if not isinstance(found, Mapping):
            raise UserError(
                f"The entry {name or protocol} of {_WHERE} is no group.\nExpected names with values below "
                "it, such as key: and secret:"
            )
        return dict(found)

    def note(self, address: str, how: str) -> None:
        """Remember that an address was fetched, for the processes of this run too."""
        self.fetched[address] = how
        os.environ[_VARIABLE] = json.dumps([str(self.folder), self.fetched])


_access: Access | None = None


def give_access(
    folder: Path, options: RemoteOptions | None = None, credentials: Callable[[], Credentials] = dict
) -> None:
    """Begin a run: its copies lie in a folder, and everything is looked at again.

    Args:
        folder: of the copies; it is made when something is fetched.
        options: how it is done.
        credentials: returns them all, by their names; asked only where something is to be opened.
    """
    global _access  # noqa: PLW0603
    _access = Access(folder.absolute(), options or RemoteOptions(), credentials, has_entries=True)
    remember_folder(str(_access.folder))
    os.environ.pop(_VARIABLE, None)


def access() -> Access:
    """Return what was said; in a process of a run what that one knows; in a script a folder of the person."""
    global _access  # noqa: PLW0603
    if _access is None:
        _access = _of_the_run() or Access(_usual_folder())
        remember_folder(str(_access.folder))
    return _access


def _of_the_run() -> Access | None:
    try:
        folder, fetched = json.loads(os.environ.get(_VARIABLE, ""))
        return Access(Path(folder), fetched=dict(fetched))
    except (ValueError, TypeError):
        return None


def _usual_folder() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "image-classification" / "remote"
