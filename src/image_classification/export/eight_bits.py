"""The format onnx_int8: written, compared with the one in floats, and refused where it is much worse."""

from pathlib import Path

from image_classification.errors import UserError
from image_classification.export.comparison import Int8Images, accuracy_of, images_a_second
from image_classification.export.formats.int8 import write_int8
from image_classification.export.formats.onnx_file import open_onnx
from image_classification.export.options import ExportOptions, Int8Options
from image_classification.export.preprocessing import Preprocessing
from image_classification.export.record import Int8Record


def make_int8(
    float_model: Path, path: Path, images: Int8Images, rule: Preprocessing, options: ExportOptions
) -> Int8Record:
    """Write the network in 8 bits, and say how it compares.

    Raises:
        UserError: it is less accurate than is allowed.
    """
    write_int8(float_model, path, images.calibration, rule, options.batch_size)
    record = _compared(float_model, path, images, options.int8, options.batch_size)
    _require_accuracy(record)
    return record


def _compared(
    float_model: Path, int8_model: Path, images: Int8Images, options: Int8Options, batch_size: int
) -> Int8Record:
    runs = [open_onnx(path).run for path in (float_model, int8_model)]
    accuracies = [accuracy_of(run, images.compared, batch_size) for run in runs]
    batch = images.calibration[:batch_size]
    speeds = images_a_second(runs, batch, options.repeats)
    return Int8Record(
        calibration_images=len(images.calibration),
        compared_on=images.compared_on,
        compared_images=len(images.compared),
        float_accuracy=accuracies[0],
        accuracy=accuracies[1],
        largest_loss=options.largest_loss,
        float_images_a_second=speeds[0],
        images_a_second=speeds[1],
        batch_size=len(batch),
        bytes=int8_model.stat().st_size,
        float_bytes=float_model.stat().st_size,
    )


def _require_accuracy(of: Int8Record) -> None:
    loss = of.float_accuracy - of.accuracy
    if loss <= of.largest_loss:
        return
    raise UserError(
        f"In 8 bits the network is right in {of.accuracy:.2%} of {of.compared_on}, and in floats in "
        f"{of.float_accuracy:.2%}: that is more than {Int8Options.named('largest_loss')} = "
        f"{of.largest_loss:g} allows.\nNothing is exported, and an earlier export stays. Allow more "
        f"({Int8Options.setting(largest_loss=round(loss + 0.005, 2))}), or leave onnx_int8 out of "
        f"{ExportOptions.named('formats')}."
    )
