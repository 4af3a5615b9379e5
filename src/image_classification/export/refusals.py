"""What is no export: it is said at which stage, and nothing takes the place of an earlier one."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from image_classification.errors import UserError
from image_classification.export.golden.choice import Chosen
from image_classification.export.golden.files import GoldenSet
from image_classification.export.options import ExportOptions, Format
from image_classification.export.stages import READ_MEAN, Checked
from image_classification.files.troubles import first_line
from image_classification.words import printable


def require_read_alike(chosen: Sequence[Chosen], golden: GoldenSet) -> None:
    """Compare what the steps make of files with what the project itself has read of them.

    Raises:
        UserError: they are other images.
    """
    for each, picture in zip(chosen, golden.pictures, strict=True):
        if each.stored is None:
            continue
        mean = (each.stored.float() - picture.resized.float()).abs().mean().item()
        if mean > READ_MEAN:
            raise UserError(
                f"The export is not what the network was made for, at the stage decode or resize: "
                f"{printable(each.name)} differs by {mean:.1f} levels in the mean from what was stored of "
                f"it, and {READ_MEAN:g} are allowed.\nHas the file changed since? Prepare the images again. "
                "An earlier export stays."
            )


def require_right(checked: Iterable[Checked]) -> None:
    """Refuse an export of which a stage is wrong.

    Raises:
        UserError: naming the first stage.
    """
    wrong = [each for each in checked if each.trouble]
    if wrong:
        which = f" of {wrong[0].what}" if wrong[0].what else ""
        raise UserError(
            f"The export is not what the network is, at the stage {wrong[0].stage}{which}: "
            f"{wrong[0].trouble}.\nNothing is exported, and an earlier export stays. Leave a format out, "
            f"if it is one alone: {ExportOptions.setting(formats=['bundle'])}"
        )


@contextmanager
def telling(name: Format) -> Iterator[None]:
    """Say of a library's error which format could not be written."""
    try:
        yield
    except (UserError, MemoryError, OSError):
        raise
    except Exception as error:  # whatever the libraries raise of a network that they cannot express
        raise UserError(
            f"The network cannot be written as {name}: {printable(first_line(error))}.\n"
            f"Leave it out of {ExportOptions.named('formats')}: {ExportOptions.setting(formats=['bundle'])}"
        ) from error
