"""What is known of each file before it is in a split: label, copies, and why it is left out."""

import numpy as np
import pandas as pd

from image_classification.errors import UserError
from image_classification.images.folder.corrections.corrected import uncorrected_files
from image_classification.images.reading.file_status import OK
from image_classification.images.store.corrections import CORRECTION, LEFT_OUT_BEFORE, class_numbers
from image_classification.images.store.image_dict import ImageDict


def with_status(image_files: pd.DataFrame, images: ImageDict, marks: pd.DataFrame | None) -> pd.DataFrame:
    """Add label, decode_status, duplicate_group, copies and left_out_reason to the table of files.

    Raises:
        UserError: The table is of other images.
    """
    index = image_files.copy()
    decoded = (index["header_status"] == OK).to_numpy()
    if index["name"][decoded].tolist() != images.names:
        raise UserError(
            f"The table of files ({decoded.sum()} images) is not that of the images ({len(images)}): "
            "one of them is older.\nRun the whole pipeline that prepares the images (image_folder)."
        )
    index["label"] = np.int64(-1)
    index.loc[decoded, "label"] = images.labels.numpy()
    index["decode_status"] = pd.Series("", index=index.index, dtype="str")
    index.loc[decoded, "decode_status"] = images.status
    reason = index["header_status"].where(~decoded, index["decode_status"]).replace(OK, "")
    index["duplicate_group"] = np.int64(-1)
    index["copies"] = ""
    if marks is not None:
        marks = marks.set_index(index.index[decoded])  # both have the rows of the images, in their order
        index.loc[decoded, "duplicate_group"] = marks["duplicate_group"].astype("int64")
        index["copies"] = str(marks["copies"].iloc[0]) if len(marks) else ""
        reason[decoded] = reason[decoded].where(reason[decoded] != "", marks["left_out_reason"])
    index["left_out_reason"] = reason.astype("str")
    return index


def status_without_corrections(
    image_files: pd.DataFrame, images: ImageDict, marks: pd.DataFrame | None
) -> pd.DataFrame:
    """Return the index as if nothing was corrected: it decides about the splits."""
    if CORRECTION not in image_files:
        return with_status(image_files, images, marks)
    if marks is not None:
        marks = marks.assign(left_out_reason=marks[LEFT_OUT_BEFORE])
    index = with_status(uncorrected_files(image_files), images, marks)
    decoded = index["label"] >= 0
    index.loc[decoded, "label"] = class_numbers(index.loc[decoded, "class_name"])
    return index
