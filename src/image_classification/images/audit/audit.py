"""The audit of an image folder: what makes a result look better, or a network worse, than it should be."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from torch import Tensor

from image_classification.images.audit.copy_findings import (
    describe_copies,
    describe_look_alikes,
    describe_placeholders,
    describe_search,
    pictures,
    refuse_copies,
)
from image_classification.images.audit.findings import (
    Finding,
    describe_flat_images,
    describe_imbalance,
    describe_small_images,
    findings_table,
)
from image_classification.images.audit.groups import Duplicates, find_duplicates
from image_classification.images.audit.left_out import reasons_to_leave_out
from image_classification.images.audit.near.detail_pictures import ReadDetail
from image_classification.images.audit.near.memory import PictureMemory
from image_classification.images.audit.near.near_copies import Link
from image_classification.images.audit.options import AuditOptions
from image_classification.images.reading.file_status import OK
from image_classification.images.store.corrections import (
    CLASS_BEFORE,
    CORRECTION,
    LEFT_OUT,
    LEFT_OUT_BEFORE,
)
from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.split import refuse_torn_groups, sides


@dataclass(frozen=True)
class Audit:
    """What the audit found.

    Attributes:
        table: One row per finding, as `findings.findings_table` describes it.
        groups: name -> number of the group of copies (int64); an image without copies is a group of its own.
        copies: The rule for what a copy is; groups by another rule are different.
        left_out: name -> why the policy leaves the image out; "" if it does not.
        left_out_before: The same as it would be without corrections of labels; None if there are none.
        near: Pairs of near duplicates by row of the image dict, the most alike first.
        memory: What is known of pictures and pairs of them, for the next audit.
        summary: The findings, a sentence each.
    """

    table: pd.DataFrame
    groups: "pd.Series[int]"
    copies: str
    left_out: "pd.Series[str]"
    left_out_before: "pd.Series[str] | None"
    near: list[Link]
    memory: PictureMemory
    summary: list[str]

    @property
    def marks(self) -> pd.DataFrame:
        """One row per image: name, duplicate_group (int64), copies and left_out_reason ("" if it stays).

        Where labels are corrected, also left_out_before, the reason as it would be without corrections.
        """
        marks = {"duplicate_group": self.groups, "copies": self.copies, "left_out_reason": self.left_out}
        if self.left_out_before is not None:
            marks |= {LEFT_OUT_BEFORE: self.left_out_before}
        return pd.DataFrame(marks).rename_axis("name").reset_index().astype({"name": "str", "copies": "str"})


def audit_images(
    image_files: pd.DataFrame,
    images: ImageDict,
    parameters: AuditOptions,
    *,
    read: ReadDetail | None = None,
    whole: Callable[[int], Tensor] | None = None,
    before: PictureMemory | None = None,
    made_by: str = "",
) -> Audit:
    """Look for copies of pictures, inside and across splits and labels, for imbalance and for odd images.

    Splits are those that the source gave. An image without a given split counts as a training image; the
    splits that are drawn from those keep the groups of copies whole.

    Under "drop" a copy of a test image is left out of the other splits, a copy of a validation image out of
    training, and a training image whose copy has another label is left out together with that copy, as
    nobody knows which label is right. That is done to equal files and to copies beyond doubt only; merely
    likely ones are reported. A mirrored or turned copy under another label is neither leak nor conflict. If a
    group (of one patient, one film) was given to several splits, its images are left out of all but one.

    Labels count as corrected; images that a correction leaves out keep their place in the groups of copies.

    Args:
        image_files: One row per file found, as `correct_files` leaves it.
        images: The image dict of those files that are images.
        parameters: What is looked for, and what happens to leaks.
        read: Reads the picture of a row anew, for a closer look than the image dict allows.
        whole: Gives all of the picture of a row, where the image dict has a part of it, or bars beside it.
        before: What earlier audits have found out of pictures with these digests.
        made_by: Identifies the code and the options by which that is found.

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
    shorter_sides = files[["width", "height"]].min(axis=1).to_numpy(dtype=np.int64)
    duplicates, memory = find_duplicates(
        images.images,
        sha256,
        shorter_sides,
        parameters,
        read=read,
        whole=whole,
        before=before,
        made_by=made_by,
        look=images.look,
    )
    stay = (files[CORRECTION] != LEFT_OUT).to_numpy() if CORRECTION in files else np.full(len(files), True)
    left = duplicates.among(stay)
    copies = describe_copies(files, left)
    if parameters.leaks == "fail":
        refuse_copies(copies)
    drop = parameters.leaks == "drop"
    left_out = reasons_to_leave_out(files, left) if drop else [""] * len(files)
    findings = [
        *copies,
        *describe_placeholders(files, left),
        *describe_look_alikes(files, duplicates, parameters),
        *describe_search(files, duplicates),
        *describe_imbalance(files[readable & stay], parameters.imbalance),
        *describe_flat_images(files, images, readable & stay),
        *describe_small_images(files[readable & stay], images.image_shape),
    ]
    names = pd.Index(images.names, name="name")
    without = _left_out_before(files, duplicates, drop=drop)
    return Audit(
        table=findings_table(findings),
        groups=pd.Series(duplicates.group_of, index=names, name="duplicate_group"),
        copies=parameters.copies,
        left_out=pd.Series(left_out, index=names, name="left_out_reason", dtype="str"),
        left_out_before=None if without is None else without.set_axis(names),
        near=duplicates.near,
        memory=memory,
        summary=_summary(findings, sum(map(bool, left_out))),
    )


def _left_out_before(files: pd.DataFrame, duplicates: Duplicates, *, drop: bool) -> "pd.Series[str] | None":
    """Return why each image would be left out without corrections of labels; None if there are none."""
    if CORRECTION not in files:
        return None
    given = files.assign(class_name=files[CLASS_BEFORE])
    reasons = reasons_to_leave_out(given, duplicates) if drop else [""] * len(files)
    return pd.Series(reasons, dtype="str")


def _summary(findings: list[Finding], left_out: int) -> list[str]:
    sentences = []
    copies = [finding for finding in findings if finding.group >= 0]
    for kind in ("exact duplicates", "near duplicates"):
        of_kind = [finding.images for finding in copies if finding.kind == kind]
        if of_kind:
            sentences.append(f"{kind.capitalize()}: {sum(of_kind)} images of {pictures(len(of_kind))}.")
    if leaks := sum(finding.leak for finding in copies):
        sentences.append(f"In several splits: {pictures(leaks)}; the results on them are too good.")
    if conflicts := sum(finding.label_conflict for finding in copies):
        sentences.append(f"Under several labels: {pictures(conflicts)}.")
    certain = sum(finding.certain for finding in copies)
    likely = sum(finding.leak or finding.label_conflict for finding in copies) - certain
    if left_out:
        sentences.append(f"Left out of training or validation because of that: {left_out}.")
    elif certain:
        sentences.append(f"To leave their copies out of training: {AuditOptions.setting(leaks='drop')}")
    if likely:
        sentences.append(
            "Likely but not beyond doubt, and so left to you: "
            f"{likely} of the pictures in several splits or under several labels."
        )
    return sentences + [finding.remark for finding in findings if finding.group < 0]
