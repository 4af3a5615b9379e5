"""The command `run`: Kedro's own, with a friendlier console; nothing else is different."""

import sys
from functools import partial
from pathlib import Path
from typing import Any

import click
import kedro.runner
from kedro.framework.cli.project import run as kedro_run
from kedro.framework.cli.utils import CONTEXT_SETTINGS, split_node_names
from kedro.runner import AbstractRunner

from image_classification.cli.choice.named_source import loader_of, of_named_source
from image_classification.cli.choice.selection import DEFAULT, pipeline_with, selection_message
from image_classification.cli.choice.trained_source import of_trained_network
from image_classification.cli.config_file import take_config_file
from image_classification.cli.explanations import CommandError, told
from image_classification.cli.logs import run_logging
from image_classification.cli.params import PARAMS_HELP, joined_params, parse_params
from image_classification.cli.process import ending_in_order, fewer_full_collections, is_command
from image_classification.cli.tracked_project import project_folder
from image_classification.processes.garbage import START
from image_classification.words import did_you_mean, nearest_names

_NOTHING_LEFT = "Pipeline contains no nodes after applying all provided filters"  # as Kedro says it


def run_pipeline(**options: Any) -> None:
    """Run a pipeline, by default `training`: data, network, training, evaluation, report.

    Every run that trains is recorded in MLflow. Look at the graph with `kedro viz run`.
    """
    project = project_folder(options["conf_source"])
    if project is None:
        raise CommandError(
            f"{Path.cwd()} is not inside the project: change to its folder, or name the configuration of an "
            "installed package: --conf-source <folder or archive>. Then data and runs are kept here."
        )
    pipeline, names = options.pop("pipeline"), options["pipelines"]
    if pipeline and names:
        raise CommandError("--pipeline and --pipelines say the same: give one of them.")
    # the newer spelling of the same option: the older one warns
    options |= {"pipeline": None, "pipelines": [pipeline] if pipeline else names}
    if len(options["pipelines"]) < 2:
        asked = next(iter(options["pipelines"]), DEFAULT)
        meant = of_named_source(asked, options["params"] or {}, partial(loader_of, project, options))
        if meant.pipeline == asked:
            meant = of_trained_network(asked, project, options)
        if meant.pipeline != asked:
            click.echo(meant.instead_of(asked))
            options["pipelines"] = [meant.pipeline]
    _check_runner(options["runner"])
    with fewer_full_collections(), run_logging(project), told(project):
        _run(options)


def _run(options: dict[str, Any]) -> None:
    """Run Kedro's own command; if the default pipeline lacks what is named, run the pipeline that has it."""
    assert kedro_run.callback  # noqa: S101  (a command has one)
    try:
        kedro_run.callback(**options)
    except ValueError as error:
        if type(error) is not ValueError or not (message := selection_message(options, sys.argv[1:])):
            if str(error).startswith(_NOTHING_LEFT):
                raise CommandError(
                    "No node is left to run: the options of this command leave none of the pipeline's nodes."
                ) from error
            raise
        having = None if options["pipelines"] else pipeline_with(options)
        if having is None:
            raise CommandError(message) from error
        click.echo(f"Running the pipeline {having}, as {DEFAULT} does not have what the command names.")
        kedro_run.callback(**options | {"pipelines": [having]})


def _check_runner(runner: str | None) -> None:
    """Refuse a misspelled runner; a name with a dot is a class of the person's own, which Kedro imports."""
    available = [
        name
        for name in kedro.runner.__all__
        if issubclass(getattr(kedro.runner, name), AbstractRunner) and not name.startswith("Abstract")
    ]
    if runner and "." not in runner and runner not in available:
        nearest = did_you_mean(nearest_names(runner, available))
        raise CommandError(f"There is no runner {runner!r}{nearest} There are: {', '.join(available)}.")


class RunCommand(click.Command):
    """The command `run`: `--params` may be given several times, and every error is reported."""

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        """Parse the arguments, with all `--params` merged; that imports the most of what a run needs."""
        if is_command():
            START.begins()
        with told(None):
            return super().parse_args(context, joined_params(arguments))

    def invoke(self, context: click.Context) -> Any:
        """Run, and report whatever goes wrong."""
        with ending_in_order(), told(None):
            return super().invoke(context)


def _whole_names(_context: click.Context, option: click.Parameter, value: str) -> list[str]:
    """Split names at the commas outside of brackets; Kedro drops all that follows an open bracket.

    Raises:
        CommandError: a bracket is not closed.
    """
    if value.count("[") != value.count("]"):
        raise CommandError(f"{option.opts[0]} {value}: a bracket is open, and names of nodes have none.")
    return split_node_names(_context, option, value)


def _our_option(option: click.Parameter) -> click.Parameter:
    if option.name == "params":
        return click.Option(
            ["--params"], type=click.UNPROCESSED, default="", help=PARAMS_HELP, callback=parse_params
        )
    if option.name == "config":
        return click.Option(
            ["--config", "-c"],
            type=option.type,
            help=getattr(option, "help", None),
            callback=take_config_file,
        )
    if option.callback is split_node_names:
        option.callback = _whole_names
    return option


run = RunCommand(
    "run",
    params=[_our_option(option) for option in kedro_run.params],
    callback=run_pipeline,
    help=run_pipeline.__doc__,
    context_settings=CONTEXT_SETTINGS,
)
