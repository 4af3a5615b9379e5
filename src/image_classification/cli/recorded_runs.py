"""The command `mlflow`: the recorded runs on MLflow's own pages, from wherever they are recorded."""

import os

import click
from kedro.framework.cli.utils import CONTEXT_SETTINGS

from image_classification.cli.tracked_project import tracked_project

_ALL_THE_REST = {**CONTEXT_SETTINGS, "ignore_unknown_options": True}


@click.command("mlflow", context_settings=_ALL_THE_REST)
@click.option("--port", type=click.IntRange(1, 65535), default=5000, show_default=True)
@click.option("--env", "-e", default=None, help="Kedro's environment of configuration.")
@click.option(
    "--conf-source", type=click.Path(exists=True), default=None, help="Folder or archive of configuration."
)
@click.argument("more", nargs=-1, type=click.UNPROCESSED)
def show_runs(port: int, env: str | None, conf_source: str | None, more: tuple[str, ...]) -> None:
    """Open the recorded runs in MLflow on 127.0.0.1, wherever mlflow.yml or MLFLOW_TRACKING_URI keep them.

    Where a server of MLflow has them its address is told. MORE are options of `mlflow server`.
    """
    with tracked_project(env, conf_source) as (folder, settings):
        # MLflow: not for `kedro --help`
        from image_classification.tracking.store.shown import page_of, server_of  # noqa: PLC0415

        page, store = page_of(settings, folder, port)
        if not store.is_database:
            click.echo(f"The runs are shown by the server that has them: {page}")
            return
        click.echo(f"Curves and parameters of all runs at {store.shown}: {page}")
        command, environment = server_of(store, port, more)
    os.execve(command[0], [*command], {**os.environ, **environment})  # noqa: S606  (the project's own Python)
