"""The command `serve`: answer over HTTP with a trained network."""

from typing import Any

import click
from kedro.framework.cli.utils import CONTEXT_SETTINGS

from image_classification.cli.explanations import told
from image_classification.cli.logs import run_logging
from image_classification.cli.params import PARAMS_HELP, parse_params
from image_classification.cli.process import fewer_full_collections, is_command
from image_classification.cli.tracked_project import project_folder


@click.command("serve", context_settings=CONTEXT_SETTINGS)
@click.option(
    "--model",
    default=None,
    help="File of a network, folder of an export, runs:/… or models:/…; by default what was trained last.",
)
@click.option("--host", default=None, help="Address to listen on, by default 127.0.0.1: this machine alone.")
@click.option("--port", type=click.IntRange(0, 65535), default=None, help="Port, by default 8000; 0: any.")
@click.option("--env", "-e", default=None, help="Kedro's environment of configuration.")
@click.option(
    "--conf-source", type=click.Path(exists=True), default=None, help="Folder or archive of configuration."
)
@click.option("--params", type=click.UNPROCESSED, default="", help=PARAMS_HELP, callback=parse_params)
def serve(
    model: str | None,
    host: str | None,
    port: int | None,
    env: str | None,
    conf_source: str | None,
    params: dict[str, Any],
) -> None:
    """Answer over HTTP what is on images, with a page to try it on.

    Limits and more are parameters: --params serving.timeout_s=10.
    """
    folder = project_folder(conf_source)
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    with fewer_full_collections(), run_logging(folder), told(folder):
        # FastAPI and torch: not for `kedro --help`
        from image_classification.cli.serve.served import serve_network  # noqa: PLC0415

        where = {"env": env, "conf_source": conf_source}
        serve_network(folder, model, params, given, where, ends_process=is_command())
