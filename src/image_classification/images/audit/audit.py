"""The audit of an image folder: what makes a result look better, or a network worse, than it should be."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from image_classification.errors import UserError
from image_classification.images.audit.detail_pictures import ReadDetail
from image_classification.images.audit.findings import (
    Finding,
    describe_copies,
    describe_flat_images,
    describe_imbalance,
    describe_look_alikes,
    describe_placeholders,
    describe_small_images,
    findings_table,
)
from image_classification.images.audit.groups import Duplicates, find_duplicates, rows_of_groups
from image_classification.images.audit.near_copies import Link
from image_classification.images.audit.options import AuditOptions
from image_classification.images.reading.file_status import OK
from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.split import refuse_torn_groups, sides, torn_groups
from image_classification.words import some_lines

# Which split keeps a picture that is in several: a test set is never changed for the sake of the others.
_PRECEDENCE = ("test", "validation", "train")
_NAMED = 5


@dataclass(frozen=True)
class Audit:
    """What the audit found.

    Attributes:
        table: One row per finding, as `audit_findings.findings_table` describes it.
        groups: name -> number of the group of copies (int64); an image without copies is a group of its own.
        copies: The rule that says what a copy is; groups of another rule are others.
        left_out: name -> why the policy leaves the image out; "" if it does not.
        near: Pairs of near duplicates by row of the image dict, the most alike first.
        summary: The findings, a sentence each.
    """

    table: pd.DataFrame
    groups: "pd.Series[int]"
    copies: str
    left_out: "pd.Series[str]"
    near: list[Link]
    summary: list[str]

    @property
    def marks(self) -> pd.DataFrame:
        """One row per image: name, duplicate_group (int64), copies and left_out_reason ("" if it stays)."""
        return pd.DataFrame(
            {
                "name": self.groups.index.to_numpy(),
                "duplicate_group": self.groups.to_numpy(),
                "copies": self.copies,
                "left_out_reason": self.left_out.to_numpy(),
            }
        ).astype({"name": "str", "copies": "str", "left_out_reason": "str"})


def audit_images(
    image_files: pd.DataFrame,
    images: ImageDict,
    parameters: AuditOptions,
    *,
    read: ReadDetail | None = None,
) -> Audit:
    """Look for copies of pictures, inside and across splits and labels, for imbalance and for odd images.

    Splits are those that the source gave. An image that no split was given to counts as a training image;
    the splits that are drawn of those keep the groups of copies whole.

    Under "drop" a copy of a test image is left out of the other splits, a copy of a validation image out of
    training, and a training image whose copy has another label is left out together with that copy, as
    nobody knows which label is right. That is done to equal files and to copies beyond doubt alone; merely
    likely ones are reported. A mirrored or turned copy under another label is neither leak nor conflict. Of a
    group (of one patient, one film) that was given to several splits, the images of all but one are left out.

    Args:
        image_files: One row per file found: name, class_name, given_split, group, sha256, width, height.
        images: The image dict of those files that are images.
        parameters: What is looked for, and what happens to leaks.
        read: Reads the picture of a row anew, for a closer look than the image dict allows.

    Raises:
        UserError: Pictures are in several splits or under several labels, and that is to be an error; or a
            group was given to several splits and is not to be left out.
    """
    files = image_files.set_index("name").loc[images.names].reset_index()
    if parameters.leaks != "drop":
        refuse_torn_groups(files, AuditOptions.setting(leaks="drop"))
    files["side"] = sides(files).replace("", "train")
    readable = np.array(images.status, dtype=object) == OK
    sha256 = np.where(readable, files["sha256"].to_numpy(dtype=object), "")
    duplicates = find_duplicates(
        images.images,
        sha256,
        files[["width", "height"]].min(axis=1).to_numpy(dtype=np.int64),
        parameters,
        read=read,
    )
    copies = describe_copies(files, duplicates)
    if parameters.leaks == "fail":
        _refuse(copies)
    reasons = (
        _reasons(files, duplicates) if parameters.leaks == "drop" else np.full(len(files), "", dtype=object)
    )
    findings = [
        *copies,
        *describe_placeholders(files, duplicates),
        *describe_look_alikes(files, duplicates, parameters),
        *describe_imbalance(files[readable], parameters.imbalance),
        *describe_flat_images(files, images, readable),
        *describe_small_images(files[readable], images.image_shape),
    ]
    names = pd.Index(images.names, name="name")
    return Audit(
        table=findings_table(findings),
        groups=pd.Series(duplicates.group_of, index=names, name="duplicate_group"),
        copies=parameters.copies,
        left_out=pd.Series(reasons, index=names, name="left_out_reason", dtype="str"),
        near=duplicates.near,
        summary=_summary(findings, int((reasons != "").sum())),
    )


def _reasons(files: pd.DataFrame, duplicates: Duplicates) -> np.ndarray:
    """Why each image had better be left out, (N,) of str; "" for most."""
    reasons = np.full(len(files), "", dtype=object)
    names, classes, given = (files[column].to_numpy() for column in ("name", "class_name", "side"))
    for rows in _certain_copies(duplicates, classes):
        kept = min(rows, key=lambda row: _PRECEDENCE.index(given[row]))
        otherwise = next((row for row in rows if classes[row] != classes[rows[0]]), None)
        for row in rows:
            if reasons[row]:
                continue
            if given[row] != given[kept]:
                reasons[row] = f"leak: the same picture is in the {given[kept]} set, {names[kept]}"
            elif otherwise is not None and given[row] == "train":
                other = otherwise if classes[row] == classes[rows[0]] else rows[0]
                reasons[row] = (
                    f"label conflict: the same picture is labelled {classes[other]}, {names[other]}"
                )
    rows_of = {str(group): np.asarray(rows) for group, rows in files.groupby("group").indices.items()}
    for group in torn_groups(files):
        of_group: list[int] = rows_of[group].tolist()
        kept = min(of_group, key=lambda row: _PRECEDENCE.index(given[row]))
        for row in of_group:
            if given[row] != given[kept] and not reasons[row]:
                reasons[row] = f"leak: the group {group} is in the {given[kept]} set, {names[kept]}"
    return reasons


def _certain_copies(duplicates: Duplicates, classes: np.ndarray) -> Iterator[list[int]]:
    """Sets of rows that show the same picture beyond doubt: equal files, and both sides of each certain
    link.
    """
    equal = rows_of_groups(duplicates.exact)
    of_file = {row: rows for rows in equal for row in rows}
    yield from equal
    for link in duplicates.near:
        if link.certain and (link.same_view or classes[link.first] == classes[link.second]):
            yield [
                *of_file.get(link.first, [link.first]),
                *of_file.get(link.second, [link.second]),
            ]


def _refuse(copies: list[Finding]) -> None:
    spoiling = [each for each in copies if each.certain and (each.leak or each.label_conflict)]
    if not spoiling:
        return
    lines = some_lines((f"{finding.remark}: {finding.names}" for finding in spoiling), _NAMED)
    raise UserError(
        "\n".join(
            [
                f"In several splits or under several labels: {_pictures(len(spoiling))}.",
                *lines,
                "Remove the copies, or have them left out of training: "
                "--params image_folder.audit.leaks=drop (or warn, to keep them)",
            ]
        )
    )


def _summary(findings: list[Finding], left_out: int) -> list[str]:
    sentences = []
    copies = [finding for finding in findings if finding.group >= 0]
    for kind in ("exact duplicates", "near duplicates"):
        of_kind = [finding.images for finding in copies if finding.kind == kind]
        if of_kind:
            sentences.append(f"{kind.capitalize()}: {sum(of_kind)} images of {_pictures(len(of_kind))}.")
    leaks = sum(finding.leak for finding in copies)
    conflicts = sum(finding.label_conflict for finding in copies)
    if leaks:
        sentences.append(f"In several splits: {_pictures(leaks)}; the results on them are too good.")
    if conflicts:
        sentences.append(f"Under several labels: {_pictures(conflicts)}.")
    certain = sum(finding.certain for finding in copies)
    likely = sum(finding.leak or finding.label_conflict for finding in copies) - certain
    if left_out:
        sentences.append(f"Left out of training because of that, or of validation: {left_out}.")
    elif certain:
        sentences.append("To leave their copies out of training: --params image_folder.audit.leaks=drop")
    if likely:
        sentences.append(
            "Likely but not beyond doubt, and so left to you: "
            f"{likely} of the pictures in several splits or under several labels."
        )
    return sentences + [finding.remark for finding in findings if finding.group < 0]


def _pictures(count: int) -> str:
    return f"{count} picture{'s' if count != 1 else ''}"
