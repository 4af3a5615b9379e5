"""The command `promote`: have a version of a registered model become the champion, if it is better."""

import click
from kedro.framework.cli.utils import CONTEXT_SETTINGS

from image_classification.cli.tracked_project import tracked_project

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
    with tracked_project(env, conf_source) as (folder, settings):
        # MLflow: not for `kedro --help`
        from image_classification.tracking.registry.steps import promote_by_hand  # noqa: PLC0415

        promoted = promote_by_hand(settings, folder, version, force=force)
        click.echo(f"{promoted.line}.")
        if promoted.hint:
            click.echo(promoted.hint)
    if promoted.champion != promoted.version:
        raise click.exceptions.Exit(NOT_PROMOTED)
