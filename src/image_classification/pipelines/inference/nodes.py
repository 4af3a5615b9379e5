"""Nodes of the pipeline `inference`."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from plotly.graph_objects import Figure
from torch import Tensor

from image_classification.evaluation.documents import SECTIONS
from image_classification.evaluation.figures.answers import answers_figure
from image_classification.evaluation.figures.calibration_curve import calibration_curve_figure
from image_classification.evaluation.figures.class_bars import class_metrics_figure
from image_classification.evaluation.figures.confusion_matrix import confusion_matrix_figure
from image_classification.evaluation.figures.mistakes import hardest_mistakes, mistakes_figure
from image_classification.evaluation.options import EvaluationOptions
from image_classification.evaluation.predictions import confusion_counts
from image_classification.evaluation.scores import calibration_bins
from image_classification.images.folder.new_images import find_new_images
from image_classification.images.folder.new_labels import known_labels
from image_classification.images.folder.options import PathTableOptions
from image_classification.images.folder.places.opened import PlacePlan
from image_classification.images.folder.places.place import ImagePlace, given_place
from image_classification.images.reading.decode import UnreadableImageError
from image_classification.images.reading.memory import budget_of
from image_classification.inference.classification import Classification
from image_classification.inference.options import InferenceOptions, Probabilities
from image_classification.inference.parts import ClassifiedImages, shown_place
from image_classification.inference.predictor import Predictor
from image_classification.inference.report import build_inference_report, measure
from image_classification.inference.rows import PATH, Columns
from image_classification.inference.table_stream import TableStream
from image_classification.inference.training_images import read_training_images
from image_classification.inference.words import (
    describe,
    describe_labels,
    describe_splits,
    describe_suspects,
)
from image_classification.learning.room import require_room_to_classify
from image_classification.networks.answers.calibration import View
from image_classification.origins.code import code_alone_of
from image_classification.origins.declared import depends_on
from image_classification.origins.source import digest
from image_classification.pipelines.inference.network import choose_network, load_network, named_files
from image_classification.remote.fetched import here
from image_classification.remote.names import named
from image_classification.words import count_of

logger = logging.getLogger(__name__)

_GREY = 128
# the figures, and the section of the report that shows each
FIGURES = {
    "confusion_matrix": "results",
    "class_scores": "results",
    "calibration_curve": "results",
    "answers": "results",
    "hardest_mistakes": "mistakes",
}


def _given(images: str) -> ImagePlace:
    return given_place(images, InferenceOptions, "images")


def _archive(given: Mapping[str, Any]) -> list[Path]:
    place = _given(given["images"])
    return [place.path] if place.kind else []


@depends_on(outside=_archive)
def open_new_images(images: str) -> PlacePlan:
    """Plan where the images are read: a folder or table stays where it is, an archive is unpacked."""
    return PlacePlan(_given(images), InferenceOptions.named("images"))


def _files_and_network(given: Mapping[str, Any]) -> str:
    place = _given(given["images"])
    # what is in an archive is told by its content, which is unpacked before
    files = "" if place.kind else find_new_images(place, PathTableOptions(**given["table"])).state()
    networks = [f"{named(path)} {digest(path.read_bytes())}" for path in named_files(given["model"])]
    return " ".join([files, *networks])


@depends_on(outside=_files_and_network)
def classify_images(
    inference_place: ImagePlace,
    last_network: Path,
    images: str,  # noqa: ARG001  (declared above: what is read there)
    model: str,
    table: PathTableOptions,
    labels: str,
    top: int,
    batch_size: int,
    probabilities: Probabilities,
    decode_memory: float | None,
    views: Sequence[View] | None = None,
) -> Classification:
    """Plan the classification of new images; saving the plan does it, or goes on where it was stopped.

    The images are resized as the training images of the network were. A network that was calibrated says of
    which images it is unsure, and which classes each may be of.
    """
    place = inference_place
    chosen = choose_network(model, last_network)
    network = load_network(chosen)
    about = chosen.about(network)
    logger.info("The network: %s on %s, %s; weights %s.", *_told(about))
    found = find_new_images(place, table)
    for folder in found.closed:
        logger.warning("%s: what is in it is not classified.", folder)
    if found.hidden:
        logger.info("Hidden files ignored: %s.", f"{found.hidden:,}")
    predictor = Predictor(network, views=views)
    description = network.description
    require_room_to_classify(
        description.image_shape,
        min(batch_size, len(found.files)),
        InferenceOptions.named("batch_size"),
        predictor.device,
    )
    known = known_labels(found, description.class_names, labels, InferenceOptions.named("labels"))
    columns = Columns(
        class_names=description.class_names,
        top=top,
        has_answers=predictor.calibration is not None,
        has_all=probabilities == "all",
        is_labelled=known is not None,
    )
    return Classification(
        predictor,
        about,
        found,
        shown_place(place.shown),
        columns,
        known,
        batch_size,
        budget_of(decode_memory, InferenceOptions.setting(decode_memory=16.0)),
        digest(repr(sorted(code_alone_of(Classification.run).parts.items())).encode()),
    )


def _told(about: Mapping[str, Any]) -> tuple[str, str, str, str]:
    run = about.get("run_id", "")
    where = about["from"] + (f", run {run}" if run and run not in about["from"] else "")
    return about["name"], about["data"], where, about["weights_digest"][:12]


def write_tables(
    inference_parts: ClassifiedImages, last_image_index: Path
) -> tuple[TableStream, TableStream, TableStream]:
    """Put the parts together: the table for programs and for people, and what the network is measured by.

    They say which files the network was trained, validated and tested on, as long as the image index of its
    training is there.
    """
    training = read_training_images(last_image_index, inference_parts.record.get("index_digest", ""))
    of = replace(inference_parts, training=training)
    counts = of.counts
    logger.log(logging.INFO if counts.read else logging.WARNING, "%s", describe(counts, of.record["place"]))
    if said := describe_labels(of):
        logger.info("%s", said)
    is_measured = not counts.true_labels.keys().isdisjoint(of.columns.class_names)
    if is_measured and training.unknown:
        unknown = "Whether the network has learned from some of these images is not known: %s."
        logger.info(unknown, training.unknown)
    # what it is measured by is told with the figures
    if not is_measured and (splits := of.splits) and (not_new := describe_splits(splits, measured=False)):
        logger.warning("%s", not_new)
    if odd := describe_suspects(counts, of.value_range):
        logger.warning("%s", odd)
    return of.table, of.table, of.predictions


@depends_on(not_on=("batch_size", "views"))
def evaluate_new_images(
    inference_parts: ClassifiedImages, inference_predictions: pd.DataFrame, evaluation: EvaluationOptions
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Measure the network by the images whose classes are known, if there are some."""
    return measure(inference_parts, inference_predictions, evaluation)


