"""The options of `check-deployment`."""

from pathlib import Path
from typing import Any

import click
from kedro.framework.cli.utils import CONTEXT_SETTINGS

from image_classification.cli.explanations import CommandError, told
from image_classification.cli.logs import run_logging
from image_classification.cli.params import PARAMS_HELP, parse_params
from image_classification.cli.process import fewer_full_collections
from image_classification.cli.tracked_project import project_folder
from image_classification.deployment.groups import GROUPINGS

CANNOT_RUN = 1  # the code of a command that found what would go wrong


@click.command("check-deployment", context_settings=CONTEXT_SETTINGS)
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--pipeline", "-p", "names", multiple=True, help="Name of a pipeline, by default training.")
@click.option("--all", "of_all", is_flag=True, help="Every registered pipeline.")
@click.option(
    "--group-by",
    "-g",
    type=click.Choice(GROUPINGS),
    default=None,
    help="As `kedro airflow create` groups nodes: namespace (the default here), memory, or node: each alone.",
)
@click.option(
    "--several-machines",
    is_flag=True,
    help="The tasks share nothing that is in the project's folder.",
)
@click.option("--env", "-e", default=None, help="Kedro's environment of configuration, else the file's.")
@click.option(
    "--conf-source", type=click.Path(exists=True), default=None, help="Folder or archive of configuration."
)
@click.option("--params", type=click.UNPROCESSED, default="", help=PARAMS_HELP, callback=parse_params)
def check_deployment(
    files: tuple[Path, ...],
    names: tuple[str, ...],
    of_all: bool,
    group_by: str | None,
    several_machines: bool,
    env: str | None,
    conf_source: str | None,
    params: dict[str, Any],
) -> None:
    """Check whether pipelines can run as tasks, each in a process of its own, as in Airflow.

    FILES are DAGs that `kedro airflow create` has made, each with its own pipeline and groups. The exit code
    is 0 if all is right, and 1 if a dataset would be lost between two tasks, or they have no order.
    """
    folder = project_folder(conf_source)
    if folder is None:
        raise CommandError(
            f"{Path.cwd()} is not inside the project: change to its folder, or name the configuration: "
            "--conf-source <folder or archive>."
        )
    if bool(files) + bool(names) + of_all > 1:
        raise CommandError("FILES, --pipeline and --all say which pipelines: give one of them.")
    if files and group_by:
        raise CommandError("The files say which nodes are together: leave --group-by out.")
    with fewer_full_collections(), run_logging(folder), told(folder):
        # Kedro's sessions and torch: not for `kedro --help`
        from image_classification.cli.deployment.checking import Asked, check  # noqa: PLC0415

        asked = Asked(folder, files, names, of_all, group_by or "namespace", several_machines)
        is_right = check(asked, env, conf_source, params)
    if not is_right:
        raise click.exceptions.Exit(CANNOT_RUN)
