"""The pipeline `label_review`: from probabilities out of fold to the labels that are probably wrong."""

import logging

import pandas as pd
from kedro.pipeline import Node, Pipeline

from image_classification.evaluation.labels.conflicts import conflicts_of_audit, conflicts_of_content
from image_classification.evaluation.labels.page import build_review_page
from image_classification.evaluation.labels.review import LabelReviewOptions, summary
from image_classification.evaluation.labels.review import review_labels as review
from image_classification.images.store.image_dict import ImageDict

logger = logging.getLogger(__name__)


def review_labels(
    out_of_fold: pd.DataFrame,
    images: ImageDict,
    image_index: pd.DataFrame,
    label_review: LabelReviewOptions,
    audit_table: pd.DataFrame | None = None,
    audit_marks: pd.DataFrame | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """List the training and validation images whose labels are probably wrong, the surest first.

    They are found by confident learning, as copies of a picture under several labels, and as images that fit
    no class. The table is returned twice: once for programs, once for spreadsheets.
    """
    if audit_table is not None and audit_marks is not None:
        conflicts = conflicts_of_audit(audit_table, audit_marks, image_index)
    else:
        conflicts = conflicts_of_content(images)
    found = review(out_of_fold, image_index, conflicts, label_review)
    logger.info("Review of the labels: %s", summary(found, out_of_fold))
    return found, found


def show_labels(
    label_review: pd.DataFrame, out_of_fold: pd.DataFrame, images: ImageDict, options: LabelReviewOptions
) -> str:
    """Show the pictures of the review on a page."""
    sentence = summary(label_review, out_of_fold)
    return build_review_page(label_review, images, sentence, options, can_correct=False)


def show_labels_to_correct(
    label_review: pd.DataFrame, out_of_fold: pd.DataFrame, images: ImageDict, options: LabelReviewOptions
) -> str:
    """Show the pictures of the review on a page, where rows can be ticked for a table of corrections."""
    sentence = summary(label_review, out_of_fold)
    return build_review_page(label_review, images, sentence, options, can_correct=True)


def create_pipeline(source: str, *, with_audit: bool = False) -> Pipeline:
    """Review the labels of one source, such as `mnist`, by the dataset `out_of_fold`.

    Args:
        source: where the images are from.
        with_audit: they were audited, and a table of corrections is heeded for them.
    """
    audit = ["audit_table", "audit_marks"] if with_audit else []
    show = show_labels_to_correct if with_audit else show_labels
    options = "params:label_review"
    return Pipeline(
        [
            Node(
                review_labels,
                ["out_of_fold", "images", "image_index", options, *audit],
                ["label_review", "label_review_csv"],
                name="review_labels",
            ),
            Node(
                show,
                ["label_review", "out_of_fold", "images", options],
                "label_review_page",
                name="show_labels",
            ),
        ],
        inputs={name: f"{source}.{name}" for name in ("images", "image_index", *audit)},
        namespace="label_review",
        prefix_datasets_with_namespace=False,
    )