@depends_on(not_on=("batch_size", "views"))
def draw_new_images(
    inference_parts: ClassifiedImages,
    inference_predictions: pd.DataFrame,
    class_metrics: pd.DataFrame,
    evaluation: EvaluationOptions,
    mistakes: int,
) -> dict[str, Figure]:
    """Draw how right the network is, by the images whose classes are known.

    Returns:
        The figures by the names in `FIGURES`.
    """
    names = inference_parts.columns.class_names
    predictions = inference_predictions
    images = count_of(len(predictions), "image")
    subject = f"{inference_parts.network['name']} on {inference_parts.record['place']}"
    right = (
        f"{subject}: {predictions['correct'].mean():.2%} of {images} correct" if len(predictions) else subject
    )
    hardest = hardest_mistakes(predictions, mistakes)
    wrong = int((~predictions["correct"].astype(bool)).sum())
    which = f"{len(hardest)} of {count_of(wrong, 'mistake')}" if wrong else "no mistakes"
    return {
        "confusion_matrix": confusion_matrix_figure(confusion_counts(predictions, names), right),
        "class_scores": class_metrics_figure(class_metrics, subject, measured_on="images"),
        "calibration_curve": calibration_curve_figure(
            calibration_bins(predictions, evaluation.calibration_bins), subject
        ),
        "answers": answers_figure(predictions, None, subject),
        "hardest_mistakes": mistakes_figure(
            hardest, _pictures(hardest, inference_parts), f"{subject}: {which} on {images}"
        ),
    }


def _pictures(mistakes: pd.DataFrame, of: ClassifiedImages) -> Tensor:
    """Return the images (n, C, H, W) uint8 of some predictions; what is gone by now is grey."""
    found = [torch.empty((0, *of.image_shape), dtype=torch.uint8)]
    for path in mistakes[PATH]:
        try:
            found.append(of.picture(here(path))[None])
        except UnreadableImageError:
            found.append(torch.full((1, *of.image_shape), _GREY, dtype=torch.uint8))
    return torch.cat(found)


def write_inference_report(
    inference_parts: ClassifiedImages,
    inference_metrics: dict[str, Any],
    class_metrics: pd.DataFrame,
    **figures: Figure,
) -> str:
    """Put what was found, and how right it is, into one page that opens anywhere."""
    by_section = {
        section: {name: figures[name] for name, shown_in in FIGURES.items() if shown_in == section}
        for section in SECTIONS
    }
    return build_inference_report(inference_parts, inference_metrics, class_metrics, by_section)
