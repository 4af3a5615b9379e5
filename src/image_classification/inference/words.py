"""What is said of classified images."""

from collections.abc import Mapping

from image_classification.inference.parts import ClassifiedImages, Counts
from image_classification.inference.training_images import learned_from
from image_classification.words import agreeing, count_of, printable, some


def describe(counts: Counts, place: str) -> str:
    """Say how many files of a place were classified as what, and why the others were not."""
    reasons = _counted(counts.reasons)
    if not counts.read:
        none = f"None of the {counts.files:,} files in {place} could"
        which = agreeing(counts.files, f"The file in {place} could not", none)
        return f"{which} be read (column reason): {reasons}."
    of = f"{counts.read:,} of {count_of(counts.files, 'file')}"
    sentence = f"Classified {of} in {place}: {_counted(counts.labels)}"
    if unsure := unsure_of(counts):
        sentence += f"; the network is {unsure} (column answer)"
    if unread := counts.files - counts.read:
        sentence += f"; {unread:,} could not be read (column reason): {reasons}"
    return f"{sentence}."


def unsure_of(counts: Counts) -> str:
    """Say of how many of the images that were read a network is unsure, if it knows its limits; "" if not."""
    if counts.unsure is None or not counts.read:
        return ""
    if counts.unsure < counts.read:
        return f"unsure of {counts.unsure:,} of them" if counts.unsure else "unsure of none"
    return "unsure of " + agreeing(counts.read, "it", "all of them")


def describe_suspects(counts: Counts, value_range: object) -> str:
    """Say which images seem to have another range than the training images; "" if none does."""
    if not counts.suspects:
        return ""
    first, are = printable(counts.suspects[0]), agreeing(len(counts.suspects), "is", "are")
    return (
        f"{len(counts.suspects)} of the images, such as {first}, {are} almost entirely black or white where "
        f"{value_range}, the range of the training images, is mapped to black and white: are "
        "these values of another range?"
    )


def describe_labels(of: ClassifiedImages) -> str:
    """Say of how many files somebody says what they show, and which of it the network does not know."""
    said = {label: count for label, count in of.counts.true_labels.items() if label}
    if not said:
        return ""
    classes = set(of.columns.class_names)
    unknown = {label: count for label, count in said.items() if label not in classes}
    known = sum(said.values()) - sum(unknown.values())
    files = count_of(of.counts.files, "file")
    sentence = f"By {of.record['labels']} it is known what {known:,} of {files} show"
    if unknown:
        are = agreeing(sum(unknown.values()), "is", "are")
        sentence += (
            f"; {count_of(sum(unknown.values()), 'file')} of "
            f"{count_of(len(unknown), 'class', 'classes')} that the network does not know {are} not "
            f"measured: {_counted(unknown)}"
        )
    return f"{sentence}."


def describe_splits(splits: Mapping[str, int], *, measured: bool) -> str:
    """Say on how many images the network was trained and validated; "" if on none.

    Args:
        splits: How many images each split of the data of its training has, as `count_splits` returns it.
        measured: Whether they are those that it is measured by.
    """
    learned, total = learned_from(splits), sum(splits.values())
    if not learned:
        return ""
    verbs = {"train": "trained", "validation": "validated", "test": "tested"}
    *before, last = [f"{verb} on {splits[name]:,}" for name, verb in verbs.items() if splits[name]]
    said = f"{', '.join(before)} and {last}" if before else last
    images = f"Of the {count_of(total, 'image')} that {agreeing(total, 'was', 'were')}"
    if not measured:
        return f"{images} read, the network was {said} before: of these it is surer than of new ones."
    not_new = "not of new images" if learned == total else "not of new images alone"
    return f"{images} measured, the network was {said} before: these figures are {not_new}."


def _counted(values: Mapping[str, int]) -> str:
    ordered = sorted(values.items(), key=lambda pair: -pair[1])
    return some((f"{count} {value}" for value, count in ordered), 10)
