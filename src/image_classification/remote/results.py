"""A folder in a bucket that has copies of results, and a record of which, and whether all are there."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from image_classification.errors import UserError
from image_classification.remote.access import Access
from image_classification.remote.address import is_remote, read_address
from image_classification.remote.options import RemoteOptions
from image_classification.remote.stores import open_store
from image_classification.remote.troubles import chain_of, explained, secrets_of

RECORD = "results.json"


class ResultsFolder:
    """The folder; it is written to when it is opened, so that a run knows at its start whether it may."""

    def __init__(self, text: str, known: Access, command: str) -> None:
        if not is_remote(text) or not (address := read_address(text)).has_folders:
            raise UserError(
                f"{RemoteOptions.named('results')} is {text}, which is no folder of a bucket.\nExpected an "
                "address such as s3://<bucket>/<folder>; a folder on this machine is that of the data."
            )
        self.address = address
        self._access = known
        with self._explained():
            self._store = open_store(address, known)
        self._command = command
        self._record: dict[str, Any] = self._read() or {"files": {}, "status": "empty"}
        self._write()

    def bring(self, files: Mapping[str, Path]) -> int:
        """Bring copies to what files of this machine are, and return how many were not that yet.

        Args:
            files: by their paths in the folder.
        """
        digests = {name: _digest(path) for name, path in files.items()}
        known: dict[str, str] = self._record["files"]
        new = {name: path for name, path in files.items() if known.get(name) != digests[name]}
        self._write(status="incomplete")
        with self._explained(), ThreadPoolExecutor(self._access.options.at_once) as pool:
            list(pool.map(self._put, new.items()))
        known.update(digests)
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        self._write(status="complete", at=now, command=self._command)
        return len(new)

    def _put(self, item: tuple[str, Path]) -> None:
        name, path = item
        self._store.put_file(str(path), f"{self.address}/{name}")

    def _read(self) -> dict[str, Any]:
        with self._explained():
            try:
                found = json.loads(self._store.cat_file(f"{self.address}/{RECORD}"))
            except (FileNotFoundError, ValueError):
                return {}
        return found if isinstance(found, dict) and isinstance(found.get("files"), dict) else {}

    def _write(self, **facts: str) -> None:
        self._record |= facts
        content = json.dumps(self._record, indent=2, sort_keys=True) + "\n"
        with self._explained():
            self._store.pipe_file(f"{self.address}/{RECORD}", content.encode())

    @contextmanager
    def _explained(self) -> Iterator[None]:
        secrets = secrets_of(self._access.credentials_for(self.address.protocol))
        try:
            yield
        except UserError:
            raise
        except FileNotFoundError as error:
            raise UserError(
                f"{RemoteOptions.named('results')} = {self.address}: there is no bucket "
                f"{self.address.parts[0]}.\nCreate it, or name another one."
            ) from error
        except Exception as error:
            shows = any(secret in str(each) for each in chain_of(error) for secret in secrets)
            raise explained(error, self.address, secrets, written=True) from (None if shows else error)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
