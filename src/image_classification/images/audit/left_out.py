"""Which images a policy leaves out because of their copies, and why."""

from collections.abc import Iterator

import pandas as pd

from image_classification.images.audit.groups import Duplicates, rows_of_groups
from image_classification.images.store.split import torn_groups

# Which split keeps a picture that is in several: a test set is never changed for the sake of the others.
_PRECEDENCE = ("test", "validation", "train")


def reasons_to_leave_out(files: pd.DataFrame, duplicates: Duplicates) -> list[str]:
    """Return why each image had better be left out; "" for most."""
    reasons = [""] * len(files)
    names, classes, given = (files[column].tolist() for column in ("name", "class_name", "side"))

    def leave_out_leaks(rows: list[int], what: str) -> None:
        kept = min(rows, key=lambda row: _PRECEDENCE.index(given[row]))
        for row in rows:
            if given[row] != given[kept] and not reasons[row]:
                reasons[row] = f"leak: {what} is in the {given[kept]} set, {names[kept]}"

    for rows in _certain_copies(duplicates, classes):
        leave_out_leaks(rows, "the same picture")
        other = next((row for row in rows if classes[row] != classes[rows[0]]), None)
        if other is None:
            continue
        for row in rows:
            if given[row] == "train" and not reasons[row]:
                which = other if classes[row] == classes[rows[0]] else rows[0]
                reasons[row] = (
                    f"label conflict: the same picture is labelled {classes[which]}, {names[which]}"
                )
    rows_of = files.groupby("group").indices
    for group in torn_groups(files):
        leave_out_leaks(list(rows_of[group]), f"the group {group}")
    return reasons


def _certain_copies(duplicates: Duplicates, classes: list[str]) -> Iterator[list[int]]:
    """Yield sets of rows that show the same picture beyond doubt: equal files, and certain links of those."""
    equal = rows_of_groups(duplicates.exact)
    of_file = {row: rows for rows in equal for row in rows}
    yield from equal
    for link in duplicates.near:
        if link.certain and (link.same_view or classes[link.first] == classes[link.second]):
            yield [*of_file.get(link.first, [link.first]), *of_file.get(link.second, [link.second])]
