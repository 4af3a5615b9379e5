"""What a network is worth on new images whose classes are known, in numbers and on a page."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd
from plotly.graph_objects import Figure

from image_classification.console import unheard
from image_classification.evaluation.documents import fill_template, in_a_page
from image_classification.evaluation.options import EvaluationOptions
from image_classification.evaluation.predictions import class_metrics_table
from image_classification.evaluation.summary import (
    accuracy_interval,
    describe_metrics,
    summarise_predictions,
)
from image_classification.inference.parts import ClassifiedImages
from image_classification.inference.rows import SEEN_AS
from image_classification.inference.training_images import count_splits
from image_classification.inference.words import describe, describe_labels, describe_splits, unsure_of

_MOST = 100
_ABOUT_NEW = "of those above, the ones in files that the network was neither trained nor validated on"


def measure(
    of: ClassifiedImages, predictions: pd.DataFrame, options: EvaluationOptions
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Measure a network by the images whose classes are known.

    Args:
        of: All that was classified.
        predictions: A row per image whose class is known.
        options: How it is evaluated.

    Returns:
        The metrics by name, with the network, and how many files were read, unread, labelled, and of classes
        that the network does not know; where nothing is known, no metrics. `splits` says how many of the
        images measured each split of the data of the network's training has, None where that is not known;
        if it has learned from some of them, the metrics of the others are in `new_images`. And a row per
        class.
    """
    counts, names = of.counts, list(of.columns.class_names)
    said = {label: count for label, count in counts.true_labels.items() if label}
    unknown = {label: count for label, count in sorted(said.items()) if label not in set(names)}
    about: dict[str, Any] = {
        "network": dict(of.network),
        "data_name": of.record["place"],
        "files": counts.files,
        "read": counts.read,
        "not_read": counts.files - counts.read,
        "labelled": sum(said.values()),
        "unknown_classes": unknown,
        "predicted": {name: counts.labels[name] for name in names if name in counts.labels},
    }
    if counts.unsure is not None:
        about["unsure"] = counts.unsure
    table = class_metrics_table(predictions, names)
    if not len(predictions):
        return {**about, "images": 0}, table
    measured = summarise_predictions(predictions, table, options, of="images")
    return {
        **about,
        "evaluation": options.model_dump(include={"top_k", "calibration_bins"}),
        **measured,
        **_of_new_images(predictions, names, options),
    }, table


def _of_new_images(predictions: pd.DataFrame, names: list[str], options: EvaluationOptions) -> dict[str, Any]:
    """Count the images by splits, and measure the network by those that it has not learned from."""
    if predictions[SEEN_AS].isna().any():
        return {"splits": None}
    splits = count_splits(Counter(predictions[SEEN_AS]))
    new = predictions[predictions[SEEN_AS].isin(["test", ""])]
    if len(new) in (0, len(predictions)):
        return {"splits": splits}
    table = class_metrics_table(new, names)
    with unheard():  # what cannot be measured was said of all images
        return {"splits": splits, "new_images": summarise_predictions(new, table, options, of="new images")}


def build_inference_report(
    of: ClassifiedImages,
    metrics: Mapping[str, Any],
    class_metrics: pd.DataFrame,
    figures: Mapping[str, Mapping[str, Figure]],
) -> str:
    """Write the page as HTML: what was found, and where classes are known how good it is.

    Args:
        of: All that was classified.
        metrics: As `measure` returns them.
        class_metrics: A row per class, likewise.
        figures: By their name, in the sections that show them.
    """
    counts = of.counts
    is_measured = metrics["images"] > 0
    splits, new = metrics.get("splits"), metrics.get("new_images")
    labels = sorted(counts.labels.items(), key=lambda pair: -pair[1])
    return fill_template(
        "inference.html.jinja",
        network=of.network,
        place=of.record["place"],
        sentence=describe(counts, of.record["place"]),
        sentence_of_labels=describe_labels(of),
        metrics=metrics,
        interval=accuracy_interval(metrics),
        splits=splits,
        sentence_of_splits=describe_splits(splits, measured=True) if splits else "",
        new=new,
        new_interval=accuracy_interval(new or {}),
        described_new=describe_metrics(new, "new images", _ABOUT_NEW) if new else [],
        described_metrics=(
            describe_metrics(metrics, "images", "read, and of a class of the network") if is_measured else []
        ),
        counts=counts,
        unsure=unsure_of(counts),
        labels=labels[:_MOST],
        reasons=sorted(counts.reasons.items(), key=lambda pair: -pair[1])[:_MOST],
        classes=class_metrics.to_dict("records"),
        **in_a_page(figures if is_measured else {}),
    )
