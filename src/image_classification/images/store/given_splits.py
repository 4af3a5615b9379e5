"""The splits that a folder or table gives, and what follows from them for groups that belong together."""

import pandas as pd

from image_classification.errors import UserError
from image_classification.words import some_lines

_NAMED = 5


def sides(files: pd.DataFrame) -> "pd.Series[str]":
    """The split that each file has been given, or that the others of its group have; "" where nothing says
    any.

    Args:
        files: given_split and group of each file, both "" where there is none.
    """
    given, group = files["given_split"], files["group"]
    of_group = given[(given != "") & (group != "")].groupby(group)
    agreed = of_group.first()[of_group.nunique() == 1]
    return given.where(given != "", group.map(agreed.astype("str")).astype("object").fillna("")).astype("str")


def torn_groups(files: pd.DataFrame) -> dict[str, list[str]]:
    """The groups that were given to several splits, with these splits, in the order of the files."""
    given = files[(files["given_split"] != "") & (files["group"] != "")]
    splits = given.groupby("group", sort=False)["given_split"].unique()
    return {str(group): list(of_group) for group, of_group in splits.items() if len(of_group) > 1}


def refuse_torn_groups(files: pd.DataFrame) -> None:
    """Make sure that what belongs together was given to one split.

    Args:
        files: given_split and group of each file.

    Raises:
        UserError: A group was given to several.
    """
    torn = torn_groups(files)
    if not torn:
        return
    lines = some_lines((f"{group}: {', '.join(splits)}" for group, splits in torn.items()), _NAMED)
    raise UserError(
        "\n".join(
            [
                f"{len(torn)} group{'s' if len(torn) > 1 else ''} of images that belong together "
                f"{'were' if len(torn) > 1 else 'was'} given to several splits.",
                *lines,
                "Correct the splits, name no group column, or have the images of these groups left out of "
                "all splits but one: --params image_folder.audit.leaks=drop",
            ]
        )
    )
