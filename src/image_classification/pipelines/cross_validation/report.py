"""Nodes of cross-validation: its figures, and the page that shows them."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import torch
from plotly.graph_objects import Figure
from torch import Tensor

from image_classification.errors import UserError
from image_classification.evaluation.cross_validation import mean_over_repeats
from image_classification.evaluation.cross_validation_report import (
    CrossValidation,
    build_cross_validation_report,
)
from image_classification.evaluation.documents import SECTIONS
from image_classification.evaluation.figures.calibration_curve import calibration_curve_figure
from image_classification.evaluation.figures.class_bars import class_balance_figure, class_metrics_figure
from image_classification.evaluation.figures.confusion_matrix import confusion_matrix_figure
from image_classification.evaluation.figures.mistakes import hardest_mistakes, mistakes_figure
from image_classification.evaluation.options import EvaluationOptions
from image_classification.evaluation.predictions import class_metrics_table, confusion_counts
from image_classification.evaluation.scores import calibration_bins
from image_classification.evaluation.training_record import CrossValidationRecord
from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.statistics import ImageStatistics
from image_classification.words import count_of

# the figures, and the section of the report that shows each
FIGURES = {
    "class_balance": "data",
    "confusion_matrix": "results",
    "class_scores": "results",
    "calibration_curve": "results",
    "hardest_mistakes": "mistakes",
}


def draw_cross_validation(
    images: ImageDict,
    out_of_fold: pd.DataFrame,
    summary: Mapping[str, Any],
    record: CrossValidationRecord,
    image_statistics: ImageStatistics,
    evaluation: EvaluationOptions,
    mistakes: int,
) -> dict[str, Figure]:
    """Draw what the networks of all folds together say of all images, each of which one of them had not seen.

    Returns:
        The figures by the names in `FIGURES`.
    """
    names = image_statistics["class_names"]
    predictions = mean_over_repeats(out_of_fold, names)
    subject = f"{record['network']} on {summary['data_name']}, {count_of(summary['folds'], 'fold')}"
    right = f"{predictions['correct'].mean():.2%} of {count_of(len(predictions), 'held out image')} correct"
    hardest = hardest_mistakes(predictions, mistakes)
    wrong = int((~predictions["correct"]).sum())
    which = f"{len(hardest)} of {count_of(wrong, 'mistake')}" if wrong else "no mistakes"
    return {
        "class_balance": class_balance_figure(image_statistics["counts"], names, summary["data_name"]),
        "confusion_matrix": confusion_matrix_figure(
            confusion_counts(predictions, names), f"{subject}: {right}"
        ),
        "class_scores": class_metrics_figure(
            class_metrics_table(predictions, names), subject, measured_on="held out images"
        ),
        "calibration_curve": calibration_curve_figure(
            calibration_bins(predictions, evaluation.calibration_bins), subject, curve="all networks"
        ),
        "hardest_mistakes": mistakes_figure(
            hardest,
            _pictures(images, hardest["name"].tolist()),
            f"{subject}: {which} on {count_of(len(predictions), 'held out image')}",
        ),
    }


def _pictures(images: ImageDict, names: list[str]) -> Tensor:
    """Return the images (n, C, H, W) uint8 of some names.

    Raises:
        UserError: there is no such image.
    """
    if lost := [name for name in names if name not in images]:
        raise UserError(
            f"The predictions of the cross-validation are of other images than {images.data_name} has: "
            f"{lost[0]!r} is not among them.\nRun the cross-validation again, on the images as they are now."
        )
    pictures = [next(iter(images[name].values())) for name in names]
    return torch.stack(pictures) if pictures else images.images[:0]


def write_cross_validation_report(
    summary: dict[str, Any],
    fold_metrics: pd.DataFrame,
    record: CrossValidationRecord,
    image_statistics: ImageStatistics,
    **figures: Figure,
) -> str:
    """Put numbers, figures and parameters of the cross-validation into one page that opens anywhere."""
    by_section = {
        section: {name: figures[name] for name, shown_in in FIGURES.items() if shown_in == section}
        for section in SECTIONS
    }
    validated = CrossValidation(summary, fold_metrics, record, image_statistics)
    return build_cross_validation_report(validated, by_section)
