"""`python -m image_classification` and the command `image-classification` do what `kedro run` does.

`image-classification replay`, `promote`, `mlflow`, `serve`, `verify` and `check-deployment` do what
`kedro replay` and so on do; `run` may be left out.
"""

import logging
import sys
from collections.abc import Mapping
from pathlib import Path

import click


def main() -> None:
    """Run a pipeline of the project that the current folder belongs to, with the options of `kedro run`.

    Outside of a project, as from an installed package, `--conf-source` names the configuration, and the data
    and the record of the run are kept in the current folder.
    """
    # without a project's logging.yml Kedro says which one it takes
    logging.disable(logging.INFO)
    from kedro.framework.project import configure_project  # noqa: PLC0415
    from kedro.framework.startup import bootstrap_project  # noqa: PLC0415
    from kedro.utils import find_kedro_project  # noqa: PLC0415

    logging.disable(logging.NOTSET)
    project = find_kedro_project(Path.cwd())
    if project is not None:
        bootstrap_project(project)
    else:
        configure_project("image_classification")
    # Kedro's settings have to be configured before the command is imported
    from image_classification.cli import (  # noqa: PLC0415
        check_deployment,
        join,
        promote,
        replay,
        run,
        serve,
        show_runs,
        verify,
    )
    from image_classification.cli.process import leave  # noqa: PLC0415

    commands = {"run": run, "check-deployment": check_deployment, "join": join, "mlflow": show_runs}
    commands |= {"replay": replay, "promote": promote, "serve": serve, "verify": verify}
    named = sys.argv[1] if len(sys.argv) > 1 and sys.argv[1] in commands else None
    run.epilog = _others({name: command for name, command in commands.items() if command is not run})
    program = Path(sys.argv[0]).name
    program = "python -m image_classification" if program == "__main__.py" else program
    try:
        commands[named or "run"](
            sys.argv[2:] if named else sys.argv[1:], prog_name=f"{program} {named}" if named else program
        )
    except SystemExit as end:
        leave(end.code)
        raise


def _others(commands: Mapping[str, click.Command]) -> str:
    """List commands for the help of the one whose name may be left out."""
    lines = [f"  {name:<8} {command.get_short_help_str(70)}" for name, command in commands.items()]
    # click leaves the lines behind this mark as they are
    return "\n".join(["\b", "Other commands, each with a --help of its own:", *lines])


if __name__ == "__main__":
    main()
