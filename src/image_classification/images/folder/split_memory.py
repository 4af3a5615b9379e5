"""What is remembered of the splits that were drawn, so that images stay in them when others come."""

from collections.abc import Iterable

import pandas as pd

from image_classification.images.folder.options import FolderSplitOptions

MEMORY_COLUMNS = ("sha256", "split", "draw", "copies")


def empty_memory() -> pd.DataFrame:
    """The memory of somebody who has not seen any image: the columns sha256, split, draw, copies, all str."""
    return pd.DataFrame({column: pd.Series(dtype="str") for column in MEMORY_COLUMNS})


def name_of_draw(parameters: FolderSplitOptions, drawn: Iterable[str]) -> str:
    """What a draw is remembered under: images stay where they are as long as it is the same."""
    shares = {"validation": parameters.validation, "test": parameters.test}
    drawn = set(drawn)
    return ", ".join(
        [f"seed {parameters.seed}", *(f"{name} {share:g}" for name, share in shares.items() if name in drawn)]
    )


def of_draw(memory: pd.DataFrame, draw: str) -> pd.DataFrame:
    """The split and the rule for copies of each image of a draw, by sha256, the earliest image first."""
    rows = memory[memory["draw"] == draw].drop_duplicates("sha256", keep="last")
    return rows.set_index("sha256")[["split", "copies"]]


def remembered(memory: pd.DataFrame, files: pd.DataFrame, split: "pd.Series[str]", draw: str) -> pd.DataFrame:
    """Put the images of a draw into the memory: one row per content and draw, the earliest first.

    Args:
        memory: What there was.
        files: sha256 of each image, and copies, the rule by which copies were found.
        split: Of each image.
        draw: Its name.
    """
    now = pd.DataFrame(
        {"sha256": files["sha256"], "split": split, "draw": draw, "copies": files["copies"]}, dtype="str"
    ).drop_duplicates("sha256")
    # an image that moved keeps its place, and so its age
    before = memory.drop_duplicates(["sha256", "draw"], keep="last")
    latest = pd.concat([before, now]).drop_duplicates(["sha256", "draw"], keep="last")
    order = pd.concat([before, now])[["sha256", "draw"]].drop_duplicates()
    return order.merge(latest, on=["sha256", "draw"])[list(MEMORY_COLUMNS)].astype("str")
