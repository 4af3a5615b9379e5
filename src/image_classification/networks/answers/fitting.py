"""Calibrate a network: everything that is fitted on its validation images."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from image_classification.errors import UserError
from image_classification.networks.answers.calibration import Calibration, View
from image_classification.networks.answers.options import CalibrationOptions
from image_classification.networks.answers.rule import Floats, is_familiar
from image_classification.networks.answers.strangers import fit_outputs, fit_profile
from image_classification.networks.answers.temperature import fit_temperature
from image_classification.networks.answers.thresholds import (
    answers_above,
    images_for_answers,
    images_for_sets,
    least_of_set,
)
from image_classification.words import count_of


def images_needed(options: CalibrationOptions) -> int:
    """Return how many validation images the promises of the options need, at least."""
    return max(images_for_sets(options.coverage), images_for_answers(options.right, options.confidence))


def is_possible(options: CalibrationOptions, images: int, num_classes: int) -> bool:
    """Tell whether a network can be calibrated by these options on so many validation images.

    Raises:
        UserError: it cannot, and is to be.
    """
    needed = images_needed(options)
    if options.enabled is False:
        return False
    if images >= needed and num_classes > 1:
        return True
    if options.enabled == "auto":
        return False
    if num_classes == 1:
        raise UserError(
            f"{options.named('enabled')} is true, and there is one class: nothing is to be chosen that the "
            f"network could be sure of. Set {options.setting(enabled='auto')}."
        )
    raise UserError(
        f"{options.named('enabled')} is true, and there {'is' if images == 1 else 'are'} "
        f"{count_of(images, 'validation image')}: {needed:,} are needed for what is promised "
        f"({options.named('coverage')} = {options.coverage:g}, {options.named('right')} = {options.right:g}, "
        f"{options.named('confidence')} = {options.confidence:g}).\nHold back more images for validation "
        f"(split.validation of their source), promise less, or set {options.setting(enabled='auto')}."
    )


def fit_calibration(
    logits: Tensor,
    labels: Tensor,
    looks: Floats,
    options: CalibrationOptions,
    views: Sequence[View] = (),
) -> Calibration | None:
    """Fit temperature, sets, threshold and profile; None where outputs are not numbers.

    The threshold is fitted among the images that are no strangers, as it is applied. Temperature and profiles
    are fitted on the same images: strictly, the promises are those of a temperature that was known before.
    The tests show over many splits that it makes no difference.

    Args:
        logits: of the validation images, the mean of the views, (N, classes).
        labels: (N,) int64.
        looks: of the images, as `rule.looks_of` returns them, (N, K).
        options: what is promised; `is_possible` on so many images.
        views: in which the images were seen.
    """
    if not torch.isfinite(logits).all():
        return None
    temperature = fit_temperature(logits, labels)
    # as it is applied, in float32
    values = (logits / temperature).softmax(dim=1).numpy()  # (N, classes)
    right = labels.numpy()
    # each of the two may take half of the share
    profiles = {
        "outputs": fit_outputs(values, options.strangers / 2),
        "pixels": fit_profile(looks, options.strangers / 2),
    }
    known = {name: profile.model_dump() if profile else None for name, profile in profiles.items()}
    familiar = is_familiar(values, looks, known)
    correct, scores = values.argmax(axis=1) == right, values.max(axis=1)
    above = answers_above(scores[familiar], correct[familiar], options.right, options.confidence)
    answered = familiar & (scores > above)
    return Calibration(
        temperature=temperature,
        views=tuple(views),
        images=len(values),
        coverage=options.coverage,
        set_least=least_of_set(values[np.arange(len(values)), right], options.coverage),
        right=options.right,
        confidence=options.confidence,
        answer_above=None if above == float("inf") else max(above, 0.0),
        strangers=options.strangers,
        **profiles,
        answered=float(answered.mean()),
        answered_right=float(correct[answered].mean()) if answered.any() else None,
    )
