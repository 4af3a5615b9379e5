"""How the paths of a table may lead to files where, as they stand, they do not."""

import os
import re
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from image_classification.images.folder.found_files import find_files
from image_classification.images.reading.file_status import OK
from image_classification.images.reading.pictures import picture_suffixes

_TRIED_ROWS = 100
_TRIED_FILES = 200
# a table in somebody's home is no reason to look at all of it
_FEWEST_FILES = 50_000

Parts = tuple[str, ...]


class Repair(NamedTuple):
    """What was found below the root for the paths of a table.

    files: A path from the root for each, or None; empty if no repair is sure enough to be made.
    remark: What the repair is.
    folders: Otherwise, folders below the root that the paths may start from -> how many files are found then.
    doubtful: A path that several files may be meant by, with those.
    example: A picture that is there.
    other_ending: One that is called as a path but for its ending.
    too_many: How many files were looked at if there are more; 0 if these were all.
    """

    files: list[str | None]
    remark: str = ""
    folders: dict[str, int] = {}  # noqa: RUF012  (never written to)
    doubtful: tuple[str, list[str]] | None = None
    example: str = ""
    other_ending: str = ""
    too_many: int = 0


class _Move(NamedTuple):
    """Folders at the beginning of the paths that are left out, and those that are put there instead."""

    dropped: Parts
    added: Parts


class _Files:
    """The files below a folder, to be found by a part of their path that is written in some way."""

    def __init__(self, names: Sequence[str], written: Callable[[str], str]) -> None:
        self.named: dict[Parts, list[str]] = {}
        self.ending: dict[str, list[Parts]] = {}
        for name in names:
            parts = tuple(written(unicodedata.normalize("NFC", name)).split("/"))
            if parts not in self.named:
                self.ending.setdefault(parts[-1], []).append(parts)
            self.named.setdefault(parts, []).append(name)
        self.by_end: dict[int, dict[Parts, list[str]]] = {}

    def moved(self, path: Parts, move: _Move) -> list[str]:
        dropped, added = move
        if path[: len(dropped)] != dropped:
            return []
        return self.named.get((*added, *path[len(dropped) :]), [])

    def below(self, path: Parts) -> list[str]:
        """The files in any folder whose path ends in this one."""
        length = len(path)
        if length not in self.by_end:
            ends: dict[Parts, list[str]] = {}
            for parts, names in self.named.items():
                if len(parts) >= length:
                    ends.setdefault(parts[-length:], []).extend(names)
            self.by_end[length] = ends
        return self.by_end[length].get(path, [])

    def moves(self, path: Parts) -> set[_Move]:
        """All that make this path one of the files."""
        alike = [(_shared_end(path, parts), parts) for parts in self.ending.get(path[-1], ())]
        return {
            _Move(path[:-length], parts[:-length])
            for shared, parts in sorted(alike, reverse=True)[:_TRIED_FILES]
            for length in range(1, shared + 1)
        }


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _stem(path: str) -> str:
    suffix = _suffix(path)
    return path[: -len(suffix)] if suffix in picture_suffixes() else path


# from what is surely meant to what needs more good will
_WRITTEN: dict[str, Callable[[str], str]] = {
    "": lambda path: path,
    " whatever the case of their letters": str.casefold,
}
# of the names of files without an ending, which the files have
_WITHOUT_ENDING: dict[str, Callable[[str], str]] = {
    " by their names without an ending": _stem,
    " by their names without an ending, whatever the case of their letters": lambda path: _stem(
        path
    ).casefold(),
    # 7 for 00007.jpg: a spreadsheet took it for a number
    " by their numbers, without the zeros before them": lambda path: re.sub(
        r"(^|/)0+(?=\d+$)", r"\1", _stem(path)
    ),
}


def find_repair(paths: Sequence[str], root: Path, *, root_is_given: bool) -> Repair:
    """Look below a folder for what the paths may mean.

    A repair is sure if it is the only one that finds all files: folders of another machine left out at the
    beginning of each path, or one folder put there. So is that each name is found once, in whatever folder,
    or most are.

    Args:
        paths: That do not lead to files, most of them.
        root: Where they start.
        root_is_given: By a person: then it is enough that most are found if only their beginning is left out.
    """
    most = max(_FEWEST_FILES, 3 * len(paths))
    content = find_files(root, most)
    names = [file.name for file in content.files if file.status == OK]
    pictures = [name for name in names if _suffix(name) in picture_suffixes()]
    slashed = [_slashed(path) for path in paths]
    without_ending = sum(_suffix(path) in picture_suffixes() for path in slashed) < len(slashed) / 2
    # without endings, the notes beside a picture would be meant as well
    ways = [(names, way) for way in _WRITTEN.items()]
    if without_ending:
        ways += [(pictures, way) for way in _WITHOUT_ENDING.items()]
    searches: list[_Search] = []
    if content.is_cut:
        # among those that were not looked at may be others of the same names
        ways, paths = ways[:1], paths[:_TRIED_ROWS]
        search = _Search(names, slashed[:_TRIED_ROWS], *ways[0][1], root)
        found = search.unsure(paths) if search.finds_most else Repair([])
        return found._replace(example="".join(pictures[:1]), too_many=most)
    for files, way in ways:
        search = _Search(files, slashed, *way, root)
        if sure := search.by_one_move() or search.by_name(most=False):
            return sure
        searches.append(search)
        if len(search.best) > 1:
            break
    for search in searches:
        if sure := search.by_name(most=True) or (search.by_trimming() if root_is_given else None):
            return sure
    example = "".join(pictures[:1])
    if unsure := next((search.unsure(paths) for search in searches if search.finds_most), None):
        return unsure._replace(example=example)
    alike = [] if without_ending else _Files(pictures, _stem).below(tuple(_stem(slashed[0]).split("/")))
    alike = [name for name in alike if name not in slashed]
    return Repair([], example=example, other_ending="".join(alike[:1]))


