"""What a network was calibrated to, in sentences for people."""

from image_classification.networks.answers.calibration import Calibration

# what is promised is true of nothing else
_LIMITS = (
    "All that is promised of images that are drawn as the validation images were, and of no others. What was "
    "chosen by these before, such as the best epoch, makes them look a little too good."
)


def promises_of(calibration: Calibration) -> list[str]:
    """Return what is promised of probabilities, sets and answers, and of which images."""
    parts = (_probabilities, _sets, _answers, _strangers)
    return [*(part(calibration) for part in parts), _LIMITS]


def _probabilities(of: Calibration) -> str:
    seen = f" Each image is seen as it is and as {', '.join(of.views)}." if of.views else ""
    return (
        "Probabilities are calibrated: the logits of the network are divided by a temperature of "
        f"{of.temperature:.4f}, fitted on {of.images:,} validation images.{seen}"
    )


def _sets(of: Calibration) -> str:
    return (
        f"The set of an image has its class for at least {100 * of.coverage:.5g} % of the images: it is "
        f"every class with a probability of {of.set_least:.4f} or more, and the most probable one."
    )


def _answers(of: Calibration) -> str:
    right = f"{100 * of.right:.5g} %"
    if of.answer_above is None:
        return f"It was not shown that {right} of any answers are right: it is unsure of every image."
    which = (
        f"An image is answered where the highest probability is above {of.answer_above:.4f}; of others the "
        "network is unsure."
        if of.answer_above
        else "No image is left unanswered for a low probability."
    )
    return (
        f"{which} At least {right} of the answers are right, with a confidence of "
        f"{100 * of.confidence:.5g} % over the choice of the validation images."
    )


def _strangers(of: Calibration) -> str:
    if of.outputs is None and of.pixels is None:
        return "Whether an image shows none of the classes is not looked at."
    return (
        "It is also unsure of an image that looks unlike the validation images, or whose probabilities are "
        f"unlike theirs, as about {100 * of.strangers:.5g} % of these are themselves. Many images that show "
        "none of the classes are found so, and not all."
    )
