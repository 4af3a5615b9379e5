"""`python -m image_classification` and the command `image-classification` do what `kedro run` does.

`image-classification replay`, `promote`, `serve` and `verify` do what `kedro replay` and so on do; `run` may
be left out.
"""

import logging
import sys
from pathlib import Path


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
    from image_classification.cli import join, promote, replay, run, serve, verify  # noqa: PLC0415
    from image_classification.cli.process import leave  # noqa: PLC0415

    others = {"join": join, "replay": replay, "promote": promote, "serve": serve, "verify": verify}
    commands = {"run": run, **others}
    named = sys.argv[1] if len(sys.argv) > 1 and sys.argv[1] in commands else None
    try:
        commands[named or "run"](sys.argv[2:] if named else sys.argv[1:])
    except SystemExit as end:
        leave(end.code)
        raise


if __name__ == "__main__":
    main()
