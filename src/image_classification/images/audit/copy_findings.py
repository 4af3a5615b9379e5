"""What an audit says about copies: what they spoil, and where they are perhaps none."""

from collections import Counter
from dataclasses import replace

import pandas as pd

from image_classification.errors import UserError
from image_classification.images.audit.findings import FileColumns, Finding, about, about_all
from image_classification.images.audit.groups import LARGEST_GROUP, Duplicates
from image_classification.images.audit.near.candidates import EXACT_UP_TO
from image_classification.images.audit.near.near_copies import MOST_PAIRS, Link
from image_classification.images.audit.options import AuditOptions
from image_classification.words import some_lines

_NAMED = 5
# With so many labels, or files, a picture is not a photograph that was labelled twice but stands for missing
# ones.
_PLACEHOLDER_LABELS, _PLACEHOLDER_FILES, _PLACEHOLDER_FILES_OF_LABELS = 3, 10, 5
_MANY_PLAIN = 0.01  # the share of the images from which on those too plain to be compared are worth a word


def describe_copies(files: pd.DataFrame, duplicates: Duplicates) -> list[Finding]:
    """Describe each group of copies, those first that spoil an evaluation.

    A mirrored or turned copy under another label is neither conflict nor leak: which way a thing points may
    be the label.

    Args:
        files: One row per image, as `FileColumns` needs it.
        duplicates: The groups of copies.
    """
    links: dict[int, list[Link]] = {}
    for link in duplicates.near:
        if duplicates.group_of[link.first] == duplicates.group_of[link.second]:
            links.setdefault(int(duplicates.group_of[link.first]), []).append(link)
    columns = FileColumns.of(files)
    found = [_describe_group(columns, rows, duplicates, links) for rows in duplicates.groups]
    return sorted(found, key=lambda finding: (not finding.leak, not finding.label_conflict))


def _describe_group(
    files: FileColumns, rows: list[int], duplicates: Duplicates, links_of: dict[int, list[Link]]
) -> Finding:
    group = int(duplicates.group_of[rows[0]])
    links = links_of.get(group, [])
    # label -> splits, of each different file: a placeholder may be there ten thousand times
    places: dict[int, dict[str, set[str]]] = {}
    for row in rows:
        of_file = places.setdefault(int(duplicates.exact[row]), {})
        of_file.setdefault(files.class_name[row], set()).add(files.side[row])
    # for each leak and conflict, whether it is certain
    leaks = [True for each in places.values() if len(set().union(*each.values())) > 1]
    conflicts = [True for each in places.values() if len(each) > 1]
    for link in links:
        one, two = places[link.first], places[link.second]
        if link.same_view:
            leak = len(set().union(*one.values(), *two.values())) > 1
            conflicts += [link.certain] if len({*one, *two}) > 1 else []
        else:
            leak = any(len(one[label] | two[label]) > 1 for label in one.keys() & two.keys())
        leaks += [link.certain] if leak else []
    changes = dict.fromkeys(link.change for link in links if link.change)
    remarks = ["in several splits"] * bool(leaks) + ["under several labels"] * bool(conflicts)
    remark = " and ".join(remarks) or "in one split, under one label"
    kind = "near duplicates" if links else "exact duplicates"
    return replace(
        about(files, rows, kind, "; ".join([remark, *changes])),
        group=group,
        similarity=min((link.similarity for link in links), default=1.0),
        leak=bool(leaks),
        label_conflict=bool(conflicts),
        certain=any(leaks) or any(conflicts),
    )


def refuse_copies(copies: list[Finding]) -> None:
    """Make sure that no picture is in several splits or under several labels beyond doubt.

    Raises:
        UserError: Some are.
    """
    spoiling = [each for each in copies if each.certain and (each.leak or each.label_conflict)]
    if not spoiling:
        return
    lines = some_lines((f"{finding.remark}: {finding.names}" for finding in spoiling), _NAMED)
    raise UserError(
        "\n".join(
            [
                f"In several splits or under several labels: {pictures(len(spoiling))}.",
                *lines,
                "Remove the copies, or have them left out of training: "
                f"{AuditOptions.setting(leaks='drop')} (or warn, to keep them)",
            ]
        )
    )


def pictures(count: int) -> str:
    """Return `1 picture`, `2 pictures`."""
    return f"{count} picture{'s' if count != 1 else ''}"


def describe_placeholders(files: pd.DataFrame, duplicates: Duplicates) -> list[Finding]:
    """Name pictures that stand for so many images that they are probably placeholders for missing ones."""
    columns = FileColumns.of(files)
    found = []
    for rows in duplicates.groups:
        labels = len({columns.class_name[row] for row in rows})
        largest = max(Counter(columns.sha256[row] for row in rows).values())
        if (
            labels >= _PLACEHOLDER_LABELS
            or largest >= _PLACEHOLDER_FILES
            or (labels > 1 and len(rows) >= _PLACEHOLDER_FILES_OF_LABELS)
        ):
            classes = "one class" if labels == 1 else f"{labels} classes"
            remark = (
                f"One picture stands for {len(rows)} images of {classes}, first {columns.name[rows[0]]}: "
                "perhaps a placeholder for images that were missing; look at it and remove its files."
            )
            found.append(about(columns, rows, "placeholder", remark))
    return found


def describe_search(files: pd.DataFrame, duplicates: Duplicates) -> list[Finding]:
    """Say where not all images were compared with all."""
    if duplicates.exhaustive:
        return []
    remark = (
        f"Over {EXACT_UP_TO:,} images: each was compared with those that are like the same others, not with "
        "all. Of made copies of photographs it finds over 99.9 % of what comparing all with all finds; "
        "equal files are all found."
    )
    return [about_all(files, "search", remark)]


def describe_look_alikes(
    files: pd.DataFrame, duplicates: Duplicates, parameters: AuditOptions
) -> list[Finding]:
    """Say where images resemble one another too much for near duplicates to mean anything."""
    advice = (
        f"raise {parameters.named('near_duplicate_similarity')} ({parameters.near_duplicate_similarity:g}), "
        "or keep together what belongs together by a group column in a table"
    )
    columns = FileColumns.of(files)
    found = []
    for rows in duplicates.looks_alike:
        remark = (
            f"{len(rows)} images look like one of them, more than {LARGEST_GROUP}, and so are taken for a "
            f"series and not for copies; {advice}."
        )
        found.append(about(columns, rows.tolist(), "look-alikes", remark))
    if not duplicates.all_compared:
        remark = (
            f"Over {MOST_PAIRS:,} pairs of images look alike: only the most alike were compared; {advice}."
        )
        found.append(about_all(files, "look-alikes", remark))
    if len(duplicates.plain) >= max(_MANY_PLAIN * len(files), 2):
        plain = duplicates.plain.tolist()
        remark = (
            f"{len(plain)} images resemble others and are too plain to tell copies from look-alikes: among "
            "them only equal files count as copies."
        )
        found.append(about(columns, plain, "plain images", remark))
    return found
