"""The commands that show a run: its graph and files in kedro-viz, its record in MLflow."""

import os
import shlex
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from kedro.config import AbstractConfigLoader
from kedro.framework.context import KedroContext
from kedro.framework.project import settings
from kedro.utils import find_kedro_project

from image_classification.config_loader.data_folder import NAME as DATA_FOLDER
from image_classification.console import shown_path
from image_classification.tracking import RunInfo

# what kedro-viz shows anyhow
_SHOWN_FIRST = ("__default__", "training")
_SQLITE = "sqlite:///"
# it reads the configuration of the project, and no other
_OTHER_CONFIGURATION = "kedro-viz reads conf/ of the project, not the --conf-source of this run"


def next_steps(
    run: RunInfo | None, context: KedroContext | None, run_params: Mapping[str, Any]
) -> Iterator[str]:
    """Yield a line for each program that shows what was run, with the command that opens it.

    Args:
        run: the record of the run, if it has one.
        context: of the run.
        run_params: as Kedro hands them to hooks.
    """
    if find_kedro_project(Path.cwd()):  # an installed package has no kedro-viz
        yield from _viz(context, run_params)
    if run:
        yield f"Compare the runs in MLflow:      {_mlflow(run)}"


def _viz(context: KedroContext | None, run_params: Mapping[str, Any]) -> Iterator[str]:
    options, remark = viz_options(context, run_params) if context else ("", "")
    command = _command("viz", options)
    if not options and command.startswith("make "):
        remark = "or: kedro viz run"
    yield f"Look at the graph and its data:  {command}" + (f"  ({remark})" if remark else "")


def _mlflow(run: RunInfo) -> str:
    place, way = run.tracking_uri, run.way
    if place.startswith(("http://", "https://")):
        return place
    command = f"{way.variables} {_command('mlflow', way.options)}".lstrip()
    if "MLFLOW_TRACKING_URI=" in way.variables:
        return command
    if place.startswith(_SQLITE):
        place = str(shown_path(Path(place.removeprefix(_SQLITE))))
    as_now = ", with MLFLOW_TRACKING_URI as it is now" if way.is_secret else ""
    return f"{command}  (the runs are in {place}{as_now})"


def _command(name: str, options: str) -> str:
    """Return the command called so, as it is typed in the current folder, with options quoted for a shell."""
    if not find_kedro_project(Path.cwd()):
        return f"image-classification {name} {options}".rstrip()
    if not Path("Makefile").is_file():  # as in a folder of the project
        return f"kedro {'viz run' if name == 'viz' else name} {options}".rstrip()
    # make takes a dollar for a variable of its own
    return f"make {name} ARGS={shlex.quote(options.replace('$', '$$'))}" if options else f"make {name}"


def viz_options(context: KedroContext, run_params: Mapping[str, Any]) -> tuple[str, str]:
    """Return the options with which kedro-viz shows what was run, quoted, and what they cannot do.

    They name the pipeline, the environment and the data folder, each where kedro-viz would take another one.
    """
    options = []
    names = run_params.get("pipeline_names") or []
    if len(names) == 1 and names[0] not in _SHOWN_FIRST:
        options.append(shlex.join(["--pipeline", names[0]]))
    conf = context.project_path / settings.CONF_SOURCE
    loader = context.config_loader
    is_own = Path(loader.conf_source) == conf
    env = loader.env if is_own or (conf / str(loader.env)).is_dir() else None
    usual = getattr(loader, "default_run_env", None)
    if env and (env != usual or os.environ.get("KEDRO_ENV")):
        options.append(shlex.join(["--env", env]))
    if folder := _other_data_folder(context, is_own=is_own):
        # torch comes with it, and is there at the end of a run
        from image_classification.parameters.command_line import params_option_of_kedro  # noqa: PLC0415

        options.append(params_option_of_kedro({DATA_FOLDER: folder}))
    return " ".join(options), "" if is_own else _OTHER_CONFIGURATION


def _other_data_folder(context: KedroContext, *, is_own: bool) -> str | None:
    """Return the data folder of the run, if kedro-viz would take another one.

    What that is with a configuration that is not read here nobody knows; to read it, too, would change what
    this one means: Kedro's loaders share their `globals`.
    """
    used = _value(context.config_loader, "parameters")
    usual = _value(context.config_loader, "globals") or "data"
    project = context.project_path
    is_other = used and (project / used).resolve() != (project / usual).resolve()
    return used if is_other or not is_own else None


def _value(loader: AbstractConfigLoader, key: str) -> str | None:
    with suppress(Exception):  # there is no such file, or what is wrong with it is told where it is used
        value = loader[key].get(DATA_FOLDER)
        return str(value) if value else None
    return None