class _Search:
    """The search for paths, all written in one way."""

    def __init__(
        self, names: Sequence[str], paths: Sequence[str], way: str, written: Callable[[str], str], root: Path
    ) -> None:
        self.files = _Files(names, written)
        self.paths: list[Parts] = [tuple(written(path).split("/")) for path in paths]
        self.way = way
        self.root = root
        self.found = [self.files.below(path) for path in self.paths]
        self.outcomes = {move: self._apply(move) for move in self._likely_moves()}
        self.hits = {move: sum(map(bool, outcome)) for move, outcome in self.outcomes.items()}
        whole = [
            move
            for move, hits in self.hits.items()
            if hits == len(paths) and not (move.dropped and move.added)
        ]
        # the fewer folders are left out, the more agree
        self.whole = [move for move in whole if len(move.dropped) == min(len(each.dropped) for each in whole)]
        self.best = {tuple(self.outcomes[move]): move for move in self.whole}

    @property
    def finds_most(self) -> bool:
        return 2 * max(sum(map(bool, self.found)), *self.hits.values(), 0) > len(self.paths)

    def _likely_moves(self) -> list[_Move]:
        some = self.paths[:: max(len(self.paths) // _TRIED_ROWS, 1)]
        counts = {
            move: sum(len(self.files.moved(path, move)) == 1 for path in some)
            for move in {move for path in some[:20] for move in self.files.moves(path)}
        }
        most = [move for move, count in counts.items() if 2 * count > len(some)]
        return sorted(most, key=lambda move: (-counts[move], len(move.dropped), move))[:20]

    def _apply(self, move: _Move) -> list[str | None]:
        found = [self.files.moved(path, move) for path in self.paths]
        return [names[0] if len(names) == 1 else None for names in found]

    def by_one_move(self) -> Repair | None:
        if len(self.best) != 1:
            return None
        files, move = next(iter(self.best.items()))
        return Repair(list(files), self._remark(move))

    def by_name(self, *, most: bool) -> Repair | None:
        single = sum(len(names) == 1 for names in self.found)
        enough = 2 * single > len(self.paths) if most else single == len(self.paths)
        if not enough or any(len(names) > 1 for names in self.found):
            return None
        remark = f"each of its files is found in some folder below {self.root}{self.way}."
        return Repair([names[0] if names else None for names in self.found], remark)

    def by_trimming(self) -> Repair | None:
        trimmed = [move for move, hits in self.hits.items() if not move.added and 2 * hits > len(self.paths)]
        return Repair(self.outcomes[trimmed[0]], self._remark(trimmed[0])) if trimmed else None

    def unsure(self, written: Sequence[str]) -> Repair:
        folders: dict[str, int] = {}
        for move in self.whole or self.outcomes:
            if 2 * self.hits[move] > len(self.paths):
                folders.setdefault("/".join(move.added), self.hits[move])
        doubtful = [(path, names) for path, names in zip(written, self.found, strict=True) if len(names) > 1]
        most = dict(sorted(folders.items(), key=lambda item: -item[1])[:5])
        return Repair([], folders=most, doubtful=doubtful[0] if doubtful else None)

    def _remark(self, move: _Move) -> str:
        beginning = "/".join(move.dropped) or "/"
        start = f" without {beginning} at the beginning of their paths" if move.dropped else ""
        return f"its files are found in {self.root.joinpath(*move.added)}{start}{self.way}."


def _shared_end(path: Parts, other: Parts) -> int:
    pairs = zip(reversed(path), reversed(other), strict=False)
    return next((count for count, (one, two) in enumerate(pairs) if one != two), min(len(path), len(other)))


def _slashed(path: str) -> str:
    path = path.replace("\\", "/")
    tidy = os.path.normpath(path).replace("\\", "/")
    return unicodedata.normalize("NFC", tidy.removeprefix("//") if tidy.startswith("//") else tidy)
