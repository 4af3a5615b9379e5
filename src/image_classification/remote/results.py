"""A folder in a bucket with copies of results, and a record of which, of which runs, and whether all are."""

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from image_classification.errors import UserError
from image_classification.remote.access import Access
from image_classification.remote.address import is_remote, read_address
from image_classification.remote.claims import alone, require_writable
from image_classification.remote.options import RemoteOptions
from image_classification.remote.stores import open_store
from image_classification.remote.troubles import chain_of, explained, secrets_of
from image_classification.words import count_of, some

RECORD = "results.json"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Source:
    """What a result is from.

    run: the id of the run in MLflow, of Kedro where there is none.
    command: of the run.
    at: when, in local time, ISO 8601.
    """

    run: str
    command: str
    at: str


class ResultsFolder:
    """The folder; it is written to when it is opened, so that a run knows at its start whether it may."""

    def __init__(self, text: str, known: Access) -> None:
        if not is_remote(text) or not (address := read_address(text)).has_folders:
            raise UserError(
                f"{RemoteOptions.named('results')} is {text}, which is no folder of a bucket.\nExpected an "
                "address such as s3://<bucket>/<folder>; a folder on this machine is that of the data."
            )
        self.address = address
        self._access = known
        with self._explained():
            self._store = open_store(address, known)
            require_writable(self._store, address)
            self._record = self._read()

    def bring(self, files: Mapping[str, tuple[Path, Source]], by: Source) -> int:
        """Bring copies to what files of this machine are, and return how many were not that yet.

        Args:
            files: by their paths in the folder, and what each is from.
            by: the run that copies.

        Raises:
            UserError: another run copies there, or has since this one began: of two nothing is mixed.
        """
        with (
            self._explained(is_after_work=True),
            alone(self._store, self.address, {"run": by.run}, self._busy),
        ):
            if (now := self._read()) != self._record:
                raise self._changed(now)
            return self._bring(files, by)

    def _bring(self, files: Mapping[str, tuple[Path, Source]], by: Source) -> int:
        found = {name: {"sha256": _digest(path), **asdict(source)} for name, (path, source) in files.items()}
        known: dict[str, dict[str, str]] = self._record["files"]
        new = {
            name: files[name][0]
            for name in files
            if known.get(name, {}).get("sha256") != found[name]["sha256"]
        }
        self._tell_replaced({name: known[name] for name in new if name in known}, found)
        # from here on nobody knows of these what they are, until all are there
        self._write(
            {**self._record, "files": {name: each for name, each in known.items() if name not in new}}
        )
        with ThreadPoolExecutor(self._access.options.at_once) as pool:
            list(pool.map(self._put, new.items()))
        self._write({"files": known | found, "last": asdict(by)}, status="complete")
        return len(new)

    def _tell_replaced(
        self, before: Mapping[str, Mapping[str, str]], now: Mapping[str, Mapping[str, str]]
    ) -> None:
        """Say in a line for each other run which of its files are replaced, the records beside them aside."""
        of_runs: dict[str, list[str]] = {}
        for name, each in sorted(before.items()):
            if each.get("run", "") != now[name]["run"] and not _is_record(name):
                of_runs.setdefault(each.get("run", ""), []).append(name)
        for run, names in of_runs.items():
            whose = (
                f"the run {run} of {max(before[name].get('at', '') for name in names)}"
                if run
                else "a run before"
            )
            files = count_of(len(names), "file")
            logger.info("Replaced in %s: %s of %s (%s).", self.address, files, whose, some(names, most=3))

    def _put(self, item: tuple[str, Path]) -> None:
        name, path = item
        self._store.put_file(str(path), f"{self.address}/{name}")

    def _read(self) -> dict[str, Any]:
        """Return the record, one without files where there is none that can be read."""
        with self._explained():
            try:
                found = json.loads(self._store.cat_file(f"{self.address}/{RECORD}"))
            except (FileNotFoundError, ValueError):
                return {"files": {}}
        if not isinstance(found, dict) or not isinstance(found.get("files"), dict):
            return {"files": {}}
        # of before: the digests alone
        files = {
            name: each if isinstance(each, dict) else {"sha256": str(each)}
            for name, each in found["files"].items()
        }
        return {**found, "files": files}

    def _write(self, record: Mapping[str, Any], status: str = "incomplete") -> None:
        self._record = {**record, "status": status, "state": uuid4().hex}
        content = json.dumps(self._record, indent=2, sort_keys=True) + "\n"
        self._store.pipe_file(f"{self.address}/{RECORD}", content.encode())

    def _busy(self, who: str) -> UserError:
        return UserError(
            f"{self.address} is being written to by another run: {who}.\n{_NOT_MIXED} {_COPY_LATER}"
        )

    def _changed(self, now: Mapping[str, Any]) -> UserError:
        last = now.get("last") or {}
        who = f"the run {last['run']} of {last['at']} ({last['command']})" if last else "another run"
        return UserError(
            f"{self.address} has changed since this run began: {who} has copied its results there.\n"
            f"{_NOT_MIXED} {_COPY_LATER} Or keep both: {RemoteOptions.setting(results='<another folder>')}"
        )

    @contextmanager
    def _explained(self, *, is_after_work: bool = False) -> Iterator[None]:
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
            goes_on = _COPY_LATER if is_after_work else _NOTHING_DONE
            raise explained(error, self.address, secrets, written=True, goes_on=goes_on) from (
                None if shows else error
            )


_NOT_MIXED = "Nothing is copied, as the files of two runs would be mixed."
_COPY_LATER = (
    "What this run has made is whole in the data folder: the same command with --only-missing-outputs copies "
    "it, and trains nothing anew."
)
_NOTHING_DONE = "Nothing was done yet."


def _is_record(name: str) -> bool:
    """Whether a file says of others what they were made from, and is nothing that a person looks for."""
    return any(part.startswith(".") for part in name.split("/"))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
