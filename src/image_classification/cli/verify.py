"""The command `verify`: whether an exported network does here what it did where it was exported."""

from pathlib import Path

import click
from kedro.framework.cli.utils import CONTEXT_SETTINGS

from image_classification.cli.explanations import told
from image_classification.cli.logs import run_logging
from image_classification.cli.process import fewer_full_collections

WRONG = 1  # the code of a command that found a stage to be wrong


@click.command("verify", context_settings=CONTEXT_SETTINGS)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--trust",
    is_flag=True,
    help="Open graphs of torch.export (pt2) too, which may run code: of an export that you trust.",
)
def verify(folder: Path, trust: bool) -> None:
    """Check an exported network in a FOLDER: every file, every stage, every format that can be run here.

    Nothing but the folder is needed. The exit code is 0 if all is right, and 1 if anything is not.
    """
    with fewer_full_collections(), run_logging(None), told(None):
        # torch: not for `kedro --help`
        from image_classification.console import console, say  # noqa: PLC0415
        from image_classification.export.stages import stages_in_trouble  # noqa: PLC0415
        from image_classification.export.tables import checks_table  # noqa: PLC0415
        from image_classification.export.verify import verify_export  # noqa: PLC0415
        from image_classification.words import count_of  # noqa: PLC0415

        checked = verify_export(folder, trusts=trust)
        console.print(checks_table(checked))
        wrong = stages_in_trouble(checked)
        unchecked = sum(each.note.startswith("not checked") for each in checked)
        besides = f", but for {count_of(unchecked, 'format')} not checked" if unchecked else ""
        say(f"WRONG at the stage {', '.join(wrong)}." if wrong else f"All is right{besides}.")
    if wrong:
        raise click.exceptions.Exit(WRONG)
