"""What earlier runs have found in files that nobody has written since: those are not read again."""

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from image_classification.files.stamp import Stamp, stamp_of_file
from image_classification.images.folder.headers.header import Header, read_header

_STATE = ("size", "modified", "changed", "number")


class _Known(NamedTuple):
    state: tuple[int, int, int, str]
    header: Header


class KnownFiles:
    """The files of a folder whose headers are known, each together with the state of the file then.

    A file is taken for the same as long as its size, its number in the file system, and the times of its last
    writing and of its last change of any kind are, the last of which nobody can set.

    Args:
        folder: That the names of the files start from.
        table: What `table` returned in an earlier run; None to read all files.
        made_by: Identifies the code that reads headers: what other code has found does not count.
    """

    def __init__(self, folder: Path, table: pd.DataFrame | None = None, made_by: str = "") -> None:
        self._folder, self._made_by = folder, made_by
        # a digest: results are copied to others, who need not know where anything lies here
        self._place = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:24]
        self._before = {} if table is None else _of_table(table, self._place, made_by)
        self._now: dict[str, _Known] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._before

    def header(self, name: str) -> Header:
        """Return the header of a file; read it where it may have changed."""
        path = self._folder / name
        try:
            stamp = stamp_of_file(path)
        except OSError:
            return read_header(path)[0]
        state = _state_in(stamp)
        if (known := self._before.get(name)) and known.state == state:
            self._now[name] = known
            return known.header
        header, is_for_good = read_header(path)
        if is_for_good and stamp.is_settled:
            self._now[name] = _Known(state, header)
        return header

    @property
    def table(self) -> pd.DataFrame:
        """What is known now, for the next run: a row per file that was asked for."""
        rows = [(name, *known.state, *known.header) for name, known in self._now.items()]
        table = pd.DataFrame(rows, columns=["name", *_STATE, *Header._fields])
        return table.assign(place=self._place, made_by=self._made_by)


def _state_in(stamp: Stamp) -> tuple[int, int, int, str]:
    (state,) = stamp
    return state.size, state.modified, state.changed, str(state.number)


def _of_table(table: pd.DataFrame, place: str, made_by: str) -> dict[str, _Known]:
    if not {"name", "place", "made_by", *_STATE, *Header._fields} <= set(table.columns):
        return {}  # of an earlier version
    ours = table[(table["place"] == place) & (table["made_by"] == made_by)]
    states = zip(*(ours[column].tolist() for column in _STATE), strict=True)
    headers = map(Header, *(ours[column].tolist() for column in Header._fields))
    return dict(zip(ours["name"].tolist(), map(_Known, states, headers), strict=True))
