"""The command `mlflow`: the recorded runs on MLflow's own pages, from wherever they are recorded."""

import os
from pathlib import Path
from typing import Any

import click
from kedro.framework.cli.utils import CONTEXT_SETTINGS
from kedro.utils import find_kedro_project

from image_classification.cli.explanations import CommandError, told
from image_classification.cli.logs import run_logging

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
    project = find_kedro_project(Path.cwd())
    if project is None and not conf_source:
        raise CommandError(f"{Path.cwd()} is not inside the project: change to its folder.")
    folder = Path(project or Path.cwd())
    with run_logging(folder), told(folder):
        # Kedro's sessions and MLflow: not for `kedro --help`
        from kedro.framework.session import KedroSession  # noqa: PLC0415

        from image_classification.tracking.store.settings import load_settings  # noqa: PLC0415
        from image_classification.tracking.store.shown import page_of, server_of  # noqa: PLC0415

        create: Any = KedroSession.create
        with create(folder, env=env, conf_source=conf_source) as session:
            settings = load_settings(session.load_context().config_loader)
        page, store = page_of(settings, folder, port)
        if not store.is_database:
            click.echo(f"The runs are shown by the server that has them: {page}")
            return
        click.echo(f"Curves and parameters of all runs at {store.shown}: {page}")
        command, environment = server_of(store, port, more)
    os.execve(command[0], [*command], {**os.environ, **environment})  # noqa: S606  (the project's own Python)
