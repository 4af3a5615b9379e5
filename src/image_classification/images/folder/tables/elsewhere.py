"""What is said when the files of a table are not where it says, and where they may be instead."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from image_classification.files import is_file, is_folder, shortened
from image_classification.images.folder.tables.repairs import Repair
from image_classification.words import params_option, some

_TRIED_FOLDERS = 200


def nothing_found(
    table: Path,
    lost: Sequence[tuple[str, str]],
    paths: Sequence[str],
    root: Path,
    parameter: str,
    repair: Repair,
) -> str:
    """Say that most files of a table do not exist, with what is there, and what to type.

    Args:
        table: The file.
        lost: What its rows name and is not there, each with its place.
        paths: All that its rows name.
        root: Where was looked.
        parameter: That names another place.
        repair: What was found in looking for it.
    """
    missing, place = lost[0]
    lines = [
        f"{len(lost)} of the {len(paths)} files that the table {table} names do not exist, such as "
        f"{shortened(missing)} ({place}).",
        f"Looked in {root.absolute()}, where there is "
        + (f"for example {repair.example}." if repair.example else "no picture."),
    ]
    if missing.lower().startswith(("http://", "https://", "s3://", "gs://")):
        return "\n".join([*lines, "They are addresses: download the files, and name them in the table."])
    if repair.doubtful:
        path, names = repair.doubtful
        lines.append(f"{shortened(path)} may be any of {some(names, 3)}.")
    if repair.other_ending:
        lines.append(f"{repair.other_ending} is there: the paths need the endings that the files have.")
    found = {root / folder: count for folder, count in repair.folders.items()}
    if not found:
        found = _elsewhere(paths, root)
    if repair.too_many:
        lines.append(f"There are so many files that only {repair.too_many:,} were looked at.")
    lines += [
        f"{count} are found if the paths start from {folder}: "
        + params_option({parameter: str(folder.absolute())})
        for folder, count in found.items()
    ]
    if not found and not repair.other_ending:
        lines.append(f"If the paths start from another folder: --params {parameter}=<folder>")
    return "\n".join(lines)


def _elsewhere(paths: Sequence[str], root: Path) -> dict[Path, int]:
    """The folder beside or above the root that most of the paths start from."""
    some = [path.replace("\\", "/") for path in paths[:: max(len(paths) // 100, 1)]]
    best: tuple[int, Path] = (0, root)
    for folder in _neighbours(root.absolute()):
        count = sum(is_file(folder / path) for path in some)
        best = max(best, (count, folder), key=lambda each: each[0])
    count, folder = best
    if 2 * count <= len(some):
        return {}
    return {folder: sum(is_file(folder / path.replace("\\", "/")) for path in paths)}


def _neighbours(root: Path) -> Iterator[Path]:
    yield Path.cwd()
    for above in list(root.parents)[:2]:
        yield above
        try:
            entries = sorted(above.iterdir())
        except OSError:
            continue
        yield from [entry for entry in entries if is_folder(entry)][:_TRIED_FOLDERS]
