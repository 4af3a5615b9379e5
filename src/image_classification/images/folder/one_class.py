"""What to say where the images that remain for training are of one class: where the others went, and why."""

from collections.abc import Iterator

import pandas as pd

_NAMED = 10
_COPIED = ("leak", "label conflict")


def one_class(index: pd.DataFrame, class_name: str) -> str:
    """The message, with the advice that fits what became of the images of the other classes.

    Args:
        index: The image index: class_name, label, sha256, group, duplicate_group, given_split, split and
            left_out_reason.
        class_name: The class that remains.
    """
    others = index[(index["label"] >= 0) & (index["class_name"] != class_name)]
    lines = [f"All images that remain for training are of one class, {class_name!r}: nothing to tell apart."]
    for name, of_class in list(others.groupby("class_name"))[:_NAMED]:
        reasons = of_class["left_out_reason"].where(
            of_class["left_out_reason"] != "", "in the " + of_class["split"] + " set"
        )
        counted = reasons.str.partition(":")[0].value_counts()
        lines.append(f"  {name}: " + ", ".join(f"{count} {reason}" for reason, count in counted.items()))
    return "\n".join([*lines, "Expected training images of two classes or more.", *_advice(index, others)])


def _advice(index: pd.DataFrame, others: pd.DataFrame) -> Iterator[str]:
    copied = others["left_out_reason"].str.startswith(_COPIED)
    used = others["left_out_reason"] == ""
    if (used & (others["given_split"] != "")).any():
        yield (
            "The splits are as the folders or the table give them: what is to be told apart has to be among "
            "the training images."
        )
    if (~used & ~copied).any():
        yield "Mend or replace the images that were left out; the column left_out_reason says what is wrong."
    if copied.any():
        yield (
            "Copies of a picture that are in several splits or under several labels were left out: remove "
            "them, or keep them by image_folder.audit.leaks=warn."
        )
    free = others[used & (others["given_split"] == "")]
    if len(free):
        yield "No split is given for some: give the splits yourself to have them among the training images."
        if _shares(index, free, "group", "name"):
            yield "Images of one group stay in one split: see which column image_folder.table.group is."
    if _shares(index, pd.concat([others[copied], free]), "duplicate_group", "sha256"):
        yield "If the near copies are different pictures: image_folder.audit.near_duplicates=false"


def _shares(index: pd.DataFrame, some: pd.DataFrame, column: str, told_apart_by: str) -> bool:
    """Whether any of some images is in a group with others; "" and -1 are none."""
    groups = set(some[column]) - {"", -1}
    members = index[index[column].isin(groups)]
    return bool((members.groupby(column)[told_apart_by].nunique() > 1).any())
