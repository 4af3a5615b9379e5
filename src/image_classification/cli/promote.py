"""The command `promote`: have a version of a registered model become the champion, if it is better."""

from pathlib import Path
from typing import Any

import click
from kedro.framework.cli.utils import CONTEXT_SETTINGS
from kedro.utils import find_kedro_project

from image_classification.cli.explanations import CommandError, told
from image_classification.cli.logs import run_logging

NOT_PROMOTED = 1  # the code of a command after which another version is the champion


@click.command("promote", context_settings=CONTEXT_SETTINGS)
@click.argument("version")
@click.option("--force", is_flag=True, help="Whatever the comparison says; it is recorded as forced.")
@click.option("--env", "-e", default=None, help="Kedro's environment of configuration.")
@click.option(
    "--conf-source", type=click.Path(exists=True), default=None, help="Folder or archive of configuration."
)
def promote(version: str, force: bool, env: str | None, conf_source: str | None) -> None:
    """Have VERSION become the champion if it is better, on the same test images, than the present one.

    VERSION is models:/<name>/<version>, or the id or name of a recorded run, which is registered if it is not
    yet (registry in mlflow.yml). The exit code is 0 if it is the champion now, and 1 if it is not.
    """
    project = find_kedro_project(Path.cwd())
    if project is None and not conf_source:
        raise CommandError(f"{Path.cwd()} is not inside the project: change to its folder.")
    folder = Path(project or Path.cwd())
    with run_logging(folder), told(folder):
        # Kedro's sessions and MLflow: not for `kedro --help`
        from kedro.framework.session import KedroSession  # noqa: PLC0415

        from image_classification.tracking.registry.steps import promote_by_hand  # noqa: PLC0415
        from image_classification.tracking.store.settings import load_settings  # noqa: PLC0415

        create: Any = KedroSession.create
        with create(folder, env=env, conf_source=conf_source) as session:
            settings = load_settings(session.load_context().config_loader)
        promoted = promote_by_hand(settings, folder, version, force=force)
        click.echo(f"{promoted.line}.")
        if promoted.hint:
            click.echo(promoted.hint)
    if promoted.champion != promoted.version:
        raise click.exceptions.Exit(NOT_PROMOTED)
