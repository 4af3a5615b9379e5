"""Searching for files whose paths end like those of a table, or do so once their beginning is replaced."""

import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

_TRIED_ROWS = 100
_TRIED_FILES = 200

Parts = tuple[str, ...]


class Repair(NamedTuple):
    """What was found below the root for the paths of a table.

    files: A path from the root for each, or None; empty if no repair is sure enough to be made.
    remark: What the repair is.
    folders: Otherwise, folders below the root that the paths may start from -> how many files are found then.
    doubtful: A path that may mean several files, with those.
    example: A picture that is there.
    other_ending: One with the name of a path but for its ending.
    too_many: How many files were looked at if there are more; 0 if these were all.
    """

    files: Sequence[str | None]
    remark: str = ""
    folders: dict[str, int] = {}  # noqa: RUF012  (never written to)
    doubtful: tuple[str, list[str]] | None = None
    example: str = ""
    other_ending: str = ""
    too_many: int = 0


class Move(NamedTuple):
    """Folders at the beginning of the paths that are left out, and those that are put there instead."""

    dropped: Parts
    added: Parts


class Files:
    """The files below a folder, to be found by part of their path, in the form that `compared` gives it."""

    def __init__(self, names: Sequence[str], compared: Callable[[str], str]) -> None:
        self.named: dict[Parts, list[str]] = {}
        for name in names:
            parts = tuple(compared(unicodedata.normalize("NFC", name)).split("/"))
            self.named.setdefault(parts, []).append(name)
        self._ending: dict[int, dict[Parts, list[Parts]]] = {}

    def moved(self, path: Parts, move: Move) -> list[str]:
        length = len(move.dropped)
        return self.named.get((*move.added, *path[length:]), []) if path[:length] == move.dropped else []

    def below(self, path: Parts) -> list[str]:
        """Return the files in any folder whose path ends in this one."""
        return [name for parts in self._that_end_in(path) for name in self.named[parts]]

    def moves(self, path: Parts) -> set[Move]:
        """Return the moves that turn this path into that of a file."""
        alike = [(_shared_end(path, parts), parts) for parts in self._that_end_in(path[-1:])]
        return {
            Move(path[:-length], parts[:-length])
            for shared, parts in sorted(alike, reverse=True)[:_TRIED_FILES]
            for length in range(1, shared + 1)
        }

    def _that_end_in(self, end: Parts) -> list[Parts]:
        length = len(end)
        if length not in self._ending:
            ending = self._ending[length] = {}
            for parts in self.named:
                if len(parts) >= length:
                    ending.setdefault(parts[-length:], []).append(parts)
        return self._ending[length].get(end, [])


class Search:
    """The search for paths that are all compared in one way.

    found: the files that each path may mean, in any folder.
    outcomes: a likely move -> the file that it finds for each path. hits: how many it finds.
    best: the different outcomes of moves that find all files.
    """

    def __init__(
        self, names: Sequence[str], paths: Sequence[str], way: str, compared: Callable[[str], str], root: Path
    ) -> None:
        self.files = Files(names, compared)
        self.paths: list[Parts] = [tuple(compared(path).split("/")) for path in paths]
        self.way = way
        self.root = root
        self.found = [self.files.below(path) for path in self.paths]
        self.outcomes = {move: self._outcome(move) for move in self._likely_moves()}
        self.hits = {move: sum(map(bool, outcome)) for move, outcome in self.outcomes.items()}
        whole = [move for move in self.hits if self.hits[move] == len(paths) and not all(move)]
        # the fewer folders are left out, the more agree
        fewest = min((len(move.dropped) for move in whole), default=0)
        self.whole = [move for move in whole if len(move.dropped) == fewest]
        self.best = {tuple(self.outcomes[move]): move for move in self.whole}

    @property
    def finds_most(self) -> bool:
        return self._are_most(max(sum(map(bool, self.found)), *self.hits.values(), 0))

    def _are_most(self, count: int) -> bool:
        return 2 * count > len(self.paths)

    def _likely_moves(self) -> list[Move]:
        sample = self.paths[:: max(len(self.paths) // _TRIED_ROWS, 1)]
        counts = {
            move: sum(len(self.files.moved(path, move)) == 1 for path in sample)
            for move in {move for path in sample[:20] for move in self.files.moves(path)}
        }
        likely = [move for move, count in counts.items() if 2 * count > len(sample)]
        return sorted(likely, key=lambda move: (-counts[move], len(move.dropped), move))[:20]

    def _outcome(self, move: Move) -> list[str | None]:
        found = [self.files.moved(path, move) for path in self.paths]
        return [names[0] if len(names) == 1 else None for names in found]

    def by_one_move(self) -> Repair | None:
        return self._repair(*self.best.values()) if len(self.best) == 1 else None

    def by_name(self, *, most: bool) -> Repair | None:
        single = sum(len(names) == 1 for names in self.found)
        enough = self._are_most(single) if most else single == len(self.paths)
        if not enough or any(len(names) > 1 for names in self.found):
            return None
        remark = f"each of its files is found in some folder below {self.root}{self.way}."
        return Repair([names[0] if names else None for names in self.found], remark)

    def by_trimming(self) -> Repair | None:
        trimmed = [move for move in self.hits if not move.added and self._are_most(self.hits[move])]
        return self._repair(trimmed[0]) if trimmed else None

    def unsure(self, written: Sequence[str]) -> Repair:
        folders: dict[str, int] = {}
        for move in self.whole or self.outcomes:
            if self._are_most(self.hits[move]):
                folders.setdefault("/".join(move.added), self.hits[move])
        best = dict(sorted(folders.items(), key=lambda item: -item[1])[:5])
        doubtful = (pair for pair in zip(written, self.found, strict=False) if len(pair[1]) > 1)
        return Repair([], folders=best, doubtful=next(doubtful, None))

    def _repair(self, move: Move) -> Repair:
        beginning = "/".join(move.dropped) or "/"
        start = f" without {beginning} at the beginning of their paths" if move.dropped else ""
        remark = f"its files are found in {self.root.joinpath(*move.added)}{start}{self.way}."
        return Repair(self.outcomes[move], remark)


def _shared_end(path: Parts, other: Parts) -> int:
    pairs = zip(reversed(path), reversed(other), strict=False)
    return next((count for count, (one, two) in enumerate(pairs) if one != two), min(len(path), len(other)))
