"""The command `replay`: train an epoch of a recorded run again, and say whether the record is true."""

from pathlib import Path

import click
from kedro.framework.cli.utils import CONTEXT_SETTINGS

from image_classification.cli.explanations import CommandError, told
from image_classification.cli.logs import run_logging
from image_classification.cli.process import fewer_full_collections
from image_classification.cli.tracked_project import project_folder

DIFFERENT = 1  # the code of a command that found another digest


@click.command("replay", context_settings=CONTEXT_SETTINGS)
@click.argument("run")
@click.option("--epoch", type=click.IntRange(min=1), required=True, help="Number of the epoch: 1, 2, …")
@click.option(
    "--from-start", is_flag=True, help="Train from the first weights on, not from the last checkpoint."
)
@click.option("--env", "-e", default=None, help="Kedro's environment of configuration.")
@click.option(
    "--conf-source", type=click.Path(exists=True), default=None, help="Folder or archive of configuration."
)
def replay(run: str, epoch: int, from_start: bool, env: str | None, conf_source: str | None) -> None:
    """Train an epoch of a recorded RUN (its id or name) again, and compare the digest of the weights.

    The exit code is 0 if the weights are the same, bit for bit, and 1 if they are not.
    """
    folder = project_folder(conf_source)
    if folder is None:
        raise CommandError(f"{Path.cwd()} is not inside the project: change to its folder.")
    with fewer_full_collections(), run_logging(folder), told(folder):
        # MLflow and torch: not for `kedro --help`
        from image_classification.cli.replay.recorded import replay_recorded  # noqa: PLC0415

        is_same = replay_recorded(folder, run, epoch, from_start=from_start, env=env, conf_source=conf_source)
    if not is_same:
        raise click.exceptions.Exit(DIFFERENT)
