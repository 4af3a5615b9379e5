"""What is printed of an export and of its check."""

from collections.abc import Iterable

from rich.table import Table

from image_classification.export.record import ExportRecord, Int8Record, ReadingRecord
from image_classification.export.stages import Checked
from image_classification.words import count_of, in_bytes


def formats_table(record: ExportRecord) -> Table:
    """Show each format: its size, and how far it is from the network."""
    title = f"{record.network} on {record.data_name}, compared on {record.compared_on}"
    table = Table(title=title, title_justify="left")
    table.add_column("format")
    table.add_column("file", overflow="fold")
    for heading in ("size", "largest difference", "same class"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, each in record.formats.items():
        table.add_row(
            name, each.file, in_bytes(each.bytes), f"{each.largest_difference:.1e}", f"{each.agreement:.2%}"
        )
    return table


def reading_line(of: ReadingRecord) -> str:
    """Say how far the project's own answers are from those of the steps that an export documents."""
    return (
        f"{count_of(of.images, 'JPEG file')} as this project reads them, at a fraction of their size, and by "
        f"the steps of README.md: largest difference {of.largest_difference:.1e}, same class "
        f"{of.agreement:.2%}"
    )


def int8_table(of: Int8Record) -> Table:
    """Show the network in 8 bits beside the one in floats."""
    title = f"8 bits beside floats: accuracy on {of.compared_on}, speed in batches of {of.batch_size}"
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for heading in ("size", "accuracy", "images a second"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_row(
        "onnx", in_bytes(of.float_bytes), f"{of.float_accuracy:.4f}", f"{of.float_images_a_second:,.0f}"
    )
    table.add_row("onnx_int8", in_bytes(of.bytes), f"{of.accuracy:.4f}", f"{of.images_a_second:,.0f}")
    return table


def checks_table(checked: Iterable[Checked]) -> Table:
    """Show every stage that was checked, and how it went."""
    table = Table()
    table.add_column("stage")
    table.add_column("format")
    table.add_column("largest difference", justify="right", no_wrap=True)
    table.add_column("allowed", justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    for each in checked:
        verdict = f"WRONG: {each.trouble}" if each.trouble else each.note or "right"
        table.add_row(each.stage, each.what, _number(each.largest), _number(each.allowed), verdict)
    return table


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2g}"
