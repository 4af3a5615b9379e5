"""The command `join`: take part in a training that another machine has begun."""

import os

import click
from kedro.framework.cli.utils import CONTEXT_SETTINGS

from image_classification.cli.explanations import told
from image_classification.cli.logs import run_logging
from image_classification.cli.process import fewer_full_collections
from image_classification.cli.tracked_project import project_folder

TOKEN = "IMAGE_CLASSIFICATION_JOIN_TOKEN"  # noqa: S105  (the name of a variable)


@click.command("join", context_settings=CONTEXT_SETTINGS)
@click.argument("endpoint")
@click.argument("token", required=False, envvar=TOKEN)
@click.option(
    "--wait",
    type=click.FloatRange(0, 86_400),
    default=60.0,
    show_default=True,
    help="Seconds to wait for a training that has not begun.",
)
def join(endpoint: str, token: str | None, wait: float) -> None:
    """Take part in the training at ENDPOINT, as its command prints it, until it is over.

    Nothing has to be configured here, and no folder has to be shared. Only join a training of somebody whom
    you trust, on a network that you trust.
    """
    folder = project_folder()
    with fewer_full_collections(), run_logging(folder), told(folder):
        if not token:
            raise click.UsageError(f"The token is missing: it is printed beside the endpoint, or in {TOKEN}.")
        # torch warns of addresses without a name, as most have inside of a cluster
        os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
        # torch: not for `kedro --help`
        from image_classification.learning.elastic.joining import join as take_part  # noqa: PLC0415

        code = take_part(endpoint, token, wait)
    if code:
        raise click.exceptions.Exit(code)
